"""Backend for services that use the FakeGPT protocol, its requests and their fallbacks."""

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar
from uuid import UUID, uuid5

from fakegpt_tui.backends.base import Purpose, ReplyRequest, SessionSource
from fakegpt_tui.backends.context_window import truncate_to
from fakegpt_tui.backends.credentials import SessionCredentials
from fakegpt_tui.backends.http_stream import HttpStreamBackend
from fakegpt_tui.backends.prompt_content import PromptContent, plain_text, takes_long
from fakegpt_tui.backends.thoughts import remove_thoughts
from fakegpt_tui.backends.token_estimate import estimate_total_tokens
from fakegpt_tui.domain import (
    ContextMessage,
    GenerationSettings,
    History,
    Model,
    Notice,
    PromptTooLong,
    RequestRefused,
    Role,
    Service,
    ServiceError,
    Usage,
    now,
)
from fakegpt_tui.domain.parts import ImagePart
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.requests import EVENT_STREAM, HttpRequest
from fakegpt_tui.http.retries import RetryPolicy
from fakegpt_tui.protocol.fakegpt import (
    ConversationAction,
    ConversationNotFound,
    StreamDecoder,
    conversation_request_body,
    pack_prompt,
    read_models,
    response_error,
)
from fakegpt_tui.text import safe_line

_REFUSED = (
    "Nothing was sent: {service} takes no pictures ({name}). Choose another service, or take the "
    "picture out of the prompt and describe it in words."
)
_CONTINUE = ContextMessage(
    Role.USER, "Go on exactly where your last answer stops. Repeat nothing of it, and add no lead."
)
_ACTIONS = {
    Purpose.NEXT: ConversationAction.NEXT,
    Purpose.VARIANT: ConversationAction.VARIANT,
    Purpose.CONTINUE: ConversationAction.CONTINUE,
}
_RESTARTED = Notice(
    "The service no longer knows this conversation, so what was said before went along with the"
    " prompt, into a new one."
)
_NO_SETTINGS = "The protocol has no generation settings, so none of them are sent."
_MAX_TRUNCATIONS = 6
"""Each leaves out half of what is left, and the last all but the prompt."""


