"""Prompts that were sent while a reply streamed."""

import asyncio
from contextlib import suppress

import pytest

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import (
    ModelRef,
    NotFound,
    PictureRefused,
    QueuedPrompt,
    StillReplying,
    StoreError,
    TextDelta,
    Unreachable,
)
from fakegpt_tui.domain.parts import TextSpan
from tests.attachments.examples import png
from tests.chat.fake_chat import ask, run, says, service_of, streaming, texts
from tests.stubs import MemoryStore


class Streaming:
    """A conversation whose first reply stands still at a gate."""

    def __init__(self, *later: list, store: MemoryStore | None = None) -> None:
        self.gate = Gate()
        self.chat, self.store, self.backend = service_of(
            [TextDelta("one"), self.gate, *says()], *later, store=store
        )
        self.turn = self.chat.turns.new(self.chat.conversations.create(), "first")
        self.id = self.turn.conversation.id
        self.task = asyncio.create_task(run(self.chat, self.turn))

    async def queue(self, text: str) -> QueuedPrompt:
        await streaming(self.turn, "one")
        queued = self.chat.turns.ask(self.chat.conversations.get(self.id), text)
        assert isinstance(queued, QueuedPrompt)
        return queued

    async def end(self) -> None:
        self.gate.open()
        await self.task

    async def stop(self) -> None:
        self.chat.active_turns.stop(self.id)
        with suppress(asyncio.CancelledError):
            await self.task


async def sent(chat: ChatService, turn: Turn | None) -> Turn:
    assert turn is not None
    return await run(chat, turn)


async def test_a_prompt_waits_in_sight_for_the_end_of_the_reply_and_is_then_sent() -> None:
    it = Streaming(says("two"))
    queued = await it.queue("second")
    assert it.chat.queue.of(it.id) == (queued,)
    assert not it.chat.queue.is_held(queued.id)
    assert it.chat.turns.next_queued(it.id) is None
    await it.end()
    turn = await sent(it.chat, it.chat.turns.next_queued(it.id))
    assert texts(it.chat, it.id) == ["first", "one", "second", "two"]
    assert turn.prompt.id == queued.id
    assert it.chat.queue.all() == {}
    assert it.store.queued_prompts() == {}


async def test_prompts_are_sent_one_after_the_other_in_their_order() -> None:
    it = Streaming(says("two"), says("three"))
    await it.queue("second")
    await it.queue("third")
    await it.end()
    await sent(it.chat, it.chat.turns.next_queued(it.id))
    await sent(it.chat, it.chat.turns.next_queued(it.id))
    assert it.chat.turns.next_queued(it.id) is None
    assert texts(it.chat, it.id) == ["first", "one", "second", "two", "third", "three"]


async def test_a_prompt_that_waits_can_be_changed_and_withdrawn() -> None:
    it = Streaming()
    queued = await it.queue("secnd")
    assert it.chat.queue.edit(queued.id, "second").text == "second"
    assert [each.text for each in it.store.queued_prompts()[it.id]] == ["second"]
    assert it.chat.queue.withdraw(queued.id).text == "second"
    assert it.store.queued_prompts() == {}
    with pytest.raises(NotFound):
        it.chat.queue.edit(queued.id, "too late")
    await it.end()
    assert it.chat.turns.next_queued(it.id) is None


async def test_after_a_stop_it_waits_until_the_person_sends_it() -> None:
    it = Streaming(says("two"))
    queued = await it.queue("second")
    await it.stop()
    assert it.chat.turns.next_queued(it.id) is None
    assert it.chat.queue.is_held(queued.id)
    await sent(it.chat, it.chat.turns.send_queued(queued.id))
    assert texts(it.chat, it.id) == ["first", "one", "second", "two"]
    assert it.chat.queue.of(it.id) == ()


async def test_after_a_failure_it_waits_also_when_a_later_reply_ends_well() -> None:
    chat, _, backend = service_of([TextDelta("a"), gate := Gate(), Unreachable("No.")], says("b"))
    turn = chat.turns.new(chat.conversations.create(), "first")
    task = asyncio.create_task(run(chat, turn))
    await streaming(turn, "a")
    chat.turns.ask(chat.conversations.get(turn.conversation.id), "second")
    gate.open()
    await task
    assert chat.turns.next_queued(turn.conversation.id) is None
    await run(chat, chat.turns.regenerate(turn.conversation.id, turn.reply.id))
    assert chat.turns.next_queued(turn.conversation.id) is None
    assert [prompt.text for prompt in chat.queue.of(turn.conversation.id)] == ["second"]
    assert len(backend.requests) == 2


