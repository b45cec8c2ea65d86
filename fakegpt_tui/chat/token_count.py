"""Token counts: of a reply, and of all that is sent with the next prompt."""

from collections.abc import Sequence

from fakegpt_tui.backends.context_window import prompt_budget
from fakegpt_tui.backends.token_estimate import estimate_part_tokens, estimate_tokens
from fakegpt_tui.domain import ChatMessage, Conversation, Role
from fakegpt_tui.fast_import import dataclass


@dataclass(frozen=True, slots=True)
class TokenCount:
    """A number of tokens; an estimate must be shown as one, as in “≈ 1,200 tokens”."""

    tokens: int
    is_estimate: bool

    def __add__(self, other: "TokenCount") -> "TokenCount":
        """The sum, which is an estimate if one of the two is."""
        return TokenCount(self.tokens + other.tokens, self.is_estimate or other.is_estimate)

    @property
    def in_words(self) -> str:
        return f"{self} {'token' if self.tokens == 1 else 'tokens'}"

    def __str__(self) -> str:
        return f"{'≈ ' if self.is_estimate else ''}{self.tokens:,}"


def count_reply_tokens(reply: ChatMessage) -> TokenCount:
    """Tokens of a reply, its reasoning included."""
    if reply.usage is not None and reply.usage.output is not None:
        return TokenCount(reply.usage.output, is_estimate=False)
    return TokenCount(
        estimate_tokens(reply.text) + estimate_tokens(reply.reasoning), is_estimate=True
    )


class ContextTokenCounter:
    """Counts the tokens that are sent with the next prompt.

    The usage of the last reply covers everything before it, but a summary takes the place of what
    it covers. The sums of the last path are kept, so that only what is new of a path is counted.
    """

    def __init__(self) -> None:
        self._path: Sequence[ChatMessage] = ()
        self._sums: list[TokenCount] = []
        self._system_prompt = ""

    def count(
        self, conversation: Conversation, path: Sequence[ChatMessage], window: int | None
    ) -> TokenCount:
        """Total tokens of a path, capped by the model's context window."""
        self._update_sums(path, conversation.system_prompt)
        total = self._sums[-1]
        if window is None or not total.is_estimate:
            return total
        room = prompt_budget(window, conversation.generation.max_tokens)
        return TokenCount(min(total.tokens, room), is_estimate=True)

    def _update_sums(self, path: Sequence[ChatMessage], system_prompt: str) -> None:
        """Keep a sum for the system prompt, and one for each message of the path."""
        if not self._sums or system_prompt != self._system_prompt:
            self._path, self._system_prompt = (), system_prompt
            self._sums = [_estimated(system_prompt)]
        same = min(len(self._path), len(path))
        pairs = enumerate(zip(self._path, path, strict=False))
        same = next((at for at, (before, now) in pairs if before is not now), same)
        del self._sums[same + 1 :]
        for at, message in enumerate(path[same:], same):
            if message.summarizes:
                kept = (each for each in path[message.summarizes : at] if not each.summarizes)
                self._sums.append(sum(map(_estimated_message, (message, *kept)), self._sums[0]))
            else:
                self._sums.append(_add_message(self._sums[-1], message))
        self._path = path


def _estimated(text: str) -> TokenCount:
    return TokenCount(estimate_tokens(text), is_estimate=bool(text))


def _add_message(before: TokenCount, message: ChatMessage) -> TokenCount:
    # What a summary cost says nothing of the context, nor does one that was removed.
    usage = message.usage if message.role is Role.ASSISTANT else None
    # Some services report tokens of the reply only.
    if usage is not None and usage.prompt_tokens and usage.output is not None:
        return TokenCount(usage.total, is_estimate=False)
    return before + _estimated_message(message)


def _estimated_message(message: ChatMessage) -> TokenCount:
    parts = sum(map(estimate_part_tokens, message.parts))
    return _estimated(message.text) + TokenCount(parts, is_estimate=bool(parts))
