"""Compaction: a summary on the path that stands for the messages above it, visible and undoable."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Final

from fakegpt_tui.backends.token_estimate import estimate_tokens
from fakegpt_tui.chat.side_requests import SideReply, SideRequest, SideRequests
from fakegpt_tui.domain import (
    ChatMessage,
    MessageStatus,
    NotFound,
    PromptTooLong,
    Role,
    StillReplying,
    Unsupported,
    Usage,
    new_id,
    now,
)
from fakegpt_tui.text import replace_surrogates

if TYPE_CHECKING:
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.message_trees import MessageTrees
    from fakegpt_tui.chat.services import Services
    from fakegpt_tui.domain import Conversation

_KEPT_TURNS: Final = 2
_KEPT_SHARE: Final = 0.15
_LONGEST: Final = 2_000
"""Tokens of a summary."""

_INSTRUCTIONS: Final = (
    "You write the record of a conversation, which will stand in its place. Write in the language"
    " of the conversation, about the past, and as short as that allows. Keep what was wanted and"
    " wished, word for word where the wording matters; decisions with their reasons; names,"
    " numbers, paths and code that are needed later; what was tried and failed; open questions;"
    " and the next step. Add nothing new, give no advice, and answer nothing."
)
_ASKED: Final = "Write the record of this conversation:"
_SO_FAR: Final = "Record so far"
_SPEAKERS: Final = {Role.USER: "User", Role.ASSISTANT: "Assistant", Role.SYSTEM: _SO_FAR}
_LEAST_PIECE: Final = 200
"""Tokens; a model that does not take so many cannot make a summary."""


class Compactions:
    """Adds, edits and removes summaries. A failure changes nothing."""

    def __init__(
        self,
        index: ConversationIndex,
        trees: MessageTrees,
        services: Services,
        requests: SideRequests,
    ) -> None:
        self._index = index
        self._trees = trees
        self._services = services
        self._requests = requests

    async def compact(self, conversation_id: str) -> ChatMessage:
        """Put a summary at the end of the shown path; the last turns go along word for word.

        Raises:
            NotFound: There is too little to summarise.
            Unsupported: The service is not sent the messages.
            StillReplying: A reply is under way, or the conversation went on meanwhile.
            FakeGPTError: The service failed, or did not finish the summary.
        """
        conversation = self._index.current(conversation_id)
        if not self._services.get(conversation.service).kind.is_api:
            raise Unsupported("This service keeps its history itself, so a summary would not help.")
        self._trees.check_idle(conversation_id)
        path = self._trees.of(conversation_id).path(self._index.get(conversation_id).leaf_id)
        covered = self._covered(conversation, path)
        if covered == 0:
            raise NotFound("There is too little here for a summary.")
        reply = await self._summarise(conversation, _transcript(path, covered))
        self._trees.check_idle(conversation_id)
        if self._index.get(conversation_id).leaf_id != path[-1].id:
            raise StillReplying("The conversation went on meanwhile, so no summary was added.")
        summary = ChatMessage(
            id=new_id(),
            conversation_id=conversation_id,
            parent_id=path[-1].id,
            role=Role.SYSTEM,
            text=replace_surrogates(reply.text),
            status=MessageStatus.COMPLETE,
            created_at=now(),
            service=conversation.service,
            model=conversation.model,
            usage=reply.usage,
            summarizes=covered,
        )
        self._trees.add_leaf(summary, "A summary was", "added")
        return summary

    async def _summarise(self, conversation: Conversation, entries: Sequence[str]) -> SideReply:
        """A record of `entries`: piece by piece, where the model does not take all at once."""
        window = self._window(conversation)
        longest = min(_LONGEST, window // 4) if window else _LONGEST
        # Beside a piece stand the instructions and the record of those before it.
        room = window * 4 // 5 - 2 * longest if window else sys.maxsize
        record, usage, rest = "", list[Usage | None](), [*entries]
        while rest:
            piece, left = _take(rest, room)
            so_far = f"{_SO_FAR}: {record}\n\n" if record else ""
            request = SideRequest(
                conversation_id=conversation.id,
                service=conversation.service,
                model=conversation.model,
                purpose="summary",
                instructions=_INSTRUCTIONS,
                text=f"{_ASKED}\n\n{so_far}{piece}",
                max_tokens=longest,
            )
            try:
                reply = await self._requests.ask(request)
            except PromptTooLong:
                room = estimate_tokens(piece) // 2
                if room < _LEAST_PIECE:
                    raise
                continue
            record, rest = reply.text, left
            usage.append(reply.usage)
        return SideReply(record, _sum(usage))

    def edit(self, conversation_id: str, summary_id: str, text: str) -> None:
        """Change the text of a summary; nothing removes it, and what it stands for is sent again.

        Raises:
            NotFound: There is no such summary.
        """
        summary = self._trees.message(conversation_id, summary_id)
        if not summary.summarizes:
            raise NotFound("This is no summary.")
        text = replace_surrogates(text).strip()
        changed = replace(summary, text=text, summarizes=summary.summarizes if text else 0)
        self._trees.change_message(changed, "A summary was", "changed" if text else "removed")

    def _covered(self, conversation: Conversation, path: Sequence[ChatMessage]) -> int:
        """How many messages from the beginning a summary may stand for."""
        window = self._window(conversation)
        starts = [at for at, message in enumerate(path) if message.role is Role.USER]
        kept, end = 0, len(path)
        for turn, start in enumerate(reversed(starts), 1):
            kept += sum(estimate_tokens(message.text) for message in path[start:end])
            end = start
            if turn >= _KEPT_TURNS and kept >= window * _KEPT_SHARE:
                return start if any(each.text for each in path[:start]) else 0
        return 0

    def _window(self, conversation: Conversation) -> int:
        """The tokens that the model takes, or 0 where that is unknown."""
        return self._services.window(conversation.service, conversation.model) or 0


def _transcript(path: Sequence[ChatMessage], covered: int) -> list[str]:
    """The first messages of a path as texts; of what an earlier summary stands for, that alone."""
    earlier = [each for each in path if 0 < each.summarizes <= covered]
    first = earlier[-1].summarizes if earlier else 0
    told = [*earlier[-1:], *(each for each in path[first:covered] if not each.summarizes)]
    return [f"{_SPEAKERS[each.role]}: {each.text}" for each in told if each.text]


def _take(entries: Sequence[str], room: int) -> tuple[str, list[str]]:
    """As many entries as about `room` tokens, and those that are left; a longer one is cut."""
    taken, tokens = 0, 0
    for entry in entries:
        tokens += estimate_tokens(entry)
        if tokens > room:
            break
        taken += 1
    if taken:
        return "\n\n".join(entries[:taken]), [*entries[taken:]]
    first = entries[0]
    cut = max(1, len(first) * room // estimate_tokens(first))
    return first[:cut], [first[cut:], *entries[1:]]


def _sum(usages: Sequence[Usage | None]) -> Usage | None:
    """The usage of all requests; unknown where one of them tells nothing."""
    known = [each for each in usages if each is not None]
    if not known or len(known) < len(usages):
        return None
    return reduce(add, known)
