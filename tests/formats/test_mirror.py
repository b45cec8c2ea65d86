from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.domain import LoadError, SaveError
from fakegpt_tui.formats.markdown import read_markdown
from fakegpt_tui.formats.mirror import EditedFile, MirrorFolder
from fakegpt_tui.formats.saving import save_as
from tests.formats.trees import branched

CONVERSATION, MESSAGES = branched()
RENAMED = replace(CONVERSATION, title="Lakes")


@pytest.fixture
def mirror(tmp_path: Path) -> MirrorFolder:
    return MirrorFolder(tmp_path / "mirror")


def names(mirror: MirrorFolder) -> list[str]:
    return sorted(path.name for path in mirror.path.iterdir())


def test_a_new_title_is_a_new_name(mirror: MirrorFolder) -> None:
    file = mirror.write(CONVERSATION, MESSAGES, [])
    assert read_markdown(file.read_text()) == (CONVERSATION, tuple(MESSAGES))
    mirror.write(RENAMED, MESSAGES, [file])
    assert names(mirror) == ["lakes-5f6c2a5e.md"]


def test_what_was_edited_stays(mirror: MirrorFolder) -> None:
    file = mirror.write(CONVERSATION, MESSAGES, [])
    file.write_text(file.read_text() + "My notes")
    edited = file.read_text()
    other = mirror.write(RENAMED, MESSAGES, [file])
    mirror.write(CONVERSATION, MESSAGES, [file, other])
    assert names(mirror) == ["rivers-5f6c2a5e-2.md", "rivers-5f6c2a5e.md"]
    assert file.read_text() == edited


def test_other_conversations_and_other_files_are_left_alone(mirror: MirrorFolder) -> None:
    twin = replace(CONVERSATION, id=CONVERSATION.id[:8] + "-other")
    mirror.write(twin, [], [])
    save_as(CONVERSATION, MESSAGES, mirror.path, only=[MESSAGES[0].id])
    (mirror.path / "notes-5f6c2a5e.md").write_text("mine")
    mirror.write(CONVERSATION, MESSAGES, list(mirror.path.iterdir()))
    assert names(mirror) == [
        "notes-5f6c2a5e.md",
        "rivers-5f6c2a5e-2.md",
        "rivers-5f6c2a5e.md",
        "rivers-selection-5f6c2a5e.md",
    ]


@pytest.mark.parametrize("place", ["geography/rivers-5f6c2a5e.md", "My rivers.md", "a/b/c.md"])
def test_a_file_that_was_moved_is_continued_where_it_is(mirror: MirrorFolder, place: str) -> None:
    moved = mirror.path / place
    file = mirror.write(CONVERSATION, MESSAGES[:1], [])
    moved.parent.mkdir(parents=True, exist_ok=True)
    file.rename(moved)
    assert mirror.find_all() == {CONVERSATION.id: [moved]}
    mirror.write(CONVERSATION, MESSAGES, [moved])
    assert mirror.write(RENAMED, MESSAGES, [moved]) == moved
    assert [each for each in mirror.path.rglob("*") if each.is_file()] == [moved]
    assert read_markdown(moved.read_text())[0].title == "Lakes"


@pytest.mark.parametrize("change", [str, lambda text: text.replace("\n", "\r\n")])
def test_an_edit_is_read_and_then_counts_as_ours(mirror: MirrorFolder, change: type[str]) -> None:
    file = mirror.write(CONVERSATION, MESSAGES, [])
    text = file.read_text().replace("They *meander*.", "They flow.")
    file.write_bytes(change(text).encode())
    edited = EditedFile.read(file)
    assert edited.messages[-1].text == "They flow."
    assert not edited.holds_more
    assert not mirror.is_intact(file, CONVERSATION.id)
    edited.accept(file)
    assert mirror.is_intact(file, CONVERSATION.id)
    assert mirror.write(CONVERSATION, MESSAGES, [file]) == file


def test_an_edit_that_came_in_between_is_not_lost(mirror: MirrorFolder) -> None:
    file = mirror.write(CONVERSATION, MESSAGES, [])
    file.write_text(file.read_text().replace("They *meander*.", "They flow."))
    edited = EditedFile.read(file)
    file.write_text(file.read_text().replace("They flow.", "They flow on."))
    with pytest.raises(SaveError, match="changed meanwhile"):
        edited.accept(file)
    assert "They flow on." in file.read_text()


def test_what_stands_beside_the_messages_is_noticed(mirror: MirrorFolder) -> None:
    file = mirror.write(CONVERSATION, MESSAGES, [])
    file.write_text(file.read_text().replace("# Rivers", "# Rivers\n\nMy notes", 1))
    assert EditedFile.read(file).holds_more
    file.write_text("My notes")
    with pytest.raises(LoadError):
        EditedFile.read(file)
