"""A store in memory is the same store, without a trace on the disk."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.domain import Draft, MessageStatus, SearchQuery, StoreError
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.store.tree import TIME, conversation, turn


@pytest.fixture
def store() -> Iterator[ConversationStore]:
    with ConversationStore.open_in_memory() as store:
        yield store


def test_a_conversation_in_memory_streams_ends_and_is_found(store: ConversationStore) -> None:
    header, prompt, reply = turn(conversation(title="a title"), "a prompt")
    store.add_turn(header, prompt, reply)
    store.append_reply(reply.id, "half")
    store.set_status(reply.id, MessageStatus.STREAMING).result()
    assert store.path(header.id)[-1].text == "half"
    ended = replace(reply, text="a whole reply", status=MessageStatus.COMPLETE)
    store.finish_reply(ended).result()
    assert store.path(header.id) == (prompt, ended)
    assert [hit.message_id for hit in store.search(SearchQuery(text="whole"), 9)] == [reply.id]
    assert store.notices == ()
    assert not store.poll_changes()


def test_deleted_and_trashed_is_as_it_is_on_disk(store: ConversationStore) -> None:
    header, prompt, reply = turn(conversation(), status=MessageStatus.COMPLETE)
    other = turn(conversation())
    store.add_turn(header, prompt, reply)
    store.add_turn(*other)
    store.save_draft(Draft(header.id, "typed"))
    store.trash_messages([reply.id], TIME).result()
    store.delete_trashed(TIME.replace(year=TIME.year + 1)).result()
    assert store.messages(header.id) == (prompt,)
    store.delete_conversation(header.id).result()
    assert [each.id for each in store.conversations()] == [other[0].id]
    assert store.drafts() == {}
    with pytest.raises(StoreError, match="no longer in the store"):
        store.save_conversation(header).result()


def test_two_stores_in_memory_share_nothing_and_end_with_their_close(
    store: ConversationStore,
) -> None:
    store.add_turn(conversation()).result()
    with ConversationStore.open_in_memory() as other:
        assert other.conversations() == ()
        other.add_turn(conversation()).result()
        assert other.close()
    assert len(store.conversations()) == 1


def test_reading_while_a_reply_is_written_loses_nothing(store: ConversationStore) -> None:
    header, prompt, reply = turn(conversation())
    store.add_turn(header, prompt, reply).result()
    seen: list[str] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            seen.append(store.path(header.id)[-1].text)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(200):
        store.append_reply(reply.id, f"{number} ")
        store.set_status(reply.id, MessageStatus.STREAMING).result()
    ended.set()
    reader.join()
    whole = "".join(f"{number} " for number in range(200))
    assert store.path(header.id)[-1].text == whole
    assert all(whole.startswith(each) for each in seen)


def test_no_file_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with ConversationStore.open_in_memory() as store:
        store.add_turn(*turn(conversation(), "x" * 5_000_000)).result()
        assert list(tmp_path.iterdir()) == []
