import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.domain import Draft, MessageStatus, NotSavedYet, StoreError
from fakegpt_tui.store import open_store
from fakegpt_tui.store.conversation_store import ConversationStore
from fakegpt_tui.store.open_store import StoreFiles
from fakegpt_tui.store.writer import StoreWriter
from tests.patience import PATIENCE
from tests.store.tree import chat_message, conversation, turn

HOUR = 3600.0


def eventually(check: Callable[[], bool]) -> None:
    """Wait until `check` holds; it looks at what other threads do."""
    end = time.monotonic() + PATIENCE
    tick = threading.Event()
    while not check():
        assert time.monotonic() < end, "it never came to that"
        tick.wait(0.002)


@contextmanager
def opened(path: Path) -> Iterator[tuple[ConversationStore, StoreFiles]]:
    """A store, and the files under it, which a test may break."""
    files = open_store.open_store(path)
    with ConversationStore(files) as store:
        yield store, files


@contextmanager
def patient_writer(path: Path) -> Iterator[StoreWriter]:
    """A second writer that gathers deltas until there are enough of them."""
    files = open_store.open_store(path)
    writer = StoreWriter(path, files.writer, files.hold_lock, coalesce_seconds=HOUR)
    yield writer
    writer.close(10)
    files.reader.close()
    files.instance.close()


def test_deltas_are_written_without_being_asked_for(store: ConversationStore) -> None:
    header, prompt, reply = turn(conversation())
    store.add_turn(header, prompt, reply).result()
    store.append_reply(reply.id, "a word")
    eventually(lambda: store.path(header.id)[-1].text == "a word")
    store.append_reply(reply.id, " and another")
    eventually(lambda: store.path(header.id)[-1].text == "a word and another")


def test_four_kilobytes_are_written_before_their_time(store: ConversationStore, path: Path) -> None:
    header, prompt, reply = turn(conversation())
    other = turn(conversation())
    store.add_turn(header, prompt, reply)
    store.add_turn(*other).result()
    with patient_writer(path) as writer:
        writer.append_reply(other[2].id, "b", None)
        writer.append_reply(reply.id, "ü" * 2000, None)
        writer.append_reply(reply.id, "ü" * 48, None)
        eventually(lambda: store.path(header.id)[-1].text == "ü" * 2048)
        assert store.path(other[0].id)[-1].text == "b"


def test_deltas_come_before_any_later_write_and_at_the_end(
    store: ConversationStore, path: Path
) -> None:
    header, prompt, reply = turn(conversation())
    store.add_turn(header, prompt, reply).result()
    with patient_writer(path) as writer:
        writer.append_reply(reply.id, "one", None)
        writer.submit(lambda _: None).result()
        assert store.path(header.id)[-1].text == "one"
        writer.append_reply(reply.id, " two", None)
    assert store.path(header.id)[-1].text == "one two"


def test_a_full_disk_loses_nothing_that_was_kept_in_memory(path: Path) -> None:
    header, prompt, reply = turn(conversation())
    with opened(path) as (store, files):
        store.add_turn(header, prompt, reply).result()
        files.writer.execute("PRAGMA max_page_count = 1")
        for _ in range(30):
            store.append_reply(reply.id, "0123456789" * 1000)
        eventually(lambda: store.last_error is not None)
        assert "disk is full" in str(store.last_error)
        ended = replace(reply, text="0123456789" * 30_000, status=MessageStatus.COMPLETE)
        with pytest.raises(NotSavedYet, match="disk is full"):
            store.finish_reply(ended).result()
        another = turn(conversation())
        with pytest.raises(NotSavedYet, match="kept in memory"):
            store.add_turn(*another).result()
        assert store.path(header.id)[0] == prompt
        files.writer.execute("PRAGMA max_page_count = 1000000")
        store.set_status(another[2].id, MessageStatus.WAITING).result()
        assert store.path(header.id) == (prompt, ended)
        assert len(store.path(another[0].id)) == 2
        assert store.last_error is None


def test_what_may_be_written_later_is_tried_again_by_itself(path: Path) -> None:
    header, prompt, reply = turn(conversation())
    with opened(path) as (store, files):
        store.add_turn(header, prompt, reply).result()
        files.writer.execute("PRAGMA query_only = ON")
        ended = replace(reply, text="kept", status=MessageStatus.COMPLETE)
        with pytest.raises(NotSavedYet):
            store.finish_reply(ended).result()
        files.writer.execute("PRAGMA query_only = OFF")
        eventually(lambda: store.last_error is None)
        assert store.path(header.id)[-1] == ended


def test_what_can_never_be_written_is_not_tried_again(store: ConversationStore) -> None:
    header, prompt, reply = turn(conversation())
    store.add_turn(header, prompt, reply).result()
    with pytest.raises(StoreError, match="does not fit") as error:
        store.add_turn(header, prompt, chat_message(header, prompt.id)).result()
    assert not isinstance(error.value, NotSavedYet)
    store.save_conversation(header).result()
    assert store.last_error is None


def test_what_is_asked_for_again_is_done_once(store: ConversationStore) -> None:
    header, prompt, reply = turn(conversation())
    store.add_turn(header, prompt, reply)
    store.save_conversation(replace(header, title="newer"))
    store.add_turn(header, prompt, reply).result()
    assert [each.title for each in store.conversations()] == ["newer"]
    assert store.messages(header.id) == (prompt, reply)


