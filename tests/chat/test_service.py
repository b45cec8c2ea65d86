"""Conversations and turns, with a scripted backend and a store in memory."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from fakegpt_tui.backends.scripted import Gate, ScriptedBackend
from fakegpt_tui.chat.request_builder import first_line
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import (
    ContextMessage,
    FinishReason,
    MessageStatus,
    NotFound,
    Notice,
    RateLimited,
    ReasoningDelta,
    ReplyCut,
    ReplyEnded,
    RetryScheduled,
    StoreError,
    TextDelta,
    TextReplaced,
    TitleSource,
    TitleSuggested,
    ToolStarted,
    Unreachable,
)
from tests.chat.fake_chat import ask, run, service_of, streaming
from tests.patience import PATIENCE
from tests.stubs import SERVICE, MemoryStore, connecting


async def test_a_reply_is_complete_once_its_end_marker_was_seen() -> None:
    chat, store, _ = service_of([TextDelta("Hel"), TextDelta("lo"), ReplyEnded()])
    turn = await ask(chat, "hi")
    assert (turn.reply.text, turn.reply.status) == ("Hello", MessageStatus.COMPLETE)
    assert turn.error is None
    assert store.path(turn.conversation.id) == [turn.prompt, turn.reply]
    assert chat.messages.path(turn.conversation.id) == (turn.prompt, turn.reply)
    assert chat.active_turns.all() == []


async def test_a_stream_that_merely_ends_is_interrupted() -> None:
    chat, store, _ = service_of([TextDelta("half")])
    turn = await ask(chat, "hi")
    assert (turn.reply.text, turn.reply.status) == ("half", MessageStatus.INTERRUPTED)
    assert isinstance(turn.error, ReplyCut)
    assert store.nodes[turn.reply.id].error == str(turn.error)


async def test_a_cut_keeps_what_arrived_and_says_so() -> None:
    chat, _, _ = service_of([TextDelta("half"), ReplyCut("The connection broke.")])
    turn = await ask(chat, "hi")
    assert (turn.reply.text, turn.reply.status) == ("half", MessageStatus.INTERRUPTED)
    assert turn.reply.error == "The connection broke."


async def test_an_error_keeps_the_prompt_and_what_arrived() -> None:
    error = RateLimited("Too many requests.", retry_after=3)
    chat, store, _ = service_of([TextDelta("a"), error])
    turn = await ask(chat, "hi")
    assert (turn.reply.text, turn.reply.status) == ("a", MessageStatus.FAILED)
    assert turn.reply.error == "Too many requests."
    assert turn.error is error
    assert [node.text for node in store.path(turn.conversation.id)] == ["hi", "a"]


async def test_the_prompt_is_saved_before_anything_is_asked() -> None:
    store = MemoryStore()
    seen: list[list[str]] = []

    class Watching(ScriptedBackend):
        def stream(self, request):
            seen.append([node.text for node in store.nodes.values()])
            return super().stream(request)

    chat = ChatService(
        lambda: store,
        {"scripted": SERVICE},
        connecting(Watching([ReplyEnded()])),
        service="scripted",
    )
    await ask(chat, "remember me")
    assert seen == [["remember me", ""]]


async def test_a_prompt_that_cannot_be_saved_is_not_sent() -> None:
    chat, store, backend = service_of([ReplyEnded()])
    store.refusal = "The disk is full."
    with pytest.raises(StoreError, match="The disk is full"):
        await ask(chat, "hi")
    assert backend.requests == []
    assert chat.conversations.all() == []
    assert chat.active_turns.all() == []


async def test_a_later_prompt_that_cannot_be_saved_leaves_the_conversation_as_it_was() -> None:
    chat, store, _ = service_of([TextDelta("one"), ReplyEnded()])
    first = await ask(chat, "hi")
    store.refusal = "The disk is full."
    with pytest.raises(StoreError):
        await ask(chat, "again", chat.conversations.get(first.conversation.id))
    assert chat.conversations.get(first.conversation.id).leaf_id == first.reply.id
    assert chat.messages.path(first.conversation.id) == (first.prompt, first.reply)


async def test_a_reply_that_cannot_be_saved_is_still_there_with_a_warning() -> None:
    gate = Gate()
    chat, store, _ = service_of([TextDelta("all"), gate, ReplyEnded()])
    turn = chat.turns.new(chat.conversations.create(), "hi")
    task = asyncio.create_task(run(chat, turn))
    await streaming(turn, "all")
    store.refusal = "The disk is full."
    gate.open()
    await task
    assert turn.reply.text == "all"
    assert str(turn.save_error) == "The disk is full."


async def test_stopping_keeps_what_arrived() -> None:
    chat, store, backend = service_of([TextDelta("one "), Gate(), TextDelta("two")])
    turn = chat.turns.new(chat.conversations.create(), "hi")
    task = asyncio.create_task(run(chat, turn))
    await streaming(turn, "one ")
    assert chat.active_turns.stop(turn.conversation.id)
    with pytest.raises(asyncio.CancelledError):
        await task
    saved = store.nodes[turn.reply.id]
    assert (saved.text, saved.status, saved.error) == ("one ", MessageStatus.STOPPED, None)
    assert backend.playing == 0
    assert not chat.active_turns.stop(turn.conversation.id)


async def test_a_turn_that_is_stopped_before_it_runs_asks_nothing() -> None:
    chat, store, backend = service_of([TextDelta("one")])
    turn = chat.turns.new(chat.conversations.create(), "hi")
    turn.stop()
    await run(chat, turn)
    assert store.nodes[turn.reply.id].status is MessageStatus.STOPPED
    assert backend.requests == []


async def test_a_cancelled_task_leaves_its_reply_interrupted() -> None:
    chat, store, _ = service_of([TextDelta("one "), Gate()])
    turn = chat.turns.new(chat.conversations.create(), "hi")
    task = asyncio.create_task(run(chat, turn))
    await streaming(turn, "one ")
    task.cancel()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    saved = store.nodes[turn.reply.id]
    assert (saved.text, saved.status) == ("one ", MessageStatus.INTERRUPTED)
    assert saved.error


async def test_leaving_the_loop_early_closes_the_stream() -> None:
    chat, _, backend = service_of([TextDelta("a"), TextDelta("b"), Gate()])
    turn = chat.turns.new(chat.conversations.create(), "hi")
    async with turn:
        async for _ in turn.events():
            break
    assert backend.playing == 0
    assert turn.reply.status is MessageStatus.INTERRUPTED


async def test_a_fault_of_the_program_is_raised_and_leaves_a_failed_reply() -> None:
    chat, store, _ = service_of([TextDelta("a"), ReplyEnded()])
    turn = chat.turns.new(chat.conversations.create(), "hi")
    with pytest.raises(ZeroDivisionError):
        async with turn:
            raise ZeroDivisionError
    assert store.nodes[turn.reply.id].status is MessageStatus.FAILED


async def test_a_rewritten_reply_is_replaced_here_and_in_the_store() -> None:
    chat, store, _ = service_of(
        [TextDelta("Hello wrld"), TextReplaced(7, "orld"), TextDelta("!"), ReplyEnded()]
    )
    turn = await ask(chat, "hi")
    assert turn.reply.text == "Hello world!"
    assert store.nodes[turn.reply.id].text == "Hello world!"


async def test_a_length_limit_is_told_on_a_complete_reply() -> None:
    chat, _, _ = service_of([TextDelta("a"), ReplyEnded(FinishReason.LENGTH)])
    turn = await ask(chat, "hi")
    assert turn.reply.status is MessageStatus.COMPLETE
    assert "length limit" in (turn.reply.error or "")


async def test_the_shown_path_is_the_context_of_the_next_prompt() -> None:
    chat, _, backend = service_of(
        [TextDelta("one"), ReplyEnded()], [Unreachable("No.")], [ReplyEnded()]
    )
    first = await ask(chat, "a")
    await ask(chat, "b", chat.conversations.get(first.conversation.id))
    await ask(chat, "c", chat.conversations.get(first.conversation.id))
    assert backend.requests[-1].messages == (
        ContextMessage("user", "a"),
        ContextMessage("assistant", "one"),
        ContextMessage("user", "b"),
        ContextMessage("user", "c"),
    )
    assert backend.requests[-1].model == SERVICE.model


async def test_turns_of_several_conversations_run_at_once() -> None:
    gates = [Gate() for _ in range(3)]
    chat, _, _ = service_of(*([TextDelta("a"), gate, ReplyEnded()] for gate in gates))
    turns = [chat.turns.new(chat.conversations.create(), str(number)) for number in range(3)]
    tasks = [asyncio.create_task(run(chat, turn)) for turn in turns]
    for turn in turns:
        await streaming(turn, "a")
    assert chat.active_turns.all() == turns
    for gate in reversed(gates):
        gate.open()
    await asyncio.gather(*tasks)
    assert {turn.reply.status for turn in turns} == {MessageStatus.COMPLETE}


async def test_more_turns_than_places_wait_in_order() -> None:
    gates = [Gate() for _ in range(3)]
    chat, _, backend = service_of(
        *([TextDelta("a"), gate, ReplyEnded()] for gate in gates), max_turns=1
    )
    turns = []
    tasks = []
    for number in range(3):
        turn = chat.turns.new(chat.conversations.create(), str(number))
        turns.append(turn)
        tasks.append(asyncio.create_task(run(chat, turn)))
    await streaming(turns[0], "a")
    async with asyncio.timeout(PATIENCE):
        while [turn.progress.queue_position for turn in turns] != [0, 1, 2]:
            await asyncio.sleep(0)
    assert turns[1].reply.status is MessageStatus.QUEUED
    assert len(backend.requests) == 1
    turns[1].stop()
    for gate in gates:
        gate.open()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert [turn.reply.status for turn in turns] == [
        MessageStatus.COMPLETE,
        MessageStatus.STOPPED,
        MessageStatus.COMPLETE,
    ]


async def test_a_retry_is_told_until_text_comes() -> None:
    gate = Gate()
    retry = RetryScheduled(attempt=1, of=3, delay=2.0, reason="The account is busy.")
    chat, _, _ = service_of([retry, gate, TextDelta("a"), ReplyEnded()])
    turn = chat.turns.new(chat.conversations.create(), "hi")
    task = asyncio.create_task(run(chat, turn))
    async with asyncio.timeout(PATIENCE):
        while turn.progress.retry is None:
            await asyncio.sleep(0)
    assert 0 < turn.progress.retry_in <= 2.0
    assert turn.reply.error == "The account is busy."
    gate.open()
    await task
    assert turn.progress.retry is None
    assert turn.reply.error is None


async def test_what_the_service_uses_is_told_until_it_goes_on() -> None:
    gate = Gate()
    chat, _, _ = service_of([ToolStarted("web_search"), gate, TextDelta("a"), ReplyEnded()])
    turn = chat.turns.new(chat.conversations.create(), "hi")
    task = asyncio.create_task(run(chat, turn))
    async with asyncio.timeout(PATIENCE):
        while turn.progress.tool != "web_search":
            await asyncio.sleep(0)
    gate.open()
    await task
    assert turn.progress.tool == ""


async def test_a_reply_keeps_how_long_it_thought_and_took() -> None:
    chat, store, _ = service_of(
        [ReasoningDelta("Hm."), TextDelta("Yes."), ReasoningDelta("Or no."), ReplyEnded()]
    )
    turn = await ask(chat, "hi")
    kept = store.nodes[turn.reply.id]
    assert kept.thought_for is not None
    assert kept.first_word_after is not None
    assert kept.ended_after is not None
    assert timedelta() < kept.thought_for < kept.first_word_after < kept.ended_after
    assert turn.progress.thought == pytest.approx(kept.thought_for.total_seconds(), abs=1e-5)


async def test_a_reply_without_text_or_reasoning_has_the_time_of_its_end_alone() -> None:
    chat, store, _ = service_of([Unreachable("The service cannot be reached.")])
    kept = store.nodes[(await ask(chat, "hi")).reply.id]
    assert (kept.first_word_after, kept.thought_for) == (None, None)
    assert kept.ended_after is not None


async def test_reasoning_that_is_cut_off_has_lasted_until_then() -> None:
    chat, store, _ = service_of([ReasoningDelta("Hm."), ReplyCut("The connection broke.")])
    kept = store.nodes[(await ask(chat, "hi")).reply.id]
    assert kept.first_word_after is None
    assert kept.thought_for is not None


async def test_notices_are_kept_apart_from_the_text() -> None:
    chat, _, _ = service_of([TextDelta("a"), Notice("The prompt was flagged."), ReplyEnded()])
    turn = await ask(chat, "hi")
    assert turn.reply.text == "a"
    assert turn.notices == ["The prompt was flagged."]
    assert turn.reply.error == "The prompt was flagged."


async def test_the_title_comes_from_the_first_prompt_and_then_from_the_service() -> None:
    chat, store, _ = service_of(
        [ReplyEnded()], [TitleSuggested("Greetings\n\x1b[2J"), ReplyEnded()]
    )
    first = await ask(chat, "\n  Hello [/] there \nand more")
    conversation = chat.conversations.get(first.conversation.id)
    assert conversation.title == "Hello [/] there"
    await ask(chat, "again", conversation)
    titled = store.headers[conversation.id]
    assert titled.title.startswith("Greetings")
    assert "\x1b" not in titled.title
    assert titled.title_source is TitleSource.SERVICE


async def test_an_unread_reply_is_remembered() -> None:
    chat, store, _ = service_of([ReplyEnded()])
    turn = await ask(chat, "hi")
    chat.conversations.set_unread(turn.conversation.id, unread=True)
    assert store.headers[turn.conversation.id].unread
    chat.conversations.set_unread(turn.conversation.id, unread=False)
    assert not chat.conversations.get(turn.conversation.id).unread


async def test_a_conversation_is_saved_as_a_file(tmp_path: Path) -> None:
    chat, _, _ = service_of([TextDelta("Hello"), ReplyEnded()])
    turn = await ask(chat, "Grüße")
    path = await chat.exports.export(turn.conversation.id, tmp_path)
    text = path.read_text(encoding="utf-8")
    assert path.suffix == ".md"
    assert "Grüße" in text
    assert "Hello" in text


async def test_unknown_names_are_told() -> None:
    chat, _, _ = service_of()
    with pytest.raises(NotFound):
        chat.conversations.get("nothing")
    with pytest.raises(NotFound, match="nowhere"):
        await chat.services.sign_in("nowhere")


def test_a_title_is_the_first_line_that_says_something() -> None:
    assert first_line(" \n\n two\nthree") == "two"
    assert first_line("\n") == "Untitled"
