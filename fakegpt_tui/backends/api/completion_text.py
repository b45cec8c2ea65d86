"""The text of a completion on its way: joined, not repeated, and without reasoning or overlap."""

from collections.abc import Iterator
from typing import Final

from fakegpt_tui.backends.api.text_filters import OverlapFilter, SurrogateJoiner
from fakegpt_tui.backends.thoughts import ThoughtSplitter
from fakegpt_tui.domain import ReasoningDelta, StreamEvent, TextDelta, TextReplaced

_REPEATED_FROM: Final = 20
"""Characters; a shorter piece that equals all text before it is more often chance."""

_REPEATED_AFTER: Final = 3
"""Pieces."""


class CompletionText:
    """Turns the pieces of a completion's text into events.

    Some services end a stream with all of the text again. That is no new text.
    """

    def __init__(self, continued: str = "") -> None:
        """`continued` is the text that the reply continues; what repeats it is left out."""
        self.has_text = False
        self.has_reasoning = False
        self._continued = continued
        self._overlap = OverlapFilter(continued)
        self._joiner = SurrogateJoiner()
        self._thoughts = ThoughtSplitter()
        self._pieces: list[str] = []
        self._count = 0
        self.length = 0
        """Characters that came, but for repetitions of all of them."""
        self._has_deltas = False

    def add_delta(self, piece: str, *, is_joined: bool = False) -> Iterator[StreamEvent]:
        """Add a piece of text, or several short ones that were joined."""
        if not piece or (not is_joined and self._repeats_all(piece)):
            return
        self._has_deltas = True
        self._count += _REPEATED_AFTER if is_joined else 1
        if self._is_plain(piece):
            self.has_text = True
            self._pieces.append(piece)
            self.length += len(piece)
            yield TextDelta(piece)
        else:
            yield from self._add(piece)

    def add_message(self, text: str) -> Iterator[StreamEvent]:
        """Add a message: all of the text, if pieces came or it begins as what came; else a piece.

        A message that is longer than the pieces and differs from them takes their place.
        """
        if not text:
            return
        so_far = "".join(self._pieces)
        self._pieces = [so_far]
        if so_far and text.startswith(so_far) and (len(text) > len(so_far) or self._has_deltas):
            yield from self._add(text[len(so_far) :])
        elif not self._has_deltas:
            if text != so_far or len(text) <= _REPEATED_FROM:
                yield from self._add(text)
        elif len(text) > len(so_far) and text.strip() != so_far.strip():
            yield from self.replace_all(text)

    def finish(self, extra: str) -> Iterator[StreamEvent]:
        """What was held, and `extra`, which is no text of the model; no more comes."""
        yield from self._split(self._joiner.flush())
        yield from self._pass_on(self._thoughts.flush())
        self.has_text = self.has_text or bool(extra)
        yield from _delta(self._overlap.add(extra) + self._overlap.flush())

    def flush_overlap(self) -> Iterator[StreamEvent]:
        """What was held because it may repeat the text that is continued."""
        yield from _delta(self._overlap.flush())

    def _is_plain(self, piece: str) -> bool:
        """Does nothing have to be looked at in `piece`, as in most? It is taken then."""
        is_idle = self._overlap.is_decided and not self._joiner.is_needed(piece)
        return is_idle and self._thoughts.passes(piece)

    def _repeats_all(self, piece: str) -> bool:
        return (
            len(piece) == self.length > _REPEATED_FROM
            and self._count >= _REPEATED_AFTER
            and piece == "".join(self._pieces)
        )

    def replace_all(self, text: str) -> Iterator[StreamEvent]:
        """Put `text` in the place of all that came."""
        self._overlap = OverlapFilter(self._continued)
        self._joiner = SurrogateJoiner()
        self._thoughts = ThoughtSplitter()
        self._pieces, self.length = [], 0
        is_known = self.has_reasoning
        if self.has_text:
            yield TextReplaced(0, "")
        for event in self._add(text):
            if not (is_known and isinstance(event, ReasoningDelta)):
                yield event

    def _add(self, piece: str) -> Iterator[StreamEvent]:
        self._pieces.append(piece)
        self.length += len(piece)
        yield from self._split(self._joiner.add(piece))

    def _split(self, text: str) -> Iterator[StreamEvent]:
        if text:
            yield from self._pass_on(self._thoughts.add(text))

    def _pass_on(self, events: Iterator[StreamEvent]) -> Iterator[StreamEvent]:
        for event in events:
            match event:
                case TextDelta(text):
                    self.has_text = True
                    yield from _delta(self._overlap.add(text))
                case TextReplaced():
                    self.has_text = False
                    self._overlap = OverlapFilter(self._continued)
                    yield event
                case _:
                    self.has_reasoning = True
                    yield event


def _delta(text: str) -> Iterator[StreamEvent]:
    if text:
        yield TextDelta(text)
