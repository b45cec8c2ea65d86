"""Previews of requests: what would be sent next, and what came back last."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fakegpt_tui.backends.base import RequestPreviewer
from fakegpt_tui.chat import request_builder
from fakegpt_tui.domain import Conversation, ModelRef, NotFound, Role, Unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakegpt_tui.backends.base import ReplyRequest
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.message_trees import MessageTrees
    from fakegpt_tui.chat.pending_writes import Stores
    from fakegpt_tui.chat.services import Services
    from fakegpt_tui.domain import ChatMessage
    from fakegpt_tui.domain.exact_request import ExactRequest, LastAnswer
    from fakegpt_tui.domain.parts import Part


class RequestPreviews:
    """Shows requests without sending them; the list of models may be asked for."""

    def __init__(
        self, stores: Stores, index: ConversationIndex, trees: MessageTrees, services: Services
    ) -> None:
        self._stores = stores
        self._index = index
        self._trees = trees
        self._services = services

    async def next(
        self,
        conversation: Conversation,
        text: str,
        *,
        parts: Sequence[Part] = (),
        edited: ChatMessage | None = None,
    ) -> ExactRequest:
        """What would be sent for a new prompt, or in the place of the one that is `edited`.

        Without `text` and `parts` it is for the last prompt once more.

        Raises:
            NotFound: There is no prompt yet.
            FakeGPTError: The service cannot be used, or something cannot be sent.
        """
        backend = await self._previewer(conversation.service)
        return await backend.preview(self._request(conversation, text, parts, edited))

    async def last_answer(self, service: str) -> LastAnswer | None:
        """The beginning of the last answer of a service, in this run."""
        return (await self._previewer(service)).last_answer

    async def _previewer(self, service: str) -> RequestPreviewer:
        backend = await self._services.backend(service)
        if isinstance(backend, RequestPreviewer):
            return backend
        raise Unsupported("This service is asked without a request that could be shown.")

    def _request(
        self,
        conversation: Conversation,
        text: str,
        parts: Sequence[Part],
        edited: ChatMessage | None,
    ) -> ReplyRequest:
        read_blob = self._stores.of(conversation.id).read_blob
        is_known = self._index.find(conversation.id) is not None
        current = self._index.current(conversation.id) if is_known else conversation
        sees = not self._services.is_blind(ModelRef(current.service, current.model))
        build = partial(request_builder.build_request, read_blob=read_blob, sees=sees)
        if not is_known:
            prompt = request_builder.new_prompt(current, text, None, parts=parts)
            return build(current, (), prompt)
        tree = self._trees.of(current.id)
        shown = self._index.get(current.id).leaf_id
        if text.strip() or parts:
            above = shown if edited is None else edited.parent_id
            prompt = request_builder.new_prompt(current, text, above, parts=parts)
            path = tree.path(above)
            return build(current, path, prompt)
        path = tree.path(shown)
        prompts = [each for each in path if each.role is Role.USER]
        if not prompts:
            raise NotFound("There is no prompt yet whose request could be shown; type one first.")
        before = tree.path(prompts[-1].parent_id)
        return build(current, before, prompts[-1])
