"""Item controller: takes code blocks, files and links out of a message, into files and programs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from fakegpt_tui.attachments.path_listing import current_folder
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import LoadError, SaveError
from fakegpt_tui.domain.text_encodings import decode_text
from fakegpt_tui.text import replace_surrogates, safe_line
from fakegpt_tui.ui.messages import CopyText, OpenEditor, OpenFile
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.window import Window

if TYPE_CHECKING:
    from fakegpt_tui.ui.dialogs.items import ItemAction, MessageItem

GetData: TypeAlias = Callable[[], Awaitable[bytes]]

_MAX_SHOWN = 2_000
"""Characters of what a command is given that are shown before it runs."""


class ItemController:
    """Lists what is in the marked message, and does with it what is chosen."""

    def __init__(
        self,
        chat: ChatService,
        state: ChatState,
        window: Window,
        view: Callable[[MessageItem], object],
    ) -> None:
        """`view` shows a picture over the whole screen."""
        self._view = view
        self._chat = chat
        self._state = state
        self._window = window
        self._last_command = ""

    def show(self, number: str = "", typed: str = "") -> None:
        """List the items of the marked message, at the one of a number; or save that at a path."""
        message = self._window.target_message
        from fakegpt_tui.ui.dialogs.items import ItemsScreen, items_of  # noqa: PLC0415 - after first paint

        items = items_of(message.text, message.parts) if message is not None else ()
        if not items:
            self._window.notify("There is no code block or file in the marked message.")
            return
        conversation_id = self._state.open.id

        def take(chosen: tuple[ItemAction, MessageItem]) -> None:
            self.act(conversation_id, *chosen)

        place = int(number or 1) - 1
        if typed and 0 <= place < len(items):
            get = self._data(conversation_id, items[place])
            self._window.work(self._save(typed.strip("'\""), get), group="save-item")
        else:
            self._window.ask(ItemsScreen(items, place), take)

    def act(self, conversation_id: str, action: ItemAction, item: MessageItem) -> None:
        """Do something with an item of a conversation."""
        from fakegpt_tui.ui.dialogs.items import ItemAction  # noqa: PLC0415 - after first paint

        match action:
            case ItemAction.VIEW:
                self._view(item)
            case ItemAction.SAVE:
                self._ask_where(item.name, self._data(conversation_id, item))
            case ItemAction.PIPE:
                self._ask_command(self._data(conversation_id, item))
            case ItemAction.OPEN if item.blob is not None:
                path = self._chat.attachments.path(conversation_id, item.blob.digest)
                open_copy(self._window, path, item.name)
            case ItemAction.OPEN | ItemAction.EDIT:
                self._window.work(self._edit(conversation_id, item), group="items")
            case ItemAction.COPY:
                self._window.work(self._copy(conversation_id, item), group="items")

    def _data(self, conversation_id: str, item: MessageItem) -> GetData:
        """What reads the bytes of an item, once they are wanted."""

        async def get() -> bytes:
            if item.blob is None:
                return replace_surrogates(item.text).encode()
            return await self._chat.attachments.read(conversation_id, item.blob.digest)

        return get

    def _ask_where(self, name: str, get: GetData) -> None:
        from fakegpt_tui.ui.dialogs.pick import AskPathScreen  # noqa: PLC0415 - after first paint

        def take(typed: str) -> None:
            if typed.strip():
                self._window.work(self._save(typed.strip(), get), group="save-item")

        self._window.ask(
            AskPathScreen(f"File in {safe_line(str(current_folder()), 40)}", name), take
        )

    async def _save(self, typed: str, get: GetData) -> None:
        path = await asyncio.to_thread(write_new_file, typed, await get())
        self._window.notify(f"Saved as {safe_line(str(path))}")

    async def _text(self, conversation_id: str, item: MessageItem) -> str:
        """The text of an item.

        Raises:
            LoadError: It is a picture or another file without text.
        """
        if item.blob is None:
            return item.text
        text = decode_text(await self._data(conversation_id, item)())
        if text is None:
            raise LoadError(f"{safe_line(item.name)} is no text; o opens it, s saves it.")
        return text

    async def _edit(self, conversation_id: str, item: MessageItem) -> None:
        """Open a copy in the editor; where it comes back changed, ask for a file for it."""
        text = await self._text(conversation_id, item)

        def take(edited: str) -> None:
            if edited == text.removesuffix("\n"):
                self._window.notify("The text is as it was.")
                return

            async def changed() -> bytes:
                return f"{edited}\n".encode(errors="replace")

            self._ask_where(item.name, changed)

        self._window.post(OpenEditor(text, item.name, take))

    async def _copy(self, conversation_id: str, item: MessageItem) -> None:
        what = "code block" if item.blob is None else "file"
        self._window.post(CopyText(await self._text(conversation_id, item), what))

    def _ask_command(self, get: GetData) -> None:
        from fakegpt_tui.ui.dialogs.pick import AskScreen  # noqa: PLC0415 - after first paint

        def take(typed: str) -> None:
            if line := typed.strip():
                self._last_command = line
                self._window.work(self._confirm(line, get), group="items")

        asked = AskScreen("Command", self._last_command, verb="go on")
        self._window.ask(asked, take)

    async def _confirm(self, line: str, get: GetData) -> None:
        from fakegpt_tui.attachments.commands import ShellCommand  # noqa: PLC0415 - after first paint
        from fakegpt_tui.ui.dialogs.command_output import CommandScreen  # noqa: PLC0415 - as above

        data = await get()
        text = decode_text(data)
        shown = "(no text)" if text is None else text[:_MAX_SHOWN]
        if text is not None and len(text) > _MAX_SHOWN:
            shown += "\n…"
        says = f"It is run by your shell, and reads these {len(data):,} bytes:\n\n{shown}"
        self._window.open(CommandScreen(ShellCommand(line, data), confirms=says))


class LinkController:
    """Lists links, also those that are out of view, and shows where one goes."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def show(self, number: str = "") -> None:
        """List the links of the marked message; with a number, show where that one goes."""
        from fakegpt_tui.ui.dialogs import Choice  # noqa: PLC0415 - after first paint
        from fakegpt_tui.ui.dialogs.link import ask_about_link  # noqa: PLC0415 - as above
        from fakegpt_tui.ui.markdown.inline import message_links  # noqa: PLC0415 - as above

        message, screen = self._window.target_message, self._window.transcript.screen
        links = message_links(message.text, message.parts) if message is not None else ()
        if not links:
            self._window.notify("There is no link in the marked message.")
            return

        def take(chosen: str) -> None:
            ask_about_link(screen, links[int(chosen) - 1].href)

        choices = [Choice(str(at), each.label, each.href) for at, each in enumerate(links, 1)]
        self._window.pick("Links", choices, take, number=number, verb="show")


def write_new_file(typed: str, data: bytes) -> Path:
    """Write bytes to a path that a user typed, where there is no file yet; the whole path.

    Raises:
        SaveError: There is one, or it cannot be written.
    """
    path = Path(typed)
    try:
        path = path.expanduser().absolute()
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise SaveError(f"{safe_line(path.name)} is there already; choose another name.") from error
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise SaveError(f"{safe_line(typed)} cannot be written: {reason}.") from error
    return path


def open_copy(window: Window, path: Path | None, name: str) -> None:
    """Have a copy of a file that the store keeps opened, in the system's program for it."""
    if path is None:
        window.notify("A temporary conversation has no file that could be opened.")
    else:
        window.post(OpenFile(path, name))
