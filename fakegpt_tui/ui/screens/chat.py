"""The main screen: it hears what its widgets say and what workers report, and joins the two."""

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Static

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import FakeGPTError, NotFound
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.keymap import Where
from fakegpt_tui.ui.links import judge
from fakegpt_tui.ui.messages import (
    LoginChanged,
    Noticed,
    PromptNotSaved,
    ReplyGrew,
    TurnFinished,
    TurnStarted,
)
from fakegpt_tui.ui.options import Options
from fakegpt_tui.ui.pace import Pace
from fakegpt_tui.ui.screens.help import HelpScreen
from fakegpt_tui.ui.screens.link import LinkScreen
from fakegpt_tui.ui.welcome import welcome
from fakegpt_tui.ui.widgets.conversation_list import ConversationList, ConversationRow
from fakegpt_tui.ui.widgets.prompt_input import PromptInput
from fakegpt_tui.ui.widgets.status_bar import StatusBar
from fakegpt_tui.ui.widgets.transcript import Transcript
from fakegpt_tui.ui.workspace import TROUBLE, Workspace

_LIST_FROM_WIDTH = 80
_LEAST_WIDTH = 20
_LEAST_HEIGHT = 5
_FOOTER_FROM_HEIGHT = 12
_STATUS_SECONDS = 0.5


