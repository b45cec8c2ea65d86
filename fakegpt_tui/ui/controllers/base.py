"""What the controllers share: the widgets of the main screen and the chat state."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from textual import work
from textual.screen import Screen

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import ChatMessage, FakeGPTError
from fakegpt_tui.ui.bindings import effective_keys
from fakegpt_tui.ui.choices import Choice
from fakegpt_tui.ui.messages import RunTurn
from fakegpt_tui.ui.options import Options
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.welcome import welcome
from fakegpt_tui.ui.widgets.conversation_list import ConversationList, ConversationRow
from fakegpt_tui.ui.widgets.prompt_input import PromptInput, QueueView
from fakegpt_tui.ui.widgets.status_bar import StatusBar
from fakegpt_tui.ui.widgets.transcript.view import Transcript


class ChatScreenBase(Screen[None]):
    """What the commands of the main screen have in common: its widgets and its workspace."""

    def __init__(self, chat: ChatService, options: Options) -> None:
        super().__init__()
        self._chat = chat
        self._options = options
        self._workspace = ChatState(chat, options.clock)
        self.keys: Mapping[str, str] = effective_keys(options.keys, enter_sends=options.enter_sends)
        """The keys that are not as in the table, by the ids of their commands."""

    def notice(self, sentence: str) -> None:
        """Tell a person something, for some seconds."""
        self._status.show_notice(sentence)

    def rows(self) -> tuple[ConversationRow, ...]:
        """The conversations, as the list shows them."""
        return self._workspace.rows

    def refresh_rows(self) -> None:
        """Make the list and the counts say what the chat service knows."""
        workspace = self._workspace
        workspace.refresh_rows()
        self._list.rows = workspace.rows
        self._list.current = workspace.open.id
        self._status.others = workspace.background
        self._queue.waiting = tuple(prompt.text for prompt in workspace.queued)
        self._queue.held = workspace.is_held
        self.refresh_bindings()

    @contextmanager
    def notify_errors(self) -> Iterator[None]:
        """Tell a person what is wrong with what they do, and show what is so now.

        What they see may be gone: another instance of the program has deleted it.
        """
        try:
            yield
        except FakeGPTError as error:
            self.notice(str(error))
            self.refresh_view()

    def refresh_view(self) -> None:
        """Show the open conversation as it is now; tell of one that is gone."""
        before = self._workspace.open.id
        self._workspace.reload()
        if self._workspace.open.id != before:
            self.notice("The conversation that was open is gone: it was deleted elsewhere.")
        self.show_conversation()
        self.refresh_rows()

    def open_conversation(self, conversation_id: str | None, *, whole: bool = False) -> bool:
        """Show a conversation, if there is one to show and it can be read; whether it is.

        Of a long one that is read at its end, the end is shown first unless `whole` is asked for.
        """
        if conversation_id is None:
            return False
        self.save_draft()
        self.save_position()
        try:
            draft = self._workspace.open_conversation(conversation_id)
        except FakeGPTError as error:
            self.notice(str(error))
            self.refresh_rows()
            return False
        self._prompt.load_draft(draft.text if draft else "", draft.cursor if draft else None)
        end = () if whole or self._is_left_above(conversation_id) else self._workspace.loaded_tail
        if end:
            self._show_messages(end, {})
            self._read_rest(conversation_id)
        else:
            self.show_conversation()
        self.refresh_rows()
        return True

    def _is_left_above(self, conversation_id: str) -> bool:
        """Was it not read to its end when it was left?"""
        kept = self._transcript.saved_position(conversation_id)
        return (
            self._workspace.saved_position is not None if kept is None else not kept.sticks_to_end
        )

    @work(exclusive=True, group="rest")
    async def _read_rest(self, conversation_id: str) -> None:
        """Show all of a long conversation, once it has been read."""
        # Where it cannot be read now, that is told when it is asked for.
        with suppress(FakeGPTError):
            await self._chat.trees.load(conversation_id)
        if self._workspace.open.id == conversation_id:
            self.refresh_view()

    def save_draft(self) -> None:
        """Keep what is in the prompt as the draft of the open conversation."""
        self._workspace.save_draft(self._prompt.text, self._prompt.cursor_location)

    def save_position(self) -> None:
        """Remember where the open conversation is being read."""
        self._workspace.save_position(self._transcript.reading_position)

    def pick(
        self,
        title: str,
        choices: Sequence[Choice],
        take: Callable[[str | None], None],
        *,
        current: str = "",
    ) -> None:
        """Let a person choose, and tell `take` the id of what they chose, or that they did not."""
        from fakegpt_tui.ui.dialogs.pick import PickScreen  # noqa: PLC0415 - after first paint

        self.app.push_screen(PickScreen(title, choices, current=current), take)

    def ask_line(self, title: str, text: str, take: Callable[[str | None], None]) -> None:
        """Let a person change a line of text, and tell `take` what became of it."""
        from fakegpt_tui.ui.dialogs.ask import AskScreen  # noqa: PLC0415 - after first paint

        self.app.push_screen(AskScreen(title, text), take)

    def start_turn(self, turn: Turn) -> None:
        """Show a turn of the open conversation that is only just asked for, and have it run."""
        self._workspace.reload()
        self.post_message(RunTurn(turn))
        self.show_conversation(at_end=True)
        self.refresh_rows()

    def show_conversation(self, *, at_end: bool = False) -> None:
        """Make everything that is about the open conversation say what is so."""
        path = self._workspace.path
        self._show_messages(path, self._workspace.labels(path), at_end=at_end)
        self._status.tokens = self._workspace.token_label(path)

    def _show_messages(
        self, path: Sequence[ChatMessage], labels: Mapping[str, str], *, at_end: bool = False
    ) -> None:
        conversation = self._workspace.open
        self._transcript.empty_text = welcome(self._workspace.service, self.keys)
        position = self._workspace.saved_position
        self._transcript.show(
            conversation.id, path, labels=labels, position=position, at_end=at_end
        )
        self._status.service = f"{conversation.service} {conversation.model}".strip()
        self._status.login = self._workspace.login
        self.show_editing()
        self.show_activity()

    def show_editing(self) -> None:
        """Say whether what is typed is a new prompt."""
        self._prompt.is_edit = self._workspace.edited_prompt is not None

    def show_activity(self) -> None:
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
    def _queue(self) -> QueueView:
        return self.query_one(QueueView)

    @property
    def _status(self) -> StatusBar:
        return self.query_one(StatusBar)
