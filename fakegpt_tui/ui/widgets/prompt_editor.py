"""Prompt editor: edits a prompt with keys of readline or vim, and brings earlier prompts back."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from textual import events, on
from textual.message import Message
from textual.reactive import reactive

from fakegpt_tui.fast_import import dataclass, lazy_pattern
from fakegpt_tui.ui.widgets.text_box import TextBox

if TYPE_CHECKING:
    from fakegpt_tui.ui.widgets.editing.readline_input import ReadlineInput
    from fakegpt_tui.ui.widgets.editing.vim_input import VimInput


_EMPTY_LINES = lazy_pattern(r"\A(?:[^\S\n]*\n)+")


class PromptEditor(TextBox):
    """A text box with what was sent before; completions of commands and paths post its messages."""

    editing: reactive[str] = reactive("readline", repaint=False)
    """Whose keys are used: those of `readline`, or of `vim`."""
    changed_keys: reactive[Mapping[str, str]] = reactive({}, repaint=False)
    """The keys that are not as in the keymap, by the ids of their commands."""
    earlier_prompts: reactive[Sequence[str]] = reactive((), repaint=False)
    """The prompts that were sent before, the latest first."""

    @dataclass
    class CompletionMoved(Message):
        """Another match is marked or listed, or, once it `is_closed`, none is any more."""

        is_closed: bool = False

    @dataclass
    class ReferenceTyped(Message):
        """A reference such as `@path` was typed to its end, and stands so in the text."""

        written: str
        path: str

    @dataclass
    class CommandRefused(Message):
        """A slash command stays in the text, because something in it is wrong."""

        sentence: str

    @dataclass
    class EmptyPaste(Message):
        """A paste without text: the clipboard holds something else, or is to be read.

        Its text is inserted, or handed to `take`; where it cannot be read, that is `kept`.
        """

        take: Callable[[str], None] | None = None
        kept: str = ""

    def __init__(self, text: str = "", **options: Any) -> None:
        super().__init__(text, **options)
        self.vim: VimInput | None = None
        self._readline: ReadlineInput | None = None
        self._history_index = 0
        self._unsent = ""

    def watch_editing(self, editing: str) -> None:
        if self.vim is not None:
            self.vim.end()
        self.vim = self.border_subtitle = None
        if editing == "vim":
            from fakegpt_tui.ui.widgets.editing.vim_input import VimInput  # noqa: PLC0415 - when wanted

            post, question = self.post_message, self.EmptyPaste
            self.vim = VimInput(self, self.changed_keys, lambda *asked: post(question(*asked)))

    def watch_changed_keys(self, keys: Mapping[str, str]) -> None:
        self.forget_edits()
        if self.vim is not None:
            self.vim.use_keys(keys)

    @cached_property
    def _edits(self) -> Mapping[str, str]:
        from fakegpt_tui.keymap.readline import editing_keys  # noqa: PLC0415 - with a key

        return editing_keys(self.changed_keys)

    def command_of(self, event: events.Event) -> str | None:
        """The id of the command that a key or a paste runs here, if it does more than to type."""
        if not isinstance(event, events.Key):
            return "attach.paste"
        if self.has_focus and (event.is_printable or event.key in self._edits):
            # From the first line, these may bring another prompt.
            is_recall = self._edits.get(event.key) in ("cursor_up", "cursor_down")
            return "prompt.earlier" if is_recall else None
        active = self.screen.active_bindings.get(event.key)
        return None if active is None else active.binding.id

    def action_readline(self, name: str) -> None:
        """Do an edit of readline."""
        if self._readline is None:
            from fakegpt_tui.ui.widgets.editing.readline_input import ReadlineInput  # noqa: PLC0415 - when used

            self._readline = ReadlineInput(self)
        self._readline.run(name, self.marks)

    @property
    def selected_text(self) -> str:
        """What is selected, in vim mode with the character under the cursor."""
        selected = None if self.vim is None else self.vim.selected_text
        return super().selected_text if selected is None else selected

    @on(TextBox.SelectionChanged)
    def follow_selection(self) -> None:
        if self.vim is not None:
            self.vim.follow()

    def action_newline(self) -> None:
        self.insert("\n", maintain_selection_offset=False)

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

    def action_cursor_up(self, select: bool = False) -> None:
        """Go up a line; from the first one, to an earlier prompt."""
        is_first = self.navigator.is_first_wrapped_line(self.cursor_location)
        if is_first and not select and self._history_index < len(self.earlier_prompts):
            self.action_earlier()
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """Go down a line; from the last one, to a later prompt."""
        is_last = self.navigator.is_last_wrapped_line(self.cursor_location)
        if is_last and not select and self._history_index:
            self.action_later()
        else:
            super().action_cursor_down(select)

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

    def take_text(self) -> str:
        """Remove the text, and return it; `restore_text` brings it back."""
        text = self.text_to_send
        self._history_index = 0
        self.clear()
        self.begin_typing()
        return text

    @property
    def text_to_send(self) -> str:
        """The text without empty lines around it, but indented as it was written."""
        return _EMPTY_LINES.sub("", self.text).rstrip()

    def load_draft(self, text: str, cursor: tuple[int, int] | None = None) -> None:
        """Show the text of another conversation, with the cursor at its end or where it was.

        Undo does not bring back what was here, as it belongs to another conversation.
        """
        self._history_index = 0
        self.load_text(text)
        self.move_cursor(self.document.end if cursor is None else cursor)
        self.begin_typing()

    def begin_typing(self) -> None:
        """Be in vim's insert mode, as for each new text."""
        if self.vim is not None:
            self.vim.begin()
