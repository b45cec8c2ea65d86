"""The body of a chat request, in the words that the service at hand understands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fakegpt_tui.backends.base import Purpose, ReplyRequest
from fakegpt_tui.domain import ContextMessage, GenerationSettings, Role
from fakegpt_tui.text import replace_surrogates

_ROLES: Final = {"system", "developer", "user", "assistant"}
_CONTINUE: Final = (
    "Your last reply was cut off. Go on exactly where it stops, in the middle of a word if need be."
    " Repeat nothing of it, and say nothing about this request."
)


@dataclass(frozen=True, slots=True)
class RequestVariant:
    """What a service has shown to understand.

    `usage` asks for the numbers at the end of a stream; `completion_limit` calls the limit of a
    reply `max_completion_tokens`; `prefill` lets a service go on from a reply that comes last.
    """

    usage: bool = True
    completion_limit: bool = False
    prefill: bool = False

    def downgrade(self, refusal: str) -> "RequestVariant | None":
        """What to try after a refusal that says `refusal`; `None` when there is nothing else."""
        said = refusal.casefold()
        if "max_completion_tokens" in said and not self.completion_limit:
            return replace(self, completion_limit=True)
        if self.usage:
            return replace(self, usage=False)
        return None

    def body(
        self, request: ReplyRequest, messages: Sequence[ContextMessage], model: str
    ) -> dict[str, object]:
        """What to post for `messages`, which are those of `request` or what was kept of them."""
        body: dict[str, object] = {"model": replace_surrogates(model), "stream": True}
        if self.usage:
            body["stream_options"] = {"include_usage": True}
        if request.purpose is Purpose.CONTINUE:
            if self.prefill:
                # vLLM wants to be told; others see that the last message is the model's own.
                body |= {"continue_final_message": True, "add_generation_prompt": False}
            else:
                messages = (*messages, ContextMessage(Role.USER, _CONTINUE))
        limit = "max_completion_tokens" if self.completion_limit else "max_tokens"
        body["messages"] = list(_message_turns(messages))
        return body | _generation(request.generation, limit)


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
        texts.append(replace_surrogates(message.text))
    if texts:
        yield {"role": role, "content": "\n\n".join(texts)}
