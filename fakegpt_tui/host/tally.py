"""Tally: what one reply takes, counted on its way, and how long it may become."""

import math
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from fakegpt_tui.domain import (
    FinishReason,
    ReasoningDelta,
    ReplyEnded,
    StreamEvent,
    TextDelta,
    TextReplaced,
    UsageReported,
)

MAX_REPLY: Final = 1_000_000
"""Characters of a reply that the host keeps until its end."""
_CHARACTERS_PER_TOKEN = 4


@dataclass(slots=True)
class Tally:
    """What one reply took: the service's own count, or an estimate by characters."""

    prompt_tokens: int
    _characters: int = 0
    _reported: int | None = None

    @property
    def reply_tokens(self) -> int:
        return estimate_tokens(self._characters)

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.reply_tokens if self._reported is None else self._reported

    async def watch(
        self, events: AsyncGenerator[StreamEvent], *, most: float = math.inf
    ) -> AsyncGenerator[StreamEvent]:
        """The same events, counted on their way; above `most` characters the reply ends."""
        async with aclosing(events):
            async for event in events:
                match event:
                    case TextDelta(text) | TextReplaced(_, text) | ReasoningDelta(text):
                        self._characters += len(text)
                        if self._characters > most:
                            yield ReplyEnded(FinishReason.LENGTH)
                            return
                    case UsageReported(usage):
                        self._reported = usage.total
                    case _:
                        pass
                yield event


def estimate_tokens(characters: int) -> int:
    """About how many tokens a text has."""
    return -(-characters // _CHARACTERS_PER_TOKEN)
