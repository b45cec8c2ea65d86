"""Contract of backends: each of them plays one script in the same way."""

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from fakegpt_tui.backends.guide import GuideBackend
from fakegpt_tui.backends.scripted import Gate, Pause
from fakegpt_tui.domain import (
    BadReply,
    ContextMessage,
    FinishReason,
    PromptTooLong,
    RateLimited,
    ReplyCut,
    ReplyEnded,
    RequestRefused,
    ServiceError,
    StreamEvent,
    TextDelta,
    TextReplaced,
    Unreachable,
)
from tests.backends.rigs import RIGS, Rig
from tests.patience import PATIENCE
from tests.signed_in import ASK, events_of, outcome, read, text_of


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest) -> Rig:
    return RIGS[request.param]


def texts(events: list[StreamEvent]) -> list[StreamEvent]:
    return [event for event in events if isinstance(event, TextDelta | TextReplaced)]


async def test_a_reply_streams_and_ends_once(rig: Rig) -> None:
    async with rig([TextDelta("Grüße, "), TextDelta("🙂"), ReplyEnded()]) as playing:
        events = await events_of(playing.backend)
    assert text_of(events) == "Grüße, 🙂"
    assert [event for event in events if isinstance(event, ReplyEnded)] == [events[-1]]


@pytest.mark.parametrize("reason", FinishReason)
async def test_the_end_says_why(rig: Rig, reason: FinishReason) -> None:
    async with rig([TextDelta("x"), ReplyEnded(reason)]) as playing:
        assert (await events_of(playing.backend))[-1] == ReplyEnded(reason)


async def test_text_is_there_before_there_is_more(rig: Rig) -> None:
    async with (
        rig([TextDelta("some"), Gate()]) as playing,
        asyncio.timeout(PATIENCE),
        aclosing(playing.backend.stream(ASK)) as events,
    ):
        first = await anext(event async for event in events if isinstance(event, TextDelta))
        assert first == TextDelta("some")


async def test_a_reply_that_is_no_longer_read_is_released(rig: Rig) -> None:
    async with rig([TextDelta("some"), Gate()]) as playing:
        async with aclosing(playing.backend.stream(ASK)) as events:
            await anext(events)
        async with asyncio.timeout(PATIENCE):
            await playing.released()


@pytest.mark.parametrize("begins", [[], [TextDelta("some")]])
async def test_a_reader_that_is_cancelled_ends_the_reply_at_once(
    rig: Rig, begins: list[StreamEvent]
) -> None:
    came: list[StreamEvent] = []

    async def read_on() -> None:
        async with aclosing(playing.backend.stream(ASK)) as events:
            async for event in events:
                came.append(event)
                arrived.set()

    arrived = asyncio.Event()
    async with rig([*begins, Gate()]) as playing:
        reading = asyncio.create_task(read_on())
        await playing.asked()
        if begins:
            await arrived.wait()
        reading.cancel()
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(asyncio.CancelledError):
                await reading
            await playing.released()
    assert texts(came) == begins


@pytest.mark.parametrize(
    "failure",
    [
        RequestRefused("I would rather not."),
        PromptTooLong("It is too long."),
        RateLimited("That was too much."),
        Unreachable("The model server is down."),
    ],
)
async def test_failure_before_the_first_word_is_what_it_is(rig: Rig, failure: ServiceError) -> None:
    async with rig([failure]) as playing:
        came, error = await outcome(playing.backend)
    assert texts(came) == []
    assert isinstance(error, type(failure))
    assert str(failure) in str(error)


async def test_failure_after_the_first_word_keeps_what_came(rig: Rig) -> None:
    async with rig([TextDelta("some"), Unreachable("The line is dead.")]) as playing:
        came, error = await outcome(playing.backend)
    assert text_of(came) == "some"
    assert "The line is dead." in str(error)
    assert not any(isinstance(event, ReplyEnded) for event in came)


async def test_a_reply_that_is_cut_is_not_whole(rig: Rig) -> None:
    async with rig([TextDelta("some")]) as playing:
        came, error = await read(playing.backend)
    assert text_of(came) == "some"
    assert not any(isinstance(event, ReplyEnded) for event in came)
    assert error is None or isinstance(error, ReplyCut)


async def test_a_reply_without_a_word_ends_or_is_told(rig: Rig) -> None:
    async with rig([ReplyEnded()]) as playing:
        came, error = await read(playing.backend)
    assert texts(came) == []
    assert isinstance(error, BadReply) or (error is None and came == [ReplyEnded()])


async def test_a_huge_reply_arrives_whole(rig: Rig) -> None:
    pieces = [f"{number:05d}, {'x' * 1000}\n" for number in range(300)]
    async with rig([*map(TextDelta, pieces), ReplyEnded()]) as playing:
        events = await events_of(playing.backend)
    assert text_of(events) == "".join(pieces)
    assert events[-1] == ReplyEnded()


async def test_a_slow_reply_arrives_whole(rig: Rig) -> None:
    script = [step for letter in "slow" for step in (Pause(0.02), TextDelta(letter))]
    async with rig([*script, Pause(0.02), ReplyEnded()]) as playing:
        events = await events_of(playing.backend)
    assert (text_of(events), events[-1]) == ("slow", ReplyEnded())


async def test_there_is_a_model_to_ask_for(rig: Rig) -> None:
    async with rig([]) as playing:
        models = await playing.backend.models()
    assert models
    assert all(model.id for model in models)


async def nothing(_seconds: float) -> None:
    """Sleeps not at all."""


async def test_the_guide_streams_as_any_other_backend() -> None:
    long = replace(ASK, messages=(ContextMessage("user", "write 10000 words"),))
    events = await events_of(GuideBackend(sleep=nothing), long)
    assert len(text_of(events).split()) == 10_000
    assert [event for event in events if isinstance(event, ReplyEnded)] == [events[-1]]
    assert (await GuideBackend().models())[0].id


async def test_the_guide_stops_as_any_other_backend() -> None:
    async def for_ever(_seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    waiting = asyncio.Event()
    reading = asyncio.create_task(events_of(GuideBackend(sleep=for_ever)))
    await asyncio.wait_for(waiting.wait(), PATIENCE)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(reading, PATIENCE)
