"""Adding services to the text of config.toml, which is a person's own."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.config.edit import with_service, with_setting, without_service
from fakegpt_tui.domain import ConfigError

PATH = Path("/conf/config.toml")
OLLAMA = {"kind": "openai", "url": "http://127.0.0.1:11434"}
MINE = """# My settings.
theme = "dark"   # easier on the eyes

[services.office]   # ask Ann
kind = "fakegpt"
# the old one was http://10.0.0.1
url = "https://chat.example.org"

[keys]
"prompt.send" = "enter"
"""


def parsed(text: str) -> dict[str, object]:
    return tomllib.loads(text)


def test_a_service_is_added_to_nothing() -> None:
    changed = with_service("", "ollama", OLLAMA, path=PATH)
    assert parsed(changed) == {"services": {"ollama": OLLAMA}}
    assert changed.startswith("[services.ollama]\n")


def test_a_service_is_added_and_every_line_that_was_there_stays() -> None:
    changed = with_service(MINE, "ollama", OLLAMA, path=PATH)
    left = changed.splitlines()
    for line in MINE.splitlines():
        left.remove(line)
    assert [line for line in left if line] == [
        "[services.ollama]",
        'kind = "openai"',
        'url = "http://127.0.0.1:11434"',
    ]
    assert parsed(changed)["services"] == {
        "ollama": OLLAMA,
        "office": {"kind": "fakegpt", "url": "https://chat.example.org"},
    }


def test_a_service_is_changed_without_its_comments() -> None:
    changed = with_service(MINE, "office", {"url": "https://new.example.org"}, path=PATH)
    assert changed == MINE.replace("https://chat.example.org", "https://new.example.org")


def test_a_value_can_be_taken_out() -> None:
    with_model = with_service(MINE, "office", {"model": "m"}, path=PATH)
    assert with_model != MINE
    assert parsed(with_service(with_model, "office", {"model": None}, path=PATH)) == parsed(MINE)


def test_a_service_can_be_taken_out() -> None:
    changed = without_service(with_service(MINE, "x", OLLAMA, path=PATH), "x", path=PATH)
    assert parsed(changed) == parsed(MINE)
    with pytest.raises(ConfigError, match="nothing to remove"):
        without_service(MINE, "embedded", path=PATH)
    assert parsed(without_service(MINE, "office", path=PATH)).get("services", {}) == {}


def test_a_service_that_another_goes_through_stays() -> None:
    behind = with_service(MINE, "embedded", {"upstream": "office"}, path=PATH)
    with pytest.raises(ConfigError, match="must name a service"):
        without_service(behind, "office", path=PATH)


def test_the_service_of_new_conversations_stays() -> None:
    with pytest.raises(ConfigError, match="choose another"):
        without_service(f'service = "office"\n{MINE}', "office", path=PATH)


@pytest.mark.parametrize(
    ("content", "name", "values"),
    [
        ("", "two words", OLLAMA),
        ("", "x", {"kind": "openai"}),
        ("", "x", OLLAMA | {"url": "not a url"}),
        ("", "x", OLLAMA | {"colour": "red"}),
        ("services = 1", "x", OLLAMA),
        ("[services]\nx = 1", "x", OLLAMA),
        ("[services", "x", OLLAMA),
    ],
)
def test_what_could_not_be_used_is_not_written(
    content: str, name: str, values: dict[str, str]
) -> None:
    with pytest.raises(ConfigError):
        with_service(content, name, values, path=PATH)


def test_tables_in_one_line_are_understood() -> None:
    content = 'services = { a = { kind = "openai", url = "http://127.0.0.1:1" } }\n'
    changed = with_service(content, "ollama", OLLAMA, path=PATH)
    services = parsed(changed)["services"]
    assert isinstance(services, dict)
    assert set(services) == {"a", "ollama"}


def test_the_service_of_new_conversations_is_set_before_any_table() -> None:
    changed = with_setting(MINE, "service", "office", path=PATH)
    assert parsed(changed) == {"service": "office"} | parsed(MINE)
    assert changed.endswith(MINE)
    again = with_setting(changed, "service", "other", path=PATH)
    assert again == changed.replace('service = "office"', 'service = "other"', 1)
    assert parsed(with_setting(again, "service", None, path=PATH)) == parsed(MINE)


@given(st.text(), st.text())
def test_any_text_of_a_person_comes_back_as_it_was(model: str, comment: str) -> None:
    line = "".join(sign for sign in comment if sign.isprintable())
    content = f"# {line}\n{MINE}"
    if not model.strip() or not model.isprintable():
        return
    changed = with_service(content, "x", OLLAMA | {"model": model}, path=PATH)
    services = parsed(changed)["services"]
    assert isinstance(services, dict)
    assert services["x"]["model"] == model
    assert f"# {line}\n" in changed
