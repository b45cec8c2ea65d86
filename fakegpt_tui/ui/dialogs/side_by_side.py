"""Side-by-side dialog: several replies to one prompt, while they arrive."""

from collections.abc import Callable, Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Static

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.token_count import count_reply_tokens
from fakegpt_tui.domain import ChatMessage, NotFound, StoreError
from fakegpt_tui.keymap import KeyScope
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.dialogs import DialogFrame, show_titles
from fakegpt_tui.ui.dialogs.hints import TranscriptHints
from fakegpt_tui.ui.dialogs.link import ask_about_link
from fakegpt_tui.ui.messages import ShowNotice
from fakegpt_tui.ui.status_labels import activity_label
from fakegpt_tui.ui.widgets.drawing import FrameLimiter
from fakegpt_tui.ui.widgets.transcript.picture_cache import PictureSource
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from fakegpt_tui.ui.widgets.transcript.virtual_list import MakeDocument

_MIN_WIDTH = 36
"""Cells of a column; where that is too much for all, some are shown."""

_OWN_ACTIONS = {"choose", "show_variant", "stop_or_close"}
_SHOW_VARIANT = ("messages", "show_variant")
"""The command that shows another variant in a transcript, and another column here."""
_SHOW_HINTS = ("hints", "show")
_MAX_LINE = 200


class SideBySideScreen(ModalScreen[str | None]):
    """A column for each reply; dismissed with the id of the one that was chosen, or with none.

    What does not fit beside the others is a tab away. Leaving it stops nothing.
    """

    CSS_PATH = ["dialog.tcss", "side_by_side.tcss"]
    BINDINGS = bindings(KeyScope.SIDE_BY_SIDE)

    def __init__(
        self,
        chat: ChatService,
        prompt: ChatMessage,
        reply_ids: Sequence[str],
        *,
        repaint_rate: float,
        hint_letters: Callable[[], str],
        make_document: MakeDocument | None,
        pictures: Callable[[], PictureSource] | None,
    ) -> None:
        super().__init__()
        self._chat = chat
        self._prompt = prompt
        self._reply_ids = reply_ids
        self._hint_letters = hint_letters
        self._limiter = FrameLimiter(repaint_rate)
        self._timer: Timer | None = None
        self._place = 0
        self._typing = ""
        self._columns = [Transcript(make_document) for _ in reply_ids]
        for column in self._columns:
            column.picture_source = pictures

    def compose(self) -> ComposeResult:
        with DialogFrame("side-by-side"):
            yield Static(Content(safe_line(self._prompt.text, _MAX_LINE)), id="prompt")
            yield Static(id="statuses", markup=False)
            yield Horizontal(*self._columns, id="columns")

    def on_mount(self) -> None:
        for column in self._columns:
            column.show(self._prompt.conversation_id, [])
        self._columns[0].focus()
        self._repaint()

    def on_resize(self, event: events.Resize) -> None:
        self._lay_out(event.size.width)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Of what can be done in a transcript, only what is about reading is possible here."""
        is_command = action == "run_command" and parameters[:2] in (_SHOW_VARIANT, _SHOW_HINTS)
        return is_command or action in _OWN_ACTIONS

    def action_run_command(self, controller: str, name: str, given: Sequence[int] = ()) -> None:
        if (controller, name) == _SHOW_HINTS:
            TranscriptHints(
                self._columns[self._place], self._tell, self._warn, self._hint_letters
            ).show()
        else:
            self.action_show_variant(*given)

    def _warn(self, words: str) -> None:
        """Have the main screen say something, which is shown in here, too."""
        self.app.screen_stack[0].post_message(ShowNotice(words))

    def _tell(self, words: str) -> None:
        """Say what can be typed in the place of the keys."""
        self._typing = words
        self._draw()

    @on(events.DescendantFocus)
    def note_focus(self) -> None:
        """Take note of a column that was clicked."""
        if isinstance(self.focused, Transcript) and self.focused in self._columns:
            self._place = self._columns.index(self.focused)
            self._draw()

    @on(Transcript.LinkPressed)
    def show_link(self, event: Transcript.LinkPressed) -> None:
        ask_about_link(self, event.href)

    def action_show_variant(self, step: int) -> None:
        """Go to another column; the ends are joined."""
        self._place = (self._place + step) % len(self._columns)
        self._lay_out(self.size.width)
        self._columns[self._place].focus()

    def action_choose(self) -> None:
        self.dismiss(self._reply_ids[self._place])

    def action_stop_or_close(self) -> None:
        if not self._chat.active_turns.stop(self._prompt.conversation_id):
            self.dismiss(None)

    def _lay_out(self, width: int) -> None:
        """Show as many columns as there is room for, the one that has the focus among them."""
        count = max(1, min(len(self._columns), width // _MIN_WIDTH))
        first = max(0, min(self._place - count // 2, len(self._columns) - count))
        for place, column in enumerate(self._columns):
            column.display = first <= place < first + count
        self.query_one("#statuses").display = count < len(self._columns)
        self.call_after_refresh(self._draw)

    def _repaint(self) -> None:
        """Draw what is new, and again soon while something may come."""
        self._timer = None
        is_under_way = bool(self._chat.active_turns.of(self._prompt.conversation_id))
        with self._limiter:
            self._draw()
        if is_under_way:
            # A timer of no time at all can fail by dividing by it, as of Textual 8.2.8.
            self._timer = self.set_timer(max(self._limiter.delay(), 0.001), self._repaint)

    def _draw(self) -> None:
        try:
            replies = self._replies()
        except NotFound:
            # The prompt could not be saved, or another instance has deleted all this.
            if self.is_current:
                self.dismiss(None)
            return
        except StoreError:
            return  # What cannot be read just now stays as it was.
        self.query_one(DialogFrame).set_frame("Side by side", self._keys())
        for place, (column, reply) in enumerate(zip(self._columns, replies, strict=True)):
            if column.display:
                column.update_message(reply)
            self._update_header(place, reply)
        lines = [self._line(place, reply) for place, reply in enumerate(replies)]
        self.query_one("#statuses", Static).update(Content("\n".join(lines)))

    def _update_header(self, place: int, reply: ChatMessage) -> None:
        """Say above a column whose reply it is, and below it how that is getting on."""
        mark = "▶ " if place == self._place else ""
        title = f"{mark}{place + 1}/{len(self._columns)} {_name(reply)}"
        show_titles(self._columns[place], title, self._status(reply), margin=" ")

    def _keys(self) -> str:
        if self._typing:
            return self._typing
        is_under_way = bool(self._chat.active_turns.of(self._prompt.conversation_id))
        return f"enter choose · tab next · esc {'stop' if is_under_way else 'close'}"

    def _line(self, place: int, reply: ChatMessage) -> str:
        return safe_line(f"{place + 1} {_name(reply)}: {self._status(reply)}", _MAX_LINE)

    def _status(self, reply: ChatMessage) -> str:
        turns = self._chat.active_turns.of(reply.conversation_id)
        turn = next((each for each in turns if each.reply_id == reply.id), None)
        if turn is not None:
            return activity_label(reply.status, turn.progress, "esc")
        tokens = count_reply_tokens(reply).in_words if reply.text else ""
        return ", ".join(filter(None, (reply.status.value, tokens)))

    def _replies(self) -> list[ChatMessage]:
        """The replies as they stand."""
        conversation_id = self._prompt.conversation_id
        return [self._chat.messages.message(conversation_id, each) for each in self._reply_ids]


def _name(reply: ChatMessage) -> str:
    return f"{reply.service} {reply.model}".strip()
