"""Item controller: takes code blocks out of a message, into files, an editor, a command."""

import asyncio
from pathlib import Path

from fakegpt_tui.domain import SaveError
from fakegpt_tui.text import replace_surrogates, safe_line
from fakegpt_tui.ui.messages import CopyText, OpenEditor
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.window import Window

_MAX_SHOWN = 2_000
"""Characters of what a command is given that are shown before it runs."""


class ItemController:
    """Lists what is in the marked message, and does with it what is chosen."""

    def __init__(self, state: ChatState, window: Window) -> None:
        self._state = state
        self._window = window
        self._last_command = ""

    def show(self) -> None:
        path = self._state.path
        message = self._window.transcript.current_message or (path[-1] if path else None)
        from fakegpt_tui.ui.dialogs.items import ItemAction, ItemsScreen, MessageItem, items_of  # noqa: PLC0415 - after first paint

        items = items_of(message.text) if message is not None else ()
        if not items:
            self._window.notify("There is no code block in the marked message.")
            return

        def take(chosen: tuple[ItemAction, MessageItem]) -> None:
            action, item = chosen
            match action:
                case ItemAction.SAVE:
                    self._ask_where(item.name, item.text)
                case ItemAction.EDIT:
                    self._edit(item.name, item.text)
                case ItemAction.PIPE:
                    self._ask_command(item.text)
                case ItemAction.COPY:
                    self._window.post(CopyText(item.text, "code block"))

        self._window.ask(ItemsScreen(items), take)

    def _ask_where(self, name: str, text: str) -> None:
        from fakegpt_tui.ui.dialogs.pick import AskPathScreen  # noqa: PLC0415 - after first paint

        def take(typed: str) -> None:
            if typed.strip():
                self._window.work(self._save(typed.strip(), text), group="save-item")

        self._window.ask(AskPathScreen(f"Save in {safe_line(str(Path.cwd()), 40)} as", name), take)

    async def _save(self, typed: str, text: str) -> None:
        path = await asyncio.to_thread(write_new_file, typed, text)
        self._window.notify(f"Saved as {safe_line(str(path))}")

    def _edit(self, name: str, text: str) -> None:
        """Open a copy in the editor; where it comes back changed, ask for a file for it."""

        def take(edited: str) -> None:
            if edited == text.removesuffix("\n"):
                self._window.notify("The code is as it was.")
            else:
                self._ask_where(name, f"{edited}\n")

        self._window.post(OpenEditor(text, name, take))

    def _ask_command(self, text: str) -> None:
        from fakegpt_tui.ui.dialogs.pick import AskScreen  # noqa: PLC0415 - after first paint

        def take(typed: str) -> None:
            if line := typed.strip():
                self._last_command = line
                self._confirm(line, text)

        self._window.ask(AskScreen("Pipe into a command", self._last_command), take)

    def _confirm(self, line: str, text: str) -> None:
        from fakegpt_tui.attachments.commands import ShellCommand  # noqa: PLC0415 - after first paint
        from fakegpt_tui.ui.dialogs.command_output import CommandScreen  # noqa: PLC0415 - as above

        shown = text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}\n…"
        says = f"It is run by your shell, and reads these {len(text):,} characters:\n\n{shown}"
        command = ShellCommand(line, replace_surrogates(text).encode())
        self._window.open(CommandScreen(command, confirms=says))


def write_new_file(typed: str, text: str) -> Path:
    """Write a text to a path that a user typed, where there is no file yet; the whole path.

    Raises:
        SaveError: There is one, or it cannot be written.
    """
    path = Path(typed)
    try:
        path = path.expanduser().absolute()
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(replace_surrogates(text))
    except FileExistsError as error:
        raise SaveError(f"{safe_line(path.name)} is there already; choose another name.") from error
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise SaveError(f"{safe_line(typed)} cannot be written: {reason}.") from error
    return path
