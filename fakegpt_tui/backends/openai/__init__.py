"""Backend for services that use the OpenAI protocol of chat completions, and its requests."""

from collections.abc import Sequence
from typing import Final

from fakegpt_tui.backends.api.backend import ApiBackend
from fakegpt_tui.backends.api.request_builder import GO_ON, ApiRequestBuilder
from fakegpt_tui.backends.api.turns import join_turns
from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.openai.decoder import CompletionDecoder
from fakegpt_tui.backends.prompt_content import Content
from fakegpt_tui.domain import Role
from fakegpt_tui.domain.media_types import PDF, SOUNDS
from fakegpt_tui.text import replace_surrogates


class CompletionBuilder(ApiRequestBuilder):
    """Builds the requests for one completion."""

    def decoder(self) -> CompletionDecoder:
        return CompletionDecoder(self._continued_text)

    def _body(self) -> dict[str, object]:
        variant, messages = self._variant, self._fitter.messages
        body: dict[str, object] = {"model": replace_surrogates(self._model), "stream": True}
        if variant.usage:
            body["stream_options"] = {"include_usage": True}
        if self._is_continued:
            if variant.prefill:
                # vLLM wants to be told; others see that the last message is the model's own.
                body |= {"continue_final_message": True, "add_generation_prompt": False}
            else:
                messages = (*messages, GO_ON)
        first = Role.USER if variant.system_in_prompt else Role.SYSTEM
        turns = join_turns(messages, self._content, system_role=first)
        body["messages"] = [{"role": each.role, "content": _value(each.contents)} for each in turns]
        return self._with_settings(body)


def _value(contents: Sequence[Content]) -> str | list[dict[str, object]]:
    """The value of `content`: many servers and templates break on a list of only text."""
    if all(isinstance(each, str) for each in contents):
        return "".join(map(str, contents))
    return [_block(each) for each in contents]


def _block(content: Content) -> dict[str, object]:
    if isinstance(content, str):
        return {"type": "text", "text": content}
    if content.is_picture:
        detail = {"detail": content.detail} if content.detail else {}
        return {"type": "image_url", "image_url": {"url": content.url, **detail}}
    if content.media_type in SOUNDS:
        sound = {"data": content.data, "format": SOUNDS[content.media_type]}
        return {"type": "input_audio", "input_audio": sound}
    return {"type": "file", "file": {"filename": content.name, "file_data": content.url}}


_PDF_HOSTS: Final = frozenset({"api.openai.com", "openrouter.ai"})
"""The hosts that are known to take PDFs, as of November 2026; all others get text."""


class OpenAIBackend(ApiBackend):
    """Streams chat completions, of a hosted service or a model server."""

    def _build(self, request: ReplyRequest, model: str) -> CompletionBuilder:
        return CompletionBuilder(
            request,
            self._target(model, "/chat/completions"),
            takes=(*SOUNDS, *((PDF,) if self._transport.address.host in _PDF_HOSTS else ())),
        )
