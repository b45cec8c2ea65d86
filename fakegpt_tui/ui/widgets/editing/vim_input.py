"""Vim input: a text box whose keys are those of vim, with its undo history and the clipboard."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from textual import events
from textual.content import Content
from textual.widgets.text_area import Selection

from fakegpt_tui.ui.messages import CopyText
from fakegpt_tui.ui.terminal.driver import set_quick_escape
from fakegpt_tui.ui.terminal.typed_keys import HeldKey, LayoutKey
from fakegpt_tui.ui.widgets.editing.operators import EditState, Register, fit, lines_around, put
from fakegpt_tui.ui.widgets.editing.places import after, before
from fakegpt_tui.ui.widgets.editing.vim import Vim
from fakegpt_tui.ui.widgets.editing.vim_state import Request, VimKeys, VimMode, Wanted
from fakegpt_tui.ui.widgets.text_box import TextBox, index_of, location_of, text_of, write_text

_NEWLINE = "prompt.newline"
AskForClipboard = Callable[[Callable[[str], None], str], object]
"""Is given what takes the text of the clipboard, and a text for where it cannot be read."""


class VimInput:
    """Gives keys to the vim engine, and shows in a text box what they make of its text.

    Others change the text and the selection, too; what is selected then is so in visual mode.
    """

    def __init__(
        self, box: TextBox, changed: Mapping[str, str], ask_for_clipboard: AskForClipboard
    ) -> None:
        """`changed` are the keys that are not as in the table, by the ids of their commands."""
        self._box = box
        self._ask_for_clipboard = ask_for_clipboard
        self._vim = Vim(changed)
        self._state = EditState("", 0)
        self._shown: Selection | None = None
        self._mode_shown = ""
        self._steps_before: int | None = None
        """Of the undo history, when insert mode began."""
        set_quick_escape(box.app, True)
        self._show_mode()

    def end(self) -> None:
        """Have no more to do with the keys."""
        set_quick_escape(self._box.app, False)

    def use_keys(self, changed: Mapping[str, str]) -> None:
        self._vim.keys = VimKeys(changed)

    def begin(self) -> None:
        """Be in insert mode, as for each new text."""
        self._vim.begin()
        self._steps_before = None
        self._show_mode()

    @property
    def selected_text(self) -> str | None:
        """What is selected in visual mode, with the character under the cursor."""
        self.follow()
        if self._vim.mode in (VimMode.INSERT, VimMode.NORMAL):
            return None
        found = self._vim.selected(self._state)
        return self._state.text[found.start : found.end]

    async def handle_key(self, event: events.Key, marks: Collection[str]) -> bool:
        """Do what a key does in the current mode; returns whether it does anything there."""
        self.follow()
        self._vim.marks = marks
        key = self._key(event)
        if not event.is_printable and self._is_newline(event.key):
            self._apply(self._vim.move("line_down", self._state))
            return True
        if not self._vim.takes(key):
            self._vim.drop()
            self._show_mode()
            return False
        for _ in range(event.count if isinstance(event, HeldKey) else 1):
            await self._press(key)
        return True

    def _key(self, event: events.Key) -> str:
        """What a key types, or its name; where it is a command, as on a Latin keyboard."""
        if not event.is_printable or event.character is None:
            return event.key
        is_command = self._vim.mode is not VimMode.INSERT and not self._vim.pending.argument
        return event.latin if is_command and isinstance(event, LayoutKey) else event.character

    def _is_newline(self, key: str) -> bool:
        """Would a key break the line, outside of insert mode?"""
        if self._vim.mode is VimMode.INSERT:
            return False
        active = self._box.screen.active_bindings.get(key)
        return active is not None and active.binding.id == _NEWLINE

    async def _press(self, key: str) -> None:
        mode, steps = self._vim.mode, len(self._box.history.undo_stack)
        state = self._state if mode is not VimMode.INSERT else self._read()
        self._apply(self._vim.press(key, state))
        if mode is VimMode.INSERT:
            self._join_steps()
        elif self._vim.mode is VimMode.INSERT:
            self._steps_before = steps
        requests, self._vim.requests = self._vim.requests, []
        for request in requests:
            await self._do(request)
        self._show_mode()

    async def _do(self, request: Request) -> None:
        box = self._box
        match request.wanted:
            case Wanted.UNDO:
                _times(request.count, box.history.undo_stack, box.undo)
            case Wanted.REDO:
                _times(request.count, box.history.redo_stack, box.redo)
            case Wanted.EARLIER | Wanted.LATER:
                await box.run_action(request.wanted.name.lower())
            case Wanted.COPY:
                box.post_message(CopyText(request.text, "text"))
            case Wanted.PUT | Wanted.PUT_BEFORE:
                self._ask_for_clipboard(partial(self._put, request), request.text)
            case Wanted.SLASH if not box.text:
                self.begin()
                box.insert("/", maintain_selection_offset=False)
            case _:
                pass
        self.follow()

    def _put(self, request: Request, text: str) -> None:
        """Put the text of the clipboard beside the cursor."""
        self.follow()
        is_behind = request.wanted is Wanted.PUT
        state = put(self._state, Register.of(text), request.count, behind=is_behind)
        self._apply(fit(state))

    def follow(self) -> None:
        """Take over what others have changed; in insert mode it is read when that is left."""
        vim, selection = self._vim, self._box.selection
        if vim.mode is VimMode.INSERT:
            return
        if selection == self._shown and text_of(self._box) == self._state.text:
            return
        state = self._read()
        if selection.is_empty:
            vim.mode = VimMode.NORMAL
            self._show(fit(state))
        else:
            text, start, end = state.text, index_of(self._box, selection.start), state.cursor
            if vim.mode is VimMode.NORMAL:
                vim.mode = VimMode.VISUAL
            last = before(text, end) if end > start else end
            self._show(EditState(text, last, start if end > start else before(text, start)))
        self._show_mode()

    def _read(self) -> EditState:
        return EditState(text_of(self._box), index_of(self._box, self._box.cursor_location))

    def _apply(self, state: EditState) -> None:
        """Write the text into the box, as one step that can be undone."""
        write_text(self._box, state.text)
        self._show(state)

    def _show(self, state: EditState) -> None:
        """Show the cursor and what is selected."""
        self._state, text = state, state.text
        start, end = state.anchor, state.cursor
        if start is not None and self._vim.mode is VimMode.VISUAL_LINES:
            found = lines_around(text, min(start, end), max(start, end))
            start, end = (found.start, found.end) if start <= end else (found.end, found.start)
        elif start is not None and start > end:
            start = after(text, start)
        first = end if start is None else start
        shown = Selection(location_of(text, first), location_of(text, end))
        if shown != self._box.selection:
            self._box.selection = shown
            self._box.record_cursor_width()
            self._box.scroll_cursor_visible()
        self._shown = self._box.selection

    def _join_steps(self) -> None:
        """Let all that was typed in insert mode be undone at once."""
        earlier, self._steps_before = self._steps_before, None
        steps = len(self._box.history.undo_stack) - (earlier or 0)
        if earlier is None or steps < 2:  # noqa: PLR2004 - one is joined already
            return
        state = self._state
        for _ in range(steps):
            self._box.undo()
        self._apply(state)

    def _show_mode(self) -> None:
        if self._mode_shown != self._vim.shown:
            self._mode_shown = self._vim.shown
            self._box.border_subtitle = Content(self._mode_shown)


def _times(count: int, steps: Sequence[object], step: Callable[[], None]) -> None:
    """Go back or on in the history, as far as there are steps."""
    for _ in range(min(count, len(steps))):
        step()
