"""Chat state: what is open, typed and picked, and all that the main screen shows of it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
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
    ModelRef,
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """All that the main screen shows, as of one moment."""

    conversation: Conversation
    path: tuple[ChatMessage, ...] = ()
    labels: Mapping[str, str]
    variant: str | None
    """The message that a user has just switched to, where the path changed by that."""
    position: ReadingPosition | None
    at_end: bool
    """Is the end to be shown, wherever the conversation was read?"""
    service: Service | None
    login: LoginState
    tokens: str
    activity: str
    background: str
    rows: tuple[ConversationRow, ...]
    queued: tuple[str, ...]
    queue_held: bool
    editing: bool
    keys: Mapping[str, str]


class ChatState:
    """What a user has open among all conversations, and what is done in it."""

    def __init__(
        self, chat: ChatService, clock: Callable[[], datetime], keys: Mapping[str, str]
    ) -> None:
        self._chat = chat
        self._clock = clock
        self._failed: set[str] = set()
        self._path: tuple[ChatMessage, ...] = ()
        self._tail: tuple[ChatMessage, ...] = ()
        self._cost_labels: dict[str, tuple[ChatMessage, str]] = {}
        self._context = ContextTokenCounter()
        self._variant: str | None = None
        self._at_end = False
        self.is_loaded = False
        """Has the store been read? Until then nothing here asks for it."""
        self.keys = keys
        """The keys that are not as in the keymap, by the ids of their commands."""
        self.open: Conversation = chat.new_conversation()
        self.rows: tuple[ConversationRow, ...] = ()
        self.edited_prompt: ChatMessage | None = None
        """The prompt that is being edited, to be sent again in place of the old one."""
        self.picked: frozenset[str] = frozenset()
        """Messages of the open conversation that were picked to be saved together."""

    def snapshot(self) -> Shown:
        """All that is to be shown now."""
        tail = self.tail
        path = tail or self.path
        self.rows = self._read_rows() if self.is_loaded else ()
        service, queued = self.service, self.queued
        variant, at_end = self._variant, self._at_end
        self._variant, self._at_end = None, False
        count = self._context.count(self.open, path, service.window if service else None)
        return Shown(
            conversation=self.open,
            path=path,
            labels={} if tail else self._labels(path),
            variant=variant,
            position=self.saved_position,
            at_end=at_end,
            service=service,
            login=self.login,
            tokens=count.in_words if count.tokens and not tail else "",
            activity=self.activity,
            background=self.background if self.is_loaded else "",
            rows=self.rows,
            queued=tuple(prompt.text for prompt in queued),
            queue_held=bool(queued) and self._chat.queue.is_held(queued[0].id),
            editing=self.edited_prompt is not None,
            keys=self.keys,
        )

    @property
    def turn(self) -> Turn | None:
        """The turn of the open conversation."""
        return self._chat.turn(self.open.id)

    @property
    def path(self) -> tuple[ChatMessage, ...]:
        """The messages of the open conversation, as they were last where they cannot be read."""
        if self.open.leaf_id is None:
            self._path = ()
        else:
            # A message that another instance has deleted stays in sight until that is told.
            with suppress(NotFound, StoreError):
                self._path = self._chat.trees.path(self.open.id)
        return self._path

    @property
    def tail(self) -> tuple[ChatMessage, ...]:
        """The last messages of a long conversation, of which the rest is still to be read."""
        if self._tail and self._tail[-1].id != self.open.leaf_id:
            self._tail = ()
        return self._tail

    def _labels(self, path: Sequence[ChatMessage]) -> dict[str, str]:
        """What the headers of messages say: picked, which variant, and an estimate of its cost.

        The number of tokens that a service has counted is on the reply itself.
        """
        forks: Mapping[str, Variants] = {}
        with suppress(NotFound, StoreError):
            forks = self._chat.trees.forks(self.open.id, path)
        before, self._cost_labels = self._cost_labels, {}
        labels: dict[str, str] = {}
        for message in path:
            known, cost = before.get(message.id) or (None, "")
            cost = cost if known is message else _cost_label(message)
            self._cost_labels[message.id] = message, cost
            picked = "✓" if message.id in self.picked else ""
            variants = forks.get(message.id)
            place = "" if variants is None else f"‹ {variants.position}/{variants.count} ›"
            if label := " ".join(filter(None, (picked, place, cost))):
                labels[message.id] = label
        return labels

    @property
    def picked_in_path(self) -> tuple[str, ...]:
        """The picked messages that are shown, in their order."""
        return tuple(each.id for each in self.path if each.id in self.picked)

    @property
    def queued(self) -> tuple[QueuedPrompt, ...]:
        """The prompts that wait for the reply of the open conversation to end."""
        return self._chat.queue.of(self.open.id) if self.is_loaded else ()

    @property
    def service(self) -> Service | None:
        """The service of the open conversation; `None` where the configuration lacks it."""
        return self._chat.find_service(self.open.service)

    @property
    def model(self) -> ModelRef:
        """The service and model of the open conversation."""
        return ModelRef(self.open.service, self.open.model)

    @property
    def login(self) -> LoginState:
        return self._chat.login_state(self.open.service)

    @property
    def activity(self) -> str:
        """What the turn of the open conversation does."""
        turn = self.turn
        return "" if turn is None else activity_label(turn.reply.status, turn.progress)

    @property
    def background(self) -> str:
        """What goes on in other conversations, and what could not be saved."""
        label = background_label(self._chat.turns(), self._chat.conversations(), self.open.id)
        error = self._chat.save_error
        return label if error is None else f"NOT SAVED: {error}  ·  {label}".rstrip(" ·")

    def _read_rows(self) -> tuple[ConversationRow, ...]:
        return conversation_rows(
            self._chat.conversations(),
            {turn.conversation.id: turn.reply for turn in self._chat.turns()},
            self._failed,
            self._chat.drafts.conversations(),
            now=self._clock(),
        )

    def start(self, conversation: Conversation) -> None:
        """Open a conversation that has no prompt yet."""
        self.open = conversation
        self._tail = ()
        self.edited_prompt = None
        self.picked = frozenset()

    def open_conversation(self, conversation_id: str, *, whole: bool = True) -> Draft | None:
        """Open a conversation, which marks it as read; returns its unsent prompt.

        A prompt that was being edited there still is. Unless it is wanted `whole`, a long one may
        have only a `tail` until `load_rest` has read the rest.

        Raises:
            NotFound: There is no such conversation.
            StoreError: It cannot be read.
        """
        tail = self._chat.trees.path_tail(conversation_id)
        path = tail or self._chat.trees.path(conversation_id)
        self.start(self._chat.conversation(conversation_id))
        self._path = path
        self._tail = () if whole else tail
        self._failed.discard(conversation_id)
        self._chat.set_unread(conversation_id, unread=False)
        for prompt_id, draft in self._chat.drafts.edits(conversation_id).items():
            with suppress(NotFound, StoreError):
                self.edited_prompt = self._chat.trees.message(conversation_id, prompt_id)
                return draft
        return self.draft

    async def load_rest(self) -> None:
        """Read all of a conversation of which only the tail is there."""
        conversation_id = self.open.id
        try:
            await self._chat.trees.load(conversation_id)
        finally:
            if self.open.id == conversation_id:
                self._tail = ()

    @property
    def draft(self) -> Draft | None:
        """The unsent prompt of the open conversation, apart from one that is being edited."""
        return self._chat.drafts.get(self.open.id)

    def begin_edit(self, prompt: ChatMessage) -> str:
        """Begin to edit a prompt, or go on with it; returns its text as it is by now."""
        self.edited_prompt = prompt
        begun = self._chat.drafts.edits(self.open.id).get(prompt.id)
        return prompt.text if begun is None else begun.text

    def cancel_edit(self) -> None:
        if self.edited_prompt is not None:
            self._chat.drafts.save_edit(self.open.id, self.edited_prompt.id, "")
            self.edited_prompt = None

    def save_draft(self, text: str, cursor: tuple[int, int]) -> None:
        """Keep what is typed for the open conversation, or for the prompt that is being edited."""
        if self.edited_prompt is None:
            self._chat.drafts.save(self.open.id, text, cursor)
        else:
            changed = "" if text == self.edited_prompt.text else text
            self._chat.drafts.save_edit(self.open.id, self.edited_prompt.id, changed, cursor)

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
        """A turn of the open conversation, to be run by the app, or a prompt that has to wait.

        Raises:
            FakeGPTError: An edited prompt cannot be sent now.
        """
        if self.edited_prompt is None:
            return self._chat.ask(self.open, text)
        asked = self._chat.edit(self.open.id, self.edited_prompt.id, text)
        self.cancel_edit()
        return asked

    def follow(self) -> None:
        """Show the end of the open conversation, of which a new turn begins."""
        self._at_end = True

    def record_finished(self, reply: ChatMessage) -> bool:
        """Take note of a reply that has ended; is it in the open conversation?"""
        conversation_id = reply.conversation_id
        if conversation_id == self.open.id:
            return True
        self._chat.set_unread(conversation_id, unread=True)
        if reply.status in FAILED_STATUSES:
            self._failed.add(conversation_id)
        return False

    def switch_variant(self, message_id: str, step: int) -> None:
        """Show another variant of a message, where there is one."""
        self._variant = self._chat.trees.step_variant(self.open.id, message_id, step)

    def reload(self) -> bool:
        """Take the open conversation as it is now; one that is gone gives way to a new one.

        Returns:
            Whether it is still there.
        """
        with suppress(NotFound):
            self.open = self._chat.conversation(self.open.id)
            if self.open.trashed_at is None:
                return True
        self.start(self._chat.new_conversation())
        return False

    def title(self, conversation_id: str) -> str:
        """The title of a conversation; empty where it is gone."""
        with suppress(NotFound):
            return self._chat.conversation(conversation_id).title
        return ""

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


def _cost_label(message: ChatMessage) -> str:
    """About how many tokens a finished reply is that its service has not counted."""
    is_counted = message.usage is not None or not message.status.is_final
    if message.role is not Role.ASSISTANT or is_counted or not message.text:
        return ""
    return f"· {count_reply_tokens(message).in_words}"
