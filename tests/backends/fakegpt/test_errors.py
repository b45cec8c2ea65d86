"""Errors of a FakeGPT service: which are retried, which renew the session, which end the reply."""

import socket
from collections.abc import AsyncIterator

import pytest

from fakegpt_tui.domain import (
    BadReply,
    Busy,
    NotSignedIn,
    PromptTooLong,
    RateLimited,
    ReplyCut,
    RequestRefused,
    RetryScheduled,
    ServiceError,
    TimeLimits,
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
    reply,
    stream,
    stream_head,
)
from tests.signed_in import (
    CANARY,
    COOKIE_CANARY,
    Sessions,
    Waits,
    backend,
    events_of,
    outcome,
    session,
    text_of,
)

CHAT = "/api/conversation"
TINY = TimeLimits(connect=0.2, first_event=0.2, idle=0.1)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


async def test_a_refused_token_is_renewed_once_and_the_prompt_sent_again(
    server: FaultServer,
) -> None:
    server.script(CHAT, Send(json_reply({"detail": "Not authenticated"}, status=401)))
    server.script(CHAT, *stream("Hi"))
    sessions = Sessions("old", "new")
    assert text_of(await events_of(backend(server.url, sessions=sessions))) == "Hi"
    tokens = [asked.headers["x-authorization"] for asked in server.asked(CHAT)]
    assert tokens == ["Bearer old", "Bearer new"]


@pytest.mark.parametrize("status", [400, 500, 502])
async def test_a_prompt_that_a_filter_stops_is_sent_once(server: FaultServer, status: int) -> None:
    told = {"detail": {"message": "No.", "code": "content_policy_violation"}}
    server.script(CHAT, Send(json_reply(told, status=status)))
    _, error = await outcome(backend(server.url))
    assert isinstance(error, RequestRefused)
    assert "stopped the prompt with its content filter" in str(error)
    assert len(server.asked(CHAT)) == 1


async def test_a_token_that_is_refused_twice_is_given_up(server: FaultServer) -> None:
    server.script(CHAT, Send(json_reply({"detail": "Not authenticated"}, status=401)))
    sessions = Sessions("old", "new", "newer")
    _, failure = await outcome(backend(server.url, sessions=sessions))
    assert isinstance(failure, NotSignedIn)
    assert sessions.renewals == 1


async def test_a_token_refused_inside_the_stream_is_not_renewed_after_text(
    server: FaultServer,
) -> None:
    error = b'data: {"message": null, "error": {"message": "expired", "code": "token_expired"}}\n\n'
    server.script(
        CHAT, Send(stream_head()), Send(chunk(message_event("Hi") + error + DONE)), Send(LAST_CHUNK)
    )
    sessions = Sessions("old", "new")
    came, failure = await outcome(backend(server.url, sessions=sessions))
    assert text_of(came) == "Hi"
    assert isinstance(failure, NotSignedIn)
    assert sessions.renewals == 0


@pytest.mark.parametrize(
    ("status", "headers", "waited"),
    [
        (503, {}, [0.25, 0.5]),
        (500, {}, [0.25, 0.5]),
        (503, {"Retry-After": "7"}, [7.0, 7.0]),
        (503, {"Retry-After": "3600"}, []),
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
    came, failure = await outcome(backend(server.url))
    assert type(failure) is kind
    assert text_of(came) == ""


async def test_an_empty_answer_is_a_cut_reply(server: FaultServer) -> None:
    server.script(CHAT, Send(reply(b"", content_type="text/event-stream")))
    _, failure = await outcome(backend(server.url))
    assert isinstance(failure, ReplyCut | BadReply)


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
    _, failure = await outcome(backend(AWAY, proxy=proxy))
    assert f"proxy {server.host} wants a user name" in str(failure)
    assert "canary" not in f"{failure!r}"


async def test_a_proxy_that_is_down_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        proxy = f"127.0.0.1:{taken.getsockname()[1]}"
        _, failure = await outcome(backend(AWAY, proxy=proxy))
    assert f"proxy {proxy} refused" in str(failure)


ECHO = json_reply({"detail": f"bad token Bearer {CANARY}, credential={COOKIE_CANARY}"}, status=400)
TROUBLES: list[Step] = [Send(ECHO), Close(), Reset(), Send(b"junk\r\n\r\n"), Stall()]


@pytest.mark.parametrize("step", TROUBLES)
async def test_no_secret_is_in_any_failure(server: FaultServer, step: Step) -> None:
    server.script(CHAT, step)
    made = backend(server.url, limits=TINY)
    came, failure = await outcome(made)
    shown = f"{came} {failure} {failure!r} {made!r} {session()!r} {session()}"
    for secret in (CANARY, COOKIE_CANARY, "canary-password"):
        assert secret not in shown


async def test_a_token_that_does_not_fit_a_header_is_never_sent(server: FaultServer) -> None:
    for token in ("a\r\nX: y", "ü", "a b", "", "\udcff"):
        _, failure = await outcome(backend(server.url, sessions=Sessions(token)))
        assert isinstance(failure, NotSignedIn)
    assert server.exchanges == []


async def test_models_are_listed(server: FaultServer) -> None:
    models = {"models": [{"slug": "m-1", "title": "One"}], "categories": []}
    server.script("/api/models", Send(json_reply({"detail": "x"}, status=401)))
    server.script("/api/models", Send(json_reply(models)))
    found = await backend(server.url, sessions=Sessions("old", "new")).models()
    assert [model.id for model in found] == ["m-1"]
