"""The text of a completion on its way: joined, not repeated, and without reasoning or overlap."""

from collections.abc import Iterator
from typing import Final

from fakegpt_tui.backends.thoughts import ThoughtSplitter
from fakegpt_tui.domain import ReasoningDelta, StreamEvent, TextDelta, TextReplaced
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import replace_surrogates

_TAIL: Final = 1000
_MIN_OVERLAP: Final = 12
"""Characters; less than that is more often chance than repetition."""


class OverlapFilter:
    """Removes from a continuation what repeats `before`, all of it or its end.

    Models repeat text even when told not to. Text that may be a repetition is held back until that
    is decided.
    """

    def __init__(self, before: str) -> None:
        self._before = before
        self._tail = before[-_TAIL:]
        self._held = ""
        self._is_decided = not before

    @property
    def is_decided(self) -> bool:
        """Is all text that comes now new?"""
        return self._is_decided

    def add(self, text: str) -> str:
        """The new text in what was held and `text`, as far as is decided."""
        if self._is_decided:
            return text
        self._held += text
        if self._may_repeat_all() or self._may_repeat_end():
            return ""
        return self.flush()

    def flush(self) -> str:
        """The new text in what was held; no more text comes."""
        held, self._held = self._held, ""
        self._is_decided = True
        if held.startswith(self._before) and len(self._before) >= _MIN_OVERLAP:
            return held[len(self._before) :]
        longest = min(len(held), len(self._tail))
        for length in range(longest, _MIN_OVERLAP - 1, -1):
            if self._tail.endswith(held[:length]):
                return held[length:]
        return held

    def _may_repeat_all(self) -> bool:
        return len(self._held) <= len(self._before) and self._before.startswith(self._held)

    def _may_repeat_end(self) -> bool:
        return len(self._held) <= len(self._tail) and self._held in self._tail


_SURROGATE: Final = lazy_pattern("[\ud800-\udfff]")
_HIGH_SURROGATES: Final = range(0xD800, 0xDC00)


class SurrogateJoiner:
    """Joins surrogate pairs that a service splits, and replaces lone surrogates."""

    def __init__(self) -> None:
        self._held = ""

    def is_needed(self, text: str) -> bool:
        """Is half of a character held back, or in `text`?"""
        return bool(text) and (bool(self._held) or _SURROGATE.search(text) is not None)

    def add(self, text: str) -> str:
        """The complete characters of what was held and `text`."""
        if not self.is_needed(text):
            return text
        text = self._held + text
        self._held = text[-1] if ord(text[-1]) in _HIGH_SURROGATES else ""
        return _join_surrogates(text[: len(text) - len(self._held)])

    def flush(self) -> str:
        """What was held; no more text comes."""
        held, self._held = self._held, ""
        return replace_surrogates(held)


def _join_surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_REPEATED_FROM: Final = 20
"""Characters; a shorter piece that equals all text before it is more often chance."""

_REPEATED_AFTER: Final = 3
"""Pieces."""


class CompletionText:
    """Turns the pieces of a completion's text into events.

    Some services end a stream with all of the text again. That is no new text.
    """

    def __init__(self, continued: str) -> None:
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
        """Characters that came; a repetition of the whole text does not count."""
        self._has_deltas = False
        self._gap = ""

    def add_delta(self, piece: str, *, is_joined: bool = False) -> Iterator[StreamEvent]:
        """Add a piece of text, or several short ones that were joined."""
        if not piece or (not is_joined and self._repeats_all(piece)):
            return
        self._has_deltas = True
        self._count += _REPEATED_AFTER if is_joined else 1
        if self._is_plain(piece):
            yield from self._gap_before(piece)
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

    def add_piece(self, text: str) -> Iterator[StreamEvent]:
        """Add a piece of a message between pictures; that it repeats another means nothing."""
        yield from self._add(text)

    def is_repeated_by(self, text: str) -> bool:
        """Did all of a message's text come already?"""
        return text.strip() == "".join(self._pieces).strip()

    def end_paragraph(self) -> Iterator[StreamEvent]:
        """What was held; a picture follows, and then text that is no part of the same sentence."""
        yield from self.flush()
        said = "".join(self._pieces)
        self._gap = "\n\n"[len(said) - len(said.rstrip("\n")) :] if self.has_text else ""

    def _gap_before(self, text: str) -> Iterator[StreamEvent]:
        """The gap to a text behind a picture, unless it goes on with the sentence before it."""
        if self._gap:
            gap, self._gap = self._gap, ""
            yield from _delta("" if text[0].isspace() else gap)

    def flush(self) -> Iterator[StreamEvent]:
        """What was held."""
        yield from self._split(self._joiner.flush())
        yield from self._pass_on(self._thoughts.flush())
        yield from self.flush_overlap()

    def finish(self, extra: str) -> Iterator[StreamEvent]:
        """What was held, and `extra`, which is no text of the model; no more comes."""
        yield from self.flush()
        self.has_text = self.has_text or bool(extra)
        yield from _delta(extra)

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
        self._pieces, self.length, self._gap = [], 0, ""
        is_known = self.has_reasoning
        if self.has_text:
            self.has_text = False
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
                    yield from self._gap_before(text)
                    self.has_text = True
                    yield from _delta(self._overlap.add(text))
                case TextReplaced():
                    self.has_text, self._gap = False, ""
                    self._overlap = OverlapFilter(self._continued)
                    yield event
                case _:
                    self.has_reasoning = True
                    yield event


def _delta(text: str) -> Iterator[StreamEvent]:
    if text:
        yield TextDelta(text)
