"""Chat state: the open conversation, what is shown and typed of it, and the rows of the list."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.token_count import ContextTokenCounter, count_reply_tokens
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    Draft,
    LoginState,
    MessageStatus,
    NotFound,
    QueuedPrompt,
    Role,
    Service,
    StoreError,
)
from fakegpt_tui.domain.message_tree import Variants
from fakegpt_tui.ui.conversation_summary import activity_label, background_label, conversation_rows
from fakegpt_tui.ui.widgets.conversation_list import ConversationRow, RowStatus
from fakegpt_tui.ui.widgets.transcript.line_ids import ReadingPosition

FAILED_STATUSES = {MessageStatus.FAILED, MessageStatus.INTERRUPTED}


class ChatState:
    """What a person has in front of them, among all that the chat service knows."""

    def __init__(self, chat: ChatService, clock: Callable[[], datetime]) -> None:
        self._chat = chat
        self._clock = clock
        self._failed: set[str] = set()
        self._path: tuple[ChatMessage, ...] = ()
        self._costs: dict[str, tuple[ChatMessage, str]] = {}
        self._context = ContextTokenCounter()
        self.open: Conversation = chat.new_conversation()
        self.rows: tuple[ConversationRow, ...] = ()
        self.edited_prompt: ChatMessage | None = None
        """The prompt that is being edited, to be asked again in place of the old one."""
        self.picked: frozenset[str] = frozenset()
        """Chat messages of the open conversation that were picked to be saved together."""
        self.loaded_tail: tuple[ChatMessage, ...] = ()
        """The last messages of a conversation of which only these were read when it was opened."""

    @property
    def turn(self) -> Turn | None:
        """The turn of the open conversation."""
        return self._chat.turn(self.open.id)

    def shows(self, reply: ChatMessage) -> bool:
        """Does this reply end the shown path of the open conversation?"""
        return reply.id == self.open.leaf_id

    @property
    def path(self) -> tuple[ChatMessage, ...]:
        """The chat messages of the open conversation; the last that could be read."""
        if self.open.leaf_id is None:
            self._path = ()
        else:
            # One that another instance has deleted stays in sight until that is told.
            with suppress(NotFound, StoreError):
                self._path = self._chat.path(self.open.id)
        return self._path

    def labels(self, path: Sequence[ChatMessage]) -> dict[str, str]:
        """What is to be said of chat messages of `path`: picked, which variant, and an estimate.

        What a service has counted is on the reply itself.
        """
        forks: Mapping[str, Variants] = {}
        with suppress(NotFound, StoreError):
            forks = self._chat.trees.forks(self.open.id, path)
        before, self._costs = self._costs, {}
        found: dict[str, str] = {}
        for message in path:
            known, cost = before.get(message.id) or (None, "")
            cost = cost if known is message else _cost(message)
            self._costs[message.id] = message, cost
            picked = "✓" if message.id in self.picked else ""
            variants = forks.get(message.id)
            place = "" if variants is None else f"‹ {variants.position}/{variants.count} ›"
            if label := " ".join(filter(None, (picked, place, cost))):
                found[message.id] = label
        return found

    def token_label(self, path: Sequence[ChatMessage]) -> str:
        """How many tokens go along with the next prompt; nothing where there are none."""
        service = self.service
        count = self._context.count(self.open, path, service.window if service else None)
        return count.in_words if count.tokens else ""

    @property
    def picked_in_path(self) -> tuple[str, ...]:
        """The picked messages that are shown, in their order."""
        return tuple(each.id for each in self.path if each.id in self.picked)

    @property
    def queued(self) -> tuple[QueuedPrompt, ...]:
        """What waits for the reply of the open conversation to end."""
        return self._chat.queue.of(self.open.id)

    @property
    def is_held(self) -> bool:
        """Does what is queued wait for a person?"""
        return any(self._chat.queue.is_held(prompt.id) for prompt in self.queued[:1])

    @property
    def service(self) -> Service | None:
        """What answers in the open conversation; `None` where the configuration lacks it."""
        return self._chat.find_service(self.open.service)

    @property
    def login(self) -> LoginState:
        return self._chat.login_state(self.open.service)

    @property
    def activity(self) -> str:
        """What the open conversation's turn does, in words."""
        turn = self.turn
        return "" if turn is None else activity_label(turn.reply.status, turn.progress)

    @property
    def background(self) -> str:
        """What goes on elsewhere, and what could not be saved, in words."""
        words = background_label(self._chat.turns(), self._chat.conversations(), self.open.id)
        unsaved = self._chat.save_error
        return words if unsaved is None else f"NOT SAVED: {unsaved}  ·  {words}".rstrip(" ·")

    def start(self, conversation: Conversation) -> None:
        """Open a conversation that has no prompt yet."""
        self.open = conversation
        self.edited_prompt = None
        self.picked = frozenset()

    def open_conversation(self, conversation_id: str) -> Draft | None:
        """Open a conversation, which counts as reading it; what was typed there and not sent.

        A prompt that was being edited there still is.

        Raises:
            NotFound: There is no such conversation.
            StoreError: It cannot be read.
        """
        end = self._chat.trees.path_tail(conversation_id)
        path = end or self._chat.path(conversation_id)
        self.open = self._chat.conversation(conversation_id)
        self.loaded_tail, self._path = end, path
        self.edited_prompt = None
        self.picked = frozenset()
        self._failed.discard(conversation_id)
        self._chat.set_unread(conversation_id, unread=False)
        for prompt_id, draft in self._chat.drafts.edits(conversation_id).items():
            with suppress(NotFound, StoreError):
                self.edited_prompt = self._chat.trees.message(conversation_id, prompt_id)
                return draft
        return self.draft

    @property
    def draft(self) -> Draft | None:
        """What was typed for the open conversation, apart from a prompt that is being edited."""
        return self._chat.drafts.get(self.open.id)

    def begin_edit(self, prompt: ChatMessage) -> str:
        """Begin to edit a prompt, or go on with it; what it is, or has become."""
        self.edited_prompt = prompt
        begun = self._chat.drafts.edits(self.open.id).get(prompt.id)
        return prompt.text if begun is None else begun.text

    def cancel_edit(self) -> None:
        """Edit no prompt any more."""
        if self.edited_prompt is not None:
            self._chat.drafts.save_edit(self.open.id, self.edited_prompt.id, "")
            self.edited_prompt = None

    def save_draft(self, text: str, cursor: tuple[int, int]) -> None:
        """Keep what is typed for the open conversation, or for the prompt that is being edited."""
        if self.edited_prompt is None:
            self._chat.drafts.save(self.open.id, text, cursor)
        else:
            kept = "" if text == self.edited_prompt.text else text
            self._chat.drafts.save_edit(self.open.id, self.edited_prompt.id, kept, cursor)

    @property
    def saved_position(self) -> ReadingPosition | None:
        """Where the open conversation was left when it was last read."""
        bookmark = self._chat.bookmarks.get(self.open.id) if self.open.leaf_id else None
        return ReadingPosition.from_bookmark(bookmark)

    def save_position(self, position: ReadingPosition | None) -> None:
        """Remember where the open conversation is read; `None` while nothing of it is shown."""
        if position is not None:
            self._chat.bookmarks.put(self.open.id, position.to_bookmark(self.open.id))

    def ask(self, text: str) -> Turn | QueuedPrompt:
        """A turn of the open conversation, for somebody to run, or a prompt that has to wait.

        Raises:
            FakeGPTError: An edited prompt cannot be asked now.
        """
        if self.edited_prompt is None:
            asked = self._chat.ask(self.open, text)
        else:
            asked = self._chat.edit(self.open.id, self.edited_prompt.id, text)
            self.cancel_edit()
        self.reload()
        return asked

    def record_finished(self, reply: ChatMessage) -> bool:
        """Take note of a reply that has ended; is it of the open conversation?"""
        conversation_id = reply.conversation_id
        if conversation_id == self.open.id:
            self.reload()
            return True
        self._chat.set_unread(conversation_id, unread=True)
        if reply.status in FAILED_STATUSES:
            self._failed.add(conversation_id)
        return False

    def reload(self) -> None:
        """See the open conversation as it is now; one that is gone gives way to a new one."""
        try:
            self.open = self._chat.conversation(self.open.id)
        except NotFound:
            self.open = self._chat.new_conversation()
        if self.open.trashed_at is not None:
            self.open = self._chat.new_conversation()
        if self.edited_prompt is not None and self.edited_prompt.conversation_id != self.open.id:
            self.edited_prompt = None

    def title(self, conversation_id: str) -> str:
        """The title of a conversation; nothing where it is gone."""
        with suppress(NotFound):
            return self._chat.conversation(conversation_id).title
        return ""

    def refresh_rows(self) -> None:
        """Make the rows say what the chat service knows now."""
        self.rows = conversation_rows(
            self._chat.conversations(),
            {turn.conversation.id: turn.reply for turn in self._chat.turns()},
            self._failed,
            self._chat.drafts.conversations(),
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

    def first_unread(self) -> str | None:
        """The first conversation that has something new to read."""
        new = {RowStatus.UNREAD, RowStatus.FAILED}
        return next((row.id for row in self.rows if row.status in new), None)


def _cost(message: ChatMessage) -> str:
    """About how many tokens a reply is that has ended and that nobody has counted."""
    is_counted = message.usage is not None or not message.status.is_final
    if message.role is not Role.ASSISTANT or is_counted or not message.text:
        return ""
    return f"· {count_reply_tokens(message).in_words}"
