"""A path is completed as shells do it."""

from pathlib import Path

import pytest

from fakegpt_tui.attachments.path_listing import complete_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("notes.md", "notes-old.md", ".hidden", "a b.md", "bad\x1bname"):
        (tmp_path / name).touch()
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "one.md").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "completed", "names"),
    [
        ("n", "notes", ("notes-old.md", "notes.md")),
        ("notes.", "notes.md", ("notes.md",)),
        ("ar", "archive/", ("archive/",)),
        ("archive/", "archive/one.md", ("one.md",)),
        (".h", ".hidden", (".hidden",)),
        ("a", "a", ("a b.md", "archive/")),
        ("a ", "a b.md", ("a b.md",)),
        ("b", "b", ()),
        ("gone/x", "gone/x", ()),
    ],
)
def test_what_is_certain_is_added_and_the_rest_is_named(
    folder: Path, typed: str, completed: str, names: tuple[str, ...]
) -> None:
    found = complete_path(f"{folder}/{typed}")
    assert found.text == f"{folder}/{completed}"
    assert found.names == names


def test_names_are_found_from_the_home_and_from_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert complete_path("~/ar").text == "~/archive/"
    monkeypatch.chdir(folder)
    assert complete_path("ar").text == "archive/"
    assert complete_path("").names == ("a b.md", "archive/", "notes-old.md", "notes.md")
