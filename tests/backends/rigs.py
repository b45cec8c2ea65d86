"""Contract rigs: every backend, playing the same script."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.backends.fakegpt import FakeGptBackend
from fakegpt_tui.backends.scripted import Barrier, Pause, ScriptedBackend, Step
from fakegpt_tui.domain import (
    FinishReason,
    PromptTooLong,
    RateLimited,
    ReplyEnded,
    RequestRefused,
    Service,
    ServiceError,
    ServiceKind,
    TextDelta,
    Unreachable,
)
from fakegpt_tui.host.server import HostServer
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.retries import RetryPolicy
from fakegpt_tui.login.account_login import AccountLogin
from fakegpt_tui.login.manager import SessionManager
from tests import anthropic_server as anthropic
from tests import openai_server as openai
from tests import responses_server as responses
from tests.fault_server import LAST_CHUNK, Send, Stall, chunk, stream_head
from tests.fault_server import Step as Fault
from tests.host.calls import until


@dataclass(frozen=True)
class Playing:
    """A backend that will play its script.

    `asked` waits until a reply is under way behind it, `released` until it has let go of it.
    """

    backend: Backend
    asked: Callable[[], Awaitable[object]]
    released: Callable[[], Awaitable[None]]


Rig: TypeAlias = Callable[[Sequence[Step]], AbstractAsyncContextManager[Playing]]


@asynccontextmanager
async def scripted(script: Sequence[Step]) -> AsyncGenerator[Playing]:
    backend = ScriptedBackend(script)
    yield _playing(backend, backend)


@asynccontextmanager
async def fakegpt(script: Sequence[Step]) -> AsyncGenerator[Playing]:
    """The client of the protocol, over a host."""
    behind = ScriptedBackend(script)
    with HostServer(behind) as host:
        transport = Transport(Service(name="h", kind=ServiceKind.FAKEGPT, url=host.base_url))
        manager = SessionManager(AccountLogin(transport), transport.address.text)
        client = FakeGptBackend(transport, manager, retries=RetryPolicy(max_attempts=1))
        yield _playing(client, behind)
        await manager.aclose()


@asynccontextmanager
async def openai_compatible(script: Sequence[Step]) -> AsyncGenerator[Playing]:
    async with openai.openai_server() as server:
        server.script(openai.CHAT, *_in_words_of_openai(script))
        made = openai.backend_for(openai.service(server.url))
        yield Playing(made, lambda: server.arrived(openai.CHAT), server.idle)


@asynccontextmanager
async def responses_api(script: Sequence[Step]) -> AsyncGenerator[Playing]:
    async with openai.openai_server() as server:
        server.script(responses.RESPONSES, *_in_words_of_responses(script))
        made = responses.backend_for(responses.service(server.url))
        yield Playing(made, lambda: server.arrived(responses.RESPONSES), server.idle)


@asynccontextmanager
async def anthropic_api(script: Sequence[Step]) -> AsyncGenerator[Playing]:
    async with openai.openai_server() as server:
        server.script(anthropic.MESSAGES, *_in_words_of_anthropic(script))
        made = anthropic.backend_for(anthropic.service(server.url))
        yield Playing(made, lambda: server.arrived(anthropic.MESSAGES), server.idle)


def _playing(backend: Backend, behind: ScriptedBackend) -> Playing:
    return Playing(
        backend,
        lambda: until(lambda: behind.playing == 1),
        lambda: until(lambda: behind.playing == 0),
    )


@dataclass(frozen=True)
class Words:
    """How a protocol says what is in a script."""

    begin: Sequence[bytes]
    say: Callable[[str], bytes]
    end: Callable[[FinishReason], bytes]
    fail: Callable[[str], bytes]


_OPENAI = Words(
    (),
    openai.says,
    lambda reason: openai.end(reason) + openai.DONE,
    lambda sentence: openai.event({"error": {"message": sentence}}),
)
_RESPONSES = Words(
    (responses.created(), responses.opens()),
    responses.says,
    responses.end,
    lambda sentence: responses.failed(words=sentence),
)
_ANTHROPIC = Words(
    (anthropic.begins(), anthropic.starts()),
    anthropic.says,
    lambda reason: anthropic.stops() + anthropic.ends(anthropic.REASONS[reason]),
    lambda sentence: anthropic.failed(words=sentence),
)


def _in_words_of_openai(script: Sequence[Step]) -> list[Fault]:
    match script:
        case [ServiceError() as error, *_]:
            return openai.refuses(_STATUSES[type(error)], str(error))
        case _:
            return _steps(script, _OPENAI)


def _in_words_of_responses(script: Sequence[Step]) -> list[Fault]:
    match script:
        case [ServiceError() as error, *_]:
            return responses.refuses(_STATUSES[type(error)], str(error))
        case _:
            return _steps(script, _RESPONSES)


def _in_words_of_anthropic(script: Sequence[Step]) -> list[Fault]:
    match script:
        case [ServiceError() as error, *_]:
            headers = {"retry_after": "7"} if isinstance(error, RateLimited) else {}
            return anthropic.refuses(_STATUSES[type(error)], str(error), **headers)
        case _:
            return _steps(script, _ANTHROPIC)


def _steps(script: Sequence[Step], words: Words) -> list[Fault]:
    begin = [Send(chunk(each)) for each in words.begin]
    return [Send(stream_head()), *begin, *(_step(each, words) for each in script), Send(LAST_CHUNK)]


def _step(step: Step, words: Words) -> Fault:
    match step:
        case TextDelta(text):
            return Send(chunk(words.say(text)))
        case ReplyEnded(reason):
            return Send(chunk(words.end(reason)))
        case Pause(seconds):
            return Send(b"", delay=seconds)
        case Barrier():
            return Stall()
        case ServiceError():
            return Send(chunk(words.fail(str(step))))
        case _:
            raise ValueError(f"no word for {step}")


_STATUSES = {RequestRefused: 400, PromptTooLong: 413, RateLimited: 429, Unreachable: 503}

RIGS: dict[str, Rig] = {
    "scripted": scripted,
    "fakegpt": fakegpt,
    "openai": openai_compatible,
    "responses": responses_api,
    "anthropic": anthropic_api,
}