class ChatScreen(Screen[None]):
    """Shows one conversation while any number of them go on."""

    CSS_PATH = "chat.tcss"
    BINDINGS = bindings(Where.ANY)

    class TurnAsked(Message):
        """A turn wants to be run by somebody who outlives this screen."""

        def __init__(self, turn: Turn) -> None:
            super().__init__()
            self.turn = turn

    class SignInAsked(Message):
        """A person wants to be signed in to a service, or no longer."""

        def __init__(self, service: str, *, out: bool = False) -> None:
            super().__init__()
            self.service = service
            self.out = out

    class CopyAsked(Message):
        """A person wants `text` on the clipboard; `what` names it."""

        def __init__(self, text: str, what: str) -> None:
            super().__init__()
            self.text = text
            self.what = what

    class OpenAsked(Message):
        """A person has seen where a link goes, and wants it opened."""

        def __init__(self, href: str) -> None:
            super().__init__()
            self.href = href

    def __init__(self, chat: ChatService, options: Options) -> None:
        super().__init__()
        self._chat = chat
        self._options = options
        self._pace = Pace(options.repaint_rate)
        self._repaint_timer: Timer | None = None
        self._workspace = Workspace(chat, options.clock)
        self._list_wanted: bool | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="body"):
            with Horizontal():
                yield ConversationList()
                with Vertical():
                    yield Transcript()
                    yield PromptInput(cursor_blink=self._options.cursor_blink)
            yield Footer(show_command_palette=False, compact=True)
            yield StatusBar()
        yield Static(Content("Too small: 20×5 is the least."), id="too-small")

    def on_mount(self) -> None:
        self.set_interval(_STATUS_SECONDS, self._show_activity)
        self._prompt.focus()
        self._show_conversation()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """Read the store, which need not be there for the first paint."""
        if self._options.resume is not None:
            self.open_conversation(self._options.resume)
        self.refresh_rows()
        self.action_sign_in()

    @on(PromptInput.Submitted)
    def send(self, event: PromptInput.Submitted) -> None:
        if self._workspace.turn is not None:
            self._prompt.give_back(event.text)
            self._status.show_notice("A reply is under way: esc stops it, ctrl+n asks elsewhere.")
            return
        turn = self._workspace.ask(event.text)
        self.post_message(self.TurnAsked(turn))
        self._transcript.update_message(turn.prompt)
        self._transcript.update_message(turn.reply)
        self._transcript.follow()
        self._show_activity()
        self.refresh_rows()

    @on(TurnStarted)
    def show_turn(self, event: TurnStarted) -> None:
        if event.conversation_id == self._workspace.open.id:
            self._repaint()
        self.refresh_rows()

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
        if self._workspace.finish(reply):
            self._transcript.update_message(reply)
        for notice in (*event.notices, reply.error if reply.status in TROUBLE else None):
            if notice:
                self._status.show_notice(notice)
        self._show_activity()
        self.refresh_rows()

    @on(PromptNotSaved)
    def give_back(self, event: PromptNotSaved) -> None:
        """Put a prompt that could not be saved back where it was typed."""
        if self._workspace.take_back(event.conversation_id, event.text):
            self._prompt.give_back(event.text)
            self._show_conversation()
        self._status.show_notice(event.reason)
        self.refresh_rows()

    @on(LoginChanged)
    def show_login(self, event: LoginChanged) -> None:
        if event.service == self._workspace.open.service:
            self._status.login = event.state

    @on(Noticed)
    def show_notice(self, event: Noticed) -> None:
        self._status.show_notice(event.text)

    @on(ConversationList.Opened)
    def open_row(self, event: ConversationList.Opened) -> None:
        self.open_conversation(event.conversation_id)
        self._prompt.focus()

    @on(Transcript.CopyRequested)
    def ask_for_copy(self, event: Transcript.CopyRequested) -> None:
        self.post_message(self.CopyAsked(event.text, event.what))

    @on(Transcript.LinkPressed)
    def show_link(self, event: Transcript.LinkPressed) -> None:
        href = event.href

        def act(choice: str | None) -> None:
            if choice == "open":
                self.post_message(self.OpenAsked(href))
            elif choice == "copy":
                self.post_message(self.CopyAsked(href, "link"))

        self.app.push_screen(LinkScreen(judge(href)), act)

    @on(PromptInput.CommandsRequested)
    def action_commands(self) -> None:
        self.app.action_command_palette()

    @on(PromptInput.QuitRequested)
    async def quit(self) -> None:
        await self.app.action_quit()

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        fits = width >= _LEAST_WIDTH and height >= _LEAST_HEIGHT
        self.query_one("#body").display = fits
        self.query_one("#too-small").display = not fits
        wanted = self._list_wanted
        self._list.display = width >= _LIST_FROM_WIDTH if wanted is None else wanted
        self.query_one(Footer).display = height >= _FOOTER_FROM_HEIGHT

    def open_conversation(self, conversation_id: str | None) -> None:
        """Show a conversation, if there is one to show."""
        if conversation_id is None:
            return
        try:
            draft = self._workspace.go_to(conversation_id, self._prompt.text)
        except NotFound as error:
            self._status.show_notice(str(error))
            return
        self._prompt.load_text(draft)
        self._show_conversation()
        self.refresh_rows()

    def action_new_conversation(self) -> None:
        self._workspace.start(self._prompt.text)
        self._prompt.clear()
        self._show_conversation()
        self._prompt.focus()
        self.refresh_rows()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Stopping is offered while there is something to stop; else esc leads to the prompt."""
        del parameters
        if action == "stop":
            return self._workspace.turn is not None
        return action != "focus_prompt" or not isinstance(self.focused, PromptInput)

    def action_focus_prompt(self) -> None:
        self._prompt.focus()

    def action_stop(self) -> None:
        self._chat.stop(self._workspace.open.id)

    def action_stop_all(self) -> None:
        for turn in self._chat.turns():
            turn.stop()

    def action_copy_or_stop(self) -> None:
        if selected := (self._prompt.selected_text or self.get_selected_text()):
            self.post_message(self.CopyAsked(selected, "selection"))
        elif not self._chat.stop(self._workspace.open.id):
            self._prompt.clear()

    def action_save(self) -> None:
        if self._workspace.open.leaf_id is None:
            self._status.show_notice("There is nothing to save yet.")
            return
        try:
            path = self._chat.save_markdown(self._workspace.open.id, self._options.exports)
        except FakeGPTError as error:
            self._status.show_notice(str(error))
        else:
            self._status.show_notice(f"Saved as {path}")

    def action_toggle_list(self) -> None:
        self._list_wanted = not self._list.display
        self._list.display = self._list_wanted

    def action_step(self, step: int) -> None:
        self.open_conversation(self._workspace.neighbour(step))

    def action_open_nth(self, number: int) -> None:
        rows = self._workspace.rows
        self.open_conversation(rows[number - 1].id if number <= len(rows) else None)

    def action_open_unread(self) -> None:
        if (conversation_id := self._workspace.unread()) is None:
            self._status.show_notice("Nothing is unread.")
        self.open_conversation(conversation_id)

    def action_sign_in(self) -> None:
        self.post_message(self.SignInAsked(self._workspace.open.service))

    def action_sign_out(self) -> None:
        self.post_message(self.SignInAsked(self._workspace.open.service, out=True))

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def action_theme(self) -> None:
        self.app.action_change_theme()

    def action_redraw(self) -> None:
        self.app.refresh(layout=True, repaint=True)

    def rows(self) -> tuple[ConversationRow, ...]:
        """The conversations, as the list shows them."""
        return self._workspace.rows

    def refresh_rows(self) -> None:
        """Make the list and the counts say what the chat service knows."""
        workspace = self._workspace
        workspace.refresh()
        self._list.rows = workspace.rows
        self._list.current = workspace.open.id
        self._status.others = workspace.others
        self.refresh_bindings()

    def _show_conversation(self) -> None:
        conversation = self._workspace.open
        self._transcript.empty_text = welcome(self._chat.service(conversation.service))
        self._transcript.show(conversation.id, self._workspace.path)
        self._status.service = f"{conversation.service} {conversation.model}".strip()
        self._status.login = self._workspace.login
        self._show_activity()

    def _repaint(self) -> None:
        self._repaint_timer = None
        if (turn := self._workspace.turn) is not None:
            with self._pace:
                self._transcript.update_message(turn.reply)
                self._show_activity()

    def _show_activity(self) -> None:
        self._status.activity = self._workspace.activity

    @property
    def _list(self) -> ConversationList:
        return self.query_one(ConversationList)

    @property
    def _transcript(self) -> Transcript:
        return self.query_one(Transcript)

    @property
    def _prompt(self) -> PromptInput:
        return self.query_one(PromptInput)

    @property
    def _status(self) -> StatusBar:
        return self.query_one(StatusBar)
