import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import ChatMessage, MessageStatus, Role, TitleSource
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.examples import examples
from tests.store.tree import conversation, turn


@examples(30)
@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=25))
def test_the_path_is_the_walk_from_the_leaf(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, bool]]
) -> None:
    """Each step answers some earlier message, or begins a second root, and may show it."""
    with ConversationStore.open(tmp_path_factory.mktemp("tree") / "c.db") as store:
        header = conversation()
        store.add_turn(header)
        known: list[ChatMessage] = []
        leaf = None
        for choice, is_shown in steps:
            parent = known[choice % len(known)].id if known and choice else None
            changed, prompt, reply = turn(header, parent=parent)
            prompt = replace(prompt, parent_id=parent)
            known += [prompt, reply]
            leaf = changed.leaf_id if is_shown else leaf
            header = replace(header, leaf_id=leaf)
            store.add_turn(header, prompt, reply)
        store.save_conversation(header).result()
        assert list(store.messages(header.id)) == known
        path = walked(known, leaf)
        assert list(store.path(header.id)) == path
        assert store.count_messages(header.id) == len(known)
        for count in (1, 3, 60):
            assert list(store.path_end(leaf or "none", count)) == path[-count:]


def walked(messages: list[ChatMessage], leaf: str | None) -> list[ChatMessage]:
    by_id = {message.id: message for message in messages}
    path: list[ChatMessage] = []
    while leaf is not None:
        path.insert(0, by_id[leaf])
        leaf = by_id[leaf].parent_id
    return path


def damaged(path: Path, statement: str, *values: str | None) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)


def test_a_circle_of_parents_has_an_end(store: ConversationStore, path: Path) -> None:
    header, prompt, reply = turn(conversation(), status=MessageStatus.COMPLETE)
    store.add_turn(header, prompt, reply).result()
    damaged(path, "UPDATE chat_message SET parent_id = ? WHERE id = ?", reply.id, prompt.id)
    assert [message.id for message in store.path(header.id)] == [prompt.id, reply.id]


def test_the_end_of_a_path_in_a_circle_has_as_many_messages_as_were_asked_for(
    store: ConversationStore, path: Path
) -> None:
    header, prompt, reply = turn(conversation(), status=MessageStatus.COMPLETE)
    store.add_turn(header, prompt, reply).result()
    damaged(path, "UPDATE chat_message SET parent_id = ? WHERE id = ?", reply.id, prompt.id)
    assert len(store.path_end(reply.id, 7)) == 7


def test_a_leaf_that_is_gone_is_taken_for_the_newest_message(store: ConversationStore) -> None:
    header, prompt, reply = turn(conversation(), status=MessageStatus.COMPLETE)
    store.add_turn(replace(header, leaf_id="gone"), prompt, reply).result()
    assert store.path(header.id) == (prompt, reply)


def test_a_leaf_of_another_conversation_is_not_shown(store: ConversationStore) -> None:
    one = turn(conversation(), "one", status=MessageStatus.COMPLETE)
    two = turn(conversation(), "two", status=MessageStatus.COMPLETE)
    store.add_turn(*one)
    store.add_turn(replace(two[0], leaf_id=one[0].leaf_id), *two[1:]).result()
    assert store.path(two[0].id) == two[1:]


def test_unknown_words_and_broken_text_are_read_as_far_as_they_go(
    store: ConversationStore, path: Path
) -> None:
    header, prompt, reply = turn(conversation(), status=MessageStatus.COMPLETE)
    store.add_turn(header, prompt, reply).result()
    damaged(path, "UPDATE chat_message SET role = 'x', status = 'y', text = CAST(x'61ff' AS TEXT)")
    damaged(path, "UPDATE conversation SET title_source = 'z', created_at = -9e18 | 0")
    assert [(each.role, each.status, each.text) for each in store.path(header.id)] == [
        (Role.SYSTEM, MessageStatus.INTERRUPTED, "a�")
    ] * 2
    (found,) = store.conversations()
    assert (found.title_source, found.created_at.year) == (TitleSource.PERSON, 1)