class PromptBuilder:
    """Builds the requests for one reply, as cheap as the service's `history` allows.

    In a conversation that the service keeps, the prompt is sent alone. Otherwise all messages are
    packed into one prompt.
    """

    is_stateless: ClassVar[bool] = False

    def __init__(self, request: ReplyRequest, service: Service) -> None:
        """Prepare the first request.

        Raises:
            ValueError: There is no message to answer.
            RequestRefused: There is a picture in the prompt.
        """
        if not request.messages:
            raise ValueError("There is no message to answer.")
        self._request = request
        self._path = service.endpoints.conversation
        self._content = PromptContent(request, takes_pictures=False)
        self.takes_long = takes_long(request.messages)
        """As `RequestBuilder.takes_long`; files become text."""
        self._messages = tuple(map(remove_thoughts, request.messages))
        _refuse_pictures(request.messages[-1], service.name)
        self._keep_history = service.history is History.SERVER
        self._parent = request.remote_parent if self._keep_history else None
        self._has_settings = request.generation != GenerationSettings()
        self._truncations = 0
        self._builds = 0
        self._is_restarted = False

    @property
    def notices(self) -> Sequence[Notice]:
        restarted = [_RESTARTED] * self._is_restarted
        omitted = len(self._request.messages) - len(self._messages)
        if not omitted:
            return restarted
        oldest = "oldest message was" if omitted == 1 else f"{omitted} oldest messages were"
        text = f"The prompt was too long for the service, so its {oldest} left out."
        return [*restarted, Notice(text)]

    @property
    def shortcomings(self) -> Sequence[str]:
        told = [each.text for each in self.notices]
        return [*told, *(each for each in [_NO_SETTINGS] if self._has_settings)]

    def build(self) -> HttpRequest:
        return HttpRequest(
            method="POST",
            path=self._path,
            headers={"Accept": EVENT_STREAM},
            body=self._body(),
            translate_error=response_error,
        )

    def decoder(self) -> StreamDecoder:
        return StreamDecoder(locate=self._keep_history)

    def accept(self) -> None:
        """Nothing is learned from it."""

    def learn(self, usage: Usage) -> None:
        """The service counts nothing."""

    def fall_back(self, error: ServiceError) -> bool:
        match error:
            case ConversationNotFound() if self._parent is not None:
                self._builds += 1
                self._parent = None
                self._is_restarted = True
                return True
            case PromptTooLong() if self._parent is None and self._truncations < _MAX_TRUNCATIONS:
                self._truncations += 1
                self._builds += 1
                is_last = self._truncations == _MAX_TRUNCATIONS
                budget = 0 if is_last else estimate_total_tokens(self._messages) // 2
                truncated = truncate_to(self._messages, budget)
                self._messages = truncated.messages
                return bool(truncated.omitted)
            case _:
                return False

    def _as_text(self, message: ContextMessage) -> ContextMessage:
        if not message.parts:
            return message
        return ContextMessage(message.role, plain_text(message, self._content))

    def go_on(self) -> bool:
        return False  # its replies do not pause

    def _id(self, name: str) -> str:
        """An id for the service, the same when the request is shown and when it is sent."""
        return str(uuid5(UUID(self._request.request_id), f"{name} {self._builds}"))

    def _body(self) -> dict[str, object]:
        purpose, parent = self._request.purpose, self._parent
        is_continued = purpose is Purpose.CONTINUE
        if parent is None:
            action = ConversationAction.NEXT
            messages = (*self._messages, _CONTINUE) if is_continued else self._messages
            prompt: str | None = pack_prompt([self._as_text(each) for each in messages])
        else:
            action = _ACTIONS[purpose]
            last = self._as_text(self._request.messages[-1])
            prompt = None if is_continued else last.text
        # The service keeps a prompt under the id that it has here; a continuation is no prompt.
        has_id = self._keep_history and not is_continued
        offset = now().astimezone().utcoffset() or timedelta()
        return conversation_request_body(
            action=action,
            prompt=prompt,
            model=self._request.model,
            message_id=self._request.prompt_id if has_id else self._id("message"),
            conversation_id=parent.conversation_id if parent else None,
            parent_id=(parent.parent_id if parent else "") or self._id("parent"),
            keep_history=self._keep_history,
            timezone_offset_min=-round(offset / timedelta(minutes=1)),
        )


def _refuse_pictures(prompt: ContextMessage, service: str) -> None:
    """Refuse a picture in the prompt; one that was sent to another service is only named."""
    for part in prompt.parts:
        if isinstance(part, ImagePart):
            name = safe_line(part.name or part.alt) or "a picture"
            raise RequestRefused(_REFUSED.format(service=safe_line(service), name=name))


class FakeGptBackend(HttpStreamBackend):
    """Streams replies of a FakeGPT service.

    The service's `history` says who keeps the conversation. Where the service does, an event tells
    the id of each reply there, and a conversation that the service has lost starts again with all
    of its text.
    """

    def __init__(
        self,
        transport: Transport,
        sessions: SessionSource,
        *,
        retries: RetryPolicy | None = None,
    ) -> None:
        super().__init__(transport, SessionCredentials(sessions), retries=retries)

    async def models(self) -> tuple[Model, ...]:
        """The models of the service, the default one first.

        Raises:
            ServiceError: The list cannot be fetched.
        """
        path = f"{self._transport.service.endpoints.models}?history_and_training_disabled=false"
        return await self._fetch(path, read_models, response_error)

    async def _builder(self, request: ReplyRequest) -> PromptBuilder:
        return PromptBuilder(request, self._transport.service)
