"""Changing settings while the program runs."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.cli.settings_store import LastChoices, SettingsStore
from fakegpt_tui.config.load import load_settings
from fakegpt_tui.config.spec import EDITABLE_SETTINGS
from fakegpt_tui.domain import ConfigError, SaveError
from fakegpt_tui.ui.options import EffectiveSetting
from fakegpt_tui.ui.themes import theme_names

MINE = """# Mine, and to stay.
max_turns = 3   # the server is small

[services.office]
kind = "openai"
url = "https://chat.example.org"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(MINE)
    return path


def book_of(
    config: Path,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> SettingsStore:
    settings = load_settings({"config": str(config), **(flags or {})}, environ or {})
    return SettingsStore(
        settings, themes=theme_names, choices=LastChoices(config.parent / "last-choices.json")
    )


async def found(book: SettingsStore) -> dict[str, EffectiveSetting]:
    return {setting.name: setting for setting in await book.settings()}


async def test_every_setting_is_told_with_its_value_and_its_origin(config: Path) -> None:
    settings = await found(book_of(config))
    assert list(settings) == [editable.name for editable in EDITABLE_SETTINGS]
    assert (settings["max_turns"].value, settings["max_turns"].origin) == ("3", "config.toml")
    assert (settings["theme"].value, settings["theme"].origin) == ("auto", "default")
    assert settings["service"].choices == ("embedded", "office")
    assert {"dark", "light", "nord"} <= set(settings["theme"].choices)
    assert all(setting.description.endswith(".") for setting in settings.values())


async def test_a_change_disturbs_nothing_else_in_the_file(config: Path) -> None:
    book = book_of(config)
    assert await book.change("max_turns", "5") == "3"
    assert config.read_text() == MINE.replace("= 3", "= 5")
    assert (await found(book))["max_turns"].value == "5"
    assert load_settings({"config": str(config)}, {}).max_turns == 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "light"),
        ("notify", "bell"),
        ("enter", "newline"),
        ("repaint_rate", "7"),
        ("hint_letters", "aoeuhtns"),
        ("mirror", "~/notes"),
        ("exports_dir", "/somewhere"),
        ("service", "office"),
        ("model", "model-1"),
        ("plain", "true"),
    ],
)
async def test_a_change_can_be_taken_back_to_the_letter(
    config: Path, name: str, value: str
) -> None:
    book = book_of(config)
    before = (await found(book))[name]
    assert await book.change(name, value) is None
    changed = (await found(book))[name]
    assert (changed.file_value, changed.origin) == (value, "config.toml")
    assert await book.change(name, None) == value
    assert (await found(book))[name] == before
    assert config.read_text() == MINE


async def test_a_file_is_made_where_there_is_none(tmp_path: Path) -> None:
    settings = load_settings({}, {"FAKEGPT_DATA_DIR": str(tmp_path)})
    config = tmp_path / "conf" / "config.toml"
    book = SettingsStore(
        replace(settings, config_file=config),
        themes=theme_names,
        choices=LastChoices(config.parent / "last-choices.json"),
    )
    await book.change("notify", "bell")
    assert config.read_text() == 'notify = "bell"\n'


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("max_turns", "0", "must be a whole number from 1 to 64"),
        ("max_turns", "many", "must be a whole number from 1 to 64"),
        ("repaint_rate", "1.5", "must be a whole number from 1 to 60"),
        ("mirror", " ", "must be text, and not empty"),
        ("enter", "leave", 'must be "send" or "newline"'),
        ("plain", "perhaps", "must be true or false"),
        ("hint_letters", "abca", "must be at least four different letters from a to z"),
        ("hint_letters", "абвг", "must be at least four different letters from a to z"),
    ],
)
async def test_what_cannot_be_used_is_not_written(
    config: Path, name: str, value: str, problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem):
        await book_of(config).change(name, value)
    assert config.read_text() == MINE


async def test_what_a_flag_or_a_variable_says_holds_in_this_run(config: Path) -> None:
    book = book_of(config, {"theme": "light"}, {"FAKEGPT_MAX_TURNS": "9", "ACCESSIBLE": "1"})
    settings = await found(book)
    assert (settings["theme"].overridden, settings["theme"].origin) == (True, "--theme")
    assert (settings["max_turns"].overridden, settings["max_turns"].value) == (True, "9")
    assert (settings["max_turns"].origin, settings["max_turns"].file_value) == (
        "FAKEGPT_MAX_TURNS",
        "3",
    )
    assert (settings["plain"].overridden, settings["plain"].origin) == (True, "ACCESSIBLE")
    await book.change("theme", "nord")
    changed = (await found(book))["theme"]
    assert (changed.value, changed.file_value, changed.overridden) == ("light", "nord", True)


async def test_a_file_that_was_spoilt_meanwhile_is_told_and_left(config: Path) -> None:
    book = book_of(config)
    config.write_text("max_turns = ")
    with pytest.raises(ConfigError, match="not valid TOML"):
        await book.settings()
    with pytest.raises(ConfigError, match="not valid TOML"):
        await book.change("notify", "bell")
    assert config.read_text() == "max_turns = "


async def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    config = tmp_path / "config.toml"
    config.write_text(MINE)
    book = book_of(config)
    config.unlink()
    config.mkdir()
    with pytest.raises((SaveError, ConfigError)):
        await book.change("notify", "bell")
