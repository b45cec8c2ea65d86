from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.formats.markdown import read_markdown
from fakegpt_tui.formats.mirror import Mirror
from fakegpt_tui.formats.registry import save_as
from tests.formats.trees import branched

CONVERSATION, MESSAGES = branched()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    return tmp_path / "mirror"


def mirrored(folder: Path, *updates: tuple) -> Mirror:
    with closing(Mirror(folder)) as mirror:
        for conversation, messages in updates:
            mirror.update(conversation, messages)
    return mirror


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_is_the_conversation_as_it_is_now(folder: Path) -> None:
    mirrored(folder, (CONVERSATION, MESSAGES[:1]), (CONVERSATION, MESSAGES))
    (file,) = folder.iterdir()
    assert read_markdown(file.read_text()) == (CONVERSATION, tuple(MESSAGES))


def test_a_new_title_is_a_new_name(folder: Path) -> None:
    renamed = replace(CONVERSATION, title="Lakes")
    mirrored(folder, (CONVERSATION, MESSAGES))
    mirrored(folder, (renamed, MESSAGES))
    assert names(folder) == ["lakes-5f6c2a5e.md"]


def test_what_somebody_has_edited_stays(folder: Path) -> None:
    mirrored(folder, (CONVERSATION, MESSAGES))
    (file,) = folder.iterdir()
    file.write_text(file.read_text() + "My notes")
    edited = file.read_text()
    mirrored(folder, (replace(CONVERSATION, title="Lakes"), MESSAGES))
    mirrored(folder, (CONVERSATION, MESSAGES))
    assert names(folder) == ["rivers-5f6c2a5e-2.md", "rivers-5f6c2a5e.md"]
    assert file.read_text() == edited


def test_other_conversations_and_other_files_are_left_alone(folder: Path) -> None:
    twin = replace(CONVERSATION, id=CONVERSATION.id[:8] + "-other")
    mirrored(folder, (twin, []))
    save_as(CONVERSATION, MESSAGES, folder, only=[MESSAGES[0].id])
    (folder / "notes-5f6c2a5e.md").write_text("mine")
    mirrored(folder, (CONVERSATION, MESSAGES))
    assert names(folder) == [
        "notes-5f6c2a5e.md",
        "rivers-5f6c2a5e-2.md",
        "rivers-5f6c2a5e.md",
        "rivers-selection-5f6c2a5e.md",
    ]


def test_trouble_is_kept_until_it_is_over(folder: Path) -> None:
    folder.write_text("in the way")
    mirror = mirrored(folder, (CONVERSATION, MESSAGES))
    assert "Nothing could be saved in" in str(mirror.error)
    folder.unlink()
    with closing(Mirror(folder)) as mirror:
        mirror.update(CONVERSATION, MESSAGES)
    assert mirror.error is None
    assert names(folder) == ["rivers-5f6c2a5e.md"]


@pytest.mark.parametrize("place", ["geography/rivers-5f6c2a5e.md", "My rivers.md", "a/b/c.md"])
def test_a_file_that_was_moved_is_continued_where_it_is(folder: Path, place: str) -> None:
    mirrored(folder, (CONVERSATION, MESSAGES[:1]))
    (file,) = folder.iterdir()
    moved = folder / place
    moved.parent.mkdir(parents=True, exist_ok=True)
    file.rename(moved)
    mirrored(folder, (CONVERSATION, MESSAGES), (replace(CONVERSATION, title="Lakes"), MESSAGES))
    files = [each for each in folder.rglob("*") if each.is_file()]
    assert files == [moved]
    assert read_markdown(moved.read_text())[0].title == "Lakes"


def test_a_moved_file_that_was_edited_stays_as_it_is(folder: Path) -> None:
    mirrored(folder, (CONVERSATION, MESSAGES[:1]))
    (file,) = folder.iterdir()
    moved = file.rename(folder / "mine.md")
    moved.write_text(moved.read_text() + "My notes")
    mirrored(folder, (CONVERSATION, MESSAGES))
    assert names(folder) == ["mine.md", "rivers-5f6c2a5e.md"]
    assert moved.read_text().endswith("My notes")


def test_a_checkout_with_line_ends_of_windows_is_no_edit(folder: Path) -> None:
    mirrored(folder, (CONVERSATION, MESSAGES))
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    mirrored(folder, (CONVERSATION, MESSAGES[:1]))
    assert names(folder) == ["rivers-5f6c2a5e.md"]
