"""The main screen: it hears what its widgets say and what workers report, and joins the two."""

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.controllers.conversations import ConversationController
from fakegpt_tui.ui.controllers.files import FileController
from fakegpt_tui.ui.controllers.messages import MessageController
from fakegpt_tui.ui.controllers.prompt import PromptController
from fakegpt_tui.ui.controllers.services import ServiceController
from fakegpt_tui.ui.controllers.settings import GenerationController, SettingsController
from fakegpt_tui.ui.controllers.side_by_side import SideBySideController
from fakegpt_tui.ui.keymap import KeyScope
from fakegpt_tui.ui.messages import NotifyUser, ReplyGrew, ShowNotice, TurnFinished, TurnStarted
from fakegpt_tui.ui.options import Options
from fakegpt_tui.ui.state import FAILED_STATUSES
from fakegpt_tui.ui.terminal.idle_gc import IdleCollector
from fakegpt_tui.ui.terminal.output import repaint_now
from fakegpt_tui.ui.widgets.conversation_list import ConversationList
from fakegpt_tui.ui.widgets.drawing import RenderCache
from fakegpt_tui.ui.widgets.key_footer import KeyFooter
from fakegpt_tui.ui.widgets.prompt_input import PromptInput, QueueView
from fakegpt_tui.ui.widgets.status_bar import StatusBar
from fakegpt_tui.ui.widgets.transcript.line_ids import ReadingPosition
from fakegpt_tui.ui.widgets.transcript.view import Transcript

_LIST_FROM_WIDTH = 80
_MIN_WIDTH = 20
_MIN_HEIGHT = 5
_FOOTER_FROM_HEIGHT = 12
_NOTICE_ROWS = 3
_STATUS_SECONDS = 0.5
_SYNC_SECONDS = 2.0
_FIRST_KEYS = 0.1
"""Seconds after the first paint in which only keys are obeyed: connecting has much to import."""


class Column(RenderCache, Vertical):
    """Widgets one below the other."""


class Row(RenderCache, Horizontal):
    """Widgets side by side."""


