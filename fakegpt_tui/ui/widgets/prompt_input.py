"""Prompt input widget, and the queue of prompts that wait to be sent."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.text import clipboard_text, safe_line
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.keymap import KeyScope
from fakegpt_tui.ui.widgets.text_box import TextBox

if TYPE_CHECKING:
    from fakegpt_tui.ui.slash_commands import SlashCompletion

_ENTER_SENDS = "Ask anything — Enter sends, / for commands"
_ENTER_BREAKS = "Ask anything — ctrl+j sends, / for commands"
_MAX_SHOWN = 3
_EMPTY_LINES = re.compile(r"\A(?:[^\S\n]*\n)+")


class PromptInput(TextBox):
    """A text area in which a key sends; it grows to a third of the screen."""

    DEFAULT_CSS = """
    PromptInput {
        height: auto;
        min-height: 3;
        max-height: 33vh;
    }
    """
    BINDINGS = bindings(KeyScope.PROMPT)

    earlier_prompts: reactive[Sequence[str]] = reactive((), repaint=False)
    """The prompts that were sent before, the latest first."""
    enter_sends: reactive[bool] = reactive(True, repaint=False)
    """Does Enter send, or break the line? The empty prompt says which."""
    is_edit: reactive[bool] = reactive(False, repaint=False)
    """Does the text replace an earlier prompt? The border says so."""

    @dataclass
    class Submitted(Message):
        """The prompt is to be sent. Its text is no longer in the input."""

        text: str

    @dataclass
    class CompletionMoved(Message):
        """Another command is marked, or, once it `is_closed`, none is offered any more."""

        is_closed: bool = False

    @dataclass
    class PathsFound(Message):
        """A path that is typed behind a command may go on with these names."""

        names: tuple[str, ...]

    class QuitRequested(Message):
        """ctrl+d was pressed in the empty prompt."""

    def __init__(self, *, cursor_blink: bool = True) -> None:
        super().__init__()
        self.cursor_blink = cursor_blink
        self._history_index = 0
        self._unsent = ""
        self._completion: SlashCompletion | None = None

    @property
    def completion(self) -> "SlashCompletion | None":
        """The commands that fit a text that begins with a slash."""
        if not self.document[0].startswith("/"):
            self._completion = None
            return None
        if self._completion is None:
            from fakegpt_tui.ui.slash_commands import SlashCompletion  # noqa: PLC0415 - when typed

            self._completion = SlashCompletion()
        self._completion.update(self.text)
        return self._completion

    def watch_enter_sends(self, enter_sends: bool) -> None:
        self.placeholder = Content(_ENTER_SENDS if enter_sends else _ENTER_BREAKS)

    def watch_is_edit(self, is_edit: bool) -> None:
        self.border_title = Content(
            "Edits an earlier prompt; ctrl+c leaves that" if is_edit else ""
        )

    def render_line(self, y: int) -> Strip:
        # Textual cannot wrap the placeholder to a width of nothing.
        return super().render_line(y) if self.content_size.width else Strip([])

    def action_earlier(self) -> None:
        """Show the prompt before this one; what was being typed comes after the latest.

        The cursor stays on the first line, so that the same arrow leads on.
        """
        self._show_earlier(self._history_index + 1)
        self.move_cursor((0, len(self.document[0])))

    def action_later(self) -> None:
        self._show_earlier(self._history_index - 1)

    def _show_earlier(self, index: int) -> None:
        if not 0 <= index <= len(self.earlier_prompts):
            return
        if self._history_index == 0:
            self._unsent = self.text
        self.replace_text(self.earlier_prompts[index - 1] if index else self._unsent)
        self._history_index = index

    async def action_send(self) -> None:
        """Send, unless the line ends in a backslash, which asks for another line.

        The name of a slash command is run instead.
        """
        row, column = self.cursor_location
        if column and self.document[row][column - 1] == "\\":
            self.replace("\n", (row, column - 1), (row, column), maintain_selection_offset=False)
        elif (text := self.text_to_send) and not await self._run_command():
            # Posted before the text is cleared, so that it is sent before its draft is deleted.
            self.post_message(self.Submitted(text[1:] if self._is_escaped(text) else text))
            self.take_text()

    @property
    def text_to_send(self) -> str:
        """The text without empty lines around it, but indented as it was written."""
        return _EMPTY_LINES.sub("", self.text).rstrip()

    async def _run_command(self) -> bool:
        """Run the command that is typed or marked; whether there is one."""
        completion = self.completion
        if completion is None:
            return False
        from fakegpt_tui.ui.slash_commands import (  # noqa: PLC0415 - as above
            command_with_path,
            exact_command,
            path_command_action,
            screen_action,
        )

        if (command := completion.chosen) is None:
            if (found := command_with_path(self.text)) is None:
                return False
            self.take_text()
            await self.app.run_action(path_command_action(found[0], found[2]), self.screen)
            return True
        if command.is_destructive and exact_command(self.text) is not command:
            self.replace_text(command.slash)
        else:
            self.take_text()
            await self.app.run_action(screen_action(command), self.screen)
        return True

    def _is_escaped(self, text: str) -> bool:
        """Does a second slash say that the name of a command is meant as a prompt?"""
        if not text.startswith("//"):
            return False
        from fakegpt_tui.ui.slash_commands import command_with_path, exact_command  # noqa: PLC0415 - as above

        return exact_command(text[1:]) is not None or command_with_path(text[1:]) is not None

    def take_text(self) -> str:
        """Remove the text, and return it; `restore_text` brings it back."""
        text = self.text_to_send
        self._history_index = 0
        self.clear()
        return text

    async def action_first(self) -> None:
        """Go to the start of the text, or of the conversation where there is none."""
        await self._go_to_edge("first", (0, 0))

    async def action_last(self) -> None:
        await self._go_to_edge("last", self.document.end)

    async def _go_to_edge(self, action: str, location: tuple[int, int]) -> None:
        if self.text:
            self.move_cursor(location)
        else:
            await self.app.run_action(f"screen.run_in_transcript('{action}')", self.screen)

    def action_newline(self) -> None:
        self.insert("\n", maintain_selection_offset=False)

    def action_delete_or_quit(self) -> None:
        if self.text:
            self.action_delete_right()
        else:
            self.post_message(self.QuitRequested())

    def clear_selection(self) -> None:
        self.move_cursor(self.cursor_location)

    def load_draft(self, text: str, cursor: tuple[int, int] | None = None) -> None:
        """Show the text of another conversation, with the cursor at its end or where it was.

        Undo does not bring back what was here, as it belongs to another conversation.
        """
        self._history_index = 0
        self.load_text(text)
        self.move_cursor(self.document.end if cursor is None else cursor)

    def replace_text(self, text: str) -> None:
        """Show another text; undo brings back what was here."""
        self._history_index = 0
        self.history.checkpoint()
        self.replace(text, (0, 0), self.document.end, maintain_selection_offset=False)
        self.move_cursor(self.document.end)

    def restore_text(self, text: str) -> None:
        """Put a text that could not be sent before what was typed since."""
        typed = self.text
        self.replace_text(f"{text}\n{typed}" if typed else text)

    async def on_key(self, event: events.Key) -> None:
        """Handle keys here, in turn with the letters around them.

        Keys that are typed ahead arrive at once. Textual would run a binding of the screen when the
        key has bubbled up to it, and a priority binding as soon as it arrives: letters typed after
        the one, or before the other, would go to another conversation.
        """
        if await self._complete_command(event.key) or self._recall_by_arrow(event.key):
            event.stop()
            event.prevent_default()
        elif not event.is_printable and not self.edits_with(event.key):
            active = self.screen.active_bindings.get(event.key)
            if active is not None and (active.binding.id is not None or active.node is self):
                event.stop()
                event.prevent_default()
                await self.app.run_action(active.binding.action, active.node)

    async def _complete_command(self, key: str) -> bool:
        """Handle a key of the list of commands; whether it was one."""
        completion = self.completion
        if completion is None:
            return False
        if key == "tab" and not completion.is_open:
            return self._complete_path()
        if key == "enter" and completion.chosen is not None:
            await self.action_send()
        elif not completion.handle_key(key):
            return False
        elif key == "tab":
            self.replace_text(completion.completed)
        self.post_message(self.CompletionMoved(is_closed=key == "escape"))
        return True

    def _complete_path(self) -> bool:
        """Complete the path behind a command that takes one; whether there is such a command."""
        from fakegpt_tui.ui.slash_commands import command_with_path  # noqa: PLC0415 - as above

        if (found := command_with_path(self.text)) is None:
            return False
        from fakegpt_tui.ui.path_completion import complete_path  # noqa: PLC0415 - when completed

        _, name, path = found
        completed = complete_path(path)
        if completed.text != path:
            self.replace_text(f"{name} {completed.text}")
        elif len(completed.names) > 1:
            self.post_message(self.PathsFound(completed.names))
        return True

    def _recall_by_arrow(self, key: str) -> bool:
        """Go to another prompt where an arrow leads out of this one; whether it does."""
        location = self.cursor_location
        if key == "up" and self.navigator.is_first_wrapped_line(location):
            if self._history_index < len(self.earlier_prompts):
                self.action_earlier()
                return True
        elif (
            key == "down" and self.navigator.is_last_wrapped_line(location) and self._history_index
        ):
            self.action_later()
            return True
        return False

    def on_paste(self, event: events.Paste) -> None:
        """Take a paste as one edit, without the characters that a terminal would act on."""
        event.stop()
        event.prevent_default()
        start, end = self.selection
        text = clipboard_text(event.text)
        result = self.replace(text, start, end, maintain_selection_offset=False)
        self.move_cursor(result.end_location)


class QueueView(Widget):
    """A line for each prompt that waits; hidden where none does."""

    DEFAULT_CSS = """
    QueueView {
        height: auto;
        max-height: 4;
        padding: 0 2;
        color: $text-muted;
    }
    """

    waiting: reactive[tuple[str, ...]] = reactive((), layout=True)
    """The texts, the next one first."""
    held: reactive[bool] = reactive(False)
    """Must they be sent by hand, because the reply before them failed or was stopped?"""

    def watch_waiting(self, waiting: tuple[str, ...]) -> None:
        self.display = bool(waiting)

    def render(self) -> Content:
        why = "waits for you" if self.held else "sent when the reply ends"
        lines = [
            Content.assemble(("⧗ ", "bold"), safe_line(text), "" if index else f"  ({why})")
            for index, text in enumerate(self.waiting[:_MAX_SHOWN])
        ]
        more = len(self.waiting) - _MAX_SHOWN
        if more > 0:
            lines.append(Content(f"  and {more} more"))
        width = max(1, self.size.width)
        return Content("\n").join([line.truncate(width, ellipsis=True) for line in lines])
