"""The user interface over a scripted backend, driven by keys and read like a screen."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.backends.scripted import Gate, ScriptedBackend, Step
from fakegpt_tui.chat.connections import Connect
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import ChatMessage, FoundService, Preset, ReplyEnded, Service, TextDelta
from fakegpt_tui.ui.app import FakeGPTApp
from fakegpt_tui.ui.dialogs.commands import PaletteScreen
from fakegpt_tui.ui.options import Options
from fakegpt_tui.ui.widgets.conversation_header import ConversationHeader
from fakegpt_tui.ui.widgets.conversation_list import ConversationList
from fakegpt_tui.ui.widgets.prompt_input import PromptInput
from fakegpt_tui.ui.widgets.prompt_lists import QueueView
from fakegpt_tui.ui.widgets.status_bar import StatusBar
from tests.patience import PATIENCE
from tests.stubs import SERVICE, MemoryStore, connecting, connecting_each
from tests.ui.fake_service_repository import FakeServiceRepository
from tests.ui.screen_text import screen_text


class FakeMemory:
    """Remembers choices for a test to look at, and to begin another run with."""

    def __init__(self, **values: str) -> None:
        self.values: dict[str, str | None] = {**values}

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    async def remember(self, values: Mapping[str, str | None]) -> None:
        self.values.update(values)


@dataclass
class Running:
    """A program that runs, and what stands behind it."""

    app: FakeGPTApp
    pilot: Pilot[None]
    chat: ChatService
    store: MemoryStore
    backend: ScriptedBackend
    services: dict[str, Service]
    registry: FakeServiceRepository
    _settled: Screen[Any] | None = None
    """The screen that was topmost at the end of the last wait."""

    @property
    def prompt(self) -> PromptInput:
        return self.app.screen.query_one(PromptInput)

    @property
    def list(self) -> ConversationList:
        return self.app.screen.query_one(ConversationList)

    @property
    def status(self) -> str:
        return str(self.app.screen.query_one(StatusBar).render())

    @property
    def header(self) -> str:
        """What stands above the messages."""
        return str(self.app.screen.query_one(ConversationHeader).render())

    @property
    def text(self) -> str:
        return screen_text(self.app)

    @property
    def queued(self) -> tuple[str, ...]:
        return next((each.waiting for each in self.app.screen.query(QueueView)), ())

    @property
    def path(self) -> tuple[ChatMessage, ...]:
        """What is shown of the open conversation."""
        current = self.list.current
        return self.chat.messages.path(current) if current else ()

    async def command(self, slash: str) -> None:
        """Find a command in the palette by its slash name, and run it."""
        await self.pilot.press("ctrl+p")
        await self.until(lambda: isinstance(self.app.screen, PaletteScreen))
        await self.pilot.press(*slash)
        await self.pilot.press("enter")
        await self.until(lambda: not isinstance(self.app.screen, PaletteScreen))

    async def see(self, wanted: str) -> None:
        await self.until(lambda: wanted in self.text, lambda: f"{wanted!r} not in\n{self.text}")

    async def until(
        self, condition: Callable[[], bool], what: Callable[[], str] | None = None
    ) -> None:
        """Wait until that is so, and the screen that is then the topmost is whole."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    await self.pilot.pause(0.01)
                while self._settled is not self.app.screen:
                    self._settled = self.app.screen
                    await self.pilot.pause()
        except TimeoutError:
            pytest.fail(what() if what else f"never came true; the screen:\n{self.text}")

    async def ask(self, text: str) -> None:
        self.prompt.insert(text)
        await self.pilot.press("enter")


@asynccontextmanager
async def running(
    *scripts: Iterable[Step],
    store: MemoryStore | None = None,
    size: tuple[int, int] = (100, 30),
    service: Service = SERVICE,
    exports: Path = Path("/nowhere"),
    presets: Mapping[str, Preset] = MappingProxyType({}),
    services: Iterable[Service] = (),
    backends: Mapping[str, Backend] = MappingProxyType({}),
    found: tuple[FoundService, ...] = (),
    connect: Connect | None = None,
    **options: object,
):
    store = store or MemoryStore()
    backend = ScriptedBackend(*scripts)
    known = {each.name: each for each in (service, *services)}
    if connect is None:
        connect = connecting_each(backends, backend) if backends else connecting(backend)
    registry = FakeServiceRepository(known)
    registry.found = found
    chat = ChatService(lambda: store, known, connect, service=service.name, presets=presets)
    app = FakeGPTApp(
        chat, Options(exports=exports, services=lambda: registry, cursor_blink=False, **options)
    )
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        # Of none, Textual would wait for all there are.
        if begun := [each for each in app.workers if each.group == "begin"]:
            await app.workers.wait_for_complete(begun)
        await pilot.pause()
        yield Running(app, pilot, chat, store, backend, known, registry)


def reply(text: str, *, gate: Gate | None = None) -> list[Step]:
    return [TextDelta(text), *([gate] if gate else []), ReplyEnded()]
