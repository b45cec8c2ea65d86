"""The program's own client, from the login on, against everything that a host may do."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import pytest

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.fakegpt import FakeGptBackend
from fakegpt_tui.backends.scenarios import SCENARIOS
from fakegpt_tui.backends.scenarios.scenario import PARTIAL, WHOLE, Expectation
from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.domain import (
    BadReply,
    Busy,
    ContextMessage,
    LoginRefused,
    Notice,
    NotSignedIn,
    PromptTooLong,
    RateLimited,
    ReplyCut,
    ReplyEnded,
    RequestRefused,
    Service,
    ServiceError,
    ServiceKind,
    StreamEvent,
    TextDelta,
    TextReplaced,
    TimeLimits,
    TitleSuggested,
    Unreachable,
    Unsupported,
)
from fakegpt_tui.host.server import HostServer
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.retries import RetryPolicy
from fakegpt_tui.login.account_login import AccountLogin
from fakegpt_tui.login.manager import SessionManager
from fakegpt_tui.login.steps import LoginPolicy
from tests.host.calls import asking, calling, prompt_body, signed_in
from tests.patience import shortest

Serve: TypeAlias = Callable[..., HostServer]

ASKED = ReplyRequest(messages=(ContextMessage("user", "Hi"),), model="m")
LIMITS = TimeLimits(first_event=1.5, idle=1.5)
"""Long for a busy machine, and not for the two scenarios that are silent."""
USUAL = (TextDelta(WHOLE), ReplyEnded())


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    text: str = WHOLE
    told: str = ", ended: stop"
    error: type[ServiceError] = ServiceError
    words: str = ""


def refusal(kind: type[ServiceError], words: str) -> Outcome:
    return Outcome(error=kind, words=words)


EXPECTED = {
    "two-messages": Outcome(text="First message.\n\nSecond message."),
    "interleaved": Outcome(text="One more\n\nTwo more"),
    "picture": Outcome(text=f"[image]\n{WHOLE}"),
    "title": Outcome(told=", TitleSuggested: A greeting, ended: stop"),
    "blocked": Outcome(
        told=", Notice: The moderation of the service blocked this reply., ended: stop"
    ),
    "max-tokens": Outcome(told=", ended: length"),
    "content-filter": Outcome(told=", ended: content_filter"),
    "empty-reply": Outcome(text=""),
    "unfinished": refusal(ReplyCut, "broke off"),
    "cut": refusal(ReplyCut, "closed the connection"),
    "interrupted": refusal(ReplyCut, "broke off"),
    "stall": refusal(ReplyCut, "fell silent"),
    "huge-event": refusal(ReplyCut, "more than 16,000,000 bytes"),
    "error-after-text": refusal(ServiceError, "The model is overloaded."),
    "capped-after-text": refusal(RateLimited, "in 90 seconds"),
    "error-only": refusal(ServiceError, "The model is overloaded."),
    "error-event": refusal(ServiceError, "The model is overloaded."),
    "blocked-prompt": refusal(RequestRefused, "blocked this prompt"),
    "silent": refusal(Unreachable, "did not begin to answer"),
    "nothing": refusal(BadReply, "without a word"),
    "empty-body": refusal(ReplyCut, "before a word"),
    "cut-at-once": refusal(Unreachable, "closed the connection"),
    "only-echo": refusal(BadReply, "without a word"),
    "newer-format": refusal(Unsupported, "newer format"),
    "400": refusal(RequestRefused, "makes no sense"),
    "token-expired": refusal(NotSignedIn, "has expired"),
    "not-authenticated": refusal(NotSignedIn, "Not authenticated"),
    "challenge": refusal(RequestRefused, "Try a proxy"),
    "unusual-activity": refusal(RequestRefused, "Unusual activity"),
    "conversation-not-found": refusal(RequestRefused, "does not know this conversation"),
    "history-disabled": refusal(RequestRefused, "does not know this conversation"),
    "wrong-address": refusal(RequestRefused, "Check the url"),
    "wrong-server": refusal(Unsupported, "FakeGPT protocol"),
    "wrapped-405": refusal(Unsupported, "FakeGPT protocol"),
    "too-long": refusal(PromptTooLong, "too long"),
    "arkose": refusal(Unsupported, "only a browser"),
    "fields": refusal(RequestRefused, "body.model: field required; body.messages.0.id"),
    "busy": refusal(Busy, "another prompt"),
    "hourly-cap": refusal(RateLimited, "in 1 hour"),
    "model-cap": refusal(RateLimited, "in 30 minutes"),
    "rate-limit": refusal(RateLimited, "in 7 seconds"),
    "500": refusal(Unreachable, "500 Internal Server Error"),
    "502": refusal(Unreachable, "502 Bad Gateway"),
    "503": refusal(Unreachable, "Restarting"),
    "520": refusal(Unreachable, "520"),
    "empty-500": refusal(Unreachable, "500"),
    "error-string": refusal(RequestRefused, "No."),
    "error-object": refusal(RequestRefused, "No."),
    "error-message": refusal(RequestRefused, "No."),
    "json-200": refusal(RequestRefused, "No."),
    "page-200": refusal(BadReply, "a web page"),
    "hand-off": refusal(Unsupported, "WebSocket"),
    "redirect": refusal(RequestRefused, "nowhere.invalid"),
    "no-accounts": refusal(LoginRefused, "no shared accounts"),
    "no-loads": refusal(BadReply, "a list of accounts"),
    "loads-page": refusal(BadReply, "Welcome"),
    "loads-challenge": refusal(RequestRefused, "Try a proxy"),
    "loads-elsewhere": refusal(RequestRefused, "not followed"),
    "unknown-accounts": refusal(LoginRefused, "no such account"),
    "login-refused": refusal(LoginRefused, "too weak"),
    "login-page": refusal(LoginRefused, "no such key"),
    "login-limit": refusal(RateLimited, "in 9 seconds"),
    "login-500": refusal(Unreachable, "500 Internal Server Error"),
}
"""What differs from a usual reply, or is no reply at all."""


async def at_once(_: float) -> None:
    """Waits for nothing."""


@asynccontextmanager
async def client_of(host: HostServer) -> AsyncGenerator[FakeGptBackend]:
    retries = RetryPolicy(max_attempts=2, sleep=at_once)
    service = Service(name="odd", kind=ServiceKind.FAKEGPT, url=host.base_url, limits=LIMITS)
    transport = Transport(service)
    login = AccountLogin(transport, policy=LoginPolicy(retries=retries))
    manager = SessionManager(login, transport.address.text)
    try:
        yield FakeGptBackend(transport, manager, retries=retries)
    finally:
        await manager.aclose()


async def outcome_of(client: FakeGptBackend) -> tuple[str, str, ServiceError | None]:
    """The text of the reply, what else was told or how it ended, and what went wrong."""
    text, told = "", ""
    try:
        async with aclosing(client.stream(ASKED)) as events:
            async for event in events:
                text = grown(text, event)
                match event:
                    case ReplyEnded(reason):
                        told += f", ended: {reason}"
                    case Notice(said) | TitleSuggested(said):
                        told += f", {type(event).__name__}: {said}"
                    case _:
                        pass
    except ServiceError as error:
        return text, told, error
    return text, told, None


def grown(text: str, event: StreamEvent) -> str:
    match event:
        case TextDelta(added):
            return text + added
        case TextReplaced(keep, added):
            return text[:keep] + added
        case _:
            return text


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_scenario_ends_as_it_promises(
    serve: Serve, name: str, record_property: Callable[[str, object], None]
) -> None:
    scenario = SCENARIOS[name]
    async with client_of(serve(USUAL, USUAL, scenario=scenario)) as client:
        text, told, error = await outcome_of(client)
    outcome = f"{type(error).__name__}: {error}" if error else ""
    record_property(
        "outcome", f"{name:22} {scenario.expectation:42} → {text!r}{told} {outcome}".rstrip()
    )
    expected = EXPECTED.get(name, Outcome())
    match scenario.expectation:
        case Expectation.WHOLE:
            assert (text, told, error) == (expected.text, expected.told, None)
        case Expectation.PARTIAL:
            assert (text, told) == (PARTIAL, "")
        case Expectation.ERROR:
            assert text == ""
    if scenario.expectation is not Expectation.WHOLE:
        assert isinstance(error, expected.error)
        assert expected.words in str(error)
        assert str(error)


def test_every_exception_to_the_rule_is_of_a_scenario() -> None:
    assert EXPECTED.keys() <= SCENARIOS.keys()
    errors = {name for name, one in SCENARIOS.items() if one.expectation is not Expectation.WHOLE}
    assert errors <= EXPECTED.keys()


def test_names_are_fit_for_a_command_line_and_sentences_are_whole() -> None:
    for name, scenario in SCENARIOS.items():
        assert re.fullmatch(r"[a-z0-9-]+", name)
        assert re.fullmatch(r"[A-Z].*\.", scenario.description)


async def test_a_scenario_judges_tokens_and_prompts_as_ever(serve: Serve) -> None:
    host = serve(scenario=SCENARIOS["lf"])
    async with calling(host) as client:
        assert (await client.post("/api/conversation", json=prompt_body())).status_code == 401
    async with signed_in(host) as client:
        assert (await client.post("/api/conversation", json={})).status_code == 422


@pytest.mark.parametrize("name", ["silent", "stall", "huge-event"])
async def test_a_scenario_that_hangs_does_not_keep_the_host(name: str) -> None:
    async def seconds_to_stop() -> float:
        host = HostServer(ScriptedBackend(), scenario=SCENARIOS[name])
        host.start()
        async with signed_in(host) as client, asking(client) as response:
            assert response.status_code == 200
            started = time.monotonic()
            await asyncio.to_thread(host.stop)
            return time.monotonic() - started

    assert await shortest(seconds_to_stop, 2) < 2
