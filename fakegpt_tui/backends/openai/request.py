"""Requests for a chat completion: built, and changed after what a service refuses."""

from collections.abc import Iterator, Sequence
from typing import Final

from fakegpt_tui.backends.api.request_builder import GO_ON, ApiRequestBuilder
from fakegpt_tui.backends.openai.decoder import CompletionDecoder
from fakegpt_tui.backends.prompt_content import Content, Media, PromptContent, join_contents
from fakegpt_tui.domain import ContextMessage, Role
from fakegpt_tui.text import replace_surrogates

_ROLES: Final = {"system", "developer", "user", "assistant"}
_SYSTEM_ROLES: Final = {"system", "developer"}
_FROM_REPLY: Final = "This came with your last reply:"


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
        body["messages"] = list(message_turns(messages, self._content, system_role=first))
        return self._with_settings(body)


def message_turns(
    messages: Sequence[ContextMessage], content: PromptContent, *, system_role: str
) -> Iterator[dict[str, object]]:
    """`messages` with neighbours of one role joined: many chat templates insist on turns.

    A reply may hold only text, so that its pictures go along with the prompt after it.

    Raises:
        RequestRefused: Something of them cannot be sent.
    """
    role, said, carried = "", list[Content](), list[Content]()
    for message in messages:
        known = message.role if message.role in _ROLES else Role.USER.value
        known = system_role if known in _SYSTEM_ROLES else known
        if said and known != role:
            yield {"role": role, "content": content_value(said)}
            said = []
        role, found = known, content.of(message)
        if known == Role.USER:
            said += [*carried, *found]
            carried = []
        else:
            media = [each for each in found if isinstance(each, Media)]
            carried += [_FROM_REPLY, *media] if media else []
            said += [each for each in found if isinstance(each, str)]
    if said:
        yield {"role": role, "content": content_value(said)}


def content_value(contents: Sequence[Content]) -> str | list[dict[str, object]]:
    """The value of `content`: many servers and templates break on a list of only text."""
    joined = join_contents(contents)
    if all(isinstance(each, str) for each in joined):
        return "".join(map(str, joined))
    return [_block(each) for each in joined]


def _block(content: Content) -> dict[str, object]:
    if isinstance(content, str):
        return {"type": "text", "text": content}
    if content.is_picture:
        detail = {"detail": content.detail} if content.detail else {}
        return {"type": "image_url", "image_url": {"url": content.url, **detail}}
    return {"type": "file", "file": {"filename": content.name, "file_data": content.url}}
