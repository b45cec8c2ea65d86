import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.domain import MessageStatus, Role, Usage
from fakegpt_tui.store.conversation_store import ConversationStore
from fakegpt_tui.store.queries import DAMAGED_MESSAGE
from fakegpt_tui.store.rows import CHECKSUM_FIELDS
from tests.store.tree import TIME, conversation, turn

CHANGES = {
    "role": "system",
    "status": "stopped",
    "created_at": 5,
    "prompt_tokens": 6,
    "reply_tokens": 8,
    "trashed_at": 9,
}
KEYS = {"id", "conversation_id", "parent_id"}


@pytest.mark.parametrize("field", [field for field in CHECKSUM_FIELDS if field not in KEYS])
def test_a_message_with_another_value_than_was_written_is_flagged(
    store: ConversationStore, path: Path, field: str
) -> None:
    header, prompt, reply = turn(conversation(), status=MessageStatus.COMPLETE, reply="text")
    reply = replace(reply, usage=Usage(1, 2))
    store.add_turn(header, prompt, reply).result()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            f"UPDATE chat_message SET {field} = ? WHERE id = ?",
            (CHANGES.get(field, "changed"), reply.id),
        )
    first, last = store.messages(header.id)
    assert first == prompt
    assert (last.status, last.error) == (MessageStatus.INTERRUPTED, DAMAGED_MESSAGE)


def test_a_message_that_without_a_checksum_is_flagged_unless_it_is_streaming(
    store: ConversationStore, path: Path
) -> None:
    header, prompt, reply = turn(conversation(), status=MessageStatus.STREAMING)
    store.add_turn(header, prompt, reply).result()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE chat_message SET checksum = NULL")
    first, last = store.messages(header.id)
    assert (first.status, first.error) == (MessageStatus.INTERRUPTED, DAMAGED_MESSAGE)
    assert last == reply


def test_a_message_of_an_owner_that_cannot_be_is_flagged_also_after_a_restart(path: Path) -> None:
    header, prompt, reply = turn(conversation(), status=MessageStatus.STREAMING)
    with ConversationStore.open(path) as store:
        store.add_turn(header, prompt, reply).result()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE chat_message SET owner = 'streaming' WHERE owner IS NOT NULL")
    for _ in range(2):
        with ConversationStore.open(path) as store:
            assert [each.error for each in store.messages(header.id)] == [None, DAMAGED_MESSAGE]


def test_whatever_is_written_is_whole(store: ConversationStore) -> None:
    header, prompt, reply = turn(conversation(), status=MessageStatus.QUEUED)
    store.add_turn(header, prompt, reply)
    store.set_status(reply.id, MessageStatus.STREAMING)
    store.append_reply(reply.id, "text")
    store.set_status(reply.id, MessageStatus.STOPPED)
    store.trash_messages([reply.id], TIME).result()
    stopped = replace(reply, text="text", status=MessageStatus.STOPPED, trashed_at=TIME)
    assert store.messages(header.id) == (prompt, stopped)
    ended = replace(reply, text="\ud800\x00", status=MessageStatus.FAILED, error="It failed.")
    store.finish_reply(ended).result()
    assert store.messages(header.id)[-1].error == "It failed."


def test_a_length_of_time_that_cannot_be_is_none(store: ConversationStore, path: Path) -> None:
    header, prompt, reply = turn(conversation(), status=MessageStatus.COMPLETE, reply="text")
    store.add_turn(header, prompt, reply).result()
    for damaged in (-1, -(2**63)):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(
                "UPDATE chat_message SET ended_after = ? WHERE id = ?", (damaged, reply.id)
            )
        assert store.messages(header.id) == (prompt, reply)


def test_damage_does_not_become_whole_in_the_trash(store: ConversationStore, path: Path) -> None:
    header, prompt, _ = turn(conversation())
    store.add_turn(header, prompt).result()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE chat_message SET role = 'x'")
    store.trash_messages([prompt.id], TIME)
    store.trash_messages([prompt.id], None).result()
    (found,) = store.messages(header.id)
    assert (found.role, found.error) == (Role.SYSTEM, DAMAGED_MESSAGE)
