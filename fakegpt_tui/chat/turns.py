"""Turns: making them, for a prompt that was typed or queued, and for one that is asked again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fakegpt_tui.backends.base import Purpose
from fakegpt_tui.backends.token_estimate import estimate_tokens
from fakegpt_tui.chat import request_builder
from fakegpt_tui.chat.pending_writes import PendingWrites
from fakegpt_tui.chat.queue import ConcurrencyLimiter, PromptQueue
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.chat.turn_outcomes import TurnOrigin, TurnOutcomes
from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    ModelRef,
    NotFound,
    QueuedPrompt,
    RequestRefused,
    Role,
)
from fakegpt_tui.domain.parts import attached_parts

if TYPE_CHECKING:
    from fakegpt_tui.chat.active_turns import ActiveTurns
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.message_trees import MessageTrees
    from fakegpt_tui.chat.pending_writes import Stores
    from fakegpt_tui.chat.services import Services
    from fakegpt_tui.chat.spending import Spending
    from fakegpt_tui.domain.parts import Part

MAX_PARALLEL_MODELS: Final = 4


class Turns(TurnOutcomes):
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
        spending: Callable[[], Spending],
        may_have_budget: Callable[[], bool],
        max_blob_bytes: int = 0,
    ) -> None:
        """`active` is filled here; at most `limit` turns run at once.

        Beyond `max_blob_bytes` no picture of a model is kept, unless it is 0.
        """
        super().__init__(
            writes,
            index=index,
            trees=trees,
            queue=queue,
            active=active,
            services=services,
            spending=spending,
        )
        self._stores = stores
        self._may_have_budget = may_have_budget
        self._max_blob_bytes = max_blob_bytes
        self._limiter = ConcurrencyLimiter(limit)

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
        models = request_builder.name_models(models, self._services.get)
        if self._index.find(conversation.id) is None:
            self._index.put_unsaved(conversation)
        shown = self._index.get(conversation.id).leaf_id
        current = self._index.current(conversation.id)
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
        prompt = request_builder.new_prompt(current, text, earlier.parent_id, parts=kept)
        return self._begin(current, prompt, is_typed=True)[0]

    def regenerate(self, conversation_id: str, message_id: str) -> Turn:
        """A turn for another variant of a reply, or of the replies to a prompt."""
        return self.regenerate_parallel(conversation_id, message_id, ())[0]

    def regenerate_parallel(
        self, conversation_id: str, message_id: str, models: Sequence[ModelRef]
    ) -> tuple[Turn, ...]:
        """A turn per model, each for another variant of a reply, or of the replies to a prompt."""
        models = request_builder.name_models(models, self._services.get)
        prompt = self._trees.prompt_of(conversation_id, message_id)
        current = self._index.current(conversation_id)
        purpose = request_builder.reply_purpose(self._trees.of(conversation_id), prompt)
        return self._begin(current, prompt, purpose, models=models)

    def continue_reply(self, conversation_id: str, reply_id: str) -> Turn:
        """A turn that continues a reply, as a variant that begins with its text."""
        reply = self._trees.message(conversation_id, reply_id)
        prompt = self._trees.prompt_of(conversation_id, reply_id)
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
        self._trees.check_idle(current.id)
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
        is_new = self._index.is_new(current.id)
        origin = TurnOrigin(before, is_new, queued, is_parallel=len(replies) > 1)
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
                is_typed=is_typed and reply is replies[0],
                max_blob_bytes=self._max_blob_bytes,
            )
            for each, reply in zip(variants, replies, strict=True)
        )
        for turn in turns:
            self._origins[turn.reply_id] = origin
            tree.put(turn.reply)
            self._active.add(turn)
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
            if prompt.parts:
                from fakegpt_tui.chat.attachments import require_known_sight  # noqa: PLC0415 - few have

                require_known_sight(
                    self._services, ModelRef(current.service, current.model), prompt.parts
                )
            self._check_budget([current], (*self._trees.of(current.id).path(parent_id), message))
        except RequestRefused:
            self._queue.hold(current.id)
            raise
        self._queue.take(prompt.id)
        return self._begin(current, message, queued=prompt)[0]

    def _check_budget(
        self,
        asked: Sequence[Conversation],
        path: Sequence[ChatMessage],
        *,
        may_repeat: bool = False,
    ) -> None:
        """Refuse what would pass the budget, with `OverBudget`."""
        if self._may_have_budget():
            self._spending().check(
                asked,
                lambda: sum(estimate_tokens(each.text) for each in path),
                may_repeat=may_repeat,
            )
