import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import ChatMessage, MessageStatus, Role, StoreError, TitleSource
from fakegpt_tui.store.conversation_store import ConversationStore
from fakegpt_tui.text import replace_surrogates
from tests.examples import examples
from tests.store.tree import TIME, chat_message, conversation, turn


def texts(messages: tuple[ChatMessage, ...]) -> list[str]:
    return [message.text for message in messages]


def test_a_turn_is_found_again_after_a_restart(path: Path) -> None:
    header, prompt, reply = turn(conversation(), status=MessageStatus.COMPLETE, reply="an answer")
    with ConversationStore.open(path) as store:
        store.add_turn(header, prompt, reply).result()
    with ConversationStore.open(path) as store:
        assert store.conversations() == (header,)
        assert store.path(header.id) == (prompt, reply)


def test_close_writes_what_is_queued(path: Path) -> None:
    header, prompt, reply = turn(conversation())
    store = ConversationStore.open(path)
    store.add_turn(header, prompt, reply)
    store.append_reply(reply.id, "an ")
    store.finish_reply(replace(reply, text="an answer", status=MessageStatus.COMPLETE))
    assert store.close()
    with ConversationStore.open(path) as again:
        assert texts(again.path(header.id)) == ["a prompt", "an answer"]


def test_every_field_comes_back(store: ConversationStore) -> None:
    header = conversation(
        title_source=TitleSource.PERSON,
        unread=True,
        pinned=True,
        archived=True,
        updated_at=TIME + timedelta(days=1, microseconds=7),
    )
    message = chat_message(
        header,
        None,
        role=Role.SYSTEM,
        text="x",
        status=MessageStatus.FAILED,
        error="It failed.",
        service="s",
        model="n",
        first_word_after=timedelta(seconds=1.5),
        ended_after=timedelta(hours=2, microseconds=1),
        thought_for=timedelta(0),
    )
    header = replace(header, leaf_id=message.id)
    store.add_turn(header, message).result()
    assert store.conversation(header.id) == header
    assert store.messages(header.id) == (message,)


def test_conversations_come_newest_first(store: ConversationStore) -> None:
    first, second, third = conversation(), conversation(), conversation()
    for each in (second, third, first):
        store.add_turn(each)
    store.save_conversation(replace(first, updated_at=third.updated_at + timedelta(1))).result()
    assert [each.id for each in store.conversations()] == [first.id, third.id, second.id]


def test_conversations_of_the_same_moment_come_in_the_order_they_were_made(
    store: ConversationStore,
) -> None:
    twins = [conversation(updated_at=TIME) for _ in range(3)]
    for each in twins:
        store.add_turn(each)
    store.set_status("", MessageStatus.STOPPED).exception()
    assert list(store.conversations()) == twins[::-1]


def test_a_whole_turn_is_added_or_none_of_it(store: ConversationStore) -> None:
    header, prompt, reply = turn(conversation(title="before"))
    store.add_turn(header, prompt, reply).result()
    changed, another, _ = turn(replace(header, title="after"))
    with pytest.raises(StoreError):
        store.add_turn(changed, another, reply).result()
    assert store.conversation(header.id) == header
    assert store.messages(header.id) == (prompt, reply)


def test_a_parent_that_is_nowhere_is_refused(store: ConversationStore) -> None:
    header = conversation()
    with pytest.raises(StoreError):
        store.add_turn(header, chat_message(header, "missing")).result()


def test_a_deleted_conversation_is_gone_with_its_messages(store: ConversationStore) -> None:
    header, prompt, reply = turn(conversation())
    kept = turn(conversation())
    store.add_turn(header, prompt, reply)
    store.add_turn(*kept)
    store.append_reply(reply.id, "text")
    store.delete_conversation(header.id).result()
    assert store.conversation(header.id) is None
    assert store.messages(header.id) == store.path(header.id) == ()
    assert store.messages(kept[0].id) == kept[1:]


def test_a_long_chain_can_be_walked_and_deleted(store: ConversationStore) -> None:
    header = conversation()
    chain = [chat_message(header, None)]
    while len(chain) < 2500:
        chain.append(chat_message(header, chain[-1].id))
    store.add_turn(replace(header, leaf_id=chain[-1].id), *chain).result()
    assert len(store.path(header.id)) == 2500
    store.delete_conversation(header.id).result()
    assert store.conversations() == ()


def test_what_was_deleted_elsewhere_cannot_be_changed(store: ConversationStore) -> None:
    header, _, reply = turn(conversation())
    for future in (
        store.save_conversation(header),
        store.finish_reply(replace(reply, status=MessageStatus.COMPLETE)),
        store.set_status(reply.id, MessageStatus.STREAMING),
        store.set_status(reply.id, MessageStatus.STOPPED),
    ):
        with pytest.raises(StoreError, match="no longer in the store"):
            future.result()


def test_a_failed_write_does_not_stop_the_next(store: ConversationStore) -> None:
    header = conversation()
    store.add_turn(header)
    failed = store.add_turn(header, chat_message(header, "missing"))
    store.save_conversation(replace(header, title="new")).result()
    assert isinstance(failed.exception(), StoreError)
    assert [each.title for each in store.conversations()] == ["new"]


