"""Selecting text of a transcript, by pointer or keys, and copying it, a message or its code."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import events

from fakegpt_tui.ui.messages import CopyText
from fakegpt_tui.ui.widgets.transcript.appearance import conversation_text
from fakegpt_tui.ui.widgets.transcript.scroll_view import TranscriptScrollView

if TYPE_CHECKING:
    from textual.selection import Selection
    from textual.widget import Widget

    from fakegpt_tui.domain import ChatMessage
    from fakegpt_tui.ui.widgets.transcript.code_blocks import CodeBlockCursor
    from fakegpt_tui.ui.widgets.transcript.viewport import Viewport

_FLASH_SECONDS = 0.3


class SelectingView(TranscriptScrollView, inherit_bindings=False):
    """A transcript in which text is selected and copied."""

    def __init__(self, viewport: Viewport) -> None:
        super().__init__(viewport)
        self._code_blocks: CodeBlockCursor | None = None
        self._selected_before: dict[Widget, Selection] = {}

    @property
    def selected_messages(self) -> Sequence[ChatMessage]:
        """The messages that a selection of text touches."""
        if (selection := self.text_selection) is None:
            return ()
        from fakegpt_tui.ui.widgets.transcript.selection import selected_messages  # noqa: PLC0415 - when selected

        return selected_messages(selection, self.viewport.message_list.messages)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        from fakegpt_tui.ui.widgets.transcript.selection import selected_text  # noqa: PLC0415 - when copied

        return selected_text(selection, self.viewport.message_list), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        if self.is_selecting and self.text_selection != self.visual.selection:
            self.visual.close()
            self._set_keys()
        super().selection_updated(selection)

    def select_message(self, index: int) -> None:
        """Select all of a message, as the pointer does."""
        from fakegpt_tui.ui.widgets.transcript.selection import message_selection  # noqa: PLC0415 - when selected

        self.screen.selections = {self: message_selection(index)}
        self.screen.post_message(events.TextSelected())

    def action_select(self, unit: str) -> None:
        """Select with keys, by a unit or by the larger one that is on the same key."""
        if self.is_selecting:
            self.visual.switch(unit)
        elif self.viewport.positions:
            found = self.find.current if self.is_finding else None
            self.visual.open(unit, self.text_selection, found)
            self._set_keys()
        self.focus().sync_view()

    def action_visual(self, method: str, *arguments: Any) -> None:
        """Do something to what is selected with keys, or move the cursor by a method of its own."""
        getattr(self.visual, method, partial(self.visual.move, method))(*arguments)
        self.sync_view()

    def action_leave_selection(self) -> None:
        self.clear_selection()
        self.sync_view()

    def action_copy_message(self) -> None:
        if (message := self.viewport.cursor_message) is not None and message.text:
            from fakegpt_tui.ui.widgets.transcript.selection import message_selection  # noqa: PLC0415 - when copied

            self._request_copy(message.text, "message")
            self.flash_copied(message_selection(self.viewport.cursor))

    def action_copy_code(self) -> None:
        if self.viewport.positions:
            from fakegpt_tui.ui.widgets.transcript.code_blocks import CodeBlockCursor  # noqa: PLC0415 - when copied

            if self._code_blocks is None:
                self._code_blocks = CodeBlockCursor(self.viewport.message_list)
            self._request_copy(self._code_blocks.next_block(self.viewport.top) or "", "code block")

    def action_copy_conversation(self) -> None:
        self._request_copy(conversation_text(self.viewport.message_list.messages), "conversation")

    def action_copy_selection(self) -> None:
        """Copy what is selected with keys, and leave it."""
        self._request_copy(self.screen.get_selected_text() or "", "selection")
        selection = self.visual.selection
        self.action_leave_selection()
        self.flash_copied(selection)

    def flash_copied(self, copied: Selection | None = None) -> None:
        """Let what is selected flash, or a text that was copied without being selected."""
        screen = self.screen
        if copied is not None:
            if not screen.has_class("-copied"):
                self._selected_before = screen.selections
            screen.selections = {self: copied}

        def end() -> None:
            screen.remove_class("-copied")
            if copied is not None:
                screen.selections = self._selected_before
            self.refresh()

        screen.add_class("-copied")
        self.call_after_refresh(self.refresh)
        self.set_timer(_FLASH_SECONDS, end)

    def copy_code(self, text: str, start: int, end: int) -> None:
        """Copy the code that is written around a range of a text."""
        from fakegpt_tui.ui.widgets.transcript.code_blocks import code_at  # noqa: PLC0415 - when copied

        self._request_copy(code_at(text, start, end), "code block")

    def _request_copy(self, text: str, what: str) -> None:
        if text:
            self.post_message(CopyText(text, what))
