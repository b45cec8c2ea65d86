"""How many tokens were spent, as the services count them, or estimated where they do not tell."""

from collections.abc import Sequence
from dataclasses import dataclass

from fakegpt_tui.backends.context import estimated_tokens
from fakegpt_tui.domain import ChatMessage, Role


@dataclass(frozen=True, slots=True)
class TokenCount:
    """A number of tokens; an estimate must be shown as one, as in “≈ 1,200 tokens”."""

    tokens: int
    is_estimate: bool

    def __add__(self, other: "TokenCount") -> "TokenCount":
        """What both come to, which is as sure as the less sure of them."""
        return TokenCount(self.tokens + other.tokens, self.is_estimate or other.is_estimate)

    @property
    def in_words(self) -> str:
        return f"{self} {'token' if self.tokens == 1 else 'tokens'}"

    def __str__(self) -> str:
        return f"{'≈ ' if self.is_estimate else ''}{self.tokens:,}"


def reply_tokens(reply: ChatMessage) -> TokenCount:
    """What the service wrote, its thoughts among it."""
    if reply.usage is not None:
        return TokenCount(reply.usage.reply_tokens, is_estimate=False)
    return TokenCount(_estimate(reply), is_estimate=True)


def conversation_tokens(path: Sequence[ChatMessage]) -> TokenCount:
    """What all replies of a path cost: each the whole of what was said before, and itself."""
    total = TokenCount(0, is_estimate=False)
    before = 0
    for message in path:
        if message.role is Role.ASSISTANT:
            total += _prompt_tokens(message, before) + reply_tokens(message)
        before += estimated_tokens(message.text)
    return total


def _prompt_tokens(reply: ChatMessage, estimate: int) -> TokenCount:
    if reply.usage is not None:
        return TokenCount(reply.usage.prompt_tokens, is_estimate=False)
    return TokenCount(estimate, is_estimate=True)


def _estimate(reply: ChatMessage) -> int:
    return estimated_tokens(reply.text) + estimated_tokens(reply.reasoning)
