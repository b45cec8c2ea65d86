"""The ledger: every reply that was asked for stands in it once, and outlives its conversation."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakegpt_tui.domain import MessageStatus, Role, Usage
from fakegpt_tui.domain.prices import SpendingEntry
from fakegpt_tui.store import rows, salvage
from fakegpt_tui.store.connection import open_writer
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.store.test_old_stores import old_path
from tests.store.tree import TIME, chat_message, conversation, turn

USAGE = Usage(5, 7, cache_read=2, reasoning=3, searches=1, cost="0.01", tier="flex")
__all__ = ["old_path"]


def finished(store: ConversationStore, **changes: object) -> SpendingEntry:
    """A reply that has ended, as an entry."""
    header, prompt, reply = turn(conversation())
    reply = replace(reply, service="s", model="m", usage=USAGE)
    store.add_turn(header, prompt, reply)
    store.finish_reply(replace(reply, **{"status": MessageStatus.COMPLETE, **changes})).result()
    return SpendingEntry(
        reply_id=reply.id,
        conversation_id=header.id,
        at=reply.created_at,
        service="s",
        model="m",
        status=changes.get("status", MessageStatus.COMPLETE),
        usage=changes.get("usage", USAGE),
        title=header.title,
    )


@pytest.mark.parametrize(
    "changes", [{}, {"status": MessageStatus.STOPPED}, {"usage": None}], ids=str
)
def test_a_reply_is_in_the_ledger_once_as_it_ended(
    store: ConversationStore, changes: dict[str, object]
) -> None:
    entry = finished(store, **changes)
    assert list(store.spending()) == [entry]
    (reply,) = (each for each in store.messages(entry.conversation_id) if each.id == entry.reply_id)
    store.finish_reply(reply).result()
    assert len(store.spending()) == 1


def test_what_is_only_added_was_not_asked_for(store: ConversationStore) -> None:
    header = conversation()
    imported = chat_message(header, None, role=Role.ASSISTANT, service="s", usage=USAGE)
    store.add_turn(header, imported).result()
    assert list(store.spending()) == []


def test_an_entry_outlives_its_conversation(store: ConversationStore) -> None:
    entry = finished(store)
    store.delete_conversation(entry.conversation_id).result()
    assert list(store.spending()) == [replace(entry, title="")]


def test_titles_and_summaries_are_added_and_time_is_a_border(store: ConversationStore) -> None:
    entry = SpendingEntry(
        reply_id="t",
        conversation_id="c",
        at=TIME,
        service="s",
        model="small",
        purpose="title",
        usage=Usage(None, 3),
    )
    store.add_spending(entry).result()
    assert list(store.spending(TIME)) == [entry]
    assert list(store.spending(TIME + timedelta(microseconds=1))) == []


def test_what_was_there_before_the_ledger_is_in_it_as_that(old_path: Path) -> None:
    with ConversationStore.open(old_path) as store:
        entries = {each.reply_id: each for each in store.spending()}
    assert all(each.is_imported for each in entries.values() if each.reply_id != "r4")
    assert entries["r1"].usage == Usage(12, 5)


def test_the_ledger_is_salvaged(path: Path, tmp_path: Path) -> None:
    with ConversationStore.open(path) as store:
        entry = finished(store)
    target = tmp_path / "new" / "c.db"
    with ConversationStore.open(target):
        pass
    with closing(open_writer(target)) as connection:
        salvage.salvage_rows(path, connection)
    with ConversationStore.open(target) as store:
        assert list(store.spending()) == [entry]


@pytest.mark.parametrize("details", ["", "{", "[]", '{"cache_read": "x"}', '{"cost": null}'])
def test_damaged_details_of_a_usage_are_unknown(details: str) -> None:
    found = rows.decode_usage({"prompt_tokens": 12, "reply_tokens": 5, "usage": details})
    assert found is not None
    assert (found.prompt_tokens, found.output, found.cache_read) == (12, 5, None)
