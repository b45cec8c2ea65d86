"""Disks that are full, writes that take their time, and other instances."""

import asyncio

import pytest

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.domain import Conversation, MessageStatus, StoreError, TextDelta
from tests.chat.fake_chat import ask, run, says, service_of, streaming, texts
from tests.stubs import MemoryStore


async def test_a_reply_that_cannot_be_saved_is_saved_when_that_is_possible_again() -> None:
    gate = Gate()
    chat, store, _ = service_of([TextDelta("all of it"), gate, *says()], says("b"), says("c"))
    turn = chat.turns.new(chat.conversations.create(), "hi")
    task = asyncio.create_task(run(chat, turn))
    await streaming(turn, "all of it")
    store.refusal = "The disk is full."
    gate.open()
    await task
    assert str(chat.writes.error) == "The disk is full."
    assert store.nodes[turn.reply.id].status is MessageStatus.STREAMING
    conversation_id = turn.conversation.id
    for text in ("x", "y", "z"):
        chat.drafts.save(text, text)
    assert chat.messages.path(conversation_id)[-1] == turn.reply
    store.refusal = None
    await ask(chat, "elsewhere")
    assert chat.writes.error is None
    assert store.nodes[turn.reply.id] == turn.reply
    assert set(store.drafts()) == {"x", "y", "z"}


async def test_what_cannot_be_saved_is_shown_also_after_the_tree_was_read_again() -> None:
    chat, store, _ = service_of(says("one"), says("two"))
    turn = await ask(chat, "hi")
    conversation_id = turn.conversation.id
    other = await run(chat, chat.turns.regenerate(conversation_id, turn.reply.id))
    store.refusal = "The disk is full."
    chat.messages.trash(conversation_id, other.reply.id)
    chat.messages.clear_cache()
    assert texts(chat, conversation_id) == ["hi", "one"]
    assert chat.messages.variants(conversation_id, turn.reply.id).count == 1
    store.refusal = None
    chat.writes.retry()
    assert chat.writes.error is None
    assert store.nodes[other.reply.id].trashed_at is not None
    assert store.headers[conversation_id].leaf_id == turn.reply.id


async def test_what_is_only_on_its_way_to_the_disk_is_not_forgotten_by_a_refresh() -> None:
    chat, store, _ = service_of(says("one"), says("two"))
    first = await ask(chat, "hi")
    second = await ask(chat, "ho")
    ids = [turn.conversation.id for turn in (first, second)]
    store.held = True
    chat.actions.rename(ids[0], "Renamed")
    chat.actions.trash([ids[1]])
    chat.drafts.save(ids[0], "a draft")
    chat.messages.trash(ids[0], first.reply.id)
    store.is_changed = True
    assert await chat.refresh()
    assert [each.title for each in chat.conversations.all()] == ["Renamed"]
    assert [each.id for each in chat.conversations.trashed()] == [ids[1]]
    assert chat.drafts.get(ids[0]) is not None
    assert texts(chat, ids[0]) == ["hi"]
    store.settle()
    store.is_changed = True
    assert await chat.refresh()
    assert [each.title for each in chat.conversations.all()] == ["Renamed"]
    assert texts(chat, ids[0]) == ["hi"]
    assert store.headers[ids[1]].trashed_at is not None


async def test_instances_see_what_the_other_one_does() -> None:
    store = MemoryStore()
    one, _, _ = service_of(says("one"), says("three"), store=store)
    other, _, _ = service_of(says("two"), store=store)
    assert other.conversations.all() == []
    first = await ask(one, "first")
    conversation_id = first.conversation.id
    assert not await other.refresh()
    store.is_changed = True
    assert await other.refresh()
    await ask(other, "second", other.conversations.get(conversation_id))
    other.actions.rename(conversation_id, "Ours")
    one.drafts.all()
    other.drafts.save(conversation_id, "theirs")
    store.is_changed = True
    await one.refresh()
    assert texts(one, conversation_id) == ["first", "one", "second", "two"]
    assert one.conversations.get(conversation_id).title == "Ours"
    draft = one.drafts.get(conversation_id)
    assert draft is not None
    assert draft.text == "theirs"


async def test_a_conversation_that_is_open_twice_keeps_what_both_say() -> None:
    store = MemoryStore()
    one, _, _ = service_of(says("start"), says("a"), store=store)
    other, _, _ = service_of(says("b"), store=store)
    start = await ask(one, "hi")
    conversation_id = start.conversation.id
    other.conversations.all()
    a = await ask(one, "here", one.conversations.get(conversation_id))
    b = await ask(other, "there", other.conversations.get(conversation_id))
    for chat in (one, other):
        store.is_changed = True
        await chat.refresh()
        found = chat.messages.variants(conversation_id, a.prompt.id)
        assert found.ids == (a.prompt.id, b.prompt.id)
        assert texts(chat, conversation_id) == ["hi", "start", "there", "b"]


async def test_a_change_leaves_alone_what_another_instance_has_changed() -> None:
    store = MemoryStore()
    one, _, _ = service_of(says("one"), store=store)
    turn = await ask(one, "hi")
    other, _, _ = service_of(store=store)
    other.conversations.all()
    one.actions.pin([turn.conversation.id])
    other.actions.rename(turn.conversation.id, "Renamed")
    kept = store.headers[turn.conversation.id]
    assert (kept.title, kept.pinned) == ("Renamed", True)


