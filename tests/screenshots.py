"""Makes the pictures in `screenshots/` from the real program: `python -m tests.screenshots`.

Each is the program as it is composed for a person, with its embedded host and an empty store of
its own; only the terminal is left out.
"""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from textual.pilot import Pilot

from fakegpt_tui.cli.composition import open_chat, open_store
from fakegpt_tui.cli.service_registry import ServiceRegistry
from fakegpt_tui.cli.settings_store import LastChoices, SettingsStore
from fakegpt_tui.config.load import load_settings
from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from fakegpt_tui.domain.parts import CitationPart, FilePart, ImagePart, Part, TextSpan
from fakegpt_tui.store.conversation_store import ConversationStore
from fakegpt_tui.ui.app import FakeGPTApp
from fakegpt_tui.ui.options import Options
from fakegpt_tui.ui.themes import DARK, LIGHT, theme_names
from fakegpt_tui.ui.widgets.prompt_input import PromptInput
from fakegpt_tui.ui.widgets.status_bar import StatusBar
from tests.attachments.pictures import landscape
from tests.patience import PATIENCE
from tests.ui.screen_text import screen_text

Scene = Callable[["Sitter"], Awaitable[None]]


class Sitter:
    """The running program, and what a photographer asks of it."""

    def __init__(self, app: FakeGPTApp, pilot: Pilot[None]) -> None:
        self._app = app
        self._pilot = pilot

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)

    async def ask(self, prompt: str) -> None:
        self._app.screen.query_one(PromptInput).insert(prompt)
        await self._pilot.press("enter")

    async def see(self, *wanted: str) -> None:
        await self._until(
            lambda: all(words in screen_text(self._app) for words in wanted), f"{wanted} is not in"
        )

    async def rest(self) -> None:
        """Wait until the reply of the open conversation is there."""
        status = self._app.screen.query_one(StatusBar)
        await self._until(lambda: not status.activity, "the reply goes on in")

    async def _until(self, condition: Callable[[], bool], complaint: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    await self._pilot.pause(0.02)
        except TimeoutError as error:
            raise TimeoutError(f"{complaint}\n{screen_text(self._app)}") from error


async def first_start(sitter: Sitter) -> None:
    await sitter.see("signed in", "A new conversation")


async def streaming(sitter: Sitter) -> None:
    for prompt in ("write 2000 words", "what are the keys?", "count to 500"):
        await sitter.ask(prompt)
        await sitter.see("streaming")
        await sitter.press("ctrl+n")
    await sitter.ask("show markdown")
    await sitter.see("def fibonacci", "return before", "streaming", "2 running", "1 unread")


async def several(sitter: Sitter) -> None:
    for prompt in ("what are you?", "how do I save a conversation?"):
        await sitter.ask(prompt)
        await sitter.rest()
        await sitter.press("ctrl+n")
    for prompt in ("write 2000 words", "count to 500"):
        await sitter.ask(prompt)
        await sitter.see("streaming")
        await sitter.press("ctrl+n")
    await sitter.ask("how do I connect a real model?")
    await sitter.rest()
    await sitter.see("2 running", "config.toml")


async def narrow(sitter: Sitter) -> None:
    await sitter.ask("what are you?")
    await sitter.rest()
    await sitter.see("how to stop a reply")


async def light(sitter: Sitter) -> None:
    await sitter.ask("how do I connect a real model?")
    await sitter.rest()
    await sitter.see("config.toml")


async def services(sitter: Sitter) -> None:
    await sitter.see("signed in")
    await sitter.press("f6")
    await sitter.see("Guide")
    await sitter.press("f4")
    await sitter.see("New service")


async def settings_page(sitter: Sitter) -> None:
    await sitter.see("signed in")
    await sitter.press("f10")
    await sitter.see("Redraws a second")


async def help_page(sitter: Sitter) -> None:
    await sitter.see("signed in")
    await sitter.press("f1")
    await sitter.see("Start a new conversation")


async def open_valley(sitter: Sitter) -> None:
    """Open the conversation that is there before the program starts."""
    await sitter.see("Valley")
    await sitter.press("alt+1")
    await sitter.see("The sun stands low")


async def picture(sitter: Sitter) -> None:
    await open_valley(sitter)
    await sitter.see("▀▀▀")


async def viewer(sitter: Sitter) -> None:
    await open_valley(sitter)
    await sitter.press("tab", "o")
    await sitter.see("valley.png · PNG 960×540", "%")


async def attachments(sitter: Sitter) -> None:
    await open_valley(sitter)
    await sitter.see("▣ valley.png", "▤ diary.txt", "[1] Golden hour")
    with TemporaryDirectory() as folder:
        picture, notes = Path(folder, "harbour.png"), Path(folder, "tides.txt")
        picture.write_bytes(landscape())
        notes.write_text("High water at 6.40 and 19.05.\n" * 9)
        await sitter.ask(f"/attach {picture}")
        await sitter.see("▣ 1 harbour.png")
        await sitter.press(*f"And here, with @{notes}", "tab")
        await sitter.see("▤ 2 tides.txt")


SCENES: dict[str, tuple[Scene, tuple[int, int], str]] = {
    "first-start": (first_start, (110, 30), DARK.name),
    "streaming": (streaming, (120, 36), DARK.name),
    "several-conversations": (several, (120, 36), DARK.name),
    "narrow": (narrow, (60, 20), DARK.name),
    "light": (light, (110, 30), LIGHT.name),
    "services": (services, (110, 34), DARK.name),
    "settings": (settings_page, (110, 30), DARK.name),
    "help": (help_page, (110, 40), DARK.name),
    "picture": (picture, (110, 36), DARK.name),
    "viewer": (viewer, (110, 34), DARK.name),
    "attachments": (attachments, (110, 34), DARK.name),
}


def _add_picture(store: ConversationStore) -> None:
    """A conversation with a picture."""
    _add(store, (ImagePart(store.put_blob(landscape()), "valley.png"),), ())


def _add_parts(store: ConversationStore) -> None:
    """A conversation with a picture and a file in a prompt, and a source of the reply."""
    picture = ImagePart(store.put_blob(landscape()), "valley.png")
    diary = FilePart(store.put_blob(b"Up at five.\n" * 200), "diary.txt", as_text=True)
    source = CitationPart(0, 23, "https://example.org/golden-hour", "Golden hour")
    _add(store, (picture, TextSpan(28), diary), (TextSpan(80), source))


def _add(store: ConversationStore, asked: tuple[Part, ...], answered: tuple[Part, ...]) -> None:
    now = datetime.now(UTC)
    conversation = Conversation(
        id="valley",
        title="Valley",
        service="embedded",
        model="guide",
        created_at=now,
        updated_at=now,
    )
    prompt = ChatMessage(
        id="prompt",
        conversation_id="valley",
        parent_id=None,
        role=Role.USER,
        text="What time of day is it here?",
        status=MessageStatus.COMPLETE,
        created_at=now,
        parts=asked,
    )
    reply = replace(
        prompt,
        id="reply",
        parent_id="prompt",
        role=Role.ASSISTANT,
        text="The sun stands low, and the far hills are blue: an **early morning**, or evening.",
        parts=answered,
    )
    store.add_turn(replace(conversation, leaf_id="reply"), prompt, reply).result()


STORED: dict[str, Callable[[ConversationStore], None]] = {
    "picture": _add_picture,
    "viewer": _add_picture,
    "attachments": _add_parts,
}
"""What is in the store of some of them before the program starts."""


async def take(name: str) -> str:
    """The picture of that name, as SVG."""
    scene, size, theme = SCENES[name]
    with TemporaryDirectory() as folder:
        fill = STORED.get(name, lambda _: None)
        async with _program(Path(folder), theme, fill) as app, app.run_test(size=size) as pilot:
            await scene(Sitter(app, pilot))
            await pilot.pause()
            return _self_contained(app.export_screenshot(title="fakegpt-tui"))


def _self_contained(picture: str) -> str:
    """The picture without the fonts that Textual would have a browser fetch."""
    return re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)


