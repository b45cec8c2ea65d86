"""Cases of the protocol: what a service does, and what the client makes of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fakegpt_tui.backends.fakegpt import FakeGptBackend
from fakegpt_tui.domain import (
    FinishReason,
    Notice,
    ReplyEnded,
    ServiceError,
    StreamEvent,
    TimeLimits,
    TitleSuggested,
)
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.login.account_login import AccountLogin
from fakegpt_tui.login.manager import SessionManager
from fakegpt_tui.login.steps import LoginPolicy
from tests.fault_server import LAST_CHUNK, Close, FaultServer, Send, Step, chunk, stream_head
from tests.signed_in import Waits, read, service, text_of

CHAT = "/api/conversation"
LOADS = "/api/loads"
LOGIN = "/auth/login"
SESSION = "/api/auth/session"
TINY = TimeLimits(connect=0.5, first_event=0.3, idle=0.2)

Script = Sequence[Step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row. `scripts` are what each endpoint answers, one after the other.

    The login works where the scripts say nothing of it. `says` is a part of what a person reads, in
    the failure or beside the reply, and `asked` how often the prompt was sent.
    """

    row: str
    scripts: Mapping[str, Sequence[Script]]
    text: str = ""
    end: FinishReason | type[ServiceError] = FinishReason.STOP
    says: str = ""
    asked: int = 1
    limits: TimeLimits = field(default_factory=TimeLimits)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the client made of a case."""

    text: str
    end: FinishReason | ServiceError | None
    said: tuple[str, ...]
    asked: int

    def __str__(self) -> str:
        text = f"“{self.text}”" if len(self.text) < 50 else f"{len(self.text):,} characters"
        parts = [text.replace("\n", "⏎")] if self.text else []
        match self.end:
            case FinishReason.STOP:
                parts.append("whole")
            case FinishReason() as reason:
                parts.append(f"ended by {reason.value}")
            case error:
                parts.append(f"{type(error).__name__}: {error}")
        parts += [f"notice: {said}" for said in self.said]
        told = "; ".join(parts) + (f" (asked {self.asked} times)" if self.asked > 1 else "")
        return re.sub(r"127\.0\.0\.1:\d{2,}", "HOST", told)


def client(
    server: FaultServer, limits: TimeLimits | None = None
) -> tuple[FakeGptBackend, SessionManager]:
    """All of the client, but for the waiting between tries."""
    transport = Transport(service(server.url, limits=limits))
    retries = Waits().retries()
    login = AccountLogin(transport, policy=LoginPolicy(seconds=5, retries=retries))
    manager = SessionManager(login, transport.address.text)
    return FakeGptBackend(transport, manager, retries=retries), manager


async def played(case: Case) -> Outcome:
    """What comes of `case` over a real socket."""
    async with FaultServer() as server:
        for path, scripts in case.scripts.items():
            for script in scripts:
                server.script(path, *script)
        if not case.scripts.keys() & {LOADS, LOGIN, SESSION}:
            server.sign_in()
        backend, _ = client(server, case.limits)
        events, failure = await read(backend)
        await server.idle()
        return _outcome(events, failure, len(server.asked(CHAT)))


def _outcome(events: Sequence[StreamEvent], failure: ServiceError | None, asked: int) -> Outcome:
    end: FinishReason | ServiceError | None = failure
    said = []
    for event in events:
        match event:
            case ReplyEnded(reason):
                assert event is events[-1], "something came after the end"
                end = reason
            case Notice(text):
                said.append(text)
            case TitleSuggested(title):
                said.append(f"title {title!r}")
            case _:
                pass
    return Outcome(text_of(list(events)), end, tuple(said), asked)


def streamed(*pieces: bytes, then: Step | None = None) -> Script:
    """A chunk for each of `pieces`, and then a proper end, or `then`."""
    chunks = [Send(chunk(piece)) for piece in pieces]
    return [
        Send(stream_head()),
        *chunks,
        *([Send(LAST_CHUNK), Close()] if then is None else [then]),
    ]


def chat(*scripts: Script) -> Mapping[str, Sequence[Script]]:
    """What the conversation endpoint answers, one after the other."""
    return {CHAT: scripts}
