"""Which conversation is open, what is typed but not sent, and how to get to the others."""

from collections.abc import Callable
from datetime import datetime

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import ChatMessage, Conversation, LoginState, MessageStatus, NotFound
from fakegpt_tui.ui.list_rows import conversation_rows
from fakegpt_tui.ui.turn_words import activity_words, other_words
from fakegpt_tui.ui.widgets.conversation_list import ConversationRow, RowSign

TROUBLE = {MessageStatus.FAILED, MessageStatus.INTERRUPTED}


class Workspace:
    """What a person has in front of them, among all that the chat service knows."""

    def __init__(self, chat: ChatService, clock: Callable[[], datetime]) -> None:
        self._chat = chat
        self._clock = clock
        self._drafts: dict[str, str] = {}
        self._failed: set[str] = set()
        self.open: Conversation = chat.new_conversation()
        self.rows: tuple[ConversationRow, ...] = ()

    @property
    def turn(self) -> Turn | None:
        """The turn of the open conversation."""
        return self._chat.turn(self.open.id)

    @property
    def path(self) -> tuple[ChatMessage, ...]:
        """The chat messages of the open conversation, as far as they are known."""
        return self._chat.path(self.open.id) if self.open.leaf_id else ()

    @property
    def login(self) -> LoginState:
        return self._chat.login_state(self.open.service)

    @property
    def activity(self) -> str:
        """What the open conversation's turn does, in words."""
        turn = self.turn
        return "" if turn is None else activity_words(turn.reply.status, turn.progress)

    @property
    def others(self) -> str:
        """What goes on elsewhere, in words."""
        return other_words(self._chat.turns(), self._chat.conversations(), self.open.id)

    def start(self, typed: str) -> None:
        """Open a new conversation, leaving `typed` with the one that was open."""
        self._leave(typed)
        self.open = self._chat.new_conversation()

    def go_to(self, conversation_id: str, typed: str) -> str:
        """Open a conversation, which counts as reading it; the text that was typed there.

        Raises:
            NotFound: There is no such conversation.
        """
        conversation = self._chat.conversation(conversation_id)
        self._leave(typed)
        self._failed.discard(conversation_id)
        self._chat.set_unread(conversation_id, unread=False)
        self.open = conversation
        return self._drafts.pop(conversation_id, "")

    def ask(self, text: str) -> Turn:
        """A turn of the open conversation, for somebody to run."""
        turn = self._chat.new_turn(self.open, text)
        self.open = turn.conversation
        return turn

    def finish(self, reply: ChatMessage) -> bool:
        """Take note of a reply that has ended; is it of the open conversation?"""
        conversation_id = reply.conversation_id
        if conversation_id == self.open.id:
            self.open = self._chat.conversation(conversation_id)
            return True
        self._chat.set_unread(conversation_id, unread=True)
        if reply.status in TROUBLE:
            self._failed.add(conversation_id)
        return False

    def take_back(self, conversation_id: str, text: str) -> bool:
        """Take note of a prompt that could not be saved; was it of the open conversation?"""
        if conversation_id != self.open.id:
            self._drafts[conversation_id] = text
            return False
        try:
            self.open = self._chat.conversation(conversation_id)
        except NotFound:
            self.open = self._chat.new_conversation()
        return True

    def refresh(self) -> None:
        """Make the rows say what the chat service knows now."""
        self.rows = conversation_rows(
            self._chat.conversations(),
            {turn.conversation.id: turn.reply for turn in self._chat.turns()},
            self._failed,
            set(self._drafts),
            now=self._clock(),
        )

    def neighbour(self, step: int) -> str | None:
        """The conversation that many rows below the open one; from a new one, the first or last."""
        ids = [row.id for row in self.rows]
        if self.open.id in ids:
            place = ids.index(self.open.id) + step
        else:
            place = 0 if step > 0 else len(ids) - 1
        return ids[place] if 0 <= place < len(ids) else None

    def unread(self) -> str | None:
        """The first conversation that has something new to read."""
        new = {RowSign.UNREAD, RowSign.FAILED}
        return next((row.id for row in self.rows if row.sign in new), None)

    def _leave(self, typed: str) -> None:
        if typed.strip():
            self._drafts[self.open.id] = typed
        else:
            self._drafts.pop(self.open.id, None)
