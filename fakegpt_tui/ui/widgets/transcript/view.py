"""Transcript widget: the messages of the open conversation, and the keys that act on them."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from textual import events, on
from textual.message import Message

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.keymap import KeyScope
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.widgets.transcript.code_blocks import (
    CodeBlockCursor,
    CodeWrapping,
    code_at,
    conversation_text,
)
from fakegpt_tui.ui.widgets.transcript.line_ids import ReadingPosition
from fakegpt_tui.ui.widgets.transcript.message_layout import (
    HEADER_LINES,
    REASONING_FOLD,
    MessageBody,
)
from fakegpt_tui.ui.widgets.transcript.message_page import MessagePage
from fakegpt_tui.ui.widgets.transcript.selection import (
    message_selection,
    position_at_row,
    selected_messages,
)
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition

_NO_LABELS: Mapping[str, str] = MappingProxyType({})


def _markdown(palette: Palette) -> MessageBody:
    from fakegpt_tui.ui.markdown.document import Document  # noqa: PLC0415 - with the first message

    return Document(palette)


class Transcript(MessagePage, can_focus=True, inherit_bindings=False):
    """The chat messages of one conversation, laid out where somebody looks and nowhere else.

    `show` opens a conversation, `update_message` tells of one message that is new or has changed.
    Both take values and may be told the same twice.
    """

    BINDINGS = bindings(KeyScope.TRANSCRIPT)

    class LinkPressed(Message):
        """A link was clicked. `href` is what the message says, and has been checked by nobody."""

        def __init__(self, href: str) -> None:
            super().__init__()
            self.href = href

    class CopyRequested(Message):
        """Something is to be copied; `what` names it in a word or two."""

        def __init__(self, text: str, what: str) -> None:
            super().__init__()
            self.text = text
            self.what = what

    class ReadToEnd(Message):
        """The end of the conversation came into view."""

        def __init__(self, conversation_id: str) -> None:
            super().__init__()
            self.conversation_id = conversation_id

    def __init__(
        self,
        *,
        make_document: Callable[[Palette], MessageBody] = _markdown,
        rehearse: bool = True,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """Make an empty one.

        Args:
            make_document: What draws the text of a reply.
            rehearse: Draw something soon after the start, out of sight, to have it imported.
            name: Textual's.
            id: Textual's.
            classes: Textual's.
        """
        super().__init__(make_document, rehearse=rehearse, name=name, id=id, classes=classes)
        self._code_blocks = CodeBlockCursor(self.message_list)
        self._code_wrapping = CodeWrapping(self.message_list, self.viewport)
        self._conversation_id: str | None = None
        self._positions: dict[str, ReadingPosition] = {}
        self._has_read_to_end = False

    def show(
        self,
        conversation_id: str | None,
        messages: Sequence[ChatMessage],
        *,
        labels: Mapping[str, str] = _NO_LABELS,
        position: ReadingPosition | None = None,
    ) -> None:
        """Open a conversation where it was left, or at its end; `None` is one without a name.

        Args:
            conversation_id: What the messages belong to.
            messages: The path that is to be read.
            labels: Words for the headers of the messages with these ids.
            position: Where to begin, in a conversation that was not opened before.
        """
        self._save_position()
        self.clear_selection()
        self.find.close()
        self._conversation_id = conversation_id
        self._has_read_to_end = False
        if position is not None and conversation_id is not None:
            self._positions.setdefault(conversation_id, position)
        self.message_list.set_labels(labels)
        self._open(messages)

    def _open(self, messages: Sequence[ChatMessage]) -> None:
        self.viewport.open(messages, self._positions.get(self._conversation_id or ""))
        self.cursor.move_to_last()
        self.sync_view()

    def show_variant(
        self, message_id: str, messages: Sequence[ChatMessage], labels: Mapping[str, str]
    ) -> None:
        """Show another path of the open conversation, and mark the message where it begins."""
        ids = [message.id for message in messages]
        if message_id not in ids:
            return
        self.clear_selection()
        self.find.close()
        self._has_read_to_end = False
        self.message_list.set_labels(labels)
        self.cursor.index = ids.index(message_id)
        self.viewport.switch_path(messages, self.cursor.index)
        self.sync_view()

    def update_message(self, message: ChatMessage) -> None:
        """Draw what is new about a message of the open conversation."""
        if message.conversation_id != self._conversation_id:
            return
        was_last = self.cursor.index >= len(self.message_list.messages) - 1
        if self.viewport.upsert(message):
            if was_last and self.viewport.sticks_to_end:
                self.cursor.move_to_last()
            self.find.update_messages()
            self.sync_view()

    def set_labels(self, labels: Mapping[str, str]) -> None:
        """Say other words in the headers of the messages with these ids."""
        self.message_list.set_labels(labels)
        self.sync_view()

    def stick_to_end(self) -> None:
        """Go to the end, and stay there while it grows."""
        self.viewport.scroll_to_end()
        self.cursor.move_to_last()
        self.sync_view()

    def reveal(self, message_id: str, words: str = "") -> None:
        """Bring a message into view and mark it, and mark the words where they are in it."""
        ids = [message.id for message in self.message_list.messages]
        if message_id not in ids:
            return
        self.cursor.index = ids.index(message_id)
        self.viewport.scroll_to_message(self.cursor.index)
        if words:
            self.find.search(words)
            self._resize_for_find()
        self.sync_view()

    @property
    def reading_position(self) -> ReadingPosition | None:
        """Where the reader is, to be shown again some other day; `None` while nothing is shown."""
        return self.viewport.reading_position

    def saved_position(self, conversation_id: str) -> ReadingPosition | None:
        """Where a conversation was left in this run."""
        return self._positions.get(conversation_id)

    @property
    def current_message(self) -> ChatMessage | None:
        """The message that the keys are about."""
        return self.cursor.message

    @property
    def selected_messages(self) -> Sequence[ChatMessage]:
        """The messages that a selection of text touches."""
        selection = self.text_selection
        return () if selection is None else selected_messages(selection, self.message_list)

    def on_resize(self) -> None:
        width, rows = max(1, self.scrollable_size.width), self.visible_rows
        if not rows:
            return
        if width != self.message_list.width:
            self.clear_selection()
        had_a_view = bool(self.viewport.positions)
        self.viewport.resize(width, rows, self.cursor.row)
        if had_a_view:
            self.sync_view()
        else:
            self._open(self.message_list.messages)

    def sync_cursor(self) -> None:
        self.cursor.clamp_to_view()
        is_at_end = bool(self.viewport.positions) and self.viewport.lines_below == 0
        if is_at_end and not self._has_read_to_end and self._conversation_id is not None:
            self.post_message(self.ReadToEnd(self._conversation_id))
        self._has_read_to_end = is_at_end

    def _save_position(self) -> None:
        position = self.viewport.reading_position
        if self._conversation_id is not None and position is not None:
            self._positions[self._conversation_id] = position

    def action_first(self) -> None:
        self.viewport.scroll_to_start()
        self.cursor.index = 0
        self.sync_view()

    def action_last(self) -> None:
        self.stick_to_end()

    def action_mark(self, messages: int) -> None:
        """Mark the message that many further down, or up."""
        self.cursor.move(messages)
        self.sync_view()

    def action_fold(self) -> None:
        """Show less of the marked message, or more again."""
        if self.current_message is not None:
            self._toggle_fold(LinePosition(self.cursor.index, HEADER_LINES - 1), is_reasoning=False)

    def toggle_code_wrap(self) -> bool:
        """Cut lines of code that are too long, or break them again; whether they are broken now."""
        self.clear_selection()
        self._code_wrapping.toggle_wrap(self.cursor.row)
        self.sync_view()
        return self._code_wrapping.wraps

    def action_scroll_code(self, direction: int) -> None:
        """Move code that is cut: to see more of it at the right, or back."""
        self._code_wrapping.scroll(direction, self.cursor.row)
        self.sync_view()

    def _refold(self, place: LinePosition, change: Callable[[], object]) -> None:
        self.clear_selection()
        self.viewport.refold(place, change)
        self.sync_view()

    def action_find(self) -> None:
        if self.message_list.messages:
            self.find.open()
            self._resize_for_find()

    def action_find_next(self, step: int) -> None:
        self.select_message(self.find.go_to_match(step))
        self._resize_for_find()
        self.continue_search(marks=True)

    def _resize_for_find(self) -> None:
        """Give the find line its row, or take it back."""
        if self.size.height:
            self.viewport.resize(self.message_list.width, self.visible_rows)
        self.sync_view()

    def action_copy_message(self) -> None:
        """Copy the marked message."""
        if (message := self.current_message) is not None:
            self._request_copy(message.text, "message")

    def action_copy_code(self) -> None:
        if self.viewport.positions:
            self._request_copy(self._code_blocks.next_block(self.viewport.top) or "", "code block")

    def action_copy_conversation(self) -> None:
        self._request_copy(conversation_text(self.message_list.messages), "conversation")

    def _request_copy(self, text: str, what: str) -> None:
        if text:
            self.post_message(self.CopyRequested(text, what))

    def on_key(self, event: events.Key) -> None:
        if self.find.is_open and self.find.handle_key(event):
            event.stop()
            event.prevent_default()
            self._resize_for_find()
            self.continue_search(marks=False)

    def on_paste(self, event: events.Paste) -> None:
        if self.find.input.is_typing:
            event.stop()
            self.find.insert(event.text)
            self._resize_for_find()
            self.continue_search(marks=False)

    @on(events.Click)
    def handle_click(self, event: events.Click) -> None:
        # Textual's own answer would select all messages, and run actions that a style may hold.
        event.prevent_default()
        meta = event.style.meta
        if meta.get("transcript") == "follow":
            self.stick_to_end()
        elif event.chain == 2 and "offset" in meta:  # noqa: PLR2004 - a double click
            place = position_at_row(meta["offset"][1])
            self.screen.selections = {self: message_selection(place.message)}
        elif self.text_selection is None:
            self._handle_target(meta)

    def _handle_target(self, meta: Mapping[str, Any]) -> None:
        """Do what a click on a line asks for."""
        place = position_at_row(meta["offset"][1]) if "offset" in meta else None
        if "href" in meta:
            self.post_message(self.LinkPressed(str(meta["href"])))
        elif place is None or place.message >= len(self.message_list.messages):
            return
        elif "sideways" in meta:
            self.action_scroll_code(meta["sideways"])
        elif "copy" in meta:
            text = self.message_list.messages[place.message].text
            self._request_copy(code_at(text, *meta["copy"]), "code block")
        else:
            self.cursor.index = place.message
            if isinstance(meta.get("fold"), int):
                layout = self.message_list.layout(place.message)
                self._refold(place, lambda: layout.toggle_section(meta["fold"]))
            elif "fold" in meta:
                self._toggle_fold(place, is_reasoning=meta["fold"] == REASONING_FOLD)
            self.repaint_changes()

    def _toggle_fold(self, place: LinePosition, *, is_reasoning: bool) -> None:
        message, folds = self.message_list.messages[place.message], self.message_list.folds
        turn = folds.toggle_reasoning if is_reasoning else folds.toggle
        self._refold(place, lambda: turn(message))
