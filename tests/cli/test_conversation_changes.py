"""`delete`, `restore`, `rename`, `archive` and `purge`: what they change, and what they ask."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fakegpt_tui.domain import Conversation, TitleSource
from fakegpt_tui.domain.parts import FilePart, TextSpan
from fakegpt_tui.formats.saving import save_as
from tests.chat.test_undo import chat_over
from tests.cli.program import COMMAND, Home
from tests.formats.trees import CONVERSATION, branched, message
from tests.patience import PATIENCE
from tests.terminal import Terminal

OTHER = replace(CONVERSATION, id="aaaa1111", title="Boats", leaf_id="x")


@pytest.fixture
def filled(home: Home) -> Home:
    conversation, messages = branched()
    with home.store() as store:
        store.add_turn(conversation, *messages).result(PATIENCE)
        store.add_turn(OTHER, message("Tell", id="x", conversation_id=OTHER.id)).result(PATIENCE)
    return home


def held(home: Home) -> dict[str, Conversation]:
    with home.store() as store:
        return {each.title: each for each in store.conversations()}


def in_trash(home: Home) -> list[str]:
    with home.store() as store:
        return [each.title for each in store.trashed()]


def test_what_is_deleted_is_in_the_trash_and_can_be_restored(filled: Home) -> None:
    done = filled.invoke("delete", "5f6c", "aaaa")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "In the trash: aaaa1111  Boats" in done.stdout
    assert held(filled) == {}
    assert sorted(in_trash(filled)) == ["Boats", "Rivers"]
    assert filled.invoke("restore", "5f6c").stdout.startswith("Restored: 5f6c2a5e")
    assert list(held(filled)) == ["Rivers"]


def test_what_commands_change_is_taken_back_in_the_program(filled: Home) -> None:
    before = held(filled)
    filled.invoke("archive", "aaaa")
    filled.invoke("rename", "aaaa", "Ships")
    filled.invoke("delete", "5f6c", "aaaa")
    new = replace(OTHER, id="new", title="Seas", leaf_id="n")
    path = save_as(new, [message("Deep.", id="n", conversation_id="new")], filled.folder)
    filled.invoke("import", str(path))
    with filled.store() as store:
        history = chat_over(store).history
        undone = [history.undo() for _ in range(5)]
    assert undone == [
        "“Seas” was imported.",
        "2 conversations were deleted.",
        "“Ships” was renamed.",
        "“Boats” was archived.",
        None,
    ]
    assert held(filled) == before


def test_of_several_none_is_deleted_where_one_is_not_known(filled: Home) -> None:
    done = filled.invoke("delete", "5f6c", "ffff")
    assert done.exit_code == 6
    assert "no conversation whose id or title begins with 'ffff'" in done.stderr
    assert sorted(held(filled)) == ["Boats", "Rivers"]


def test_deleting_for_ever_asks_first(filled: Home) -> None:
    done = filled.invoke("delete", "--purge", "5f6c")
    assert done.exit_code == 1
    assert "Delete “Rivers” for ever?" in done.stderr
    assert "Nothing was deleted; --yes deletes without a question." in done.stderr
    assert sorted(held(filled)) == ["Boats", "Rivers"]
    with Terminal((*COMMAND, "delete", "--purge", "5f6c"), env=filled.environment) as terminal:
        terminal.wait_for("for ever?").type("y\r")
        assert terminal.wait() == 0
    assert list(held(filled)) == ["Boats"]
    assert in_trash(filled) == []


def test_what_is_in_the_trash_can_be_deleted_for_ever(filled: Home) -> None:
    filled.invoke("delete", "5f6c")
    assert filled.invoke("delete", "--purge", "--yes", "5f6c").exit_code == 0
    assert in_trash(filled) == []


def test_a_title_that_a_person_gave_is_kept_as_such(filled: Home) -> None:
    assert filled.invoke("rename", "aaaa", "  Ships ").stdout == "Renamed: aaaa1111  Ships\n"
    assert held(filled)["Ships"].title_source is TitleSource.PERSON
    assert filled.invoke("rename", "aaaa", " ").exit_code == 2


def test_conversations_are_archived_and_brought_back(filled: Home) -> None:
    filled.invoke("archive", "aaaa")
    assert held(filled)["Boats"].archived
    assert filled.invoke("archive", "--undo", "aaaa").stdout.startswith("Brought back: aaaa1111")
    assert not held(filled)["Boats"].archived


def test_a_purge_empties_the_trash_alone(filled: Home) -> None:
    with filled.store() as store:
        store.trash_messages(["b", "c"], datetime.now(UTC)).result(PATIENCE)
    filled.invoke("delete", "aaaa")
    assert filled.invoke("purge", "--yes").stdout == "Deleted for ever: aaaa1111  Boats\n"
    assert in_trash(filled) == []
    with filled.store() as store:
        assert [each.id for each in store.messages(CONVERSATION.id)] == ["a", "d"]


def test_a_purge_of_everything_asks_and_leaves_no_copy(filled: Home) -> None:
    copies = [
        filled.data / f"conversations.db.{name}"
        for name in ("d-20260101T000000Z.backup", "20260101T000000Z.before-restore-2",
                     "20260101T000000Z.damaged", "20260101T000000Z.damaged-wal")
    ]  # fmt: skip
    for copy in copies:
        copy.write_bytes(b"x")
    with filled.store() as store:
        blob = store.put_blob(b"canary bytes")
        parts = (TextSpan(10), FilePart(blob, "canary.txt"))
        said = message("canarytext", id="e", conversation_id=OTHER.id, parts=parts)
        store.add_turn(OTHER, said).result(PATIENCE)
    assert filled.invoke("purge", "--everything").exit_code == 1
    assert len(held(filled)) == 2
    assert all(copy.exists() for copy in copies)
    with filled.store():
        done = filled.invoke("purge", "--everything", "--yes")
    assert (done.exit_code, "Close it everywhere" in done.stderr) == (1, True)
    assert filled.invoke("purge", "--everything", "--yes").exit_code == 0
    assert held(filled) == {}
    left = [each for each in filled.data.rglob("*") if each.is_file()]
    assert not [each.name for each in left if b"canary" in each.read_bytes()]
    assert not set(left) & set(copies)


@pytest.mark.parametrize(
    "arguments", [("delete", "aaaa"), ("rename", "aaaa", "Boats"), ("archive", "aaaa")]
)
def test_what_was_changed_is_told_as_json(filled: Home, arguments: tuple[str, ...]) -> None:
    document = json.loads(filled.invoke(*arguments, "--json").stdout)
    assert document["version"] == 1
    assert [each["title"] for each in document["conversations"]] == ["Boats"]


def test_export_is_another_name_of_save(filled: Home) -> None:
    done = filled.invoke("export", "5f6c", str(filled.folder / "out"))
    assert done.exit_code == 0
    assert (filled.folder / "out" / "rivers-5f6c2a5e.md").exists()
