"""Files that were made to take long are read in time in proportion to their length."""

import json
import time
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from fakegpt_tui.formats.foreign_values import cut_elements
from fakegpt_tui.formats.grok import _RENDERED
from tests.formats.reading import FILES, read_bytes

_LENGTH = 60_000
_MOST_SECONDS = 2.0
_UNITS = (
    *("<", "<a ", "<grok:render ", "<xai:tool_usage_card>", '<details type="tool_calls"'),
    *('<details type="reasoning">', "<think>", '<div class="content-cell"', "<summary>"),
    *("\n", " ", " \n", "[a](", "【1†", "\ue200", "```\n", "1", "- ", "(", "* * "),
)
_NOT_ALONE = {"thread.json"}
_DOCUMENTS = {
    f"{path.parent.name}/{path.name}": path.read_text()
    for path in sorted(FILES.glob("*/*.json"))
    if path.name not in _NOT_ALONE
} | {
    f"{path.parent.name}/{name}": archive.read(name).decode()
    for path in sorted(FILES.glob("*/*.zip"))
    for archive in [ZipFile(path)]
    for name in archive.namelist()
    if Path(name).name in {"conversations.json", "prod-grok-backend.json"}
}
_QUICK = ("grok", "openwebui")


def filled(value: Any, text: str) -> Any:
    """A document with `text` in place of each longer one."""
    if isinstance(value, dict):
        return {key: filled(each, text) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, text) for each in value]
    return text if isinstance(value, str) and " " in value else value


def seconds_of(folder: Path, data: bytes, name: str) -> float:
    """Processor time that reading a file takes."""
    began = time.process_time()
    read_bytes(folder, data, name)
    return time.process_time() - began


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name.startswith(_QUICK) else pytest.mark.long)
        for name in _DOCUMENTS
    ],
)
def test_texts_of_marks_without_an_end_take_time_in_proportion(tmp_path: Path, name: str) -> None:
    value, file = json.loads(_DOCUMENTS[name]), Path(name).name
    slow = {}
    for unit in _UNITS:
        data = json.dumps(filled(value, f"x {unit * (_LENGTH // len(unit))}")).encode()
        plain = json.dumps(filled(value, f"x {'abcdefgh' * (_LENGTH // 8)}")).encode()
        allowed = _MOST_SECONDS + 10 * seconds_of(tmp_path, plain, file)
        if (taken := seconds_of(tmp_path, data, file)) > allowed:
            slow[unit] = round(taken, 1)
    assert slow == {}


@pytest.mark.parametrize(
    "unit", ["<", "<a ", "<p>", "<br>", '<div class="header-cell', "\n", '<img src="']
)
def test_a_page_of_activities_takes_time_in_proportion(tmp_path: Path, unit: str) -> None:
    page = (FILES / "gemini" / "MyActivity.html").read_text()
    before, cell, rest = page.partition('<div class="content-cell')
    data = f"{before}{unit * (_LENGTH // len(unit))}{cell}{rest}".encode()
    assert seconds_of(tmp_path, data, "MyActivity.html") < _MOST_SECONDS


def test_elements_are_cut_with_the_space_before_them_and_what_is_not_closed_stays() -> None:
    text = "a\n\n<grok:render x>b</grok:render> c <grok:render>d</grok:render>e <grok:render>f"
    assert cut_elements(text, *_RENDERED) == "a ce <grok:render>f"
