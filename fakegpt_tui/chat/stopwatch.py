"""Stopwatch of a turn: how long until the first word and the end, and how long it thought."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypedDict


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
