"""Requests for a chat completion: built, and changed after what a service refuses."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from fakegpt_tui.backends.base import Purpose, ReplyRequest
from fakegpt_tui.backends.context_window import ContextFitter, WindowCache
from fakegpt_tui.backends.openai.decoder import CompletionDecoder
from fakegpt_tui.backends.openai.errors import (
    ContextWindowExceeded,
    UnsupportedParameter,
    response_error,
)
from fakegpt_tui.backends.openai.reply_limit import fitting_limit, lower_limit
from fakegpt_tui.backends.openai.request_variant import RequestVariant
from fakegpt_tui.backends.thoughts import remove_thoughts
from fakegpt_tui.domain import ContextMessage, Notice, Role, ServiceError
from fakegpt_tui.http.responses import EVENT_STREAM, HttpRequest
from fakegpt_tui.text import replace_surrogates

_ROLES: Final = {"system", "developer", "user", "assistant"}
_SYSTEM_ROLES: Final = {"system", "developer"}
_CONTINUE: Final = ContextMessage(
    Role.USER,
    "Your last reply was cut off. Go on exactly where it stops, in the middle of a word if need be."
    " Repeat nothing of it, and say nothing about this request.",
)


class CompletionBuilder:
    """Builds the requests for one reply, in a variant that the service accepts.

    What was refused is never asked again unchanged.
    """

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
        self._known = self._variant = variant
        self._windows = windows
        self._fitter = ContextFitter(request, model, windows)
        self._remember = remember
        self._limit = fitting_limit(
            self._asked_limit(), self._fitter.messages, windows.learned.get(model)
        )

    @property
    def notices(self) -> Sequence[Notice]:
        told = [Notice(each) for each in self._variant.changes_since(self._known)]
        asked = self._request.generation.max_tokens
        if self._limit != asked:
            instead = f"{self._limit:,} was sent" if self._limit else "it was not sent"
            told.append(Notice(f"A max_tokens of {asked:,} does not fit, so {instead}."))
        notice = self._fitter.notice
        return told if notice is None else [notice, *told]

    def build(self) -> HttpRequest:
        return HttpRequest(
            method="POST",
            path=self._path,
            headers={"Accept": EVENT_STREAM},
            body=self._body(),
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
            case UnsupportedParameter(response_text=text):
                return self._lower_limit(text, None) or self._adapt(text)
            case ContextWindowExceeded(window=window, response_text=text):
                return self._lower_limit(text, window) or self._fitter.shrink(window)
            case _:
                return False

    def _adapt(self, error_text: str) -> bool:
        other = self._variant.adapt(error_text, self._request)
        if other is not None:
            self._variant = other
        return other is not None

    def _lower_limit(self, error_text: str, window: int | None) -> bool:
        """Lower the limit of the reply, if that is what was too much."""
        lower = lower_limit(error_text.casefold(), self._limit, self._fitter.messages, window)
        if lower is None:
            return False
        self._limit = lower.limit
        if lower.is_general:
            self._variant = replace(self._variant, largest_limit=lower.limit)
        if window is not None:
            self._windows.learned[self._model] = window
        return True

    def _asked_limit(self) -> int | None:
        asked, largest = self._request.generation.max_tokens, self._known.largest_limit
        return asked if asked is None or largest is None else min(asked, largest)

    def _body(self) -> dict[str, object]:
        variant, messages = self._variant, self._fitter.messages
        body: dict[str, object] = {"model": replace_surrogates(self._model), "stream": True}
        if variant.usage:
            body["stream_options"] = {"include_usage": True}
        if self._request.purpose is Purpose.CONTINUE:
            if variant.prefill:
                # vLLM wants to be told; others see that the last message is the model's own.
                body |= {"continue_final_message": True, "add_generation_prompt": False}
            else:
                messages = (*messages, _CONTINUE)
        first = Role.USER if variant.system_in_prompt else Role.SYSTEM
        body["messages"] = list(_message_turns(messages, system_role=first))
        return body | variant.settings(self._request.generation, self._limit)


def _message_turns(
    messages: Sequence[ContextMessage], *, system_role: str
) -> Iterator[dict[str, str]]:
    """`messages` with neighbours of one role joined: many chat templates insist on turns."""
    role, texts = "", list[str]()
    for message in messages:
        known = message.role if message.role in _ROLES else Role.USER.value
        known = system_role if known in _SYSTEM_ROLES else known
        if texts and known != role:
            yield {"role": role, "content": "\n\n".join(texts)}
            texts = []
        role = known
        texts.append(replace_surrogates(remove_thoughts(message).text))
    if texts:
        yield {"role": role, "content": "\n\n".join(texts)}
