"""The open conversation: what a person can do with the messages that they read."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from textual import events, on
from textual.message import Message

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.keymap import Where
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.widgets.copying import CodeBlocks, code_at, whole_conversation
from fakegpt_tui.ui.widgets.message_column import Place
from fakegpt_tui.ui.widgets.message_layout import HEAD, REASONING, Body
from fakegpt_tui.ui.widgets.message_page import MessagePage
from fakegpt_tui.ui.widgets.reading_position import ReadingPosition
from fakegpt_tui.ui.widgets.selection import messages_in, place_of, whole_message
from fakegpt_tui.ui.widgets.wide_code import WideCode

_NO_LABELS: Mapping[str, str] = MappingProxyType({})


def _markdown(palette: Palette) -> Body:
    from fakegpt_tui.ui.markdown.document import Document  # noqa: PLC0415 - with the first message

    return Document(palette)


class Transcript(MessagePage, can_focus=True, inherit_bindings=False):
    """The chat messages of one conversation, laid out where somebody looks and nowhere else.

    `show` opens a conversation, `update_message` tells of one message that is new or has changed.
    Both take values and may be told the same twice.
    """

    BINDINGS = bindings(Where.TRANSCRIPT)

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
        make_document: Callable[[Palette], Body] = _markdown,
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
        self._code_blocks = CodeBlocks(self.column)
        self._wide_code = WideCode(self.column, self.reader)
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
        self._keep_position()
        self.clear_selection()
        self.finder.close()
        self._conversation_id = conversation_id
        self._has_read_to_end = False
        if position is not None and conversation_id is not None:
            self._positions.setdefault(conversation_id, position)
        self.column.label(labels)
        self._open(messages)

    def _open(self, messages: Sequence[ChatMessage]) -> None:
        self.reader.open(messages, self._positions.get(self._conversation_id or ""))
        self.cursor.to_last()
        self.place()

    def show_variant(
        self, message_id: str, messages: Sequence[ChatMessage], labels: Mapping[str, str]
    ) -> None:
        """Show another path of the open conversation, and mark the message where it begins."""
        ids = [message.id for message in messages]
        if message_id not in ids:
            return
        self.clear_selection()
        self.finder.close()
        self._has_read_to_end = False
        self.column.label(labels)
        self.cursor.index = ids.index(message_id)
        self.reader.exchange(messages, self.cursor.index)
        self.place()

    def update_message(self, message: ChatMessage) -> None:
        """Draw what is new about a message of the open conversation."""
        if message.conversation_id != self._conversation_id:
            return
        was_last = self.cursor.index >= len(self.column.messages) - 1
        if self.reader.put(message):
            if was_last and self.reader.follows:
                self.cursor.to_last()
            self.finder.take_in()
            self.place()

    def label(self, labels: Mapping[str, str]) -> None:
        """Say other words in the headers of the messages with these ids."""
        self.column.label(labels)
        self.place()

    def follow(self) -> None:
        """Go to the end, and stay there while it grows."""
        self.reader.to_end()
        self.cursor.to_last()
        self.place()

    def reveal(self, message_id: str, words: str = "") -> None:
        """Bring a message into view and mark it, and mark the words where they are in it."""
        ids = [message.id for message in self.column.messages]
        if message_id not in ids:
            return
        self.cursor.index = ids.index(message_id)
        self.reader.reveal(self.cursor.index)
        if words:
            self.finder.look_for(words)
            self._make_room()
        self.place()

    @property
    def position(self) -> ReadingPosition | None:
        """Where the reader is, to be shown again some other day; `None` while nothing is shown."""
        return self.reader.position

    def kept_position(self, conversation_id: str) -> ReadingPosition | None:
        """Where a conversation was left in this run."""
        return self._positions.get(conversation_id)

    @property
    def marked(self) -> ChatMessage | None:
        """The message that the keys are about."""
        return self.cursor.message

    @property
    def selected(self) -> Sequence[ChatMessage]:
        """The messages that a selection of text touches."""
        selection = self.text_selection
        return () if selection is None else messages_in(selection, self.column)

    def on_resize(self) -> None:
        width, rows = max(1, self.scrollable_size.width), self.page_rows
        if not rows:
            return
        if width != self.column.width:
            self.clear_selection()
        had_a_view = bool(self.reader.view)
        self.reader.resize(width, rows, self.cursor.row)
        if had_a_view:
            self.place()
        else:
            self._open(self.column.messages)

    def follow_cursor(self) -> None:
        self.cursor.keep_in_view()
        is_at_end = bool(self.reader.view) and self.reader.lines_below == 0
        if is_at_end and not self._has_read_to_end and self._conversation_id is not None:
            self.post_message(self.ReadToEnd(self._conversation_id))
        self._has_read_to_end = is_at_end

    def _keep_position(self) -> None:
        position = self.reader.position
        if self._conversation_id is not None and position is not None:
            self._positions[self._conversation_id] = position

    def action_first(self) -> None:
        self.reader.to_start()
        self.cursor.index = 0
        self.place()

    def action_last(self) -> None:
        self.follow()

    def action_mark(self, messages: int) -> None:
        """Mark the message that many further down, or up."""
        self.cursor.step(messages)
        self.place()

    def action_fold(self) -> None:
        """Show less of the marked message, or more again."""
        if self.marked is not None:
            self._turn(Place(self.cursor.index, HEAD - 1), is_reasoning=False)

    def wrap_code(self) -> bool:
        """Cut lines of code that are too long, or break them again; whether they are broken now."""
        self.clear_selection()
        self._wide_code.turn(self.cursor.row)
        self.place()
        return self._wide_code.wraps

    def action_scroll_code(self, direction: int) -> None:
        """Move code that is cut: to see more of it at the right, or back."""
        self._wide_code.move(direction, self.cursor.row)
        self.place()

    def _refold(self, place: Place, change: Callable[[], object]) -> None:
        self.clear_selection()
        self.reader.refold(place, change)
        self.place()

    def action_find(self) -> None:
        if self.column.messages:
            self.finder.open()
            self._make_room()

    def action_find_next(self, step: int) -> None:
        self.mark(self.finder.step(step))
        self._make_room()
        self.search_on(marks=True)

    def _make_room(self) -> None:
        """Give the find line its row, or take it back."""
        if self.size.height:
            self.reader.resize(self.column.width, self.page_rows)
        self.place()

    def action_copy_message(self) -> None:
        """Copy the marked message."""
        if (message := self.marked) is not None:
            self._ask_to_copy(message.text, "message")

    def action_copy_code(self) -> None:
        if self.reader.view:
            self._ask_to_copy(self._code_blocks.following(self.reader.top) or "", "code block")

    def action_copy_conversation(self) -> None:
        self._ask_to_copy(whole_conversation(self.column.messages), "conversation")

    def _ask_to_copy(self, text: str, what: str) -> None:
        if text:
            self.post_message(self.CopyRequested(text, what))

    def on_key(self, event: events.Key) -> None:
        if self.finder.is_open and self.finder.press(event):
            event.stop()
            event.prevent_default()
            self._make_room()
            self.search_on(marks=False)

    def on_paste(self, event: events.Paste) -> None:
        if self.finder.field.is_typing:
            event.stop()
            self.finder.insert(event.text)
            self._make_room()
            self.search_on(marks=False)

    @on(events.Click)
    def press(self, event: events.Click) -> None:
        # Textual's own answer would select all messages, and run actions that a style may hold.
        event.prevent_default()
        meta = event.style.meta
        if meta.get("transcript") == "follow":
            self.follow()
        elif event.chain == 2 and "offset" in meta:  # noqa: PLR2004 - a double click
            place = place_of(meta["offset"][1])
            self.screen.selections = {self: whole_message(place.message)}
        elif self.text_selection is None:
            self._press_on(meta)

    def _press_on(self, meta: Mapping[str, Any]) -> None:
        """Do what a click on a line asks for."""
        place = place_of(meta["offset"][1]) if "offset" in meta else None
        if "href" in meta:
            self.post_message(self.LinkPressed(str(meta["href"])))
        elif place is None or place.message >= len(self.column.messages):
            return
        elif "sideways" in meta:
            self.action_scroll_code(meta["sideways"])
        elif "copy" in meta:
            text = self.column.messages[place.message].text
            self._ask_to_copy(code_at(text, *meta["copy"]), "code block")
        else:
            self.cursor.index = place.message
            if isinstance(meta.get("fold"), int):
                layout = self.column.layout(place.message)
                self._refold(place, lambda: layout.turn_section(meta["fold"]))
            elif "fold" in meta:
                self._turn(place, is_reasoning=meta["fold"] == REASONING)
            self.repaint_what_changed()

    def _turn(self, place: Place, *, is_reasoning: bool) -> None:
        message, folds = self.column.messages[place.message], self.column.folds
        turn = folds.turn_reasoning if is_reasoning else folds.turn
        self._refold(place, lambda: turn(message))
