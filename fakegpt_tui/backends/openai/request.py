"""Requests for a chat completion: built, and changed after what a service refuses."""

from collections.abc import Iterator, Sequence
from typing import Final

from fakegpt_tui.backends.api.request_builder import GO_ON, ApiRequestBuilder
from fakegpt_tui.backends.openai.decoder import CompletionDecoder
from fakegpt_tui.backends.thoughts import remove_thoughts
from fakegpt_tui.domain import ContextMessage, Role
from fakegpt_tui.text import replace_surrogates

_ROLES: Final = {"system", "developer", "user", "assistant"}
_SYSTEM_ROLES: Final = {"system", "developer"}


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
        body["messages"] = list(_message_turns(messages, system_role=first))
        return self._with_settings(body)


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
