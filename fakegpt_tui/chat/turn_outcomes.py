"""Turn outcomes: what follows when a turn ends, well or not, or could not be saved."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from fakegpt_tui.chat.pending_writes import PendingWrites, reply_key
from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    MessageStatus,
    ModelRef,
    PictureRefused,
    QueuedPrompt,
    ServiceKind,
    StoreError,
)
from fakegpt_tui.fast_import import dataclass

if TYPE_CHECKING:
    from fakegpt_tui.chat.active_turns import ActiveTurns
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.message_trees import MessageTrees
    from fakegpt_tui.chat.queue import PromptQueue
    from fakegpt_tui.chat.services import Services
    from fakegpt_tui.chat.spending import Spending
    from fakegpt_tui.chat.turn import Turn


@dataclass(frozen=True, slots=True)
class TurnOrigin:
    """What a turn was made from, so that it can be rolled back."""

    before: Conversation
    was_new: bool
    queued: QueuedPrompt | None
    is_parallel: bool
    """Do several turns reply to the same prompt?"""


class TurnOutcomes:
    """Follows up on turns when they end."""

    def __init__(
        self,
        writes: PendingWrites,
        *,
        index: ConversationIndex,
        trees: MessageTrees,
        queue: PromptQueue,
        active: ActiveTurns,
        services: Services,
        spending: Callable[[], Spending],
    ) -> None:
        self._writes = writes
        self._index = index
        self._trees = trees
        self._queue = queue
        self._active = active
        self._services = services
        self._spending = spending
        self._origins: dict[str, TurnOrigin] = {}
        """Those of active turns, by the ids of the replies."""
        self._ended: dict[str, str] = {}
        """The replies that queued prompts follow, by conversation."""

    def end(self, turn: Turn) -> None:
        """Follow up on a turn that was left: save its title and ids, or roll it back."""
        origin = self._origins.pop(turn.reply_id, None)
        is_deleted = self._index.find(turn.conversation.id) is None
        if is_deleted:
            self._writes.discard(reply_key(turn.reply))
        elif turn.is_saved:
            self._save(turn, is_parallel=origin is not None and origin.is_parallel)
        self._active.remove(turn)
        if origin is not None and not (turn.is_saved or is_deleted):
            self._roll_back(turn, origin)
        self._writes.retry()
        self._record(turn)

    def _save(self, turn: Turn, *, is_parallel: bool) -> None:
        conversation_id, reply = turn.conversation.id, turn.reply
        self._trees.put(turn.prompt, reply_key(reply))
        self._trees.put(reply, reply_key(reply))
        known = self._index.get(conversation_id)
        if is_parallel and turn.reply_id != known.leaf_id:
            return
        is_other_id = turn.server_id != turn.conversation.server_id
        if is_other_id and turn.conversation.service == known.service:
            self._index.update(
                conversation_id, lambda each: replace(each, server_id=turn.server_id)
            )
        self._index.suggest_title(conversation_id, turn.suggested_title)
        if reply.status is not MessageStatus.COMPLETE:
            self._queue.hold(conversation_id)
        elif not is_parallel:
            self._ended[conversation_id] = reply.id

    def _roll_back(self, turn: Turn, origin: TurnOrigin) -> None:
        """Restore a conversation as it was before a turn whose prompt could not be saved."""
        self._trees.remove(turn.reply)
        if turn.is_new_prompt:
            self._trees.remove(turn.prompt)
        before = origin.before
        self._index.roll_back(before, is_new=origin.was_new)
        if origin.queued is not None:
            self._queue.requeue(origin.queued)
        self._queue.hold(before.id)

    def _record(self, turn: Turn) -> None:
        """Record what an ended turn tells about its service."""
        reply = turn.reply
        if turn.error is not None or reply.status is MessageStatus.COMPLETE:
            self._services.record_outcome(reply.service, turn.error)
        if isinstance(turn.error, PictureRefused):
            self._services.record_blind(ModelRef(reply.service, reply.model))
        if self._index.is_temporary(turn.conversation.id):
            self._record_temporary(reply)

    def _record_temporary(self, reply: ChatMessage) -> None:
        """Record what a reply used that is nowhere on disk, without what was said."""
        if self._services.get(reply.service).kind is not ServiceKind.EMBEDDED:
            with suppress(StoreError):  # such a conversation goes on without a store
                self._spending().record_temporary(reply)
