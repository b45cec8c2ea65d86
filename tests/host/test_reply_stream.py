import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterator
from itertools import repeat
from typing import TypeAlias

import pytest

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.scripted import Gate, ScriptedBackend, Step
from fakegpt_tui.domain import (
    BadReply,
    Busy,
    LoginRefused,
    NotSignedIn,
    PromptTooLong,
    RateLimited,
    ReplyCut,
    ReplyEnded,
    RequestRefused,
    RetryScheduled,
    ServiceError,
    StreamEvent,
    TextDelta,
    TitleSuggested,
    Unreachable,
    Unsupported,
)
from fakegpt_tui.host.server import HostServer
from tests.host.calls import asking, messages, prompt_body, reply_texts, signed_in, until
from tests.patience import PATIENCE

Serve: TypeAlias = Callable[..., HostServer]


async def lines_of(host: HostServer) -> list[str]:
    async with signed_in(host) as client, asking(client) as response:
        assert response.status_code == 200
        return [line async for line in response.aiter_lines()]


async def test_a_reply_is_written_as_every_known_client_reads_it(serve: Serve) -> None:
    host = serve((TextDelta("Grü"), TextDelta("ße"), TitleSuggested("T"), ReplyEnded()))
    lines = await lines_of(host)
    assert all(line.isascii() for line in lines)
    assert all(line.startswith("data: ") for line in lines[::2])
    assert not any(lines[1::2])
    assert lines[-2] == "data: [DONE]"
    events = [json.loads(line[6:]) for line in lines[:-2:2]]
    texts = list(reply_texts(events))
    assert (texts[0], texts[1], texts[-1]) == ("", "Grü", "Grüße")
    assert {"title": "T"}.items() <= next(e for e in events if "title" in e).items()


async def test_the_head_of_a_reply_says_what_it_is(serve: Serve) -> None:
    async with signed_in(serve((ReplyEnded(),))) as client, asking(client) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store, no-transform"
        assert response.headers["x-accel-buffering"] == "no"


async def test_text_arrives_when_the_backend_says_it_and_not_later(serve: Serve) -> None:
    gates = [Gate(), Gate()]
    script = (TextDelta("one"), gates[0], TextDelta(" two"), gates[1], ReplyEnded())
    async with signed_in(serve(script)) as client, asking(client) as response:
        seen: list[str] = []
        async for event in messages(response):
            seen += reply_texts([event])
            if seen[-1:] == ["one"]:
                gates[0].open()
            elif seen[-1:] == ["one two"]:
                gates[1].open()
    assert "one two" in seen


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (PromptTooLong("Too long."), 413, {"code": "message_length_exceeds_limit"}),
        (RequestRefused("No."), 400, "No."),
        (RateLimited("Slow.", retry_after=61.5), 429, {"clears_in": 61.5}),
        (RateLimited("Slow."), 429, {"code": "model_cap_exceeded"}),
        (Busy("Wait."), 429, "Only one message at a time: Wait."),
        (Unreachable("Down."), 504, "Down."),
        (Unsupported("What?"), 501, {"message": "What?", "code": "unsupported"}),
        (BadReply("Nonsense."), 502, {"code": "bad_reply"}),
        (ReplyCut("Cut."), 502, {"code": "reply_cut"}),
        (NotSignedIn("Out."), 401, {"code": "expired_session_key"}),
        (LoginRefused("Out."), 401, {"code": "login_refused"}),
        (ServiceError("Hm."), 502, {"code": "service_error"}),
    ],
)
async def test_an_error_before_the_first_word_is_a_status(
    serve: Serve, error: ServiceError, status: int, detail: str | dict[str, object]
) -> None:
    script = (RetryScheduled(1, 2, 0.0, "x"), error)
    async with signed_in(serve(script)) as client:
        response = await client.post("/api/conversation", json=prompt_body())
    assert response.status_code == status
    told = response.json()["detail"]
    assert told == detail if isinstance(detail, str) else detail.items() <= told.items()
    if status == 429 and "clears_in" in told:
        assert response.headers["retry-after"] == "62"


async def test_an_error_after_the_first_word_ends_the_stream(serve: Serve) -> None:
    host = serve((TextDelta("some"), Unreachable("The line went dead.")))
    async with signed_in(host) as client, asking(client) as response:
        events = [event async for event in messages(response)]
    assert list(reply_texts(events))[-1] == "some"
    assert events[-1]["error"] == "The line went dead."


async def test_a_backend_that_merely_stops_has_cut_its_reply(serve: Serve) -> None:
    host = serve((TextDelta("some"),))
    async with signed_in(host) as client, asking(client) as response:
        events = [event async for event in messages(response)]
    assert events[-1]["error"]


