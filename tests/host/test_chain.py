"""A host that answers through another host: what goes wrong behind both is told before both."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TypeAlias

import pytest

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.fakegpt import FakeGptBackend
from fakegpt_tui.backends.scenarios import SCENARIOS
from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.domain import (
    BadReply,
    ContextMessage,
    LoginRefused,
    NotSignedIn,
    RateLimited,
    ReplyCut,
    ReplyEnded,
    RequestRefused,
    Service,
    ServiceError,
    ServiceKind,
    TextDelta,
    Unreachable,
    Unsupported,
)
from fakegpt_tui.host.server import HostServer
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.retries import RetryPolicy
from fakegpt_tui.login.account_login import AccountLogin
from fakegpt_tui.login.manager import SessionManager
from fakegpt_tui.login.steps import LoginPolicy

Serve: TypeAlias = Callable[..., HostServer]

ASKED = ReplyRequest(messages=(ContextMessage("user", "Hi"),), model="m")


async def at_once(_: float) -> None:
    """Waits for nothing."""


def manager_and_client(url: str) -> tuple[SessionManager, FakeGptBackend]:
    retries = RetryPolicy(max_attempts=2, sleep=at_once)
    transport = Transport(Service(name="host", kind=ServiceKind.FAKEGPT, url=url))
    login = AccountLogin(transport, policy=LoginPolicy(retries=retries))
    manager = SessionManager(login, transport.address.text)
    return manager, FakeGptBackend(transport, manager, retries=retries)


def before(host: HostServer) -> Callable[[], FakeGptBackend]:
    return lambda: manager_and_client(host.base_url)[1]


@asynccontextmanager
async def client_of(host: HostServer) -> AsyncGenerator[FakeGptBackend]:
    manager, client = manager_and_client(host.base_url)
    try:
        yield client
    finally:
        await manager.aclose()


async def outcome_of(client: FakeGptBackend) -> tuple[str, ServiceError | None]:
    text = ""
    try:
        async with aclosing(client.stream(ASKED)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    text += event.text
    except ServiceError as error:
        return text, error
    return text, None


async def test_a_reply_comes_through_two_hosts(serve: Serve) -> None:
    far = serve((TextDelta("from "), TextDelta("afar"), ReplyEnded()))
    async with client_of(serve(backend=before(far))) as client:
        assert await outcome_of(client) == ("from afar", None)


@pytest.mark.parametrize(
    ("scenario", "text", "kind", "words"),
    [
        ("token-expired", "", NotSignedIn, "has expired"),
        ("login-refused", "", LoginRefused, "too weak"),
        ("no-accounts", "", LoginRefused, "no shared accounts"),
        ("nothing", "", BadReply, "without a word"),
        ("page-200", "", BadReply, "web page"),
        ("empty-body", "", ReplyCut, "before a word"),
        ("newer-format", "", Unsupported, "newer format"),
        ("wrong-server", "", Unsupported, "FakeGPT protocol"),
        ("challenge", "", RequestRefused, "Try a proxy"),
        ("model-cap", "", RateLimited, "30 minutes"),
        ("500", "", Unreachable, "Internal Server Error"),
        ("error-only", "", ServiceError, "overloaded"),
        ("cut", "Hello, ", ReplyCut, "closed the connection"),
        ("interrupted", "Hello, ", ReplyCut, "broke off"),
        ("error-after-text", "Hello, ", ServiceError, "overloaded"),
        ("capped-after-text", "Hello, ", RateLimited, "90 seconds"),
    ],
)
async def test_an_error_behind_two_hosts_is_what_it_is_before_them(
    serve: Serve, scenario: str, text: str, kind: type[ServiceError], words: str
) -> None:
    far = serve(backend=ScriptedBackend(), scenario=SCENARIOS[scenario])
    async with client_of(serve(backend=before(far))) as client:
        said, error = await outcome_of(client)
    assert said == text
    assert type(error) is kind
    assert words in str(error)


async def test_only_what_may_help_is_asked_again(serve: Serve) -> None:
    for raised, times in (
        (BadReply("Nonsense."), 1),
        (ReplyCut("Cut."), 1),
        (LoginRefused("No."), 1),
        (Unsupported("New."), 1),
        (NotSignedIn("Out."), 2),
        (Unreachable("Down."), 2),
    ):
        backend = ScriptedBackend(*[(raised,)] * 9)
        async with client_of(serve(backend=backend)) as client:
            _, error = await outcome_of(client)
        assert type(error) is type(raised)
        assert len(backend.requests) == times