async def test_a_held_prompt_that_is_sent_while_a_reply_streams_waits_for_its_end() -> None:
    it = Streaming(gate := [TextDelta("again"), Gate(), *says()], says("two"))
    queued = await it.queue("second")
    await it.stop()
    again = it.chat.turns.regenerate(it.id, it.turn.reply.id)
    task = asyncio.create_task(run(it.chat, again))
    await streaming(again, "again")
    assert it.chat.turns.send_queued(queued.id) is None
    gate[1].open()
    await task
    await sent(it.chat, it.chat.turns.next_queued(it.id))
    assert texts(it.chat, it.id) == ["first", "again", "second", "two"]


async def test_it_is_kept_over_a_restart_and_waits_for_the_person() -> None:
    it = Streaming()
    queued = await it.queue("second")
    await it.end()
    chat, _, _ = service_of(says("two"), store=it.store)
    assert chat.queue.of(it.id) == (queued,)
    assert chat.queue.is_held(queued.id)
    assert chat.turns.next_queued(it.id) is None
    await sent(chat, chat.turns.send_queued(queued.id))
    assert texts(chat, it.id) == ["first", "one", "second", "two"]


async def test_one_that_was_sent_just_before_a_crash_is_not_sent_again() -> None:
    it = Streaming(says("two"))
    queued = await it.queue("second")
    await it.end()
    await sent(it.chat, it.chat.turns.next_queued(it.id))
    it.store.save_queue(it.id, [queued])
    chat, _, _ = service_of(store=it.store)
    assert chat.queue.of(it.id) == ()


async def test_it_follows_the_reply_it_waited_for_whatever_is_looked_at_meanwhile() -> None:
    chat, _, _ = service_of(says("old"), [TextDelta("new"), gate := Gate(), *says()], says("two"))
    first = await ask(chat, "first")
    conversation_id = first.conversation.id
    turn = chat.turns.regenerate(conversation_id, first.reply.id)
    task = asyncio.create_task(run(chat, turn))
    await streaming(turn, "new")
    chat.turns.ask(chat.conversations.get(conversation_id), "second")
    chat.messages.show_variant(conversation_id, first.reply.id)
    gate.open()
    await task
    await sent(chat, chat.turns.next_queued(conversation_id))
    assert texts(chat, conversation_id) == ["first", "new", "second", "two"]


async def test_one_that_cannot_be_saved_stays_in_the_queue() -> None:
    it = Streaming()
    queued = await it.queue("second")
    await it.end()
    it.store.refusal = "The disk is full."
    turn = it.chat.turns.next_queued(it.id)
    assert turn is not None
    assert turn.draft_text == ""
    with pytest.raises(StoreError):
        await run(it.chat, turn)
    assert it.chat.queue.of(it.id) == (queued,)
    assert it.chat.queue.is_held(queued.id)
    it.store.refusal = None
    it.chat.writes.retry()
    assert list(it.store.queued_prompts()[it.id]) == [queued]
    assert texts(it.chat, it.id) == ["first", "one"]


async def test_nothing_is_sent_in_a_conversation_that_was_deleted() -> None:
    it = Streaming()
    await it.queue("second")
    it.chat.actions.trash([it.id])
    await it.end()
    assert it.chat.turns.next_queued(it.id) is None


async def test_only_one_turn_runs_in_a_conversation() -> None:
    it = Streaming()
    await it.queue("second")
    conversation = it.chat.conversations.get(it.id)
    for begin in (
        lambda: it.chat.turns.new(conversation, "now"),
        lambda: it.chat.turns.edit(it.id, it.turn.prompt.id, "now"),
        lambda: it.chat.turns.regenerate(it.id, it.turn.reply.id),
        lambda: it.chat.turns.continue_reply(it.id, it.turn.reply.id),
        lambda: it.chat.messages.trash(it.id, it.turn.prompt.id),
    ):
        with pytest.raises(StillReplying):
            begin()
    await it.end()


async def test_a_queued_picture_waits_where_the_model_by_then_sees_none() -> None:
    it = Streaming(says("two"))
    part = await it.chat.attachments.add_bytes(it.id, png(4, 3), "cat.png")
    await it.queue("second")
    it.chat.queue.edit(it.chat.queue.of(it.id)[0].id, "second", (TextSpan(6), part))
    it.chat.services.record_blind(ModelRef("scripted", it.chat.conversations.get(it.id).model))
    await it.end()
    with pytest.raises(PictureRefused, match="takes no pictures, so a queued prompt waits"):
        it.chat.turns.next_queued(it.id)
    (queued,) = it.chat.queue.of(it.id)
    assert it.chat.queue.is_held(queued.id)
    assert part in queued.parts
    # Taken back and sent without it, it goes.
    it.chat.queue.edit(queued.id, "second", ())
    await sent(it.chat, it.chat.turns.send_queued(queued.id))
    assert texts(it.chat, it.id) == ["first", "one", "second", "two"]
