"""Small files of other programs, with all that must come of them."""

import json
from pathlib import Path

import pytest

from fakegpt_tui.domain import LoadError
from tests.formats.reading import FILES, account, accounts, loaded, outline, read, read_bytes

NAMES = [str(path.relative_to(FILES).with_suffix("")) for path in accounts()]


@pytest.mark.parametrize("name", NAMES)
def test_all_that_was_said_is_taken_and_the_rest_told(name: str) -> None:
    assert account(FILES / name) == (FILES / f"{name}.outline").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_reading_twice_gives_the_same(name: str) -> None:
    found = loaded(read(FILES / name))
    assert found
    assert found == loaded(read(FILES / name))


def test_the_rest_of_an_archive_in_parts_is_no_trouble() -> None:
    with pytest.raises(LoadError, match=r"holds no conversations\.json, nor other"):
        read(FILES / "claude" / "light_metadata-000.zip")


def test_messages_of_claude_without_a_sender_take_turns(tmp_path: Path) -> None:
    said = [{"uuid": f"m{number}", "text": str(number)} for number in range(3)]
    document = [{"uuid": "c", "name": "Turns", "chat_messages": said}]
    found = read_bytes(tmp_path, json.dumps(document).encode())
    assert outline(found) == ["# Turns", "1 > '0'", "2 < '1'", "3 >* '2'"]
