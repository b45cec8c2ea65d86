"""A reply while it grows: its text, how long it takes, and how it ends."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypedDict

from fakegpt_tui.domain import (
    ChatMessage,
    FakeGPTError,
    FinishReason,
    MessageStatus,
    ReplyCut,
    RetryScheduled,
)
from fakegpt_tui.domain.parts import Origin, Part, PartLayout, fit_parts, place_parts
from fakegpt_tui.fast_import import dataclass

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


class ReplyBuffer:
    """A reply while it grows: its text, its reasoning, and the parts among them.

    One that continues another begins with the other's text; what arrives counts from its end.
    """

    def __init__(self, reply: ChatMessage) -> None:
        self._prefix_length = len(reply.text)
        self._text = TextBuffer(reply.text)
        self._reasoning = TextBuffer(reply.reasoning)
        placed = place_parts(reply.text, reply.reasoning, reply.parts)
        self._layout = PartLayout(each.part for each in placed)
        self._has_parts = bool(reply.parts)
        self._has_new_parts = False

    @property
    def length(self) -> int:
        """Code points of text that arrived."""
        return len(self._text) - self._prefix_length

    def append(self, text: str) -> None:
        self._text.append(text)
        self._layout.add_text(len(text))

    def replace(self, keep: int, text: str) -> int:
        """Keep so much of what arrived, with the parts up to there; how much of the whole it is."""
        keep += self._prefix_length
        self._text.replace(keep, text)
        self._layout.keep_text(keep)
        self._layout.add_text(len(text))
        return keep

    def append_reasoning(self, text: str) -> None:
        self._reasoning.append(text)
        self._layout.add_reasoning(len(text))

    def add(self, part: Part) -> Part:
        """Add a part at the end."""
        self._has_parts = self._has_new_parts = True
        self._layout.add(part)
        return part

    def set_origin(self, origin: Origin) -> Part | Origin:
        """Give what ends here its origin; returns what is to be saved."""
        self._has_parts = self._has_new_parts = True
        return self._layout.set_origin(origin)

    def update(self, reply: ChatMessage) -> ChatMessage:
        """The reply as it stands; the same object where nothing has come since."""
        text, reasoning = str(self._text), str(self._reasoning)
        grew = text is not reply.text or reasoning is not reply.reasoning
        if self._has_parts and (grew or self._has_new_parts):
            self._has_new_parts = False
            parts = fit_parts(self._layout.parts, text, reasoning)
            return replace(reply, text=text, reasoning=reasoning, parts=parts)
        return replace(reply, text=text, reasoning=reasoning) if grew else reply


def reply_outcome(
    error: BaseException | None, finish: FinishReason | None, *, is_stopped: bool
) -> tuple[MessageStatus, str | None]:
    """The final status of a reply, and a sentence that says how it ended.

    `error` is what left the block of the turn, and `finish` is set if the end marker arrived.
    """
    match error:
        case _ if finish is not None:
            outcome = MessageStatus.COMPLETE, _FINISH_NOTICES.get(finish)
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


def add_notices(ending: str | None, notices: Sequence[str], status: MessageStatus) -> str | None:
    """What is shown below a reply: how it ended, and the notices that came with it."""
    endings = [] if ending is None else [ending]
    is_whole = status is MessageStatus.COMPLETE
    return " ".join([*notices, *endings] if is_whole else [*endings, *notices]) or None


class ReplyTiming(TypedDict):
    """The fields of a reply that say how long it took."""

    first_word_after: timedelta | None
    ended_after: timedelta | None
    thought_for: timedelta | None


class Stopwatch:
    """Measures one reply, in seconds since its prompt was sent."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin at once; `clock` gives seconds, and never goes back."""
        self._clock = clock
        self._began_at = clock()
        self._first_text_at: float | None = None
        self._first_thought_at: float | None = None

    def restart(self) -> None:
        """Begin anew, as the prompt is sent only now."""
        self._began_at = self._clock()

    def note_reasoning(self) -> None:
        """Take note of reasoning; what comes beside the text counts as text."""
        if self._first_text_at is None and self._first_thought_at is None:
            self._first_thought_at = self._clock()

    def note_text(self) -> bool:
        """Take note of text; is it the first?"""
        if self._first_text_at is not None:
            return False
        self._first_text_at = self._clock()
        return True

    @property
    def elapsed(self) -> float:
        return self._clock() - self._began_at

    @property
    def waited(self) -> float:
        """How long there was no text."""
        first = self._first_text_at
        return (self._clock() if first is None else first) - self._began_at

    @property
    def streamed(self) -> float:
        """How long there has been text."""
        return 0.0 if self._first_text_at is None else self._clock() - self._first_text_at

    @property
    def thought(self) -> float | None:
        """How long there was reasoning without text; `None` without any."""
        if self._first_thought_at is None:
            return None
        first = self._first_text_at
        return (self._clock() if first is None else first) - self._first_thought_at

    def timing(self) -> ReplyTiming:
        """The timing of a reply that ends now."""
        thought = self.thought
        return ReplyTiming(
            first_word_after=(
                None if self._first_text_at is None else timedelta(seconds=self.waited)
            ),
            ended_after=timedelta(seconds=self.elapsed),
            thought_for=None if thought is None else timedelta(seconds=thought),
        )


@dataclass(frozen=True, slots=True)
class TurnProgress:
    """How a turn is getting on, in seconds and code points that arrived.

    `streamed` counts from the first text on; `thought` from the first reasoning on, until there is
    text, and is 0 without reasoning. `queue_position` counts from 1 while the turn waits
    for a place. `retry` is set while the next try is awaited, `retry_in` seconds from now. `tool`
    is what the service uses before it goes on, such as `web_search`.
    """

    waited: float
    streamed: float
    thought: float
    length: int
    queue_position: int
    retry: RetryScheduled | None
    retry_in: float
    tool: str = ""
