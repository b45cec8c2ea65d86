"""What is counted as a change of a conversation, whoever makes it."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakegpt_tui.domain import MessageStatus, Role
from fakegpt_tui.store.change_log import MirroredFile
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.store.tree import TIME, chat_message, conversation

C = replace(conversation(), leaf_id=None)
PROMPT = chat_message(C, None, text="a prompt")
REPLY = replace(
    chat_message(C, PROMPT.id, role=Role.ASSISTANT, text=""), status=MessageStatus.STREAMING
)
OTHER = conversation()

Write = Callable[[ConversationStore], Future[None]]


def newest(path: Path) -> tuple[int, str]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT position, conversation_id FROM conversation_change ORDER BY position DESC"
        )
        return found.fetchone()


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.save_conversation(replace(C, title="Other")),
        lambda store: store.save_conversation(replace(C, trashed_at=TIME)),
        lambda store: store.add_turn(C, chat_message(C, PROMPT.id)),
        lambda store: store.finish_reply(replace(REPLY, status=MessageStatus.COMPLETE)),
        lambda store: store.set_status(REPLY.id, MessageStatus.STOPPED),
        lambda store: store.trash_messages([PROMPT.id], TIME),
    ],
)
def test_every_change_of_a_conversation_counts(
    store: ConversationStore, path: Path, write: Write
) -> None:
    store.add_turn(C, PROMPT, REPLY).result()
    store.add_turn(OTHER).result()
    before, last = newest(path)
    assert last == OTHER.id
    write(store).result()
    after, last = newest(path)
    assert (after > before, last) == (True, C.id)


def test_of_what_is_deleted_for_ever_only_the_count_is_left(
    store: ConversationStore, path: Path
) -> None:
    store.add_turn(C, PROMPT, REPLY).result()
    before, _ = newest(path)
    store.delete_conversation(C.id).result()
    after, last = newest(path)
    assert (after > before, last) == (True, "")


def test_messages_that_leave_the_trash_count(store: ConversationStore, path: Path) -> None:
    store.add_turn(C, PROMPT, replace(REPLY, status=MessageStatus.COMPLETE)).result()
    store.trash_messages([REPLY.id], TIME).result()
    before, _ = newest(path)
    store.delete_trashed(TIME + timedelta(days=1)).result()
    assert newest(path) == (before + 1, C.id)


def test_a_folder_shows_what_was_noted_until_it_changes(store: ConversationStore) -> None:
    log = store.changes
    store.add_turn(C, PROMPT).result()
    store.add_turn(OTHER).result()
    first = dict(log.unmirrored("/notes"))
    assert set(first) == {C.id, OTHER.id}
    files = [MirroredFile(f"{each}.md", each, change or 0, "") for each, change in first.items()]
    log.note_files("/notes", files).result()
    assert log.unmirrored("/notes") == []
    assert len(log.unmirrored("/elsewhere")) == 2
    store.save_conversation(replace(C, title="Other")).result()
    ((changed, change),) = log.unmirrored("/notes")
    assert (changed, change) == (C.id, log.newest_change())
    store.save_conversation(replace(C, trashed_at=TIME)).result()
    store.delete_conversation(OTHER.id).result()
    assert sorted(log.unmirrored("/notes")) == sorted([(C.id, None), (OTHER.id, None)])
    log.note_files("/notes", [], gone=[each.path for each in files]).result()
    assert log.unmirrored("/notes") == []


@pytest.mark.parametrize("status", [MessageStatus.FAILED, MessageStatus.INTERRUPTED])
def test_a_reply_that_fails_is_remembered_until_it_is_asked_again(
    store: ConversationStore, status: MessageStatus
) -> None:
    header = replace(C, leaf_id=REPLY.id)
    store.add_turn(header, PROMPT, REPLY).result()
    store.finish_reply(replace(REPLY, status=status)).result()
    assert store.changes.failed_replies() == {C.id: REPLY.id}
    store.save_conversation(replace(header, leaf_id=PROMPT.id)).result()
    assert store.changes.failed_replies() == {}


def test_what_is_stopped_or_imported_has_not_failed(store: ConversationStore) -> None:
    header = replace(C, leaf_id=REPLY.id)
    store.add_turn(header, PROMPT, replace(REPLY, status=MessageStatus.FAILED)).result()
    other = replace(REPLY, id="other")
    store.add_turn(replace(header, leaf_id="other"), other).result()
    store.finish_reply(replace(other, status=MessageStatus.STOPPED)).result()
    assert store.changes.failed_replies() == {}


def test_a_reply_whose_instance_was_killed_has_failed(path: Path) -> None:
    with ConversationStore.open(path) as store:
        store.add_turn(replace(C, leaf_id=REPLY.id), PROMPT, REPLY).result()
    with ConversationStore.open(path) as store:
        assert store.changes.failed_replies() == {C.id: REPLY.id}
