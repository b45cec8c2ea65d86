"""Requests for a chat completion, in the variants that services accept."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fakegpt_tui.backends.base import Purpose, ReplyRequest
from fakegpt_tui.backends.context_window import ContextFitter, WindowCache
from fakegpt_tui.backends.openai.decoder import CompletionDecoder
from fakegpt_tui.backends.openai.errors import (
    ContextWindowExceeded,
    UnsupportedParameter,
    response_error,
)
from fakegpt_tui.backends.openai.thoughts import without_thoughts
from fakegpt_tui.domain import ContextMessage, GenerationSettings, Notice, Role, ServiceError
from fakegpt_tui.http.responses import EVENT_STREAM, HttpRequest
from fakegpt_tui.text import replace_surrogates

_ROLES: Final = {"system", "developer", "user", "assistant"}
_CONTINUE: Final = ContextMessage(
    Role.USER,
    "Your last reply was cut off. Go on exactly where it stops, in the middle of a word if need be."
    " Repeat nothing of it, and say nothing about this request.",
)


@dataclass(frozen=True, slots=True)
class RequestVariant:
    """What a service has shown to accept.

    `usage` asks for the token counts at the end of a stream; `completion_limit` calls the limit of
    a reply `max_completion_tokens`; `prefill` lets a service continue a reply that comes last.
    """

    usage: bool = True
    completion_limit: bool = False
    prefill: bool = False

    def downgrade(self, error_text: str) -> "RequestVariant | None":
        """What to try after an error response of `error_text`; `None` where nothing is left."""
        if "max_completion_tokens" in error_text.casefold() and not self.completion_limit:
            return replace(self, completion_limit=True)
        return replace(self, usage=False) if self.usage else None

    def body(
        self, request: ReplyRequest, messages: Sequence[ContextMessage], model: str
    ) -> dict[str, object]:
        """The body for `messages`, which are those of `request` or what was kept of them."""
        body: dict[str, object] = {"model": replace_surrogates(model), "stream": True}
        if self.usage:
            body["stream_options"] = {"include_usage": True}
        if request.purpose is Purpose.CONTINUE:
            if self.prefill:
                # vLLM wants to be told; others see that the last message is the model's own.
                body |= {"continue_final_message": True, "add_generation_prompt": False}
            else:
                messages = (*messages, _CONTINUE)
        limit = "max_completion_tokens" if self.completion_limit else "max_tokens"
        body["messages"] = list(_message_turns(messages))
        return body | _generation(request.generation, limit)


class CompletionBuilder:
    """Builds the requests for one reply, in a variant that the service accepts."""

    def __init__(
        self,
        request: ReplyRequest,
        *,
        model: str,
        path: str,
        variant: RequestVariant,
        windows: WindowCache,
        remember: Callable[[RequestVariant], None],
    ) -> None:
        """`remember` is told the variant that the service accepted."""
        self._request = request
        self._model = model
        self._path = path
        self._variant = variant
        self._fitter = ContextFitter(request, model, windows)
        self._remember = remember

    @property
    def notices(self) -> Sequence[Notice]:
        notice = self._fitter.notice
        return [] if notice is None else [notice]

    def build(self) -> HttpRequest:
        return HttpRequest(
            method="POST",
            path=self._path,
            headers={"Accept": EVENT_STREAM},
            body=self._variant.body(self._request, self._fitter.messages, self._model),
            translate_error=response_error,
        )

    def decoder(self) -> CompletionDecoder:
        is_continued = self._request.purpose is Purpose.CONTINUE
        return CompletionDecoder(self._request.messages[-1].text if is_continued else "")

    def accept(self) -> None:
        self._fitter.confirm()
        self._remember(self._variant)

    def fall_back(self, error: ServiceError) -> bool:
        match error:
            case UnsupportedParameter(response_text=text) if other := self._variant.downgrade(text):
                self._variant = other
                return True
            case ContextWindowExceeded(window=window):
                return self._fitter.shrink(window)
            case _:
                return False


def _generation(settings: GenerationSettings, limit: str) -> dict[str, object]:
    given: dict[str, object | None] = {
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        limit: settings.max_tokens,
        "seed": settings.seed,
        "stop": list(settings.stop) or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _message_turns(messages: Sequence[ContextMessage]) -> Iterator[dict[str, str]]:
    """`messages` with neighbours of one role joined: many chat templates insist on turns."""
    role, texts = "", list[str]()
    for message in messages:
        known = message.role if message.role in _ROLES else Role.USER.value
        if texts and known != role:
            yield {"role": role, "content": "\n\n".join(texts)}
            texts = []
        role = known
        text = without_thoughts(message.text) if known == Role.ASSISTANT else message.text
        texts.append(replace_surrogates(text))
    if texts:
        yield {"role": role, "content": "\n\n".join(texts)}