async def test_a_reply_that_streams_here_stays_in_sight_when_another_instance_asks_too() -> None:
    store = MemoryStore()
    gate = Gate()
    one, _, _ = service_of(says("start"), [TextDelta("a"), gate, *says("b")], store=store)
    other, _, _ = service_of(says("x"), store=store)
    start = await ask(one, "hi")
    conversation_id = start.conversation.id
    other.conversations.all()
    turn = one.turns.new(one.conversations.get(conversation_id), "here")
    task = asyncio.create_task(run(one, turn))
    await streaming(turn, "a")
    await ask(other, "there", other.conversations.get(conversation_id))
    one.actions.pin([conversation_id])
    assert texts(one, conversation_id) == ["hi", "start", "here", "a"]
    store.is_changed = True
    await one.refresh()
    assert texts(one, conversation_id) == ["hi", "start", "here", "a"]
    gate.open()
    await task
    assert store.nodes[turn.reply.id].text == "ab"


async def test_what_another_instance_deleted_for_good_is_gone_here_too() -> None:
    store = MemoryStore()
    one, _, _ = service_of(says("one"), store=store)
    turn = await ask(one, "hi")
    store.delete_conversation(turn.conversation.id)
    one.conversations.set_unread(turn.conversation.id, unread=True)
    assert one.writes.error is not None
    store.is_changed = True
    await one.refresh()
    assert one.conversations.all() == []
    assert one.writes.error is None


async def test_what_is_deleted_for_good_during_a_refresh_does_not_come_back() -> None:
    chat, store, _ = service_of(says("one"), says("two"))
    turn = await ask(chat, "hi")
    await ask(chat, "ho")
    chat.actions.trash([turn.conversation.id])
    store.is_changed = True
    refresh = asyncio.create_task(chat.refresh())
    await asyncio.sleep(0)
    chat.actions.delete([turn.conversation.id])
    await refresh
    assert chat.conversations.trashed() == []
    assert [each.title for each in chat.conversations.all()] == ["ho"]


async def test_what_is_asked_during_a_refresh_stays_known() -> None:
    chat, store, _ = service_of(says("one"), says("two"))
    await ask(chat, "hi")
    store.is_changed = True
    refresh = asyncio.create_task(chat.refresh())
    await asyncio.sleep(0)
    turn = await ask(chat, "ho")
    chat.actions.rename(turn.conversation.id, "Renamed")
    await refresh
    assert [each.title for each in chat.conversations.all()] == ["Renamed", "hi"]


async def test_a_refresh_that_was_cancelled_or_could_not_read_is_made_up_for() -> None:
    class Unreadable(MemoryStore):
        error = ""

        def conversations(self) -> list[Conversation]:
            if self.error:
                raise StoreError(self.error)
            return super().conversations()

        def conversation(self, conversation_id: str) -> Conversation | None:
            if self.error:
                raise StoreError(self.error)
            return super().conversation(conversation_id)

    store = Unreadable()
    one, _, _ = service_of(says("one"), store=store)
    other, _, _ = service_of(store=store)
    assert other.conversations.all() == []
    turn = await ask(one, "hi")
    store.is_changed = True
    refresh = asyncio.create_task(other.refresh())
    await asyncio.sleep(0)
    refresh.cancel()
    with pytest.raises(asyncio.CancelledError):
        await refresh
    store.error = "The disk is gone."
    assert not await other.refresh()
    one.conversations.set_unread(turn.conversation.id, unread=True)
    store.error = ""
    assert await other.refresh()
    (seen,) = other.conversations.all()
    assert seen.unread
    assert not await other.refresh()


async def test_a_turn_is_shown_while_it_is_only_on_its_way_to_the_disk() -> None:
    chat, store, _ = service_of(says("one"), says("two"))
    first = await ask(chat, "hi")
    store.held = True
    turn = chat.turns.new(chat.conversations.get(first.conversation.id), "more")
    task = asyncio.create_task(run(chat, turn))
    await asyncio.sleep(0)
    chat.messages.clear_cache()
    assert texts(chat, first.conversation.id) == ["hi", "one", "more", ""]
    store.settle()
    await task
    assert texts(chat, first.conversation.id) == ["hi", "one", "more", "two"]


async def test_a_branch_is_shown_while_it_is_only_on_its_way_to_the_disk() -> None:
    chat, store, _ = service_of(says("one"), says("two"))
    first = await ask(chat, "hi")
    store.held = True
    branch = chat.actions.branch(first.conversation.id, first.reply.id)
    assert texts(chat, branch.id) == ["hi", "one"]
    store.settle()
    chat.messages.clear_cache()
    assert texts(chat, branch.id) == ["hi", "one"]
    await ask(chat, "more", branch)
    assert [each.text for each in store.path(branch.id)] == ["hi", "one", "more", "two"]


async def test_what_was_taken_out_here_does_not_come_back_before_the_disk_knows() -> None:
    chat, store, _ = service_of(says("one"))
    conversation_id = (await ask(chat, "hi")).conversation.id
    chat.drafts.save(conversation_id, "a draft")
    queued = chat.queue.add(conversation_id, "queued")
    store.held = True
    chat.drafts.save(conversation_id, "")
    chat.queue.withdraw(queued.id)
    store.is_changed = True
    assert await chat.refresh()
    assert chat.drafts.get(conversation_id) is None
    assert chat.queue.of(conversation_id) == ()
    store.settle()
    assert store.drafts() == store.queued_prompts() == {}


async def test_the_queue_of_another_instance_is_seen() -> None:
    store = MemoryStore()
    one, _, _ = service_of(says("one"), store=store)
    other, _, _ = service_of(store=store)
    conversation_id = (await ask(one, "hi")).conversation.id
    assert other.queue.all() == {}
    queued = one.queue.add(conversation_id, "queued")
    store.is_changed = True
    await other.refresh()
    assert other.queue.of(conversation_id) == (queued,)
    assert other.queue.is_held(queued.id)
