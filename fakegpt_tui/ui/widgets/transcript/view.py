"""Transcript widget: the messages of the open conversation, and the keys that act on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from textual import events, on
from textual.message import Message

from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.keymap import KeyScope
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.widgets.transcript.appearance import (
    HEADER_LINES,
    MESSAGE_FOLD,
    REASONING_FOLD,
    MessageLabel,
)
from fakegpt_tui.ui.widgets.transcript.growth import show_rest
from fakegpt_tui.ui.widgets.transcript.line_ids import FoldedSection, unpack_line_id, written_text
from fakegpt_tui.ui.widgets.transcript.row_renderer import FOLLOW_META
from fakegpt_tui.ui.widgets.transcript.selecting import SelectingView
from fakegpt_tui.ui.widgets.transcript.viewport import Viewport
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, MakeDocument, VirtualList

if TYPE_CHECKING:
    from fakegpt_tui.domain import ChatMessage
    from fakegpt_tui.ui.markdown.palette import Palette
    from fakegpt_tui.ui.widgets.transcript.diagrams import DiagramCache
    from fakegpt_tui.ui.widgets.transcript.line_ids import ReadingPosition
    from fakegpt_tui.ui.widgets.transcript.message_layout import MessageBody
    from fakegpt_tui.ui.widgets.transcript.picture_cache import PictureSource

_NO_LABELS: Mapping[str, MessageLabel] = MappingProxyType({})


class Transcript(SelectingView, can_focus=True, inherit_bindings=False):
    """The messages of one conversation, laid out only where they are looked at."""

    BINDINGS = bindings(KeyScope.TRANSCRIPT)
    FOCUS_ON_CLICK = False

    class Clicked(Message):
        """The pointer was used here, where letters are commands: what is typed next is a prompt."""

    @dataclass
    class LinkPressed(Message):
        """A link was clicked. `href` is what the message says, unchecked."""

        href: str

    @dataclass
    class ReadToEnd(Message):
        """The end of the conversation came into view."""

        conversation_id: str

    def __init__(self, make_document: MakeDocument | None = None) -> None:
        """Make an empty one; `make_document` makes what draws a reply's text, if not Markdown."""
        self._make_document = make_document or self._markdown
        self._diagrams: DiagramCache | None = None
        self.message_list = VirtualList(self._make_document)
        super().__init__(Viewport(self.message_list))
        self._conversation_id: str | None = None
        self.picture_source: Callable[[], PictureSource] | None = None
        """Gives where pictures come from; without it there are only their captions."""
        self._positions: dict[str, ReadingPosition] = {}
        self._has_read_to_end = False

    def _markdown(self, palette: Palette) -> MessageBody:
        from fakegpt_tui.ui.widgets.transcript.diagrams import DiagramCache  # noqa: PLC0415 - with the first message

        self._diagrams = self._diagrams or DiagramCache(self, self.viewport, self.sync_view)
        return self._diagrams.make_document(palette)

    def show(
        self,
        conversation_id: str | None,
        messages: Sequence[ChatMessage],
        *,
        labels: Mapping[str, MessageLabel] = _NO_LABELS,
        position: ReadingPosition | None = None,
        at_end: bool = False,
    ) -> None:
        """Open a conversation where it was left, or at its end; `None` is one without an id.

        `labels` are for the headers of the messages with these ids. `position` is where to begin
        in a conversation that was not opened before, and `at_end` says to begin there in any case.
        """
        now = self.viewport.reading_position
        if self._conversation_id is not None and now is not None:
            self._positions[self._conversation_id] = now
        self._conversation_id = conversation_id
        if position is not None and conversation_id is not None:
            self._positions.setdefault(conversation_id, position)
        self._begin_path(labels)
        self._expect_pictures(messages)
        self.viewport.open(messages, None if at_end else self._positions.get(conversation_id or ""))
        self.sync_view()

    def show_variant(
        self, message_id: str, messages: Sequence[ChatMessage], labels: Mapping[str, MessageLabel]
    ) -> None:
        """Show another path of the open conversation, with the cursor where it begins."""
        ids = [message.id for message in messages]
        if message_id in ids:
            self._begin_path(labels)
            self._expect_pictures(messages)
            self.viewport.switch_path(messages, ids.index(message_id))
            self.sync_view()

    def _begin_path(self, labels: Mapping[str, MessageLabel]) -> None:
        self.clear_selection()
        if self.is_finding:
            self.find.close()
        self.viewport.height = self.visible_rows or self.viewport.height
        self._has_read_to_end = False
        self.message_list.rests.clear()
        self.message_list.labels = labels

    def _expect_pictures(self, messages: Sequence[ChatMessage]) -> None:
        """Be ready to draw pictures, with the first message that may have one."""
        source = None if self._renderer.pictures is not None else self.picture_source
        parts = (part for message in messages for part in message.parts)
        if source is not None and any(getattr(part, "blob", None) for part in parts):
            from fakegpt_tui.ui.widgets.transcript.pictures import TranscriptPictures  # noqa: PLC0415 - with a picture

            self._renderer.pictures = TranscriptPictures(
                self,
                self.viewport,
                source(),
                owner=lambda: self._conversation_id or "",
                on_change=self.repaint_changes,
            )
            self.set_up_pictures()

    def update_message(self, message: ChatMessage) -> None:
        """Add a message of the open conversation, or draw what is new about one."""
        self._expect_pictures((message,))
        was_on_last, open_id = self.viewport.is_on_last, self._conversation_id
        if message.conversation_id == open_id and self.message_list.upsert(message):
            self.viewport.follow_growth(was_on_last=was_on_last)
            if self.is_finding:
                self.find.update_messages()
            self.sync_view()
            if message.id in self.message_list.rests:
                show_rest(self.message_list.rests, message.id, self.update_message, self.set_timer)

    def set_labels(self, labels: Mapping[str, MessageLabel]) -> None:
        """Show other notes in the headers of the messages with these ids."""
        self.message_list.labels = labels
        self.viewport.update()
        self.sync_view()

    def set_activity(self, activity: str) -> None:
        """Say in the header of the message that is under way what goes on."""
        if activity != self.message_list.activity:
            self.message_list.activity = activity
            header = LinePosition(len(self.message_list.messages) - 1, HEADER_LINES - 1)
            if self.message_list.is_growing and header in self.viewport.positions:
                self.repaint_changes()

    def reveal(self, message_id: str, queries: Sequence[str] = (), *, marks: bool = True) -> None:
        """Go to a message, mark it, and go to the first of the queries that it has any of."""
        if (index := self.message_list.index_of(message_id)) is None:
            return
        if marks:
            self.viewport.mark(index)
        self.viewport.scroll_into_view(LinePosition(index, HEADER_LINES - 1))
        self.viewport.scroll_to_message(index)
        self.find.search_message(index, queries)
        self._sync_find()

    @property
    def reading_position(self) -> ReadingPosition | None:
        """What is shown at the top; `None` while there is nothing."""
        return self.viewport.reading_position

    def saved_position(self, conversation_id: str) -> ReadingPosition | None:
        """Where a conversation was left in this run."""
        return self._positions.get(conversation_id)

    @property
    def current_message(self) -> ChatMessage | None:
        """The message under the cursor, which the keys act on."""
        return self.viewport.cursor_message

    def viewport_moved(self) -> None:
        is_at_end = bool(self.viewport.positions) and self.viewport.lines_below == 0
        if is_at_end and not self._has_read_to_end and self._conversation_id is not None:
            self.post_message(self.ReadToEnd(self._conversation_id))
        self._has_read_to_end = is_at_end

    def action_fold(self) -> None:
        """Show less of the current message, or more again."""
        if (message := self.current_message) is not None:
            header = LinePosition(self.viewport.cursor, HEADER_LINES - 1)
            self._refold(header, lambda: self.message_list.folds.toggle(message))

    def _refold(self, position: LinePosition, change: Callable[[], object]) -> None:
        self.clear_selection(moves=True)
        self.viewport.refold(position, change)
        self.sync_view()

    def action_find(self, words: str = "") -> None:
        if self.message_list.messages:
            self.focus().find.open(words)
            self._sync_find()

    def close_find(self) -> None:
        """Highlight no words any more."""
        self.find.close()
        self._sync_find()

    def action_find_selected(self) -> None:
        """Find the words that are selected with keys from there on."""
        if words := self.visual.words():
            self.action_leave_selection()
            self.find.search(words, self.visual.position.line)
            self._sync_find()

    def action_find_next(self, step: int) -> None:
        self.find.go_to_match(step)
        self._sync_find()

    def check_consume_key(self, key: str, character: str | None = None) -> bool:  # noqa: ARG002 (Textual's)
        """Is a key a letter of what is to be found? Those of hints are keys of a Latin layout."""
        is_typed = self.is_finding and self.find.is_typing
        return is_typed and character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        typing = self.hints or (self.find if self.is_finding else None)
        if typing is not None and typing.handle_key(event):
            event.stop()
            event.prevent_default()
            self._sync_find()

    def on_paste(self, event: events.Paste) -> None:
        if self.is_finding and self.find.is_typing:
            event.stop()
            self.find.insert(event.text)
            self._sync_find()

    def _sync_find(self) -> None:
        """Give the find line its row, or take it back."""
        if self.size.height:
            self.viewport.resize(self.message_list.width, self.visible_rows)
        self.sync_view()
        if self.is_finding and self.find.is_searching:
            search = self.find.search_in_background(then=self.sync_view)
            self.run_worker(search, group="search", exclusive=True)

    @on(events.Click)
    def handle_click(self, event: events.Click) -> None:
        # Textual's own handler would select all messages, and run actions that a style may hold.
        event.prevent_default()
        if not (self.is_finding and self.find.is_typing):
            self.post_message(self.Clicked())
        meta = event.style.meta
        position = LinePosition.at_row(meta["offset"][1]) if "offset" in meta else None
        if FOLLOW_META.items() <= meta.items():
            self.stick_to_end()
        elif event.chain == 2 and position is not None:  # noqa: PLR2004 - a double click
            self.select_message(position.message)
        elif self.text_selection is None and "href" in meta:
            self.post_message(self.LinkPressed(str(meta["href"])))
        elif self.text_selection is None and position is not None:
            self.act_on(position, meta)

    def act_on(self, position: LinePosition, meta: Mapping[str, Any]) -> None:
        """Do what a click on a line asks for, by the meta of the style there."""
        if position.message >= len(self.message_list.messages):
            return
        message, folds = self.message_list.messages[position.message], self.message_list.folds
        if "sideways" in meta:
            self.action_scroll_code(meta["sideways"])
            return
        if "copy" in meta:
            text = written_text(message, unpack_line_id(position.line)[0])
            self.copy_code(text, *meta["copy"])
            return
        self.viewport.cursor = position.message
        match meta.get("fold"):
            case str(fold) if fold == REASONING_FOLD:
                self._refold(position, lambda: folds.toggle_reasoning(message))
            case str(fold) if fold == MESSAGE_FOLD:
                self._refold(position, lambda: folds.toggle(message))
            case int() | str() as fold:
                zone = unpack_line_id(position.line)[0]
                key = FoldedSection(zone, fold) if isinstance(fold, int) else fold
                self._refold(position, lambda: folds.toggle_within(message, key))
            case _:
                pass
        self.repaint_changes()
