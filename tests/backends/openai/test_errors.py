"""Errors of an OpenAI-compatible service: sentences, retries and fallbacks."""

from collections.abc import AsyncIterator

import pytest

from fakegpt_tui.backends.credentials import ApiKey
from fakegpt_tui.backends.openai import OpenAIBackend
from fakegpt_tui.domain import (
    BadReply,
    Busy,
    ConfigError,
    KeyNeeded,
    LoginFailed,
    LoginState,
    NoLogin,
    NotSignedIn,
    Offline,
    PromptTooLong,
    RateLimited,
    RequestRefused,
    RetryScheduled,
    Secret,
    ServiceError,
    TextDelta,
    TimeLimits,
    Unreachable,
    Unsupported,
)
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.retries import RetryPolicy
from tests.fault_server import Close, FaultServer, Reset, Send, Stall, Step, reply
from tests.openai_server import (
    CHAT,
    KEY,
    MODELS,
    backend_for,
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


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with openai_server() as server:
        yield server


@pytest.fixture
async def empty() -> AsyncIterator[FaultServer]:
    """A server that offers nothing yet."""
    async with FaultServer() as server:
        yield server


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, RequestRefused, "refused the request"),
        (401, NotSignedIn, "does not accept the key, or wants one"),
        (402, RequestRefused, "no credit left"),
        (403, RequestRefused, "does not allow this with this key"),
        (
            404,
            RequestRefused,
            "the url of the service, which often ends in /v1, its kind, and the model",
        ),
        (405, Unsupported, "does not speak this protocol"),
        (408, Unreachable, "gave up waiting"),
        (409, Busy, "is busy"),
        (413, PromptTooLong, "cannot take so long a conversation"),
        (418, RequestRefused, "418"),
        (422, RequestRefused, "refused the request"),
        (429, RateLimited, "too many requests"),
        (500, Unreachable, "is in trouble (500 Internal Server Error)"),
        (503, Unreachable, "is in trouble (503 Service Unavailable)"),
    ],
)
async def test_a_status_becomes_an_error_with_a_sentence(
    server: FaultServer, status: int, kind: type[ServiceError], words: str
) -> None:
    server.script(CHAT, *refuses(status, "So it is."))
    came, error = await outcome(backend_for(service(server.url)))
    assert not any(isinstance(each, TextDelta) for each in came)
    assert isinstance(error, kind)
    assert words in str(error)
    assert "So it is." in str(error)
    assert server.host in str(error)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "insufficient_quota", RequestRefused),
        (429, "rate_limit_exceeded", RateLimited),
        (400, "context_length_exceeded", PromptTooLong),
        (400, "invalid_api_key", NotSignedIn),
    ],
)
async def test_a_code_says_more_than_the_status(
    server: FaultServer, status: int, code: str, kind: type[ServiceError]
) -> None:
    server.script(CHAT, *refuses(status, "No.", code=code))
    _, error = await outcome(backend_for(service(server.url)))
    assert isinstance(error, kind)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
async def test_what_passes_is_asked_again_and_announced(server: FaultServer, status: int) -> None:
    server.script(CHAT, *refuses(status, "Not now."))
    server.script(CHAT, *replies("Hi"))
    waits = Waits()
    events = await events_of(backend_for(service(server.url), waits=waits))
    assert isinstance(events[0], RetryScheduled)
    assert "Not now." in events[0].reason
    assert text_of(events) == "Hi"
    assert len(waits.seconds) == 1


@pytest.mark.parametrize("status", [401, 402, 403, 404, 405])
async def test_what_stays_is_asked_once(server: FaultServer, status: int) -> None:
    server.script(CHAT, *refuses(status))
    await outcome(backend_for(service(server.url)))
    assert len(server.asked(CHAT)) == 1


async def test_the_service_says_when_to_come_back(server: FaultServer) -> None:
    server.script(CHAT, *refuses(429, retry_after="7"))
    server.script(CHAT, *replies("Hi"))
    waits = Waits()
    await events_of(backend_for(service(server.url), waits=waits))
    assert waits.seconds == [7.0]


async def test_a_connection_that_breaks_before_a_byte_is_tried_again(server: FaultServer) -> None:
    server.script(CHAT, Reset())
    server.script(CHAT, Close())
    server.script(CHAT, *replies("Hi"))
    events = await events_of(backend_for(service(server.url)))
    assert [type(each) for each in events[:2]] == [RetryScheduled, RetryScheduled]
    assert text_of(events) == "Hi"


async def test_nothing_is_asked_again_once_a_word_came(server: FaultServer) -> None:
    overload = event({"error": {"message": "Overloaded.", "code": 429}})
    server.script(CHAT, *stream(says("Hel"), overload))
    came, error = await outcome(backend_for(service(server.url)))
    assert came == [TextDelta("Hel")]
    assert isinstance(error, RateLimited)
    assert len(server.asked(CHAT)) == 1


async def test_a_service_that_never_begins_is_given_up(server: FaultServer) -> None:
    server.script(CHAT, Stall())
    limits = TimeLimits(connect=1, first_event=0.2, idle=0.1)
    came, error = await outcome(backend_for(service(server.url, limits=limits)))
    assert came == []
    assert isinstance(error, Unreachable)
    assert "did not begin to answer" in str(error)


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
async def test_a_service_that_repeats_the_key_does_not_get_it_shown(
    server: FaultServer, status: int
) -> None:
    server.script(CHAT, *refuses(status, f"Incorrect API key provided: {KEY}."))
    made = backend_for(service(server.url))
    _, error = await outcome(made)
    for shown in (str(error), repr(error), repr(made), repr(vars(made))):
        assert KEY not in shown


