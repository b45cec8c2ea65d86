"""Waiting for a service: signs of life, a model that loads, and the times that it names."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime

import pytest

from fakegpt_tui.backends.api.errors import response_error
from fakegpt_tui.domain import (
    ModelLoading,
    RateLimited,
    RetryScheduled,
    TimeLimits,
    Unreachable,
    now,
)
from tests.fault_server import LAST_CHUNK, FaultServer, Send, Stall, chunk, json_reply, stream_head
from tests.openai_server import (
    CHAT,
    DONE,
    MODELS,
    backend_for,
    end,
    event,
    lists,
    openai_server,
    refuses,
    replies,
    says,
    service,
    stream,
)
from tests.signed_in import Waits, events_of, outcome, text_of

LIMITED = {"error": {"code": 429, "message": "Too many. Try again in 3 s."}}
TINY = TimeLimits(connect=1, first_event=0.3, idle=0.3)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with openai_server() as server:
        yield server


def test_a_service_may_be_silent_for_ten_minutes() -> None:
    assert TimeLimits().first_event >= 600
    assert TimeLimits().idle >= 600


@pytest.mark.short_limits
@pytest.mark.parametrize("sign", [b": reading the prompt\n\n", b"\n", b"\r\n"])
async def test_what_only_keeps_alive_is_waited_with(server: FaultServer, sign: bytes) -> None:
    alive = [Send(chunk(sign), 0.1) for _ in range(6)]
    reply = [Send(chunk(says("Hi") + end() + DONE)), Send(LAST_CHUNK)]
    server.script(CHAT, Send(stream_head()), *alive, *reply)
    assert text_of(await events_of(backend_for(service(server.url, limits=TINY)))) == "Hi"


async def test_a_limit_told_after_signs_of_life_is_waited_for(server: FaultServer) -> None:
    waits, told = Waits(), json.dumps(LIMITED).encode()
    alive = Send(chunk(b": still alive\n\n"), 0.05)
    server.script(CHAT, Send(stream_head()), alive, Send(chunk(told)), Send(LAST_CHUNK))
    server.script(CHAT, *replies("Hi"))
    came = await events_of(backend_for(service(server.url), waits=waits))
    assert text_of(came) == "Hi"
    assert len(server.asked(CHAT)) == 2


@pytest.mark.parametrize(
    ("limits", "begun", "setting"),
    [
        (TINY, [], "timeouts.first_event"),
        (TimeLimits(first_event=5, idle=0.1), [Send(chunk(says("Hi")))], "timeouts.idle"),
        (TimeLimits(total=0.2), [Send(chunk(says("Hi")))], "timeouts.total"),
    ],
)
async def test_the_sentence_of_a_time_limit_names_its_setting(
    server: FaultServer, limits: TimeLimits, begun: list[Send], setting: str
) -> None:
    server.script(CHAT, Send(stream_head()), *begun, Stall())
    _, error = await outcome(backend_for(service(server.url, limits=limits)))
    assert setting in str(error)


LOADING = {
    "llama.cpp": {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
    "Hugging Face": {"error": "Model org/name is currently loading", "estimated_time": 20.0},
    "a router": {"detail": "The model m-7b is being loaded, please wait"},
    "another": {"message": "model is not ready yet"},
    "KServe": {"error": "Model with name m is not ready."},
    "a cold one": {"message": "The endpoint is waking up"},
    "weights": {"detail": "initializing model"},
}


@pytest.mark.parametrize("body", LOADING.values(), ids=LOADING)
async def test_a_model_that_loads_is_waited_for_and_told(
    server: FaultServer, body: dict[str, object]
) -> None:
    for _ in range(20):
        server.script(CHAT, Send(json_reply(body, status=503)))
    server.script(CHAT, *replies("Hi"))
    waits = Waits()
    events = await events_of(backend_for(service(server.url), waits=waits))
    assert text_of(events) == "Hi"
    told = [event for event in events if isinstance(event, RetryScheduled)]
    assert len(told) == 20
    assert all("is still loading the model" in each.reason and each.of == 0 for each in told)
    assert all(1 <= seconds <= 10 for seconds in waits.seconds)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (429, "Model m is currently loading"),
        (502, "upstream: model is still loading"),
        (500, "The model is loading, please try again in a moment"),
        (400, "Model m is currently being loaded. Try again later."),
    ],
)
def test_a_model_that_loads_is_known_by_the_words_under_other_statuses(
    status: int, message: str
) -> None:
    body = json.dumps({"error": message}).encode()
    assert isinstance(response_error(status, {}, body, "host:1"), ModelLoading)


async def test_a_model_that_loads_is_waited_for_where_the_stream_says_so(
    server: FaultServer,
) -> None:
    body = {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}
    for _ in range(5):
        server.script(CHAT, *stream(event(body)))
    server.script(CHAT, *replies("Hi"))
    assert text_of(await events_of(backend_for(service(server.url)))) == "Hi"


async def test_a_model_that_loads_is_waited_for_before_there_is_a_list() -> None:
    async with FaultServer() as fresh:
        fresh.script(MODELS, *refuses(503, "Loading model"))
        fresh.script(MODELS, *refuses(503, "Loading model"))
        fresh.script(MODELS, *lists({"id": "model-1"}))
        fresh.script(CHAT, *replies("Hi"))
        made = backend_for(service(fresh.url, model=""))
        assert text_of(await events_of(made)) == "Hi"


async def test_a_model_that_never_loads_is_given_up(server: FaultServer) -> None:
    server.script(CHAT, *refuses(503, "Loading model"))
    waits = Waits()
    limits = TimeLimits(first_event=30)
    _, error = await outcome(backend_for(service(server.url, limits=limits), waits=waits))
    assert isinstance(error, ModelLoading)
    assert "timeouts.first_event" in str(error)
    assert 28 <= sum(waits.seconds) <= 32


@pytest.mark.parametrize(
    "message",
    [
        "Error loading model: bad magic",
        "failed to load the model",
        "exception while loading the model",
        "no model is loaded",
    ],
)
async def test_a_model_that_cannot_be_loaded_is_not_waited_for(
    server: FaultServer, message: str
) -> None:
    server.script(CHAT, *refuses(503, message))
    _, error = await outcome(backend_for(service(server.url)))
    assert isinstance(error, Unreachable)
    assert not isinstance(error, ModelLoading)
    assert len(server.asked(CHAT)) == 3


NAMED = {
    "seconds": ({"retry-after": "7"}, 7),
    "a fraction": ({"retry-after": "7.5"}, 7.5),
    "a unit": ({"retry-after": "2s"}, 2),
    "milliseconds": ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
    "requests": (
        {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1.8s"},
        1.8,
    ),
    "the longer of two": (
        {"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "0m12.5s"},
        12.5,
    ),
    "what is left does not count": (
        {
            "x-ratelimit-remaining-requests": "59",
            "x-ratelimit-reset-requests": "50s",
            "x-ratelimit-remaining-tokens": "0",
            "x-ratelimit-reset-tokens": "20ms",
        },
        0.02,
    ),
}


@pytest.mark.parametrize(("headers", "seconds"), NAMED.values(), ids=NAMED)
async def test_the_time_that_a_header_names_is_waited(
    server: FaultServer, headers: dict[str, str], seconds: float
) -> None:
    server.script(CHAT, *refuses(429, **headers))
    server.script(CHAT, *replies("Hi"))
    waits = Waits()
    await events_of(backend_for(service(server.url), waits=waits))
    assert waits.seconds == [pytest.approx(seconds)]


@pytest.mark.parametrize("factor", [1, 1000])
async def test_a_moment_in_seconds_or_milliseconds_is_waited_for(
    server: FaultServer, factor: int
) -> None:
    moment = int((now().timestamp() + 40) * factor)
    server.script(CHAT, *refuses(429, **{"x-ratelimit-reset": str(moment)}))
    server.script(CHAT, *replies("Hi"))
    waits = Waits()
    await events_of(backend_for(service(server.url), waits=waits))
    assert 30 < waits.seconds[0] <= 40


async def test_a_date_is_waited_for_by_the_clock_of_the_service(server: FaultServer) -> None:
    sent = now() - timedelta(hours=5)
    headers = {
        "date": format_datetime(sent),
        "retry-after": format_datetime(sent + timedelta(seconds=9)),
    }
    server.script(CHAT, *refuses(429, **headers))
    server.script(CHAT, *replies("Hi"))
    waits = Waits()
    await events_of(backend_for(service(server.url), waits=waits))
    assert waits.seconds == [9]


RETRY_INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}
IN_BODIES = {
    "Google": ({"error": {"code": 429, "message": "Quota.", "details": [RETRY_INFO]}}, 34.5),
    "a list": ([{"error": {"code": 429, "message": "Quota.", "details": [RETRY_INFO]}}], 34.5),
    "words": ({"error": {"message": "Limit 3. Please try again in 20s. Visit us."}}, 20),
    "milliseconds": ({"error": {"message": "Please try again in 642ms."}}, 0.642),
    "whole words": ({"detail": "Slow down; retry after 2 seconds"}, 2),
}


@pytest.mark.parametrize(("body", "seconds"), IN_BODIES.values(), ids=IN_BODIES)
async def test_the_time_that_a_body_names_is_waited(
    server: FaultServer, body: object, seconds: float
) -> None:
    server.script(CHAT, Send(json_reply(body, status=429)))
    server.script(CHAT, *replies("Hi"))
    waits = Waits()
    await events_of(backend_for(service(server.url), waits=waits))
    assert waits.seconds == [pytest.approx(seconds)]


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "Rate limit reached. Please try again in 7m12s."),
        ({"x-ratelimit-reset-requests": "7m12s"}, "Rate limit reached."),
        ({"retry-after-ms": "432000"}, "Rate limit reached."),
    ],
)
async def test_a_long_time_is_told_and_not_waited(
    server: FaultServer, headers: dict[str, str], message: str
) -> None:
    server.script(CHAT, *refuses(429, message, **headers))
    _, error = await outcome(backend_for(service(server.url)))
    assert isinstance(error, RateLimited)
    assert error.retry_after == 432
    assert ("8 minutes" in str(error)) != ("7m12s" in message)
    assert str(error).count("again in") == 1
    assert len(server.asked(CHAT)) == 1
