"""Turns: making them, and following up when they end."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from fakegpt_tui.backends.base import Backend, Purpose
from fakegpt_tui.chat import request_builder
from fakegpt_tui.chat.active_turns import ActiveTurns
from fakegpt_tui.chat.conversation_index import ConversationIndex
from fakegpt_tui.chat.limiter import ConcurrencyLimiter
from fakegpt_tui.chat.message_trees import MessageTrees
from fakegpt_tui.chat.pending_writes import PendingWrites, TurnWriteStore, reply_key
from fakegpt_tui.chat.queue import PromptQueue
from fakegpt_tui.chat.store_interface import TurnStore
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    MessageStatus,
    ModelRef,
    NotFound,
    QueuedPrompt,
    Role,
    StillReplying,
)
from fakegpt_tui.text import replace_surrogates, safe_line

TITLE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class _TurnOrigin:
    """What a turn was made from, in case that it has to be taken back."""

    before: Conversation
    was_new: bool
    queued: QueuedPrompt | None


class Turns:
    """One turn in each conversation at most, or those that answer one prompt side by side.

    Whoever is given a turn must enter and `end` it.
    """

    def __init__(
        self,
        store: TurnStore,
        saving: PendingWrites,
        *,
        headers: ConversationIndex,
        trees: MessageTrees,
        queue: PromptQueue,
        running: ActiveTurns,
        backend: Callable[[str], Awaitable[Backend]],
        limit: int,
    ) -> None:
        """`running` is filled here, and read by others; `limit` turns run at once."""
        self._store = store
        self._saving = saving
        self._headers = headers
        self._trees = trees
        self._queue = queue
        self._running = running
        self._backend = backend
        self._schedule = ConcurrencyLimiter(limit)
        self._origins: dict[str, _TurnOrigin] = {}
        self._ended: dict[str, str] = {}
        self._parallel: set[str] = set()

    def set_limit(self, limit: int) -> None:
        """Let so many turns run at once from now on."""
        self._schedule.set_limit(limit)

    def new(self, conversation: Conversation, text: str) -> Turn:
        """Ask `text` at the end of the shown path."""
        if self._headers.find(conversation.id) is None:
            self._headers.put_unsaved(conversation)
        shown = self._headers.get(conversation.id).leaf_id
        current = self._headers.current(conversation.id)
        prompt = request_builder.new_prompt(current, replace_surrogates(text), shown)
        return self._begin(current, prompt, typed=prompt.text)

    def new_parallel(
        self, conversation: Conversation, text: str, answerers: Sequence[ModelRef]
    ) -> tuple[Turn, ...]:
        """Ask `text` at the end of the shown path, of several at once."""
        if self._headers.find(conversation.id) is None:
            self._headers.put_unsaved(conversation)
        shown = self._headers.get(conversation.id).leaf_id
        current = self._headers.current(conversation.id)
        prompt = request_builder.new_prompt(current, replace_surrogates(text), shown)
        askers = request_builder.per_model(current, answerers)
        return self._begin_all(current, askers, prompt, typed=prompt.text)

    def regenerate_parallel(
        self, conversation_id: str, message_id: str, answerers: Sequence[ModelRef]
    ) -> tuple[Turn, ...]:
        """Ask a prompt once more, of several at once."""
        prompt = self._prompt_of(conversation_id, message_id)
        current = self._headers.current(conversation_id)
        purpose = request_builder.reply_purpose(self._trees.of(conversation_id), prompt)
        return self._begin_all(
            current, request_builder.per_model(current, answerers), prompt, purpose
        )

    def edit(self, conversation_id: str, prompt_id: str, text: str) -> Turn:
        """Ask `text` in place of a prompt, which becomes a variant of it."""
        earlier = self._trees.message(conversation_id, prompt_id)
        if earlier.role is not Role.USER:
            raise NotFound("There is no prompt here that could be edited.")
        current = self._headers.current(conversation_id)
        prompt = request_builder.new_prompt(current, replace_surrogates(text), earlier.parent_id)
        return self._begin(current, prompt, typed=prompt.text)

    def regenerate(self, conversation_id: str, message_id: str) -> Turn:
        """Ask a prompt once more, for another variant of its reply."""
        prompt = self._prompt_of(conversation_id, message_id)
        purpose = request_builder.reply_purpose(self._trees.of(conversation_id), prompt)
        return self._begin(self._headers.current(conversation_id), prompt, purpose)

    def continue_reply(self, conversation_id: str, reply_id: str) -> Turn:
        """Let a reply go on where it stops, as a variant that begins with its text."""
        reply = self._trees.message(conversation_id, reply_id)
        prompt = self._prompt_of(conversation_id, reply_id)
        if prompt is reply:
            raise NotFound("There is no reply here that could be continued.")
        if not reply.text:
            return self.regenerate(conversation_id, reply_id)
        current = self._headers.current(conversation_id)
        return self._begin(current, prompt, Purpose.CONTINUE, continued=reply)

    def next_queued(self, conversation_id: str) -> Turn | None:
        """The turn of the first queued prompt that need not wait for anything."""
        if conversation_id in self._running:
            return None
        after = self._ended.pop(conversation_id, None)
        conversation = self._headers.find(conversation_id)
        prompt = self._queue.next(conversation_id)
        if conversation is None or conversation.trashed_at is not None or prompt is None:
            return None
        return self._begin_queued(prompt, after)

    def send_queued(self, prompt_id: str) -> Turn | None:
        """The turn of a queued prompt that a person wants to be sent, once that is possible."""
        prompt = self._queue.release(prompt_id)
        self._headers.get(prompt.conversation_id)
        return None if prompt.conversation_id in self._running else self._begin_queued(prompt, None)

    def end(self, turn: Turn) -> None:
        """Let go of a turn that was left, and keep what the service told beside the reply."""
        conversation_id = turn.conversation.id
        asked = self._origins.pop(turn.reply.id, None)
        is_gone = self._headers.find(conversation_id) is None
        if is_gone:
            self._saving.discard(reply_key(turn.reply))
        elif turn.is_saved:
            self._save_outcome(turn)
        self._running.remove(turn)
        self._parallel.discard(turn.reply_id)
        if asked is not None and not (turn.is_saved or is_gone):
            self._roll_back(turn, asked)
        self._saving.retry()

    def _begin(
        self,
        current: Conversation,
        prompt: ChatMessage,
        purpose: Purpose = Purpose.NEXT,
        *,
        continued: ChatMessage | None = None,
        typed: str = "",
        queued: QueuedPrompt | None = None,
    ) -> Turn:
        """A turn that asks `prompt`, which is new where its tree does not know it.

        Raises:
            StillReplying: A turn is under way in the conversation.
        """
        turns = self._begin_all(
            current, [current], prompt, purpose, continued=continued, typed=typed, queued=queued
        )
        return turns[0]

    def _begin_all(
        self,
        current: Conversation,
        askers: Sequence[Conversation],
        prompt: ChatMessage,
        purpose: Purpose = Purpose.NEXT,
        *,
        continued: ChatMessage | None = None,
        typed: str = "",
        queued: QueuedPrompt | None = None,
    ) -> tuple[Turn, ...]:
        """A turn for each of `askers`, which are `current` but for who answers.

        The first of them brings the prompt where that is new, and its reply is shown.
        """
        if current.id in self._running:
            raise StillReplying("A reply is under way in this conversation; stop it first.")
        tree = self._trees.of(current.id)
        is_new_prompt = tree.get(prompt.id) is None
        path = tree.path(prompt.parent_id)
        replies = [
            request_builder.new_reply(asker, prompt, continued=continued) for asker in askers
        ]
        title = current.title or first_line(prompt.text)
        leaf_id, updated_at = replies[0].id, replies[0].created_at

        def begun(each: Conversation) -> Conversation:
            return replace(each, title=title, leaf_id=leaf_id, updated_at=updated_at)

        before = replace(current, leaf_id=self._headers.get(current.id).leaf_id)
        asked = _TurnOrigin(before, self._headers.is_new(current.id), queued)
        self._ended.pop(current.id, None)
        self._trees.remember_shown_path(current.id)
        tree.put(prompt)
        turns = tuple(
            Turn(
                TurnWriteStore(
                    self._store, self._saving, self._latest, partial(self._on_prompt_added, queued)
                ),
                self._schedule,
                partial(self._backend, asker.service),
                conversation=begun(asker),
                prompt=prompt,
                reply=reply,
                request=request_builder.build_request(
                    asker, path, prompt, purpose, continued=continued
                ),
                is_new_prompt=is_new_prompt and reply is replies[0],
                typed=typed if reply is replies[0] else "",
            )
            for asker, reply in zip(askers, replies, strict=True)
        )
        for turn in turns:
            self._origins[turn.reply_id] = asked
            tree.put(turn.reply)
            self._running.add(turn)
        if len(turns) > 1:
            self._parallel |= {turn.reply_id for turn in turns}
        self._headers.put(begun(current))
        return turns

    def _begin_queued(self, prompt: QueuedPrompt, after: str | None) -> Turn:
        """Ask a queued prompt after a certain reply, or at the end of the shown path."""
        shown = self._headers.get(prompt.conversation_id).leaf_id
        current = self._headers.current(prompt.conversation_id)
        followed = self._trees.of(current.id).get(after)
        parent_id = shown if followed is None or followed.trashed_at else followed.id
        message = request_builder.new_prompt(current, prompt.text, parent_id, prompt.id)
        self._queue.take(prompt.id)
        return self._begin(current, message, queued=prompt)

    def _latest(self, conversation: Conversation) -> Conversation:
        return self._headers.find(conversation.id) or conversation

    def _on_prompt_added(self, queued: QueuedPrompt | None) -> None:
        """Let a prompt leave the queue on disk, now that it is in the tree."""
        if queued is not None:
            self._queue.save(queued.conversation_id)

    def _save_outcome(self, turn: Turn) -> None:
        conversation_id, reply = turn.conversation.id, turn.reply
        self._trees.put(turn.prompt, reply_key(reply))
        self._trees.put(reply, reply_key(reply))
        known = self._headers.get(conversation_id)
        if turn.reply_id in self._parallel and turn.reply_id != known.leaf_id:
            return
        was_located = turn.server_id != turn.conversation.server_id
        if was_located and turn.conversation.service == known.service:
            self._headers.update(
                conversation_id, lambda each: replace(each, server_id=turn.server_id)
            )
        self._headers.suggest_title(conversation_id, turn.suggested_title)
        if reply.status is not MessageStatus.COMPLETE:
            self._queue.hold(conversation_id)
        elif turn.reply_id not in self._parallel:
            self._ended[conversation_id] = reply.id

    def _roll_back(self, turn: Turn, asked: _TurnOrigin) -> None:
        """Make a conversation what it was before a turn whose prompt could not be saved."""
        self._trees.remove(turn.reply)
        if turn.is_new_prompt:
            self._trees.remove(turn.prompt)
        before = asked.before
        self._headers.roll_back(before, is_new=asked.was_new)
        if asked.queued is not None:
            self._queue.requeue(asked.queued)
        self._queue.hold(before.id)

    def _prompt_of(self, conversation_id: str, message_id: str) -> ChatMessage:
        """The prompt that a chat message is, or that it answers."""
        message = self._trees.message(conversation_id, message_id)
        if message.role is not Role.USER and message.parent_id is not None:
            message = self._trees.message(conversation_id, message.parent_id)
        if message.role is not Role.USER:
            raise NotFound("There is no prompt here that could be asked again.")
        return message


def first_line(text: str) -> str:
    """The first line of a prompt that says something, as a title."""
    lines = (safe_line(line, TITLE_LENGTH) for line in text.splitlines())
    return next((line for line in lines if line), "Untitled")
