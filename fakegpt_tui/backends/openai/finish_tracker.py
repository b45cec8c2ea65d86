"""Finish reason of chat completions: by which name it comes, and whether it can be believed.

https://platform.openai.com/docs/api-reference/chat/object
"""

from collections.abc import Iterator, Mapping
from typing import Final

from fakegpt_tui.domain import FinishReason, Notice, ServiceError
from fakegpt_tui.protocol.end_words import EndWord

_TRUSTED_CONTRADICTIONS: Final = 1
_WORD_FIELDS: Final = ("finish_reason", "finishReason", "stop_reason", "finish_details")


class FinishTracker:
    """The finish reason of a reply, and whether it can be believed."""

    def __init__(self) -> None:
        self._end = EndWord(None)
        self._contradictions = 0

    @property
    def reason(self) -> FinishReason | None:
        return self._end.reason

    @property
    def is_reliable(self) -> bool:
        """Does a reason mean the end? Some services send one with every piece of text."""
        return self._contradictions <= _TRUSTED_CONTRADICTIONS

    def contradict(self) -> None:
        """Count text after a reason, which speaks against it; one piece is a habit of some."""
        self._contradictions += 1

    def read(self, fields: Mapping[str, object]) -> ServiceError | None:
        """Take the reason of a chunk or a choice; the error, if it says that the service failed."""
        for name in _WORD_FIELDS:
            match fields.get(name):
                case {"type": str(word)} | {"reason": str(word)} | str(word):
                    end = EndWord(word)
                    if end.reason is not None or end.error is not None:
                        self._end = end
                        return end.error
                case _:
                    pass
        return None

    def notices(self) -> Iterator[Notice]:
        """As `EndWord.notices`."""
        return self._end.notices()
