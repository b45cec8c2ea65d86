"""Chat state: which conversation is open, and what is typed, edited and picked in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

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
from fakegpt_tui.ui.widgets import ConversationRow

if TYPE_CHECKING:
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.chat.turn import Turn
    from fakegpt_tui.domain.parts import Attachment
    from fakegpt_tui.ui.prompt_attachments import HeldPrompt, PromptAttachments
    from fakegpt_tui.ui.widgets.transcript.line_ids import ReadingPosition

FAILED_STATUSES = {MessageStatus.FAILED, MessageStatus.INTERRUPTED}


class ChatState:
    """What a user has open among all conversations, and what is done in it."""

    def __init__(self, chat: ChatService, keys: Mapping[str, str]) -> None:
        self._chat = chat
        self._path: tuple[ChatMessage, ...] = ()
        self._tail: tuple[ChatMessage, ...] = ()
        self.variant: str | None = None
        """The message whose variants were just switched, until that is shown."""
        self.at_end = False
        """Is the end to be shown next, because a new turn begins there?"""
        self.is_loaded = False
        """Has the store been read? Until then nothing here asks for it."""
        self.keys = keys
        """The keys that are not as in the keymap, by the ids of their commands."""
        self.own_keys: Mapping[str, str] = {}
        """The keys of the configuration, some of which may be wrong."""
        self.open: Conversation = chat.conversations.create()
        self.rows: tuple[ConversationRow, ...] = ()
        """The conversations as they were last shown in the list."""
        self.found: tuple[str, ...] = ()
        """The model servers that were found on this machine and are not in the configuration."""
        self.edited_prompt: ChatMessage | None = None
        """The prompt or reply that is being edited, to stand in place of the old one."""
        self.attached: tuple[Attachment, ...] = ()
        """What the marks stand for that are in the prompt."""
        self.held: HeldPrompt | None = None
        self._text_to_edit = ""
        self.picked: frozenset[str] = frozenset()
        """Messages of the open conversation that were picked to be saved together."""

    @cached_property
    def attachments(self) -> PromptAttachments:
        """What goes with prompts."""
        from fakegpt_tui.ui.prompt_attachments import PromptAttachments  # noqa: PLC0415 - not before the first frame

        return PromptAttachments(self._chat, lambda: self.open.id)

    @property
    def turn(self) -> Turn | None:
        """The turn of the open conversation."""
        return self._chat.shown_turn(self.open.id)

    @property
    def path(self) -> tuple[ChatMessage, ...]:
        """The messages of the open conversation, as they were last where they cannot be read."""
        if self.open.leaf_id is None:
            self._path = ()
        else:
            # A message that another instance has deleted is shown until the next sync.
            with suppress(NotFound, StoreError):
                self._path = self._chat.messages.path(self.open.id)
        return self._path

    @property
    def tail(self) -> tuple[ChatMessage, ...]:
        """The last messages of a long conversation, of which the rest is still to be read."""
        if self._tail and self._tail[-1].id != self.open.leaf_id:
            self._tail = ()
        return self._tail

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
        return self._chat.services.find(self.open.service)

    @property
    def model(self) -> ModelRef:
        """The service and model of the open conversation."""
        return ModelRef(self.open.service, self.open.model)

    @property
    def login(self) -> LoginState:
        return self._chat.services.login_state(self.open.service)

    def start(self, conversation: Conversation) -> None:
        """Open a conversation that has no prompt yet."""
        self.open = conversation
        self._tail = ()
        self.edited_prompt = None
        self.picked = frozenset()

    def open_conversation(self, conversation_id: str, *, rows: int | None = None) -> Draft | None:
        """Open a conversation, which marks it as read; returns its unsent prompt.

        A prompt that was being edited there still is. With `rows`, a long conversation may have
        only a `tail` that fills them, until `load_rest` has read the rest.

        Raises:
            NotFound: There is no such conversation.
            StoreError: It cannot be read.
        """
        tail = () if rows is None else self._chat.messages.path_tail(conversation_id, rows)
        path = tail or self._chat.messages.path(conversation_id)
        self.start(self._chat.conversations.get(conversation_id))
        self._path = path
        self._tail = tail
        if self.held is not None and self.held.conversation.id == conversation_id:
            # It is in the draft, and so in the prompt again.
            self.held = None
        self._chat.conversations.set_unread(conversation_id, unread=False)
        for prompt_id, draft in self._chat.drafts.edits(conversation_id).items():
            with suppress(NotFound, StoreError):
                self.edited_prompt = self._chat.messages.message(conversation_id, prompt_id)
                self.attachments.learn(conversation_id, draft.attachments)
                return draft
        if self.draft is not None:
            self.attachments.learn(conversation_id, self.draft.attachments)
        return self.draft

    async def load_rest(self) -> None:
        """Read all of a conversation of which only the tail is there."""
        conversation_id = self.open.id
        try:
            await self._chat.messages.load(conversation_id)
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
        if begun is not None:
            self.attachments.learn(self.open.id, begun.attachments)
            return begun.text
        parts = prompt.parts if prompt.role is Role.USER else ()
        self._text_to_edit = self.attachments.type_again(prompt.text, parts)
        return self._text_to_edit

    def cancel_edit(self) -> None:
        if self.edited_prompt is not None:
            self._chat.drafts.save_edit(self.open.id, self.edited_prompt.id, "")
            self.edited_prompt = None

    def save_draft(self, text: str, cursor: tuple[int, int]) -> None:
        """Keep what is typed for the open conversation, or for the prompt that is being edited.

        A prompt that still waits to be sent is kept before it.
        """
        self.attached = self.attachments.marked_in(text, self.open.id)
        held = self.held
        if held is not None and held.conversation.id == self.open.id:
            text = f"{held.text}\n{text}" if text else held.text
        attached = self.attachments.marked_in(text, self.open.id)
        if self.edited_prompt is None:
            self._chat.drafts.save(self.open.id, text, cursor, attached)
        else:
            unchanged = (self.edited_prompt.text, self._text_to_edit)
            changed = "" if text in unchanged else text
            self._chat.drafts.save_edit(
                self.open.id, self.edited_prompt.id, changed, cursor, attached
            )

    @property
    def saved_position(self) -> ReadingPosition | None:
        """Where the open conversation was left when it was last read."""
        bookmark = self._chat.bookmarks.get(self.open.id) if self.open.leaf_id else None
        if bookmark is None:
            return None
        from fakegpt_tui.ui.widgets.transcript.line_ids import ReadingPosition  # noqa: PLC0415 - with messages

        return ReadingPosition.from_bookmark(bookmark)

    def save_position(self, position: ReadingPosition | None) -> None:
        """Remember where the open conversation is read; `None` while nothing of it is shown."""
        if position is not None:
            self._chat.bookmarks.put(self.open.id, position.to_bookmark(self.open.id))

    def record_finished(self, reply: ChatMessage) -> bool:
        """Take note of a reply that has ended; is it in the open conversation?"""
        conversation_id = reply.conversation_id
        if reply.status in FAILED_STATUSES:
            self._chat.failed_replies.add(conversation_id, reply.id)
        if conversation_id == self.open.id:
            return True
        self._chat.conversations.set_unread(conversation_id, unread=True)
        return False

    def switch_variant(self, message_id: str, step: int) -> None:
        """Show another variant of a message, where there is one."""
        self.variant = self._chat.messages.step_variant(self.open.id, message_id, step)

    def reload(self) -> bool:
        """Take the open conversation as it is now; one that is gone gives way to a new one.

        Returns:
            Whether it is still there.
        """
        with suppress(NotFound):
            self.open = self._chat.conversations.get(self.open.id)
            if self.open.trashed_at is None:
                return True
        self.start(self._chat.conversations.create())
        return False

    def title(self, conversation_id: str) -> str:
        """The title of a conversation; empty where it is gone."""
        with suppress(NotFound):
            return self._chat.conversations.get(conversation_id).title
        return ""

    def neighbour(self, ids: Sequence[str], step: int) -> str | None:
        """The conversation of `ids` that is `step` places below the open one.

        From a new one that is the first or the last.
        """
        if self.open.id in ids:
            place = ids.index(self.open.id) + step
        else:
            place = 0 if step > 0 else len(ids) - 1
        return ids[place] if 0 <= place < len(ids) else None

    def first_unread(self) -> str | None:
        """The first conversation that has something new to read."""
        unread = {each.id for each in self._chat.conversations.all() if each.unread}
        return next((row.id for row in self.rows if row.id in unread), None)
