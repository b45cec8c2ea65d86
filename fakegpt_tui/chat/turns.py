"""Turns: making them, and following up when they end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fakegpt_tui.backends.base import Purpose
from fakegpt_tui.backends.token_estimate import estimate_tokens
from fakegpt_tui.chat import request_builder
from fakegpt_tui.chat.pending_writes import PendingWrites, reply_key
from fakegpt_tui.chat.queue import ConcurrencyLimiter, PromptQueue
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    MessageStatus,
    ModelRef,
    NotFound,
    PictureRefused,
    QueuedPrompt,
    RequestRefused,
    Role,
    StillReplying,
)
from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.domain.parts import attached_parts, has_pictures
from fakegpt_tui.text import replace_surrogates, safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.active_turns import ActiveTurns
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.message_trees import MessageTrees
    from fakegpt_tui.chat.pending_writes import Stores
    from fakegpt_tui.chat.services import Services
    from fakegpt_tui.chat.spending import Spending
    from fakegpt_tui.domain.parts import Part

MAX_PARALLEL_MODELS: Final = 4


@dataclass(frozen=True, slots=True)
class _TurnOrigin:
    """What a turn was made from, so that it can be rolled back."""

    before: Conversation
    was_new: bool
    queued: QueuedPrompt | None


class Turns:
    """Creates turns, and follows up when they end.

    A conversation has one active turn at most, or several that reply to one prompt in parallel.
    The caller runs a turn: it enters the turn, calls `end` when it has left it, and then runs what
    `next_queued` returns. Methods that create a turn raise `StillReplying` where one is active, and
    `NotFound` where there is no such conversation, chat message or service.
    """

    def __init__(
        self,
        stores: Stores,
        writes: PendingWrites,
        *,
        index: ConversationIndex,
        trees: MessageTrees,
        queue: PromptQueue,
        active: ActiveTurns,
        services: Services,
        limit: int,
        on_end: Callable[[Turn], None],
        spending: Callable[[], Spending | None],
        max_blob_bytes: int = 0,
    ) -> None:
        """`active` is filled here; at most `limit` turns run at once.

        Beyond `max_blob_bytes` no picture of a model is kept, unless it is 0.

        `spending` knows whether a budget would be passed; `None` where there is none.

        `on_end` is called with each turn that has ended.
        """
        self._stores = stores
        self._writes = writes
        self._index = index
        self._trees = trees
        self._queue = queue
        self._active = active
        self._services = services
        self._on_end = on_end
        self._spending = spending
        self._max_blob_bytes = max_blob_bytes
        self._limiter = ConcurrencyLimiter(limit)
        self._origins: dict[str, _TurnOrigin] = {}
        self._ended: dict[str, str] = {}
        self._parallel: set[str] = set()

    def set_limit(self, limit: int) -> None:
        """Change how many turns run at once; active turns go on."""
        self._limiter.set_limit(limit)

    def ask(
        self, conversation: Conversation, text: str, *, parts: Sequence[Part] = ()
    ) -> Turn | QueuedPrompt:
        """A turn for a new prompt, or the queued prompt where a turn is active.

        `parts` lay out its text among pictures and files, whose bytes the store must have.
        """
        if conversation.id in self._active:
            return self._queue.add(conversation.id, text, parts)
        return self.new(conversation, text, parts=parts)

    def new(self, conversation: Conversation, text: str, *, parts: Sequence[Part] = ()) -> Turn:
        """A turn for a new prompt at the end of the shown path."""
        return self.new_parallel(conversation, text, (), parts=parts)[0]

    def new_parallel(
        self,
        conversation: Conversation,
        text: str,
        models: Sequence[ModelRef],
        *,
        parts: Sequence[Part] = (),
    ) -> tuple[Turn, ...]:
        """A turn per model, all of them for one new prompt at the end of the shown path."""
        models = self._with_default_models(models)
        if self._index.find(conversation.id) is None:
            self._index.put_unsaved(conversation)
        shown = self._index.get(conversation.id).leaf_id
        current = self._index.current(conversation.id)
        text = replace_surrogates(text)
        prompt = request_builder.new_prompt(current, text, shown, parts=parts)
        return self._begin(current, prompt, models=models, is_typed=True)

    def edit(
        self,
        conversation_id: str,
        prompt_id: str,
        text: str,
        *,
        parts: Sequence[Part] | None = None,
    ) -> Turn:
        """A turn for a new variant of a prompt; without `parts`, with what the prompt had."""
        earlier = self._trees.message(conversation_id, prompt_id)
        if earlier.role is not Role.USER:
            raise NotFound("There is no prompt here that could be edited.")
        current = self._index.current(conversation_id)
        kept = attached_parts(earlier.parts) if parts is None else parts
        text = replace_surrogates(text)
        prompt = request_builder.new_prompt(current, text, earlier.parent_id, parts=kept)
        return self._begin(current, prompt, is_typed=True)[0]

    def regenerate(self, conversation_id: str, message_id: str) -> Turn:
        """A turn for another variant of a reply, or of the replies to a prompt."""
        return self.regenerate_parallel(conversation_id, message_id, ())[0]

    def regenerate_parallel(
        self, conversation_id: str, message_id: str, models: Sequence[ModelRef]
    ) -> tuple[Turn, ...]:
        """A turn per model, each for another variant of a reply, or of the replies to a prompt."""
        models = self._with_default_models(models)
        prompt = self._prompt_of(conversation_id, message_id)
        current = self._index.current(conversation_id)
        purpose = request_builder.reply_purpose(self._trees.of(conversation_id), prompt)
        return self._begin(current, prompt, purpose, models=models)

    def continue_reply(self, conversation_id: str, reply_id: str) -> Turn:
        """A turn that continues a reply, as a variant that begins with its text."""
        reply = self._trees.message(conversation_id, reply_id)
        prompt = self._prompt_of(conversation_id, reply_id)
        if prompt is reply:
            raise NotFound("There is no reply here that could be continued.")
        if not reply.text:
            return self.regenerate(conversation_id, reply_id)
        current = self._index.current(conversation_id)
        return self._begin(current, prompt, Purpose.CONTINUE, continued=reply)[0]

    def next_queued(self, conversation_id: str) -> Turn | None:
        """The turn of the first queued prompt that can be sent now."""
        if conversation_id in self._active:
            return None
        after = self._ended.pop(conversation_id, None)
        conversation = self._index.find(conversation_id)
        prompt = self._queue.next(conversation_id)
        if conversation is None or conversation.trashed_at is not None or prompt is None:
            return None
        return self._begin_queued(prompt, after)

    def send_queued(self, prompt_id: str) -> Turn | None:
        """Release a held prompt: its turn, or `None` where it follows the active turn.

        Raises:
            NotFound: It was sent or withdrawn.
        """
        prompt = self._queue.release(prompt_id)
        self._index.get(prompt.conversation_id)
        return None if prompt.conversation_id in self._active else self._begin_queued(prompt, None)

    def end(self, turn: Turn) -> None:
        """Follow up on a turn that was left: save its title and ids, or roll it back."""
        conversation_id = turn.conversation.id
        origin = self._origins.pop(turn.reply.id, None)
        is_deleted = self._index.find(conversation_id) is None
        if is_deleted:
            self._writes.discard(reply_key(turn.reply))
        elif turn.is_saved:
            self._save_outcome(turn)
        self._active.remove(turn)
        self._parallel.discard(turn.reply_id)
        if origin is not None and not (turn.is_saved or is_deleted):
            self._roll_back(turn, origin)
        self._writes.retry()
        self._on_end(turn)

    def _begin(
        self,
        current: Conversation,
        prompt: ChatMessage,
        purpose: Purpose = Purpose.NEXT,
        *,
        models: Sequence[ModelRef] = (),
        continued: ChatMessage | None = None,
        is_typed: bool = False,
        queued: QueuedPrompt | None = None,
    ) -> tuple[Turn, ...]:
        """A turn for each of `models`, or one with the model of the conversation.

        The first turn adds the prompt where that is new, and its reply is shown.
        """
        if current.id in self._active:
            raise StillReplying("A reply is under way in this conversation; stop it first.")
        tree = self._trees.of(current.id)
        is_new_prompt = tree.get(prompt.id) is None
        path = tree.path(prompt.parent_id)
        variants = request_builder.per_model(current, models)
        if queued is None:
            self._check_budget(variants, (*path, prompt), may_repeat=True)
        store = self._stores.of(current.id)
        replies = [
            request_builder.new_reply(each, prompt, continued=continued) for each in variants
        ]
        begun: dict[str, Any] = {
            "title": current.title or request_builder.prompt_title(prompt),
            "leaf_id": replies[0].id,
            "updated_at": replies[0].created_at,
        }
        header = replace(current, **begun)
        before = replace(current, leaf_id=self._index.get(current.id).leaf_id)
        origin = _TurnOrigin(before, self._index.is_new(current.id), queued)
        self._ended.pop(current.id, None)
        self._trees.remember_shown_path(current.id)
        tree.put(prompt)
        turns = tuple(
            Turn(
                store,
                self._writes,
                self._limiter,
                partial(self._services.backend, each.service),
                conversation=replace(each, **begun) if models else header,
                prompt=prompt,
                reply=reply,
                request=request_builder.build_request(
                    each,
                    path,
                    prompt,
                    purpose,
                    continued=continued,
                    read_blob=store.read_blob,
                    sees=not self._services.is_blind(ModelRef(each.service, each.model)),
                ),
                add_messages=partial(self._add_messages, header, queued),
                is_new_prompt=is_new_prompt and reply is replies[0],
                draft_text=prompt.text if is_typed and reply is replies[0] else "",
                draft_parts=prompt.parts if is_typed and reply is replies[0] else (),
                max_blob_bytes=self._max_blob_bytes,
            )
            for each, reply in zip(variants, replies, strict=True)
        )
        for turn in turns:
            self._origins[turn.reply_id] = origin
            tree.put(turn.reply)
            self._active.add(turn)
        if len(turns) > 1:
            self._parallel |= {turn.reply_id for turn in turns}
        self._index.put(header)
        return turns

    def _add_messages(
        self, begun: Conversation, queued: QueuedPrompt | None, messages: Sequence[ChatMessage]
    ) -> Future[None]:
        """Save the messages of a turn with the latest header; the prompt leaves the queue."""
        header = self._index.find(begun.id) or begun
        added = self._stores.of(begun.id).add_turn(header, *messages)
        if queued is not None:
            self._queue.save(queued.conversation_id)
        return added

    def _begin_queued(self, prompt: QueuedPrompt, after: str | None) -> Turn:
        """A turn for a queued prompt, below the reply `after` or at the end of the shown path."""
        shown = self._index.get(prompt.conversation_id).leaf_id
        current = self._index.current(prompt.conversation_id)
        followed = self._trees.of(current.id).get(after)
        parent_id = shown if followed is None or followed.trashed_at else followed.id
        message = request_builder.new_prompt(
            current, prompt.text, parent_id, prompt.id, parts=prompt.parts
        )
        try:
            self._require_sight(current, prompt)
            self._check_budget([current], (*self._trees.of(current.id).path(parent_id), message))
        except RequestRefused:
            self._queue.hold(current.id)
            raise
        self._queue.take(prompt.id)
        return self._begin(current, message, queued=prompt)[0]

    def _require_sight(self, current: Conversation, prompt: QueuedPrompt) -> None:
        """Refuse pictures for a model that is known to take none; there is no one to ask now.

        Raises:
            PictureRefused: There are some.
        """
        model = ModelRef(current.service, current.model)
        if prompt.parts and has_pictures(prompt.parts) and self._services.is_blind(model):
            raise PictureRefused(
                f"{safe_line(str(model), 80)} takes no pictures, so a queued prompt waits. Choose "
                "another model and send it with /send, or take it back with /queue and send it "
                "without the picture, or with words in its place."
            )

    def _check_budget(
        self,
        asked: Sequence[Conversation],
        path: Sequence[ChatMessage],
        *,
        may_repeat: bool = False,
    ) -> None:
        """Refuse what would pass the budget.

        Raises:
            OverBudget: It would.
        """

        def tokens() -> int:
            return sum(estimate_tokens(each.text) for each in path)

        if (spending := self._spending()) is not None:
            spending.check(asked, tokens, may_repeat=may_repeat)

    def _save_outcome(self, turn: Turn) -> None:
        conversation_id, reply = turn.conversation.id, turn.reply
        self._trees.put(turn.prompt, reply_key(reply))
        self._trees.put(reply, reply_key(reply))
        known = self._index.get(conversation_id)
        if turn.reply_id in self._parallel and turn.reply_id != known.leaf_id:
            return
        is_other_id = turn.server_id != turn.conversation.server_id
        if is_other_id and turn.conversation.service == known.service:
            self._index.update(
                conversation_id, lambda each: replace(each, server_id=turn.server_id)
            )
        self._index.suggest_title(conversation_id, turn.suggested_title)
        if reply.status is not MessageStatus.COMPLETE:
            self._queue.hold(conversation_id)
        elif turn.reply_id not in self._parallel:
            self._ended[conversation_id] = reply.id

    def _roll_back(self, turn: Turn, origin: _TurnOrigin) -> None:
        """Restore a conversation as it was before a turn whose prompt could not be saved."""
        self._trees.remove(turn.reply)
        if turn.is_new_prompt:
            self._trees.remove(turn.prompt)
        before = origin.before
        self._index.roll_back(before, is_new=origin.was_new)
        if origin.queued is not None:
            self._queue.requeue(origin.queued)
        self._queue.hold(before.id)

    def _with_default_models(self, models: Sequence[ModelRef]) -> list[ModelRef]:
        """The models, each that has no name replaced by the default model of its service."""
        return [
            ModelRef(each.service, each.model or self._services.get(each.service).model)
            for each in models
        ]

    def _prompt_of(self, conversation_id: str, message_id: str) -> ChatMessage:
        """The prompt that a chat message is, or that it replies to."""
        message = self._trees.message(conversation_id, message_id)
        if message.role is not Role.USER and message.parent_id is not None:
            message = self._trees.message(conversation_id, message.parent_id)
        if message.role is not Role.USER:
            raise NotFound("There is no prompt here that could be asked again.")
        return message
