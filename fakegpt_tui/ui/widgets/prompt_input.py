"""Prompt input widget, and the queue of prompts that wait to be sent."""

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import TextArea

from fakegpt_tui.text import clipboard_text, safe_line
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.keymap import KeyScope

_ENTER_SENDS = "Ask anything — Enter sends, ctrl+j breaks the line"
_ENTER_BREAKS = "Ask anything — ctrl+j sends, Enter breaks the line"


class PromptInput(TextArea):
    """A text area in which a key sends; it grows to a third of the screen."""

    DEFAULT_CSS = """
    PromptInput {
        height: auto;
        min-height: 3;
        max-height: 33vh;
    }
    """

    BINDINGS = bindings(KeyScope.PROMPT)

    class CommandsRequested(Message):
        """A slash was typed into the empty prompt."""

    class QuitRequested(Message):
        """ctrl+d was pressed in the empty prompt."""

    def __init__(self, *, cursor_blink: bool = True) -> None:
        super().__init__(
            soft_wrap=True,
            placeholder=Content(_ENTER_SENDS),
        )
        self.cursor_blink = cursor_blink
        self.earlier_prompts: Sequence[str] = ()
        self._history_index = 0
        self._unsent = ""

    def render_line(self, y: int) -> Strip:
        # Textual cannot break the words that stand in an empty one to no width at all.
        return super().render_line(y) if self.content_size.width else Strip([])

    def set_enter_sends(self, *, sends: bool) -> None:
        """Tell it in the empty prompt."""
        self.placeholder = Content(_ENTER_SENDS if sends else _ENTER_BREAKS)

    def action_earlier(self) -> None:
        """Show the prompt before this one; what was being typed comes after the latest.

        The cursor stays on the first line, so that the same arrow leads on.
        """
        self._show_earlier(self._history_index + 1)
        self.move_cursor((0, len(self.document[0])))

    def action_later(self) -> None:
        self._show_earlier(self._history_index - 1)

    def _show_earlier(self, back: int) -> None:
        if not 0 <= back <= len(self.earlier_prompts):
            return
        if self._history_index == 0:
            self._unsent = self.text
        self._history_index = back
        self._replace_all(self.earlier_prompts[back - 1] if back else self._unsent)

    async def action_send(self) -> None:
        """Send, unless the line ends in a backslash, which asks for another line."""
        row, column = self.cursor_location
        if column and self.document[row][column - 1] == "\\":
            self.replace("\n", (row, column - 1), (row, column), maintain_selection_offset=False)
        elif self.text.strip():
            await self.run_action("screen.send_prompt")

    def take_text(self) -> str:
        """The text, which is here no longer; `give_back` brings it back."""
        text = self.text.strip()
        self._history_index = 0
        self.clear()
        return text

    def action_newline(self) -> None:
        self.insert("\n", maintain_selection_offset=False)

    def action_delete_or_quit(self) -> None:
        if self.text:
            self.action_delete_right()
        else:
            self.post_message(self.QuitRequested())

    def load_draft(self, text: str, cursor: tuple[int, int] | None = None) -> None:
        """Show the text of another conversation, with the cursor at its end or where it was.

        What is here, and was, is not of this conversation and cannot be brought back.
        """
        self._history_index = 0
        self.load_text(text)
        self.move_cursor(self.document.end if cursor is None else cursor)

    def replace_text(self, text: str) -> None:
        """Take a text in place of what is here, which undoing brings back."""
        self._history_index = 0
        self._replace_all(text)

    def _replace_all(self, text: str) -> None:
        self.history.checkpoint()
        self.replace(text, (0, 0), self.document.end, maintain_selection_offset=False)
        self.move_cursor(self.document.end)

    def restore_text(self, text: str) -> None:
        """Put a text that could not be sent before what was typed since."""
        typed = self.text
        self.replace_text(f"{text}\n{typed}" if typed else text)

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Is a key a letter of the text? A slash that begins it is none."""
        is_slash = character == "/" and not self.text
        return not is_slash and super().check_consume_key(key, character)

    async def on_key(self, event: events.Key) -> None:
        """Obey keys here, in turn with the letters around them.

        What is typed ahead arrives at once. A binding of the screen is obeyed only when its key has
        come that far, and a priority binding as soon as it arrives: the letters that were typed
        after the one, or before the other, would be taken for those of another conversation.
        """
        if event.character == "/" and not self.text:
            event.stop()
            event.prevent_default()
            self.post_message(self.CommandsRequested())
        elif not event.is_printable:
            active = self.screen.active_bindings.get(event.key)
            if self._recall_by_arrow(event.key):
                event.stop()
                event.prevent_default()
            elif active is not None and (active.binding.id is not None or active.node is self):
                event.stop()
                event.prevent_default()
                await self.app.run_action(active.binding.action, active.node)

    def _recall_by_arrow(self, key: str) -> bool:
        """Go to another prompt where an arrow leads out of this one."""
        place = self.cursor_location
        if key == "up" and self.navigator.is_first_wrapped_line(place):
            if self._history_index < len(self.earlier_prompts):
                self.action_earlier()
                return True
        elif key == "down" and self.navigator.is_last_wrapped_line(place) and self._history_index:
            self.action_later()
            return True
        return False

    def on_paste(self, event: events.Paste) -> None:
        """Take a paste as one edit, without the characters that a terminal would act on."""
        event.stop()
        event.prevent_default()
        start, end = self.selection
        result = self.replace(
            clipboard_text(event.text), start, end, maintain_selection_offset=False
        )
        self.move_cursor(result.end_location)


_MAX_SHOWN = 3


class QueueView(Widget):
    """A line for each prompt that waits; nothing where none does."""

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
    """Do they wait for a person, because the reply before them failed or was stopped?"""

    def watch_waiting(self, waiting: tuple[str, ...]) -> None:
        self.display = bool(waiting)

    def render(self) -> Content:
        why = "waits for you" if self.held else "sent when the reply ends"
        lines = [
            Content.assemble(("⧗ ", "bold"), safe_line(text), (f"  ({why})" if not place else ""))
            for place, text in enumerate(self.waiting[:_MAX_SHOWN])
        ]
        more = len(self.waiting) - _MAX_SHOWN
        if more > 0:
            lines.append(Content(f"  and {more} more"))
        width = max(1, self.size.width)
        return Content("\n").join([line.truncate(width, ellipsis=True) for line in lines])
