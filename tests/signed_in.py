"""A session that nobody had to sign in for, and the service that it belongs to."""

from collections.abc import Iterable
from contextlib import aclosing
from typing import Any

from fakegpt_tui.backends.base import Backend, ReplyRequest
from fakegpt_tui.backends.fakegpt import FakeGptBackend
from fakegpt_tui.domain import (
    ContextMessage,
    NotSignedIn,
    Secret,
    Service,
    ServiceError,
    ServiceKind,
    Session,
    StreamEvent,
    TextDelta,
    TextReplaced,
    TimeLimits,
)
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.retries import RetryPolicy

CANARY = "canary-token-0123456789"
COOKIE_CANARY = "canary-cookie-0123456789"
ASK = ReplyRequest(messages=(ContextMessage("user", "Hello?"),), model="model-1")


def session(token: str = CANARY) -> Session:
    return Session(
        base_url="http://nowhere.invalid",
        token=Secret(token),
        expires_at=None,
        account="account-1",
        password=Secret("canary-password-1"),
        cookies=(("credential", Secret(COOKIE_CANARY)),),
    )


def service(
    url: str, *, limits: TimeLimits | None = None, proxy: str = "", **changes: Any
) -> Service:
    return Service(
        **changes,
        name="scripted",
        kind=ServiceKind.FAKEGPT,
        url=url,
        limits=limits or TimeLimits(),
        proxy=Secret(proxy) if proxy else None,
    )


class Sessions:
    """Hands out tokens in turn, the next one whenever one is refused."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens or [CANARY])
        self.renewals = 0

    async def current(self) -> Session:
        return session(self._tokens[0])

    async def renew(self, refused: Session) -> Session:
        self.renewals += 1
        if len(self._tokens) > 1 and refused.token.reveal() == self._tokens[0]:
            self._tokens.pop(0)
            return session(self._tokens[0])
        raise NotSignedIn("There is no other token.")


class Waits:
    """Notes how long it was asked to sleep, and does not."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)

    def retries(self, *, chance: float = 0.5) -> RetryPolicy:
        return RetryPolicy(sleep=self.sleep, random=lambda: chance)


def backend(
    url: str,
    *,
    limits: TimeLimits | None = None,
    sessions: Sessions | None = None,
    waits: Waits | None = None,
    proxy: str = "",
    **changes: Any,
) -> FakeGptBackend:
    """A backend for the service at `url` that is signed in and wastes no time on waiting.

    `changes` are fields of the service.
    """
    return FakeGptBackend(
        Transport(service(url, limits=limits, proxy=proxy, **changes)),
        sessions or Sessions(),
        retries=(waits or Waits()).retries(),
    )


def text_of(events: Iterable[StreamEvent]) -> str:
    """What all of the events make of a reply."""
    text = ""
    for event in events:
        match event:
            case TextDelta(added):
                text += added
            case TextReplaced(keep, added):
                text = text[:keep] + added
            case _:
                pass
    return text


async def events_of(made: Backend, request: ReplyRequest = ASK) -> list[StreamEvent]:
    async with aclosing(made.stream(request)) as events:
        return [event async for event in events]


async def read(
    made: Backend, request: ReplyRequest = ASK
) -> tuple[list[StreamEvent], ServiceError | None]:
    """What came, and the failure that ended it."""
    came: list[StreamEvent] = []
    try:
        async with aclosing(made.stream(request)) as events:
            async for event in events:
                came.append(event)  # noqa: PERF401 - what came before a failure counts
    except ServiceError as error:
        return came, error
    return came, None


async def outcome(made: Backend) -> tuple[list[StreamEvent], ServiceError]:
    """What came before a failure that there must be, and the failure."""
    came, failure = await read(made)
    assert failure is not None
    return came, failure