@asynccontextmanager
async def _program(
    folder: Path, theme: str, fill: Callable[[ConversationStore], None]
) -> AsyncIterator[FakeGPTApp]:
    flags = {"data_dir": str(folder), "exports_dir": "/home/me/chats"}
    settings = load_settings(flags, {})
    book = ServiceRegistry(settings)
    with open_store(settings) as store:
        fill(store)
        async with open_chat(book.settings, lambda: store) as chat:
            options = Options(
                exports=folder,
                services=lambda: book,
                settings=SettingsStore(
                    settings, themes=theme_names, choices=LastChoices(folder / "last-choices.json")
                ),
                theme=theme,
                cursor_blink=False,
            )
            app = FakeGPTApp(chat, options)
            # As of a terminal with all colours, whatever this runs in.
            app.console = Console(file=StringIO(), color_system="truecolor", force_terminal=True)
            yield app


def main(folder: Path, names: list[str]) -> None:
    """Take the pictures of these names, or all, and write them into `folder`."""
    os.environ["COLORTERM"] = "truecolor"  # A theme looks at what the terminal has.
    for name in names or SCENES:
        picture = asyncio.run(take(name))
        (folder / f"{name}.svg").write_text(picture, encoding="utf-8")
        sys.stdout.write(f"{name}.svg\n")


if __name__ == "__main__":
    main(Path(__file__).parent.parent / "screenshots", sys.argv[1:])
