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
from fakegpt_tui.domain import FakeGPTError, MessageStatus, NotFound
from fakegpt_tui.ui.keymap import Where, bindings
from fakegpt_tui.ui.links import judge
from fakegpt_tui.ui.list_rows import conversation_rows
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
from fakegpt_tui.ui.turn_words import activity_words, other_words
from fakegpt_tui.ui.welcome import welcome
from fakegpt_tui.ui.widgets.conversation_list import ConversationList, ConversationRow, RowSign
from fakegpt_tui.ui.widgets.prompt_input import PromptInput
from fakegpt_tui.ui.widgets.status_bar import StatusBar
from fakegpt_tui.ui.widgets.transcript import Transcript

_LIST_FROM_WIDTH = 80
_LEAST_WIDTH = 20
_LEAST_HEIGHT = 5
_FOOTER_FROM_HEIGHT = 12
_STATUS_SECONDS = 0.5
_TROUBLE = {MessageStatus.FAILED, MessageStatus.INTERRUPTED}


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
        self._open = chat.new_conversation()
        self._drafts: dict[str, str] = {}
        self._failed: set[str] = set()
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
        self.post_message(self.SignInAsked(self._open.service))

    @on(PromptInput.Submitted)
    def send(self, event: PromptInput.Submitted) -> None:
        if self._chat.turn(self._open.id) is not None:
            self._prompt.give_back(event.text)
            self._status.show_notice("A reply is under way: esc stops it, ctrl+n asks elsewhere.")
            return
        turn = self._chat.new_turn(self._open, event.text)
        self._open = turn.conversation
        self._drafts.pop(self._open.id, None)
        self._failed.discard(self._open.id)
        self.post_message(self.TurnAsked(turn))
        self._transcript.update_message(turn.prompt)
        self._transcript.update_message(turn.reply)
        self._transcript.follow()
        self._show_activity()
        self.refresh_rows()

    @on(TurnStarted)
    def show_turn(self, event: TurnStarted) -> None:
        if event.conversation_id == self._open.id:
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
        reply, conversation_id = event.reply, event.reply.conversation_id
        if conversation_id == self._open.id:
            self._open = self._chat.conversation(conversation_id)
            self._transcript.update_message(reply)
        else:
            self._chat.set_unread(conversation_id, unread=True)
            if reply.status in _TROUBLE:
                self._failed.add(conversation_id)
        for notice in (*event.notices, reply.error if reply.status in _TROUBLE else None):
            if notice:
                self._status.show_notice(notice)
        self.refresh_rows()
        self._show_activity()

    @on(PromptNotSaved)
    def give_back(self, event: PromptNotSaved) -> None:
        """Put a prompt that could not be saved back where it was typed."""
        if event.conversation_id == self._open.id:
            try:
                self._open = self._chat.conversation(event.conversation_id)
            except NotFound:
                self._open = self._chat.new_conversation()
            self._prompt.give_back(event.text)
            self._show_conversation()
        else:
            self._drafts[event.conversation_id] = event.text
        self.refresh_rows()
        self._status.show_notice(event.reason)

    @on(LoginChanged)
    def show_login(self, event: LoginChanged) -> None:
        if event.service == self._open.service:
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

    def open_conversation(self, conversation_id: str) -> None:
        """Show a conversation, and note that it has been read."""
        try:
            conversation = self._chat.conversation(conversation_id)
        except FakeGPTError as error:
            self._status.show_notice(str(error))
            return
        self._keep_draft()
        self._failed.discard(conversation_id)
        self._chat.set_unread(conversation_id, unread=False)
        self._open = conversation
        self._prompt.load_text(self._drafts.get(conversation_id, ""))
        self._show_conversation()
        self.refresh_rows()

    def action_new_conversation(self) -> None:
        self._keep_draft()
        self._open = self._chat.new_conversation()
        self._prompt.clear()
        self._show_conversation()
        self._prompt.focus()
        self.refresh_rows()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Stopping is offered while there is something to stop; else esc leads to the prompt."""
        del parameters
        if action == "stop":
            return self._chat.turn(self._open.id) is not None
        return action != "focus_prompt" or not isinstance(self.focused, PromptInput)

    def action_focus_prompt(self) -> None:
        self._prompt.focus()

    def action_stop(self) -> None:
        self._chat.stop(self._open.id)

    def action_stop_all(self) -> None:
        for turn in self._chat.turns():
            turn.stop()

    def action_copy_or_stop(self) -> None:
        if selected := (self._prompt.selected_text or self.get_selected_text()):
            self.post_message(self.CopyAsked(selected, "selection"))
        elif not self._chat.stop(self._open.id):
            self._prompt.clear()

    def action_save(self) -> None:
        if self._open.leaf_id is None:
            self._status.show_notice("There is nothing to save yet.")
            return
        try:
            path = self._chat.save_markdown(self._open.id, self._options.exports)
        except FakeGPTError as error:
            self._status.show_notice(str(error))
        else:
            self._status.show_notice(f"Saved as {path}")

    def action_toggle_list(self) -> None:
        self._list_wanted = not self._list.display
        self._list.display = self._list_wanted

    def action_step(self, step: int) -> None:
        rows = self.rows()
        places = [place for place, row in enumerate(rows) if row.id == self._open.id]
        place = places[0] + step if places else (0 if step > 0 else len(rows) - 1)
        if 0 <= place < len(rows):
            self.open_conversation(rows[place].id)

    def action_open_nth(self, number: int) -> None:
        if number <= len(self.rows()):
            self.open_conversation(self.rows()[number - 1].id)

    def action_open_unread(self) -> None:
        waiting = (row for row in self.rows() if row.sign in {RowSign.UNREAD, RowSign.FAILED})
        if row := next(waiting, None):
            self.open_conversation(row.id)
        else:
            self._status.show_notice("Nothing is unread.")

    def action_sign_in(self) -> None:
        self.post_message(self.SignInAsked(self._open.service))

    def action_sign_out(self) -> None:
        self.post_message(self.SignInAsked(self._open.service, out=True))

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def action_theme(self) -> None:
        self.app.action_change_theme()

    def action_redraw(self) -> None:
        self.app.refresh(layout=True, repaint=True)

    def rows(self) -> tuple[ConversationRow, ...]:
        return self._list.rows

    def refresh_rows(self) -> None:
        """Make the list and the counts say what the chat service knows."""
        conversations = self._chat.conversations()
        turns = self._chat.turns()
        self._list.current = self._open.id
        self._list.rows = conversation_rows(
            conversations,
            {turn.conversation.id: turn.reply for turn in turns},
            self._failed,
            {name for name, text in self._drafts.items() if text.strip()},
            now=self._options.clock(),
        )
        self._status.others = other_words(turns, conversations, self._open.id)
        self.refresh_bindings()

    def _show_conversation(self) -> None:
        conversation = self._open
        messages = self._chat.path(conversation.id) if conversation.leaf_id else ()
        self._transcript.empty_text = welcome(self._chat.service(conversation.service))
        self._transcript.show(conversation.id, messages)
        self._status.service = f"{conversation.service} {conversation.model}".strip()
        self._status.login = self._chat.login_state(conversation.service)
        self._show_activity()

    def _repaint(self) -> None:
        self._repaint_timer = None
        if (turn := self._chat.turn(self._open.id)) is not None:
            with self._pace:
                self._transcript.update_message(turn.reply)
                self._show_activity()

    def _show_activity(self) -> None:
        turn = self._chat.turn(self._open.id)
        self._status.activity = (
            "" if turn is None else activity_words(turn.reply.status, turn.progress)
        )

    def _keep_draft(self) -> None:
        self._drafts[self._open.id] = self._prompt.text

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
