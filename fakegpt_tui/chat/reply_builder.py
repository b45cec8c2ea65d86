"""A growing reply: a buffer for its text, and the status in which it ends."""

import asyncio
from collections.abc import Sequence

from fakegpt_tui.domain import FakeGPTError, FinishReason, MessageStatus, ReplyCut

REPLY_CUT = "The reply ended without its end marker, so it may not be whole."
_PROGRAM_ENDED = "The program ended before the reply did."
_FAULT = "A fault in this program ended the reply."
_FINISH_NOTICES = {
    FinishReason.LENGTH: "The reply stops here because it reached the model's length limit.",
    FinishReason.CONTENT_FILTER: "The service's content filter ended the reply here.",
}


class TextBuffer:
    """Collects chunks of text, and joins them only when they are read.

    A fast reply grows many times between two reads, so that joining once per read is cheap.
    """

    def __init__(self, text: str = "") -> None:
        self._chunks: list[str] = [text]
        self._length = len(text)

    def __len__(self) -> int:
        """The length in code points, without joining anything."""
        return self._length

    def __str__(self) -> str:
        if len(self._chunks) > 1:
            self._chunks = ["".join(self._chunks)]
        return self._chunks[0]

    def append(self, text: str) -> None:
        self._chunks.append(text)
        self._length += len(text)

    def replace(self, keep: int, text: str) -> None:
        """Keep the first `keep` code points and put `text` after them."""
        self._chunks = [str(self)[:keep], text]
        self._length = sum(map(len, self._chunks))


def reply_outcome(
    error: BaseException | None,
    finish: FinishReason | None,
    notices: Sequence[str],
    *,
    is_stopped: bool,
) -> tuple[MessageStatus, str | None]:
    """The final status of a reply, and a sentence to show with it.

    `error` is what left the block of the turn, and `finish` is set if the end marker arrived.
    """
    match error:
        case _ if finish is not None:
            sentences = [*notices, *filter(None, [_FINISH_NOTICES.get(finish)])]
            outcome = MessageStatus.COMPLETE, " ".join(sentences) or None
        case None | asyncio.CancelledError() | GeneratorExit() if is_stopped:
            outcome = MessageStatus.STOPPED, None
        case None:
            outcome = MessageStatus.INTERRUPTED, REPLY_CUT
        case asyncio.CancelledError() | GeneratorExit():
            outcome = MessageStatus.INTERRUPTED, _PROGRAM_ENDED
        case ReplyCut():
            outcome = MessageStatus.INTERRUPTED, str(error)
        case FakeGPTError():
            outcome = MessageStatus.FAILED, str(error)
        case _:
            outcome = MessageStatus.FAILED, _FAULT
    return outcome
