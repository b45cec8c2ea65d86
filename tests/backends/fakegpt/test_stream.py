"""Replies over real sockets: whole, cut, stalled, cancelled."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from random import Random

import pytest

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.domain import (
    ContextMessage,
    Endpoints,
    ReplyCut,
    ReplyEnded,
    Secret,
    TextDelta,
    TimeLimits,
    Unreachable,
)
from tests.fault_server import (
    DONE,
    LAST_CHUNK,
    Close,
    FaultServer,
    Reset,
    Send,
    Stall,
    Step,
    chunk,
    json_reply,
    message_event,
    stream,
    stream_head,
)
from tests.patience import PATIENCE
from tests.signed_in import (
    ASK,
    CANARY,
    COOKIE_CANARY,
    Waits,
    backend,
    events_of,
    outcome,
    read,
    text_of,
)

CHAT = "/api/conversation"
TINY = TimeLimits(connect=0.2, first_event=0.2, idle=0.1)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


async def test_a_reply_comes_as_text_and_an_end(server: FaultServer) -> None:
    server.script(CHAT, *stream("Hel", "Hello"))
    events = await events_of(backend(server.url))
    assert events == [TextDelta("Hel"), TextDelta("lo"), ReplyEnded()]


async def test_a_request_carries_the_token_the_cookies_and_the_packed_path(
    server: FaultServer,
) -> None:
    server.script(CHAT, *stream("Hi"))
    path = (ContextMessage("user", "A"), ContextMessage("assistant", "B"))
    await events_of(backend(server.url), ReplyRequest(messages=path, model="m"))
    asked = await server.arrived(CHAT)
    body = asked.json
    assert isinstance(body, dict)
    assert asked.headers["x-authorization"] == f"Bearer {CANARY}"
    assert asked.headers["cookie"] == f"credential={COOKIE_CANARY}"
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.headers["referer"] == f"{server.url}/?v=2"
    assert body["messages"][0]["content"]["parts"] == ["User: A\nAssistant: B\nAssistant:"]
    assert body["model"] == "m"


async def test_the_headers_of_a_service_win_and_empty_ones_are_left_out(
    server: FaultServer,
) -> None:
    server.script(CHAT, *stream("Hi"))
    headers = (
        ("user-agent", Secret("Canary/1.0")),
        ("X-Extra", Secret("1")),
        ("sec-ch-ua", Secret("")),
        ("Referer", Secret("")),
    )
    await events_of(backend(server.url, headers=headers))
    sent = (await server.arrived(CHAT)).headers
    assert (sent["user-agent"], sent["x-extra"]) == ("Canary/1.0", "1")
    assert not {"sec-ch-ua", "referer"} & sent.keys()
    assert sent["accept-language"] == "en-US"


async def test_the_endpoints_of_a_service_are_asked(server: FaultServer) -> None:
    server.script("/chat", *stream("Hi"))
    server.script("/which", Send(json_reply({"models": []})))
    made = backend(server.url, endpoints=Endpoints(conversation="/chat", models="/which"))
    assert text_of(await events_of(made)) == "Hi"
    assert await made.models() == ()


async def test_half_a_surrogate_pair_in_a_prompt_can_be_sent(server: FaultServer) -> None:
    server.script(CHAT, *stream("Hi"))
    path = (ContextMessage("user", "a\ud83d"),)
    assert await events_of(backend(server.url), ReplyRequest(messages=path, model="\udcff"))


@pytest.fixture
def in_kolkata(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_kolkata")
async def test_the_time_zone_has_the_sign_of_javascript(server: FaultServer) -> None:
    server.script(CHAT, *stream("Hi"))
    await events_of(backend(server.url))
    body = (await server.arrived(CHAT)).json
    assert isinstance(body, dict)
    assert body["timezone_offset_min"] == -330


async def test_text_is_there_before_the_response_is_over(server: FaultServer) -> None:
    server.script(CHAT, Send(stream_head()), Send(chunk(message_event("Hel"))), Stall())
    async with aclosing(backend(server.url).stream(ASK)) as events:
        assert await anext(events) == TextDelta("Hel")
        assert not (await server.arrived(CHAT)).ended.is_set()
    await server.idle()


@pytest.mark.parametrize("media_type", [b"application/x-ndjson", b"application/jsonl"])
async def test_lines_of_json_are_read_as_they_come(server: FaultServer, media_type: bytes) -> None:
    head = stream_head().replace(b"text/event-stream", media_type)
    line = message_event("Hel").removeprefix(b"data: ").removesuffix(b"\n")
    server.script(CHAT, Send(head), Send(chunk(line)), Stall())
    async with asyncio.timeout(PATIENCE), aclosing(backend(server.url).stream(ASK)) as events:
        assert await anext(events) == TextDelta("Hel")


async def test_nothing_is_read_after_the_end_marker(server: FaultServer) -> None:
    """A service that keeps the connection open delays nothing."""
    end = message_event("Hi", status="finished_successfully") + DONE
    server.script(CHAT, Send(stream_head()), Send(chunk(end + message_event("More"))), Stall())
    async with asyncio.timeout(PATIENCE):
        assert text_of(await events_of(backend(server.url))) == "Hi"
    await server.idle()


def short_event(text: str, status: str) -> bytes:
    return (
        b'data: {"message": {"id": "r", "author": {"role": "assistant"}, "content": '
        b'{"content_type": "text", "parts": ["%b"]}, "status": "%b"}}\n\n'
        % (text.encode(), status.encode())
    )


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_stream_cut_at_any_byte_keeps_what_came(chunked: bool) -> None:
    first = short_event("One", "in_progress")
    second = short_event("One two", "finished_successfully")
    body = first + second + DONE
    for cut in range(1, len(body)):
        part = chunk(body)[: cut + len(f"{len(body):x}\r\n")] if chunked else body[:cut]
        async with FaultServer() as server:
            server.script(CHAT, Send(stream_head(chunked=chunked)), Send(part), Close())
            came, failure = await read(backend(server.url))
        if cut < len(first + second) - 2:
            assert isinstance(failure, ReplyCut)
            assert text_of(came) == ("One" if cut >= len(first) - 2 else "")
        else:
            assert failure is None
            assert came[-1] == ReplyEnded()
            assert text_of(came) == "One two"


async def test_a_reset_in_the_middle_is_told_and_keeps_the_text(server: FaultServer) -> None:
    server.script(
        CHAT, Send(stream_head()), Send(chunk(message_event("Par"))), Send(b"", 0.05), Reset()
    )
    came, failure = await outcome(backend(server.url))
    assert came == [TextDelta("Par")]
    assert isinstance(failure, ReplyCut)
    assert server.host in str(failure)


async def test_a_finished_reply_is_whole_though_its_connection_breaks(
    server: FaultServer,
) -> None:
    end = message_event("Hi", status="finished_successfully")
    server.script(CHAT, Send(stream_head()), Send(chunk(end)), Send(b"", 0.05), Reset())
    assert (await events_of(backend(server.url)))[-1] == ReplyEnded()


STALLS: dict[str, tuple[list[Step], str]] = {
    "before the head": ([Stall()], "did not begin"),
    "after the head": ([Send(stream_head()), Stall()], "did not begin"),
    "after text": ([Send(stream_head()), Send(chunk(message_event("Hi"))), Stall()], "fell silent"),
    "but for bytes": (
        [
            Send(stream_head()),
            Send(chunk(message_event("Hi"))),
            *[Send(chunk(b"data"), 0.05)] * 20,
        ],
        "no whole event",
    ),
    "but for informational heads": (
        [*[Send(b"HTTP/1.1 100 Continue\r\n\r\n", 0.05)] * 20],
        "did not begin",
    ),
}


@pytest.mark.short_limits
@pytest.mark.parametrize("name", STALLS)
async def test_silence_ends_in_time_and_says_how(server: FaultServer, name: str) -> None:
    steps, words = STALLS[name]
    server.script(CHAT, *steps)
    waits = Waits()
    async with asyncio.timeout(PATIENCE):
        came, failure = await outcome(backend(server.url, limits=TINY, waits=waits))
    assert isinstance(failure, ReplyCut if came else Unreachable)
    assert words in str(failure)
    assert waits.seconds == []
    assert len(server.asked(CHAT)) == 1
    await server.idle()


@pytest.mark.short_limits
async def test_a_reply_has_a_total_limit_where_one_is_set(server: FaultServer) -> None:
    events = [Send(chunk(message_event("x" * n)), 0.05) for n in range(1, 30)]
    server.script(CHAT, Send(stream_head()), *events)
    came, failure = await outcome(backend(server.url, limits=TimeLimits(total=0.3)))
    assert came
    assert "longer than the 0.3 s" in str(failure)


@pytest.mark.short_limits
async def test_a_steady_reply_may_take_longer_than_any_one_event(server: FaultServer) -> None:
    events = [Send(chunk(message_event("x" * n)), 0.03) for n in range(1, 20)]
    end = [Send(chunk(message_event("x" * 19, status="finished_successfully") + DONE))]
    server.script(CHAT, Send(stream_head()), *events, *end)
    limits = TimeLimits(first_event=0.3, idle=0.3)
    assert text_of(await events_of(backend(server.url, limits=limits))) == "x" * 19


async def test_the_environment_has_no_say_about_this_machine(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with FaultServer() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        server.script(CHAT, *stream("Hi"))
        await events_of(backend(server.url))
        assert proxy.exchanges == []


@pytest.mark.short_limits
async def test_a_slow_reader_is_not_the_fault_of_the_service(server: FaultServer) -> None:
    server.script(CHAT, *stream("Hel", "Hello"))
    limits = TimeLimits(first_event=0.2, idle=0.2)
    async with aclosing(backend(server.url, limits=limits).stream(ASK)) as events:
        first = await anext(events)
        await (await server.arrived(CHAT)).ended.wait()
        loop = asyncio.get_running_loop()
        read_on = loop.create_future()
        loop.call_later(0.4, read_on.set_result, None)
        await read_on
        assert text_of([first, *[event async for event in events]]) == "Hello"


async def test_closing_at_once_closes_the_connection(server: FaultServer) -> None:
    server.script(CHAT, Send(stream_head()), Send(chunk(message_event("Hi"))), Stall())
    events = backend(server.url).stream(ASK)
    await anext(events)
    await events.aclose()
    await server.idle()


async def test_a_dropped_stream_closes_the_connection(server: FaultServer) -> None:
    server.script(CHAT, Send(stream_head()), Send(chunk(message_event("Hi"))), Stall())
    async for _ in backend(server.url).stream(ASK):
        break
    gc.collect()
    await server.idle()


@pytest.mark.parametrize("twice", [False, True])
async def test_two_hundred_cancels_at_any_turn_leave_no_connection(
    server: FaultServer, twice: bool
) -> None:
    texts = [Send(chunk(message_event("x" * n))) for n in range(1, 40)]
    server.script(CHAT, Send(stream_head()), *texts, Stall())
    chance = Random(7)

    for _ in range(100 if twice else 200):
        task = asyncio.create_task(read(backend(server.url)))
        for _turn in range(chance.randrange(60)):
            await asyncio.sleep(0)
        task.cancel()
        if twice:
            await asyncio.sleep(0)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    gc.collect()
    await server.idle()


async def test_many_streams_at_once_do_not_wait_for_each_other(server: FaultServer) -> None:
    server.script(CHAT, *stream("Hel", "Hello"))
    made = backend(server.url)
    replies = await asyncio.gather(*(events_of(made) for _ in range(120)))
    assert {text_of(events) for events in replies} == {"Hello"}


@pytest.mark.parametrize(
    "sent",
    [
        b"data: [ERROR] The account is gone.\n\ndata: [DONE]\n\n",
        b"data: error: The account is gone.\n\n",
        b'error: {"code": 500, "message": "The account is gone."}\n\n',
        b'{"detail": "The account is gone."}\n',
    ],
)
async def test_an_error_is_told_in_every_form_of_a_stream(server: FaultServer, sent: bytes) -> None:
    steps = [Send(stream_head()), Send(chunk(message_event("Hi"))), Send(chunk(sent))]
    server.script(CHAT, *steps, Send(LAST_CHUNK))
    came, failure = await outcome(backend(server.url))
    assert text_of(came) == "Hi"
    assert "The account is gone." in str(failure)
