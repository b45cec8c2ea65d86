"""Token counts: as services report them, or estimated."""

from collections.abc import Sequence

from fakegpt_tui.backends.context_window import estimate_tokens, prompt_budget
from fakegpt_tui.domain import ChatMessage, Conversation
from fakegpt_tui.domain.fast_dataclass import dataclass


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
    if reply.usage is not None:
        return TokenCount(reply.usage.reply_tokens, is_estimate=False)
    return TokenCount(_estimate(reply), is_estimate=True)


class ContextTokenCounter:
    """Counts the tokens that are sent with the next prompt.

    The usage of the last reply covers everything before it. The sums of the last path are kept, so
    that only what is new of a path is counted.
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
        for message in path[same:]:
            self._sums.append(_add_message(self._sums[-1], message))
        self._path = path


def _estimated(text: str) -> TokenCount:
    return TokenCount(estimate_tokens(text), is_estimate=bool(text))


def _add_message(before: TokenCount, message: ChatMessage) -> TokenCount:
    usage = message.usage
    # Some services report tokens of the reply only.
    if usage is not None and usage.prompt_tokens:
        return TokenCount(usage.prompt_tokens + usage.reply_tokens, is_estimate=False)
    return before + _estimated(message.text)


def _estimate(reply: ChatMessage) -> int:
    return estimate_tokens(reply.text) + estimate_tokens(reply.reasoning)
