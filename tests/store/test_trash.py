from dataclasses import replace
from datetime import timedelta

import pytest

from fakegpt_tui.domain import Draft, QueuedPrompt, StoreError
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.store.tree import TIME, chat_message, conversation

DAY = timedelta(days=1)


def test_a_trashed_conversation_is_in_the_trash_and_nowhere_else(store: ConversationStore) -> None:
    kept, old, new = conversation(), conversation(trashed_at=TIME), conversation()
    for each in (kept, old, new):
        store.add_turn(each)
    new = replace(new, trashed_at=TIME + DAY)
    store.save_conversation(new).result()
    assert store.conversations() == (kept,)
    assert store.trashed() == (new, old)
    store.save_conversation(replace(old, trashed_at=None)).result()
    assert store.trashed() == (new,)


def test_a_message_goes_to_the_trash_and_comes_back(store: ConversationStore) -> None:
    header = conversation()
    one, two = chat_message(header, None), chat_message(header, None)
    store.add_turn(header, one, two)
    store.trash_messages([one.id], TIME).result()
    assert store.messages(header.id) == (replace(one, trashed_at=TIME), two)
    store.trash_messages([one.id], None).result()
    assert store.messages(header.id) == (one, two)
    with pytest.raises(StoreError, match="no longer"):
        store.trash_messages([one.id, "missing"], TIME).result()
    assert store.messages(header.id) == (one, two)


def test_the_trash_is_emptied_of_what_is_old(store: ConversationStore) -> None:
    header = conversation()
    root = chat_message(header, None, text="root")
    old = chat_message(header, root.id, trashed_at=TIME)
    below = chat_message(header, old.id, trashed_at=TIME)
    new = chat_message(header, root.id, trashed_at=TIME + DAY)
    store.add_turn(header, root, old, below, new)
    gone, stays = conversation(trashed_at=TIME), conversation(trashed_at=TIME + DAY)
    store.add_turn(gone, chat_message(gone, None, text="gone"))
    store.add_turn(stays)
    store.delete_trashed(TIME + DAY).result()
    assert store.messages(header.id) == (root, new)
    assert store.trashed() == (stays,)
    assert store.messages(gone.id) == ()


def test_a_parent_stays_as_long_as_a_child_of_it_stays(store: ConversationStore) -> None:
    header = conversation()
    parent = chat_message(header, None, trashed_at=TIME)
    child = chat_message(header, parent.id)
    store.add_turn(header, parent, child)
    store.delete_trashed(TIME + DAY).result()
    assert store.messages(header.id) == (parent, child)


def test_queued_prompts_keep_their_order_and_survive(store: ConversationStore) -> None:
    queue = [QueuedPrompt(name, "c", f"text {name}") for name in "xyz"]
    other = QueuedPrompt("o", "d", "other")
    store.save_queue("c", queue)
    store.save_queue("d", [other]).result()
    store.save_queue("c", queue[::-1]).result()
    assert store.queued_prompts() == {"c": queue[::-1], "d": [other]}
    store.save_queue("c", []).result()
    assert store.queued_prompts() == {"d": [other]}


def test_deleting_a_conversation_takes_its_draft_and_its_queue(store: ConversationStore) -> None:
    header = conversation()
    store.add_turn(header)
    store.save_draft(Draft(header.id, "draft"))
    store.save_draft(Draft(f"{header.id} edits prompt", "edited"))
    store.save_draft(Draft("another", "stays"))
    store.save_queue(header.id, [QueuedPrompt("q", header.id, "queued")])
    store.delete_conversation(header.id).result()
    assert list(store.drafts()) == ["another"]
    assert store.queued_prompts() == {}


def test_earlier_prompts_come_newest_first_without_doubles(store: ConversationStore) -> None:
    header = conversation()
    texts = ["one", "two", "one", "", "three"]
    store.add_turn(header, *[chat_message(header, None, text=text) for text in texts])
    store.add_turn(header, chat_message(header, None, text="away", trashed_at=TIME)).result()
    assert store.prompts(9) == ("three", "one", "two")
    assert store.prompts(2) == ("three", "one")
