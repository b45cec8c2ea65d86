"""The program's own client and the host, where the host keeps the history."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from fakegpt_tui.backends.base import Purpose, RemoteParent, ReplyRequest
from fakegpt_tui.backends.fakegpt import FakeGptBackend
from fakegpt_tui.backends.scripted import ScriptedBackend, Step
from fakegpt_tui.domain import (
    ContextMessage,
    FinishReason,
    History,
    Notice,
    RemoteIdAssigned,
    ReplyEnded,
    Service,
    ServiceKind,
    StreamEvent,
    TextDelta,
)
from fakegpt_tui.host.conversation_cache import CacheLimits
from fakegpt_tui.host.server import HostServer
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.login.account_login import AccountLogin
from fakegpt_tui.login.manager import SessionManager
from tests.patience import PATIENCE

Serve: TypeAlias = Callable[..., HostServer]


def said(text: str, reason: FinishReason = FinishReason.STOP) -> tuple[Step, ...]:
    return (TextDelta(text), ReplyEnded(reason))


@asynccontextmanager
async def talking(host: HostServer) -> AsyncGenerator["Talk"]:
    service = Service(
        name="host", kind=ServiceKind.FAKEGPT, url=host.base_url, history=History.SERVER
    )
    transport = Transport(service)
    manager = SessionManager(AccountLogin(transport), transport.address.text)
    try:
        yield Talk(FakeGptBackend(transport, manager))
    finally:
        await manager.aclose()


@dataclass
class Talk:
    """What a chat remembers of one conversation."""

    client: FakeGptBackend
    said: tuple[ContextMessage, ...] = ()
    place: RemoteParent | None = None
    before: RemoteParent | None = None
    request: ReplyRequest = field(default_factory=lambda: ReplyRequest(messages=(), model="m"))

    async def ask(self, prompt: str) -> list[StreamEvent]:
        messages = (*self.said, ContextMessage("user", prompt))
        return await self._take(
            ReplyRequest(messages=messages, model="m", remote_parent=self.place)
        )

    async def ask_again(self) -> list[StreamEvent]:
        """Another reply to the last prompt."""
        assert self.place is not None
        parent = self.before.parent_id if self.before else ""
        place = RemoteParent(self.place.conversation_id, parent)
        self.place = self.before
        return await self._take(replace(self.request, purpose=Purpose.VARIANT, remote_parent=place))

    async def go_on(self) -> list[StreamEvent]:
        """The rest of the last reply."""
        request = ReplyRequest(
            messages=self.said, model="m", purpose=Purpose.CONTINUE, remote_parent=self.place
        )
        return await self._take(request)

    async def _take(self, request: ReplyRequest) -> list[StreamEvent]:
        self.request = request
        async with asyncio.timeout(PATIENCE), aclosing(self.client.stream(request)) as stream:
            events = [event async for event in stream]
        text = "".join(event.text for event in events if isinstance(event, TextDelta))
        if request.purpose is Purpose.CONTINUE:
            *earlier, last = request.messages
            self.said = (*earlier, replace(last, text=last.text + text))
        else:
            self.said = (*request.messages, ContextMessage("assistant", text))
        (located,) = [event for event in events if isinstance(event, RemoteIdAssigned)][-1:]
        self.before = self.place
        self.place = RemoteParent(located.conversation_id, located.message_id)
        return events


async def test_a_whole_conversation_is_kept_by_the_host_as_the_client_sees_it(
    serve: Serve,
) -> None:
    backend = ScriptedBackend(
        said("reply 1"),
        said("reply 2"),
        said("another ", FinishReason.LENGTH),
        said("reply 2"),
        said("reply 3"),
    )
    async with talking(serve(backend=backend)) as talk:
        await talk.ask("one")
        await talk.ask("two")
        await talk.ask_again()
        await talk.go_on()
        await talk.ask("three")
    purposes = [request.purpose for request in backend.requests]
    assert purposes == [
        Purpose.NEXT,
        Purpose.NEXT,
        Purpose.VARIANT,
        Purpose.CONTINUE,
        Purpose.NEXT,
    ]
    assert backend.requests[-1].messages == talk.said[:-1]
    assert [message.text for message in talk.said] == [
        "one",
        "reply 1",
        "two",
        "another reply 2",
        "three",
        "reply 3",
    ]
    assert backend.requests[2].messages == backend.requests[1].messages


async def test_a_client_whose_conversation_the_host_has_forgotten_goes_on_all_the_same(
    serve: Serve,
) -> None:
    backend = ScriptedBackend(said("reply 1"), said("reply 2"), said("reply 3"))
    host = serve(backend=backend, cache_limits=CacheLimits(conversations=0))
    async with talking(host) as talk:
        await talk.ask("one")
        events = await talk.ask("two")
    assert [event for event in events if isinstance(event, Notice)]
    assert backend.requests[1].messages == (
        ContextMessage("user", "User: one\nAssistant: reply 1\nUser: two\nAssistant:"),
    )