async def test_a_silent_reply_is_kept_alive_also_before_its_first_word(serve: Serve) -> None:
    gates = [Gate(), Gate()]
    host = serve((gates[0], TextDelta("x"), gates[1], ReplyEnded()), ping_seconds=0.02)
    lines: list[str] = []
    async with signed_in(host) as client, asking(client) as response:
        async for line in response.aiter_lines():
            lines.append(line)
            if line.count("ping") and len(lines) > 5:
                gates[0].open()
            if '"x"' in line:
                lines.clear()
                gates[1].open()
    assert lines[-2] == "data: [DONE]"


async def test_an_error_after_a_ping_ends_the_stream(serve: Serve) -> None:
    gate = Gate()
    host = serve((gate, Unreachable("Down.")), ping_seconds=0.02)
    async with signed_in(host) as client, asking(client) as response:
        events = []
        async for event in messages(response):
            gate.open()
            events.append(event)
    assert response.status_code == 200
    assert events[-1]["error"] == "Down."


def endless() -> Iterator[Step]:
    return repeat(TextDelta("x"), 10_000_000)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param((Gate(),), id="before the first word"),
        pytest.param((TextDelta("x"), Gate()), id="while it waits"),
        pytest.param(endless(), id="while it never waits"),
    ],
)
async def test_the_backend_stops_when_the_client_goes(serve: Serve, script: object) -> None:
    backend = ScriptedBackend(script)
    host = serve(backend=backend, ping_seconds=5)
    async with signed_in(host) as client:
        asked = asyncio.create_task(client.post("/api/conversation", json=prompt_body()))
        await until(lambda: backend.playing == 1)
        asked.cancel()
        await asyncio.wait({asked})
    await until(lambda: backend.playing == 0)


async def test_a_client_that_stops_reading_stops_the_backend_too(serve: Serve) -> None:
    said = 0

    def counted() -> Iterator[Step]:
        nonlocal said
        for event in repeat(TextDelta("x" * 1_000), 100_000):
            said += 1
            yield event

    backend = ScriptedBackend(counted())
    async with signed_in(serve(backend=backend)) as client, asking(client) as response:
        assert response.status_code == 200
        stands_still = -1
        async with asyncio.timeout(PATIENCE):
            while stands_still != said:
                stands_still = said
                await asyncio.sleep(0.2)
        assert backend.playing == 1
    await until(lambda: backend.playing == 0)


async def test_a_busy_reply_leaves_room_for_other_requests(serve: Serve) -> None:
    backend = ScriptedBackend(endless(), (TextDelta("hi"), ReplyEnded()))
    async with signed_in(serve(backend=backend)) as client, asking(client) as busy:
        assert busy.status_code == 200
        async with asking(client) as response:
            events = [event async for event in messages(response)]
    assert list(reply_texts(events))[-1] == "hi"


async def test_a_bug_in_a_backend_ends_the_connection_without_an_end_marker(serve: Serve) -> None:
    class Buggy(ScriptedBackend):
        async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
            yield TextDelta(request.model)
            raise ZeroDivisionError

    host = serve(backend=Buggy())
    async with signed_in(host) as client, asking(client) as response:
        with pytest.raises(Exception, match="incomplete chunked read"):
            await response.aread()
    async with signed_in(host) as client:
        assert (await client.get("/api/loads")).status_code == 200


class Typing(ScriptedBackend):
    """Replies with many words, a few milliseconds apart."""

    def __init__(self, words: int, seconds: float) -> None:
        super().__init__()
        self._words = words
        self._seconds = seconds

    async def stream(self, _: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        for _word in range(self._words):
            await asyncio.sleep(self._seconds)
            yield TextDelta("nine chars"[:9])
        yield ReplyEnded()


async def size_and_text(host: HostServer) -> tuple[int, str]:
    lines = await lines_of(host)
    events = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    return sum(map(len, lines)), list(reply_texts(events))[-1]


async def test_words_that_come_close_together_are_sent_together(serve: Serve) -> None:
    words = 300
    each = await size_and_text(serve(backend=Typing(words, 0.002), gather_seconds=0.0))
    together = await size_and_text(serve(backend=Typing(words, 0.002)))
    assert each[1] == together[1] == "nine char" * words
    assert together[0] <= each[0] / 4


async def test_the_first_words_and_those_after_a_pause_do_not_wait(serve: Serve) -> None:
    gates = [Gate(), Gate()]
    script: list[Step] = [TextDelta("a"), gates[0], TextDelta("b"), gates[1], ReplyEnded()]
    host = serve(script, gather_seconds=0.2)
    async with signed_in(host) as client, asking(client) as response:
        texts: list[str] = []
        async for event in messages(response):
            texts += [*reply_texts([event])]
            if texts[-1:] == ["a"]:
                gates[0].open()
            if texts[-1:] == ["ab"]:
                gates[1].open()
    assert texts[-1] == "ab"


async def test_a_backend_that_never_waits_leaves_the_others_their_turn(serve: Serve) -> None:
    host = serve(repeat(TextDelta("x"), 200_000), (TextDelta("y"), ReplyEnded()))
    async with signed_in(host) as client, asking(client) as response:
        await anext(messages(response))
        assert (await client.get("/api/models")).status_code == 200