class ChatScreen(
    RenderCache,
    ConversationController,
    MessageController,
    PromptController,
    ServiceController,
    GenerationController,
    FileController,
    SideBySideController,
    SettingsController,
):
    """Shows one conversation while any number of them go on."""

    CSS_PATH = "chat.tcss"
    BINDINGS = bindings(KeyScope.ANY)

    def __init__(self, chat: ChatService, options: Options) -> None:
        super().__init__(chat, options)
        self._repaint_timer: Timer | None = None
        self._list_wanted: bool | None = None
        self._notices_shown = 0
        self._collector = IdleCollector()
        self._last_position: ReadingPosition | None = None

    def compose(self) -> ComposeResult:
        with Column(id="body"):
            with Row():
                yield ConversationList()
                with Column():
                    yield Transcript(warm_up=self._options.warm_up)
                    yield QueueView()
                    yield PromptInput(cursor_blink=self._options.cursor_blink)
            yield KeyFooter()
            yield StatusBar()
        yield Static(Content("Too small: 20×5 is the least."), id="too-small")

    def on_mount(self) -> None:
        self._activity_timer = self.set_interval(_STATUS_SECONDS, self.show_activity, pause=True)
        self._prompt.enter_sends = self._options.enter_sends
        self._prompt.focus()
        self.show_conversation()
        self.call_after_refresh(self._load)

    def on_idle(self) -> None:
        repaint_now(self)

    @work(group="begin")
    async def _load(self) -> None:
        """Read the store, which need not be there for the first paint, nor for the first keys."""
        await self._chat.load()
        self._prompt.earlier_prompts = self._chat.prompts()
        unsent = self._chat.unsent()
        if self._options.resume is not None:
            self.open_conversation(self._options.resume)
        elif unsent and not self._prompt.text:
            draft = unsent[-1]
            self._workspace.start(
                self._chat.new_conversation(conversation_id=draft.conversation_id)
            )
            self._prompt.load_draft(draft.text, draft.cursor)
        self.refresh_rows()
        self._show_notices()
        self.set_interval(_SYNC_SECONDS, self._sync)
        self.set_timer(_SYNC_SECONDS, self.discover_servers)
        self.set_timer(_FIRST_KEYS, self.sign_in_if_needed)

    @on(TurnStarted)
    def show_turn(self, event: TurnStarted) -> None:
        if event.conversation_id == self._workspace.open.id:
            self._workspace.reload()
            self.show_conversation()
        self._prompt.earlier_prompts = self._chat.prompts()
        self.refresh_rows()

    @property
    def repaints_soon(self) -> bool:
        """Will all that has grown by then be shown, whether that is told or not?"""
        return self._repaint_timer is not None

    @on(ReplyGrew)
    def plan_repaint(self) -> None:
        if self._repaint_timer is not None:
            return
        # A timer of no time at all can fail by dividing by it, as of Textual 8.2.8.
        if delay := self._pace.delay():
            self._repaint_timer = self.set_timer(delay, self._repaint)
        else:
            self._repaint()

    @on(TurnFinished)
    def show_end(self, event: TurnFinished) -> None:
        reply = event.reply
        is_open = self._workspace.record_finished(reply)
        path = self._workspace.path
        if is_open and reply.id in [each.id for each in path]:
            self._transcript.update_message(reply)
            self._transcript.set_labels(self._workspace.labels(path))
            self._status.tokens = self._workspace.token_label(path)
        if not (is_open and self.app.app_focus):
            title = self._workspace.title(reply.conversation_id)
            self.post_message(NotifyUser(title, f"the reply is {reply.status.value}"))
        for notice in (*event.notices, reply.error if reply.status in FAILED_STATUSES else None):
            if notice:
                self.notice(notice)
        self.show_activity()
        self.refresh_rows()

    @on(ShowNotice)
    def show_notice(self, event: ShowNotice) -> None:
        self.notice(event.text)

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        fits = width >= _MIN_WIDTH and height >= _MIN_HEIGHT
        self.query_one("#body").display = fits
        self.query_one("#too-small").display = not fits
        wanted = self._list_wanted
        self._list.display = width >= _LIST_FROM_WIDTH if wanted is None else wanted
        self.query_one(KeyFooter).display = height >= _FOOTER_FROM_HEIGHT
        self._status.most_rows = _NOTICE_ROWS if height >= _FOOTER_FROM_HEIGHT else 1

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Stopping is offered while there is something to stop; else esc leads to the prompt."""
        del parameters
        if action == "stop":
            return self._workspace.turn is not None
        return action != "focus_prompt" or not isinstance(self.focused, PromptInput)

    @on(PromptInput.CommandsRequested)
    def action_commands(self) -> None:
        self.app.action_command_palette()

    def action_toggle_list(self) -> None:
        self._list_wanted = not self._list.display
        self._list.display = self._list_wanted

    def action_help(self) -> None:
        from fakegpt_tui.ui.dialogs.help import HelpScreen  # noqa: PLC0415 - after first paint

        self.app.push_screen(HelpScreen(self.keys))

    def action_theme(self) -> None:
        self.app.action_change_theme()

    def action_redraw(self) -> None:
        self.app.refresh(layout=True, repaint=True)

    @work(exclusive=True, group="look-around")
    async def _sync(self) -> None:
        """Show what other instances of the program have done, and what the store has to say."""
        self._show_notices()
        position = self._transcript.reading_position
        is_moving = position != self._last_position
        self._last_position = position
        # While somebody scrolls there is nothing that is worth a write, or a pause.
        if not is_moving:
            self.save_position()
        self._collector.collect(is_busy=is_moving or bool(self._chat.turns()))
        if await self._chat.refresh():
            self.refresh_view()
        else:
            self._status.others = self._workspace.background

    def show_activity(self) -> None:
        """Say what the turn does, and go on saying so; nothing ticks while there is none."""
        super().show_activity()
        if self._workspace.turn is None:
            self._activity_timer.pause()
        else:
            self._activity_timer.resume()

    def _show_notices(self) -> None:
        notices = self._options.notices()
        for notice in notices[self._notices_shown :]:
            self.notice(notice)
        self._notices_shown = len(notices)

    def _repaint(self) -> None:
        self._repaint_timer = None
        if (turn := self._workspace.turn) is not None:
            with self._pace:
                if self._workspace.shows(turn.reply):
                    self._transcript.update_message(turn.reply)
                self.show_activity()
