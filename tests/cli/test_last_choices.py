"""What was chosen last in the interface is used at its next start, and nowhere else."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from fakegpt_tui.cli.settings_store import LastChoices, SettingsStore, with_last_choices
from fakegpt_tui.config.load import load_settings
from fakegpt_tui.config.spec import Settings
from fakegpt_tui.domain import SaveError
from fakegpt_tui.ui.themes import theme_names
from tests.cli.program import Home

CONFIG = """service = "office"
theme = "light"
[services.office]
kind = "openai"
url = "https://chat.example.org"
model = "small"
[services.attic]
kind = "openai"
url = "http://127.0.0.1:9"
"""
CHOSEN = {"service": "attic", "model": "big", "theme": "nord"}


def begun(
    folder: Path,
    chosen: Mapping[str, str],
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    config: str = CONFIG,
) -> Settings:
    """The settings of a start after one in which this was chosen."""
    (folder / "config.toml").write_text(config)
    (folder / "last-choices.json").write_text(json.dumps({"version": 1, "values": chosen}))
    flags = {"config": str(folder / "config.toml"), **(flags or {})}
    choices = LastChoices(folder / "last-choices.json")
    return with_last_choices(load_settings(flags, environ or {}), choices)


def used(settings: Settings) -> tuple[str, str | None, str | None]:
    return settings.service, settings.model, settings.theme


def test_what_was_chosen_last_wins_over_the_file(tmp_path: Path) -> None:
    settings = begun(tmp_path, CHOSEN)
    assert used(settings) == ("attic", "big", "nord")
    assert {str(settings.origins[name]) for name in CHOSEN} == {"last choice"}


def test_a_service_chosen_without_a_model_uses_its_own(tmp_path: Path) -> None:
    config = f'model = "of the file"\n{CONFIG}'
    settings = begun(tmp_path, {"service": "attic", "model": ""}, config=config)
    assert used(settings) == ("attic", None, "light")


@pytest.mark.parametrize("place", ["flag", "variable"])
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("service", "zhile", ("zhile", None, "nord")),
        ("model", "other", ("attic", "other", "nord")),
        ("theme", "dark", ("attic", "big", "dark")),
    ],
)
def test_flags_and_variables_win_over_what_was_chosen(
    tmp_path: Path, place: str, name: str, value: str, expected: tuple[str, ...]
) -> None:
    flags = {name: value} if place == "flag" else {}
    environ = {} if flags else {f"FAKEGPT_{name.upper()}": value}
    assert used(begun(tmp_path, CHOSEN, flags, environ)) == expected


def test_a_service_that_is_no_longer_there_is_not_used(tmp_path: Path) -> None:
    assert used(begun(tmp_path, {"service": "gone", "model": "big"})) == ("office", None, "light")


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"values": 3}', '{"values": {"theme": 3}}'])
def test_a_file_that_cannot_be_read_is_as_none(tmp_path: Path, damaged: str) -> None:
    path = tmp_path / "last-choices.json"
    path.write_text(damaged)
    assert LastChoices(path).get("theme") is None


async def test_two_instances_remember_different_things(tmp_path: Path) -> None:
    one, two = (LastChoices(tmp_path / "last-choices.json") for _ in range(2))
    await one.remember({"theme": "nord"})
    await two.remember({"list": "hidden"})
    await two.remember({"list": None})
    again = LastChoices(tmp_path / "last-choices.json")
    assert (again.get("theme"), again.get("list")) == ("nord", None)


async def test_a_choice_may_come_before_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "data" / "state" / "last-choices.json"
    await LastChoices(path).remember({"theme": "nord"})
    assert LastChoices(path).get("theme") == "nord"


async def test_what_cannot_be_written_holds_in_this_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    choices = LastChoices(tmp_path / "file" / "last-choices.json")
    with pytest.raises(SaveError, match="cannot be written"):
        await choices.remember({"theme": "nord"})
    assert choices.get("theme") == "nord"


async def test_a_setting_that_is_changed_in_the_file_is_no_longer_that_of_last_time(
    tmp_path: Path,
) -> None:
    settings = begun(tmp_path, CHOSEN)
    choices = LastChoices(tmp_path / "last-choices.json")
    store = SettingsStore(settings, themes=theme_names, choices=choices)
    before = {each.name: each for each in await store.settings()}
    assert (before["theme"].value, before["theme"].origin) == ("nord", "last choice")
    await store.change("theme", "dark")
    await store.change("service", "office")
    after = {each.name: each for each in await store.settings()}
    assert (after["theme"].value, after["theme"].origin) == ("dark", "config.toml")
    assert (after["service"].value, after["model"].value) == ("office", "")


def test_the_choice_of_the_screen_is_shown_beside_what_commands_use(home: Home) -> None:
    folder = home.data / "state"
    folder.mkdir(parents=True)
    chosen = {"service": "zhile", "model": "x\x1b[2J", "list": "hidden"}
    (folder / "last-choices.json").write_text(json.dumps({"version": 1, "values": chosen}))
    lines = home.invoke("config", "show").stdout.splitlines()
    assert "service = embedded  (default; on the screen zhile, chosen last)" in lines
    assert "theme = auto  (default)" in lines
    assert not any("\x1b" in line for line in lines)
    values = json.loads(home.invoke("config", "show", "--json").stdout)["values"]
    assert values["service"] == {"value": "embedded", "origin": "default", "last_choice": "zhile"}
    assert "On the screen that is zhile x" in " ".join(home.invoke("doctor").stdout.split())
    one = home.invoke("config", "show", "--service", "embedded").stdout
    assert "chosen last" not in one


def test_ask_neither_uses_nor_changes_what_was_chosen(home: Home) -> None:
    home.data.mkdir()
    (home.data / "state").mkdir()
    file = home.data / "state" / "last-choices.json"
    file.write_text(json.dumps({"version": 1, "values": {"service": "zhile", "model": "x"}}))
    before = file.read_text()
    done = home.run("ask", "Who are you?")
    assert "I am the **guide**" in done.stdout
    assert file.read_text() == before
