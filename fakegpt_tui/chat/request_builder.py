"""Requests: prompts, empty replies and what a backend is sent, which can be shown before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from fakegpt_tui.backends.base import Purpose, RemoteParent, ReplyRequest, RequestPreviewer
from fakegpt_tui.chat.conversation_index import TITLE_LENGTH
from fakegpt_tui.domain import (
    ChatMessage,
    ContextMessage,
    Conversation,
    MessageStatus,
    ModelRef,
    NotFound,
    Role,
    Unsupported,
    new_id,
    now,
)
from fakegpt_tui.domain.parts import attached_parts, fit_parts
from fakegpt_tui.text import replace_surrogates, safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.message_trees import MessageTrees
    from fakegpt_tui.chat.pending_writes import Stores
    from fakegpt_tui.chat.services import Services
    from fakegpt_tui.domain import Service
    from fakegpt_tui.domain.exact_request import ExactRequest, LastAnswer
    from fakegpt_tui.domain.message_tree import MessageTree
    from fakegpt_tui.domain.parts import Part

_SUMMARY = "<record>\nWhat was said before, in short:\n\n{}\n</record>"


def new_prompt(
    conversation: Conversation,
    text: str,
    parent_id: str | None,
    prompt_id: str | None = None,
    *,
    parts: Sequence[Part] = (),
) -> ChatMessage:
    """A prompt; what `parts` do not say of its text comes after them."""
    text = replace_surrogates(text)
    return ChatMessage(
        id=prompt_id or new_id(),
        conversation_id=conversation.id,
        parent_id=parent_id,
        role=Role.USER,
        text=text,
        status=MessageStatus.COMPLETE,
        created_at=now(),
        parts=fit_parts(parts, text, "") if parts else (),
    )


def prompt_title(prompt: ChatMessage) -> str:
    """The first line of a prompt as a title, or the name of what it has in place of text."""
    names = [part.name for part in attached_parts(prompt.parts)]
    return first_line("\n".join([prompt.text, *names]))


def new_reply(
    conversation: Conversation, prompt: ChatMessage, *, continued: ChatMessage | None = None
) -> ChatMessage:
    """An empty reply, or one that begins with the text that it continues."""
    return ChatMessage(
        id=new_id(),
        conversation_id=conversation.id,
        parent_id=prompt.id,
        role=Role.ASSISTANT,
        text="" if continued is None else continued.text,
        reasoning="" if continued is None else continued.reasoning,
        parts=() if continued is None else continued.parts,
        status=MessageStatus.WAITING,
        created_at=now(),
        service=conversation.service,
        model=conversation.model,
    )


def build_request(
    conversation: Conversation,
    before: Sequence[ChatMessage],
    prompt: ChatMessage,
    purpose: Purpose = Purpose.NEXT,
    *,
    continued: ChatMessage | None = None,
    read_blob: Callable[[str], bytes],
    sees: bool = True,
) -> ReplyRequest:
    """The request for a reply to `prompt`; `before` is the path above it."""
    path = (*before, prompt) if continued is None else (*before, prompt, continued)
    followed = continued or (before[-1] if before else None)
    return ReplyRequest(
        messages=_context(conversation.system_prompt, path),
        model=conversation.model,
        purpose=purpose,
        prompt_id=prompt.id,
        remote_parent=_remote_parent(conversation, followed),
        generation=conversation.generation,
        read_blob=read_blob,
        sees=sees,
    )


def reply_purpose(tree: MessageTree, prompt: ChatMessage) -> Purpose:
    """The purpose of another reply to `prompt`."""
    replies = [tree.get(each) for each in tree.children(prompt.id)]
    was_answered = any(reply and (reply.text or reply.server_id) for reply in replies)
    return Purpose.VARIANT if was_answered else Purpose.NEXT


def name_models(models: Sequence[ModelRef], service: Callable[[str], Service]) -> list[ModelRef]:
    """The models, each that has no name replaced by the default model of its service."""
    return [ModelRef(each.service, each.model or service(each.service).model) for each in models]


def per_model(current: Conversation, models: Sequence[ModelRef]) -> list[Conversation]:
    """A copy of the conversation for each model; just itself where there are none.

    Only the first copy continues the conversation that its service keeps; the others begin anew.
    """
    if not models:
        return [current]
    return [
        replace(
            current,
            service=each.service,
            model=each.model,
            server_id=current.server_id if index == 0 and each.service == current.service else "",
        )
        for index, each in enumerate(models)
    ]


def _remote_parent(conversation: Conversation, followed: ChatMessage | None) -> RemoteParent | None:
    """The message that is followed, by the service's own ids, if it is of this service."""
    if followed is None or not conversation.server_id or not followed.server_id:
        return None
    if followed.service != conversation.service:
        return None
    return RemoteParent(conversation.server_id, followed.server_id)


def _context(system_prompt: str, messages: Sequence[ChatMessage]) -> tuple[ContextMessage, ...]:
    """The messages that a backend is sent; empty replies are left out."""
    system = (ContextMessage(Role.SYSTEM.value, system_prompt),) if system_prompt.strip() else ()
    return system + tuple(map(_as_context, after_summary(messages)))


def after_summary(path: Sequence[ChatMessage]) -> list[ChatMessage]:
    """What of a path a model is sent: the last summary, and all that it does not stand for."""
    place = next((at for at in range(len(path) - 1, -1, -1) if path[at].summarizes), None)
    if place is None:
        return [message for message in path if message.text or message.parts]
    summary = path[place]
    kept = [*path[summary.summarizes : place], *path[place + 1 :]]
    return [summary, *(each for each in kept if not each.summarizes and (each.text or each.parts))]


def _as_context(message: ChatMessage) -> ContextMessage:
    if message.summarizes:
        return ContextMessage(Role.USER.value, _SUMMARY.format(message.text))
    if not message.parts:
        return ContextMessage(message.role.value, message.text)
    return ContextMessage(message.role.value, message.text, message.reasoning, message.parts)


def first_line(text: str) -> str:
    """The first line of a prompt that is not blank, as a title."""
    lines = (safe_line(line, TITLE_LENGTH) for line in text.splitlines())
    return next((line for line in lines if line), "Untitled")


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
        build = partial(build_request, read_blob=read_blob, sees=sees)
        if not is_known:
            prompt = new_prompt(current, text, None, parts=parts)
            return build(current, (), prompt)
        tree = self._trees.of(current.id)
        shown = self._index.get(current.id).leaf_id
        if text.strip() or parts:
            above = shown if edited is None else edited.parent_id
            prompt = new_prompt(current, text, above, parts=parts)
            path = tree.path(above)
            return build(current, path, prompt)
        path = tree.path(shown)
        prompts = [each for each in path if each.role is Role.USER]
        if not prompts:
            raise NotFound("There is no prompt yet whose request could be shown; type one first.")
        before = tree.path(prompts[-1].parent_id)
        return build(current, before, prompts[-1])