async def test_cancelling_who_waits_does_not_cancel_the_save(store: ConversationStore) -> None:
    header = conversation()
    saved = store.add_turn(header)
    waiting = asyncio.ensure_future(asyncio.wrap_future(saved))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not saved.cancel()
    await asyncio.wrap_future(saved)
    assert store.conversation(header.id) == header


def test_a_closed_store_takes_nothing(path: Path) -> None:
    store = ConversationStore.open(path)
    assert store.close()
    assert store.close()
    with pytest.raises(StoreError, match="closed"):
        store.add_turn(conversation()).result()
    with pytest.raises(StoreError):
        store.conversations()


def test_deltas_are_seen_while_the_reply_streams(store: ConversationStore) -> None:
    header, prompt, reply = turn(conversation(), status=MessageStatus.WAITING)
    store.add_turn(header, prompt, reply)
    store.append_reply(reply.id, "one two")
    store.append_reply(reply.id, "ree", keep=5)
    store.set_status(reply.id, MessageStatus.STREAMING).result()
    expected = replace(reply, text="one tree", status=MessageStatus.STREAMING)
    assert store.path(header.id)[-1] == store.messages(header.id)[-1] == expected


def test_a_final_status_alone_keeps_what_arrived(store: ConversationStore) -> None:
    header, prompt, reply = turn(conversation())
    store.add_turn(header, prompt, reply)
    store.append_reply(reply.id, "half")
    store.set_status(reply.id, MessageStatus.STOPPED).result()
    assert store.path(header.id)[-1] == replace(reply, text="half", status=MessageStatus.STOPPED)


def test_deltas_after_the_end_is_dropped(store: ConversationStore, path: Path) -> None:
    header, prompt, reply = turn(conversation())
    store.add_turn(header, prompt, reply)
    ended = replace(reply, text="whole", status=MessageStatus.COMPLETE)
    store.finish_reply(ended)
    store.append_reply(reply.id, " and more")
    store.set_status(prompt.id, MessageStatus.COMPLETE).result()
    assert store.path(header.id)[-1] == ended
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM reply_delta").fetchall() == []


def test_a_reply_may_go_on_after_it_was_saved(store: ConversationStore) -> None:
    header, prompt, reply = turn(conversation())
    store.add_turn(header, prompt, reply)
    store.append_reply(reply.id, "draft")
    store.finish_reply(replace(reply, text="one"))
    store.append_reply(reply.id, " two")
    store.set_status(reply.id, MessageStatus.STREAMING).result()
    assert store.path(header.id)[-1].text == "one two"


hostile = st.text(st.characters(), max_size=20) | st.sampled_from(
    ["\x00", "a\x00b", "\ud800", "\ud83d", "\ude00", "x\udfff\x00", "'; DROP TABLE conversation"]
)


@examples(40)
@given(st.lists(hostile | st.tuples(st.integers(-2, 40), hostile), max_size=12))
def test_applied_deltas_are_the_text_whatever_was_sent(
    tmp_path_factory: pytest.TempPathFactory, events: list[str | tuple[int, str]]
) -> None:
    with ConversationStore.open(tmp_path_factory.mktemp("deltas") / "c.db") as store:
        header, prompt, reply = turn(conversation())
        store.add_turn(header, prompt, reply)
        expected = ""
        for number, event in enumerate(events):
            keep, text = event if isinstance(event, tuple) else (None, event)
            store.append_reply(reply.id, text, keep)
            expected = (expected if keep is None else expected[: max(keep, 0)]) + text
            if number % 3 == 0:
                # Everything gathered is written before this, so that deltas pile up.
                store.set_status(reply.id, MessageStatus.STREAMING)
        store.set_status(reply.id, MessageStatus.STREAMING).result()
        assert store.path(header.id)[-1].text == replace_surrogates(expected)


@examples(30)
@given(hostile, hostile, hostile, hostile)
def test_hostile_values_are_kept_readable(
    tmp_path_factory: pytest.TempPathFactory, title: str, text: str, error: str, name: str
) -> None:
    with ConversationStore.open(tmp_path_factory.mktemp("values") / "c.db") as store:
        header = conversation(id=name, title=title, service=name, model=name, leaf_id=name)
        message = chat_message(header, None, id=name, text=text, error=error)
        store.add_turn(header, message).result()
        (found,) = store.path(name)
        assert found.text == replace_surrogates(text)
        assert found.error == replace_surrogates(error)
        assert store.conversations()[0].title == replace_surrogates(title)


@pytest.mark.parametrize(
    "time",
    [
        datetime(2026, 1, 1, 5, 6, 7, 8, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        datetime.max.replace(tzinfo=UTC),
        datetime.min.replace(tzinfo=UTC),
    ],
)
def test_a_time_keeps_its_moment(store: ConversationStore, time: datetime) -> None:
    header = conversation(created_at=time)
    store.add_turn(header).result()
    assert [each.created_at for each in store.conversations()] == [time]


def test_a_time_without_a_zone_counts_as_utc(store: ConversationStore) -> None:
    store.add_turn(conversation(created_at=TIME.replace(tzinfo=None))).result()
    assert [each.created_at for each in store.conversations()] == [TIME]