def test_a_file_that_is_gone_is_reported_without_a_write(
    store: ConversationStore, path: Path
) -> None:
    away = path.with_name("away.db")
    path.rename(away)
    store.poll_changes()
    eventually(lambda: store.last_error is not None)
    assert "replaced or deleted" in str(store.last_error)
    away.replace(path)
    store.poll_changes()
    eventually(lambda: store.last_error is None)


def test_what_another_instance_writes_is_noticed_and_what_this_one_does_is_not(path: Path) -> None:
    with ConversationStore.open(path) as one, ConversationStore.open(path) as two:
        one.add_turn(conversation()).result()
        eventually(two.poll_changes)
        two.save_conversation(conversation()).exception()
        two.add_turn(conversation()).result()
        assert not any(two.poll_changes() for _ in range(3))
        two.add_turn(conversation()).result()
        assert not any(two.poll_changes() for _ in range(3))
        eventually(one.poll_changes)


def test_a_draft_is_written_once_for_many_keys(store: ConversationStore) -> None:
    saves = {id(store.save_draft(Draft("c", "word"[:length], (0, length)))) for length in range(5)}
    assert len(saves) == 1
    store.save_draft(Draft("d", "other")).result()
    assert store.drafts() == {"c": Draft("c", "word", (0, 4)), "d": Draft("d", "other")}


def test_a_draft_comes_before_any_later_write(store: ConversationStore) -> None:
    store.save_draft(Draft("c", "word"))
    store.add_turn(conversation()).result()
    assert store.drafts() == {"c": Draft("c", "word")}
    store.save_draft(Draft("c", "")).result()
    assert store.drafts() == {}


def test_a_draft_survives_leaving(path: Path) -> None:
    with ConversationStore.open(path) as store:
        store.save_draft(Draft("c", "word\n\ud800", (1, 1)))
    with ConversationStore.open(path) as store:
        assert store.drafts() == {"c": Draft("c", "word\n�", (1, 1))}


def test_what_could_not_be_written_is_tried_again_at_the_end(path: Path) -> None:
    header, prompt, reply = turn(conversation())
    with opened(path) as (store, files):
        store.add_turn(header, prompt, reply).result()
        files.writer.execute("PRAGMA query_only = ON")
        store.append_reply(reply.id, "kept")
        eventually(lambda: store.last_error is not None)
        files.writer.execute("PRAGMA query_only = OFF")
        assert store.close()
    with ConversationStore.open(path) as store:
        assert store.path(header.id)[-1].text == "kept"


def test_a_store_that_can_only_be_read_says_so(path: Path) -> None:
    with opened(path) as (store, files):
        files.writer.execute("PRAGMA query_only = ON")
        with pytest.raises(StoreError, match="can only be read"):
            store.add_turn(conversation()).result()
        assert store.conversations() == ()


def test_a_store_that_another_program_keeps_busy_says_so(path: Path) -> None:
    with opened(path) as (store, files):
        files.writer.execute("PRAGMA busy_timeout = 1")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="busy"):
                store.add_turn(conversation()).result()
        store.add_turn(conversation()).result()


def test_a_store_that_was_moved_away_takes_nothing_until_it_is_back(path: Path) -> None:
    header, prompt, reply = turn(conversation())
    away = path.with_name("away.db")
    with ConversationStore.open(path) as store:
        store.add_turn(header, prompt, reply).result()
        path.rename(away)
        store.append_reply(reply.id, "text")
        with pytest.raises(StoreError, match="replaced or deleted"):
            store.add_turn(conversation()).result()
        path.write_bytes(b"another file")
        with pytest.raises(StoreError, match="replaced or deleted"):
            store.add_turn(conversation()).result()
        away.replace(path)
        store.set_status(reply.id, MessageStatus.STREAMING).result()
        assert store.path(header.id)[-1].text == "text"
        # What was refused meanwhile was kept, and has come in as well.
        assert len(store.conversations()) == 3


def test_a_store_that_a_newer_version_has_changed_takes_nothing(path: Path) -> None:
    with ConversationStore.open(path) as store:
        with closing(sqlite3.connect(path)) as newer:
            newer.execute("PRAGMA user_version = 99")
        with pytest.raises(StoreError, match="newer version"):
            store.add_turn(conversation()).result()
        assert store.conversations() == ()


def test_leaving_does_not_wait_for_ever(path: Path) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(_: sqlite3.Connection) -> None:
        begun.set()
        may_end.wait(PATIENCE)

    with patient_writer(path) as writer:
        current, queued = writer.submit(slow), writer.submit(lambda _: None)
        begun.wait(PATIENCE)
        assert not writer.close(deadline=0.01)
        with pytest.raises(StoreError, match="ended before"):
            queued.result()
        may_end.set()
        current.result()


def test_two_instances_see_what_the_other_writes(path: Path) -> None:
    header, prompt, reply = turn(conversation())
    with ConversationStore.open(path) as one, ConversationStore.open(path) as two:
        one.add_turn(header, prompt, reply).result()
        assert two.path(header.id) == (prompt, reply)
        two.save_conversation(replace(header, title="new")).result()
        assert [each.title for each in one.conversations()] == ["new"]