async def test_a_key_that_looks_like_none_is_hidden_too(server: FaultServer) -> None:
    server.script(MODELS, *refuses(401, "Not: swordfish"))
    server.script(CHAT, *stream(event({"error": {"message": "swordfish is no good."}})))
    made = backend_for(service(server.url), key="swordfish")
    _, error = await outcome(made)
    assert "•••• is no good." in str(error)
    await made.models()
    with pytest.raises(NotSignedIn) as caught:
        await made.models()
    assert "swordfish" not in str(caught.value)


async def test_a_key_that_was_refused_is_read_again_for_the_next_prompt(
    server: FaultServer,
) -> None:
    server.script(CHAT, *refuses(401))
    server.script(CHAT, *replies("Hi"))
    keys = iter([Secret("wrong"), Secret("right")])
    key = ApiKey(lambda: next(keys))
    made = OpenAIBackend(Transport(service(server.url)), key, retries=Waits().retries())
    await outcome(made)
    assert text_of(await events_of(made)) == "Hi"
    sent = [each.headers["authorization"] for each in server.asked(CHAT)]
    assert sent == ["Bearer wrong", "Bearer right"]


async def test_a_key_that_has_gone_is_told_as_a_missing_key(server: FaultServer) -> None:
    server.script(CHAT, *refuses(401))
    there = True

    def read() -> Secret:
        if not there:
            raise ConfigError("The file is gone.")
        return Secret("wrong")

    made = OpenAIBackend(Transport(service(server.url)), ApiKey(read))
    await outcome(made)
    there = False
    _, error = await outcome(made)
    assert isinstance(error, NotSignedIn)
    assert str(error) == "The file is gone."


async def test_the_models_are_listed_with_what_is_known_of_them(empty: FaultServer) -> None:
    details = {"parameter_size": "7B", "family": "llama"}
    empty.script(
        MODELS,
        *lists(
            {"id": "a", "max_model_len": 4096},
            {"id": "model-1", "context_length": 8192, "name": "The One"},
            {"id": "c", "meta": {"n_ctx_train": 2048, "n_params": 1_235_814_432}},
            {"id": "d", "details": details},
            {"id": "a"},
            {"nothing": "here"},
        ),
    )
    models = await backend_for(service(empty.url)).models()
    assert [(each.id, each.window) for each in models] == [
        ("model-1", 8192),
        ("a", 4096),
        ("c", 2048),
        ("d", None),
    ]
    assert models[0].title == "The One"
    assert [models[2].size, models[3].size, models[3].family] == ["1.2B", "7B", "llama"]


async def test_a_service_without_a_list_offers_the_model_it_is_set_to(empty: FaultServer) -> None:
    empty.script(MODELS, *refuses(404))
    assert [each.id for each in await backend_for(service(empty.url)).models()] == ["model-1"]
    with pytest.raises(RequestRefused):
        await backend_for(service(empty.url, model="")).models()


async def test_a_service_that_offers_nothing_is_told(empty: FaultServer) -> None:
    empty.script(MODELS, *lists())
    with pytest.raises(RequestRefused, match="offers no model"):
        await backend_for(service(empty.url, model="")).models()


@pytest.mark.parametrize("body", [b"<html><title>Sign in</title></html>", b"[1", b'{"a": 1}', b""])
async def test_another_body_than_a_list_of_models_is_an_error(
    empty: FaultServer, body: bytes
) -> None:
    empty.script(MODELS, Send(reply(body)))
    with pytest.raises(BadReply):
        await backend_for(service(empty.url, model="")).models()


@pytest.mark.parametrize(("key", "state"), [(None, KeyNeeded), (KEY, LoginFailed)])
async def test_a_service_that_wants_a_key_is_told_from_one_that_refuses_it(
    key: str | None, state: type
) -> None:
    states: list[LoginState] = []
    async with FaultServer() as server:
        server.script(MODELS, *refuses(401, "Who are you?"))
        secret = None if key is None else Secret(key)
        backend = OpenAIBackend(
            Transport(service(server.url)), ApiKey(lambda: secret), on_change=states.append
        )
        with pytest.raises(NotSignedIn):
            await backend.models()
    assert [type(each) for each in states] == [state]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ([Close()], NoLogin),
        ([Reset()], NoLogin),
        (refuses(503, "Try later."), NoLogin),
        (refuses(400, "No such setting."), NoLogin),
        (None, Offline),
    ],
)
async def test_only_a_service_that_cannot_be_reached_is_offline(
    answer: list[Step] | None, state: type
) -> None:
    states: list[LoginState] = []
    async with FaultServer() as server:
        server.script(CHAT, *(answer or ()))
        backend = OpenAIBackend(
            Transport(service(server.url if answer else "http://127.0.0.1:1")),
            ApiKey(lambda: None),
            retries=RetryPolicy(max_attempts=1),
            on_change=states.append,
        )
        _, error = await outcome(backend)
    assert isinstance(error, Unreachable | RequestRefused)
    assert [type(each) for each in states] == [state]
