"""Replies over real sockets: whole, cut, stalled, refused, cancelled."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta, timezone
from random import Random

import pytest

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.fakegpt import FakeGptBackend
from fakegpt_tui.domain import (
    BadReply,
    Busy,
    ContextMessage,
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
    TimeLimits,
    Unreachable,
)
from fakegpt_tui.transport.clients import Transport
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
    reply,
    stream,
    stream_head,
)
from tests.signed_in import (
    ASK,
    CANARY,
    COOKIE_CANARY,
    Sessions,
    Waits,
    backend,
    service,
    session,
    text_of,
)

CHAT = "/api/conversation"
TINY = TimeLimits(connect=0.2, first_event=0.2, idle=0.1)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


async def events_of(made: FakeGptBackend, request: ReplyRequest = ASK) -> list[StreamEvent]:
    async with aclosing(made.stream(request)) as events:
        return [event async for event in events]


async def read(made: FakeGptBackend) -> tuple[list[StreamEvent], ServiceError | None]:
    """What came, and the trouble that ended it."""
    came: list[StreamEvent] = []
    try:
        async with aclosing(made.stream(ASK)) as events:
            async for event in events:
                came.append(event)  # noqa: PERF401 - what came before a trouble counts
    except ServiceError as error:
        return came, error
    return came, None


async def outcome(made: FakeGptBackend) -> tuple[list[StreamEvent], ServiceError]:
    """What came before a trouble that there must be, and the trouble."""
    came, trouble = await read(made)
    assert trouble is not None
    return came, trouble


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


async def test_half_a_surrogate_pair_in_a_prompt_can_be_sent(server: FaultServer) -> None:
    server.script(CHAT, *stream("Hi"))
    path = (ContextMessage("user", "a\ud83d"),)
    assert await events_of(backend(server.url), ReplyRequest(messages=path, model="\udcff"))


async def test_the_time_zone_has_the_sign_of_javascript(server: FaultServer) -> None:
    server.script(CHAT, *stream("Hi"))
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    here = moment.astimezone().utcoffset() or timedelta()
    made = FakeGptBackend(
        Transport(service(server.url)),
        Sessions(),
        clock=lambda: moment.astimezone(timezone(timedelta(hours=5))),
    )
    await events_of(made)
    body = (await server.arrived(CHAT)).json
    assert isinstance(body, dict)
    assert body["timezone_offset_min"] == -here // timedelta(minutes=1)


async def test_text_is_there_before_the_response_is_over(server: FaultServer) -> None:
    server.script(CHAT, Send(stream_head()), Send(chunk(message_event("Hel"))), Stall())
    async with aclosing(backend(server.url).stream(ASK)) as events:
        assert await anext(events) == TextDelta("Hel")
        assert not (await server.arrived(CHAT)).ended.is_set()
    await server.idle()


async def test_nothing_is_read_after_the_end_marker(server: FaultServer) -> None:
    """A service that keeps the connection open delays nothing."""
    end = message_event("Hi", status="finished_successfully") + DONE
    server.script(CHAT, Send(stream_head()), Send(chunk(end + message_event("More"))), Stall())
    async with asyncio.timeout(5):
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
            came, trouble = await read(backend(server.url))
        if cut < len(first + second) - 2:
            assert isinstance(trouble, ReplyCut)
            assert text_of(came) == ("One" if cut >= len(first) - 2 else "")
        else:
            assert trouble is None
            assert came[-1] == ReplyEnded()
            assert text_of(came) == "One two"


async def test_a_reset_in_the_middle_is_told_and_keeps_the_text(server: FaultServer) -> None:
    server.script(
        CHAT, Send(stream_head()), Send(chunk(message_event("Par"))), Send(b"", 0.05), Reset()
    )
    came, trouble = await outcome(backend(server.url))
    assert came == [TextDelta("Par")]
    assert isinstance(trouble, ReplyCut)
    assert server.host in str(trouble)


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
            *[Send(chunk(b": ping\n"), 0.05)] * 20,
        ],
        "no whole event",
    ),
    "but for informational heads": (
        [*[Send(b"HTTP/1.1 100 Continue\r\n\r\n", 0.05)] * 20],
        "did not begin",
    ),
}


@pytest.mark.parametrize("name", STALLS)
async def test_silence_ends_in_time_and_says_how(server: FaultServer, name: str) -> None:
    steps, words = STALLS[name]
    server.script(CHAT, *steps)
    waits = Waits()
    async with asyncio.timeout(2):
        came, trouble = await outcome(backend(server.url, limits=TINY, waits=waits))
    assert isinstance(trouble, ReplyCut if came else Unreachable)
    assert words in str(trouble)
    assert waits.seconds == []
    assert len(server.asked(CHAT)) == 1
    await server.idle()


async def test_a_reply_has_a_total_limit_where_one_is_set(server: FaultServer) -> None:
    events = [Send(chunk(message_event("x" * n)), 0.05) for n in range(1, 30)]
    server.script(CHAT, Send(stream_head()), *events)
    came, trouble = await outcome(backend(server.url, limits=TimeLimits(total=0.3)))
    assert came
    assert "longer than the 0.3 s" in str(trouble)


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


async def test_a_refused_token_is_renewed_once_and_the_prompt_sent_again(
    server: FaultServer,
) -> None:
    server.script(CHAT, Send(json_reply({"detail": "Not authenticated"}, status=401)))
    server.script(CHAT, *stream("Hi"))
    sessions = Sessions("old", "new")
    assert text_of(await events_of(backend(server.url, sessions=sessions))) == "Hi"
    tokens = [asked.headers["x-authorization"] for asked in server.asked(CHAT)]
    assert tokens == ["Bearer old", "Bearer new"]


async def test_a_token_that_is_refused_twice_is_given_up(server: FaultServer) -> None:
    server.script(CHAT, Send(json_reply({"detail": "Not authenticated"}, status=401)))
    sessions = Sessions("old", "new", "newer")
    _, trouble = await outcome(backend(server.url, sessions=sessions))
    assert isinstance(trouble, NotSignedIn)
    assert sessions.renewals == 1


async def test_a_token_refused_inside_the_stream_is_not_renewed_after_text(
    server: FaultServer,
) -> None:
    error = b'data: {"message": null, "error": {"message": "expired", "code": "token_expired"}}\n\n'
    server.script(
        CHAT, Send(stream_head()), Send(chunk(message_event("Hi") + error + DONE)), Send(LAST_CHUNK)
    )
    sessions = Sessions("old", "new")
    came, trouble = await outcome(backend(server.url, sessions=sessions))
    assert text_of(came) == "Hi"
    assert isinstance(trouble, NotSignedIn)
    assert sessions.renewals == 0


@pytest.mark.parametrize(
    ("status", "headers", "waited"),
    [
        (503, {}, [0.25, 0.5]),
        (500, {}, [0.25, 0.5]),
        (429, {}, [1.0, 2.0]),
        (429, {"Retry-After": "7"}, [7.0, 7.0]),
        (429, {"Retry-After": "60"}, [60.0, 60.0]),
        (429, {"Retry-After": "61"}, []),
        (429, {"Retry-After": "-5"}, [1.0, 2.0]),
        (429, {"Retry-After": "nan"}, [1.0, 2.0]),
        (400, {}, []),
        (403, {}, []),
        (404, {}, []),
        (413, {}, []),
        (422, {}, []),
    ],
)
async def test_only_what_may_pass_is_asked_again(
    server: FaultServer, status: int, headers: dict[str, str], waited: list[float]
) -> None:
    server.script(CHAT, Send(json_reply({"detail": "No."}, status=status, headers=headers)))
    waits = Waits()
    came, _ = await outcome(backend(server.url, waits=waits))
    assert waits.seconds == waited
    announced = [event for event in came if isinstance(event, RetryScheduled)]
    assert [event.delay for event in announced] == waited
    assert [(event.attempt, event.of) for event in announced] == [(2, 3), (3, 3)][: len(waited)]
    assert len(server.asked(CHAT)) == len(waited) + 1


async def test_a_busy_account_is_waited_for(server: FaultServer) -> None:
    busy = {"detail": "Only one message at a time. Please allow any other responses to complete."}
    server.script(CHAT, Send(json_reply(busy, status=429)))
    server.script(CHAT, *stream("Hi"))
    events = await events_of(backend(server.url))
    assert isinstance(events[0], RetryScheduled)
    assert text_of(events) == "Hi"


REFUSALS: dict[str, tuple[bytes, type[ServiceError]]] = {
    "busy": (json_reply({"detail": "Only one message at a time."}, status=429), Busy),
    "limited": (json_reply({"detail": "rate limited."}, status=429), RateLimited),
    "too long": (
        json_reply(
            {"detail": {"message": "Too long.", "code": "message_length_exceeds_limit"}},
            status=413,
        ),
        PromptTooLong,
    ),
    "refused with status 200": (json_reply({"detail": "Unusual activity."}), RequestRefused),
    "a page with status 200": (
        reply(b"<html><title>Log in</title></html>", content_type="text/html"),
        BadReply,
    ),
    "a challenge": (
        reply(
            b"<html><title>Just a moment...</title></html>", status=403, content_type="text/html"
        ),
        RequestRefused,
    ),
    "moved": (
        reply(b"", status=307, headers={"Location": "http://127.0.0.1:9/x?token=1"}),
        RequestRefused,
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_is_what_it_says(server: FaultServer, name: str) -> None:
    answer, kind = REFUSALS[name]
    server.script(CHAT, Send(answer))
    came, trouble = await outcome(backend(server.url))
    assert type(trouble) is kind
    assert text_of(came) == ""


async def test_an_empty_answer_is_a_cut_reply(server: FaultServer) -> None:
    server.script(CHAT, Send(reply(b"", content_type="text/event-stream")))
    _, trouble = await outcome(backend(server.url))
    assert isinstance(trouble, ReplyCut | BadReply)


async def test_a_stream_with_another_content_type_is_read(server: FaultServer) -> None:
    body = message_event("Hi", status="finished_successfully") + DONE
    server.script(CHAT, Send(reply(body, content_type="application/json; charset=utf-16")))
    assert text_of(await events_of(backend(server.url))) == "Hi"


async def test_a_redirect_gets_neither_token_nor_prompt(server: FaultServer) -> None:
    async with FaultServer() as elsewhere:
        for status in (301, 302, 303, 307, 308):
            server.script(
                CHAT, Send(reply(b"", status=status, headers={"Location": f"{elsewhere.url}/x"}))
            )
            await outcome(backend(server.url))
        assert elsewhere.exchanges == []


async def test_a_connection_that_ends_before_an_answer_is_tried_again(
    server: FaultServer,
) -> None:
    server.script(CHAT, Close())
    server.script(CHAT, Reset())
    server.script(CHAT, *stream("Hi"))
    events = await events_of(backend(server.url))
    reasons = [event.reason for event in events if isinstance(event, RetryScheduled)]
    assert len(reasons) == 2
    assert all(server.host in reason for reason in reasons)
    assert text_of(events) == "Hi"


AWAY = "http://service.invalid"


async def test_a_proxy_is_asked_for_what_is_elsewhere(server: FaultServer) -> None:
    server.script(CHAT, *stream("Hi"))
    assert text_of(await events_of(backend(AWAY, proxy=server.url))) == "Hi"
    assert (await server.arrived(CHAT)).target == f"{AWAY}{CHAT}"


async def test_a_proxy_that_wants_a_password_says_so_itself(server: FaultServer) -> None:
    server.script(CHAT, Send(json_reply({}, status=407)))
    proxy = f"http://name:canary-password@{server.host}"
    _, trouble = await outcome(backend(AWAY, proxy=proxy))
    assert f"proxy {server.host} wants a user name" in str(trouble)
    assert "canary" not in f"{trouble!r}"


async def test_a_proxy_that_is_down_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        proxy = f"127.0.0.1:{taken.getsockname()[1]}"
        _, trouble = await outcome(backend(AWAY, proxy=proxy))
    assert f"proxy {proxy} refused" in str(trouble)


async def test_no_secret_is_in_any_trouble(server: FaultServer) -> None:
    secrets = [CANARY, COOKIE_CANARY, "canary-password"]
    echo = json_reply({"detail": f"bad token Bearer {CANARY}"}, status=400)
    troubles = [[Send(echo)], [Close()], [Reset()], [Send(b"junk\r\n\r\n")], [Stall()]]
    for steps in troubles:
        server.script(CHAT, *steps)
        server.script(CHAT, *steps)
        server.script(CHAT, *steps)
        made = backend(server.url, limits=TINY)
        came, trouble = await outcome(made)
        shown = f"{came} {trouble} {trouble!r} {made!r} {session()!r} {session()}"
        for secret in secrets:
            assert secret not in shown


async def test_a_token_that_does_not_fit_a_header_is_never_sent(server: FaultServer) -> None:
    for token in ("a\r\nX: y", "ü", "a b", "", "\udcff"):
        _, trouble = await outcome(backend(server.url, sessions=Sessions(token)))
        assert isinstance(trouble, NotSignedIn)
    assert server.exchanges == []


async def test_models_are_listed(server: FaultServer) -> None:
    models = {"models": [{"slug": "m-1", "title": "One"}], "categories": []}
    server.script("/api/models", Send(json_reply({"detail": "x"}, status=401)))
    server.script("/api/models", Send(json_reply(models)))
    found = await backend(server.url, sessions=Sessions("old", "new")).models()
    assert [model.id for model in found] == ["m-1"]


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
