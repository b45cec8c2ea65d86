"""Pieces of a reply that cannot be read: counted and told; what can be read of them is."""

import json
from collections.abc import Iterator
from typing import Final

from fakegpt_tui.domain import BadReply, Notice, ServiceError
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import replace_surrogates, safe_line

_KEPT: Final = 4000
_SHOWN: Final = 200
_MOST_OBJECTS: Final = 100_000
_BETWEEN: Final = lazy_pattern(r"(?:\s|,|\\n|\\r|data:)*")
_ERROR_WORD: Final = lazy_pattern(r"(?i)error|message|msg|detail|reason|fail|exceed")
"""A word of JSON that tells an error, also where its end is missing."""
_decoder: Final = json.JSONDecoder(strict=False)


class UnreadPieces:
    """Counts the pieces of a reply that cannot be read, and keeps how the first of them begins."""

    def __init__(self, *marks: str) -> None:
        """What holds one of the `marks` is a piece of a reply, anything else may be an error."""
        self._marks = marks
        self._count = 0
        self._first = ""
        self.has_text = False
        """Was one of them surely a piece of the reply?"""
        self.error_text = ""
        """How the first one begins that may tell why the reply broke off."""

    def note(self, event: str, data: str) -> None:
        """Note an event that is no JSON; comments inside an event, and pings, are no pieces."""
        text = data.strip()
        if not text or text.startswith(":") or not (event == "message" or text.startswith("{")):
            return
        self.add(text)
        if any(mark in text for mark in self._marks):
            self.has_text = True
        elif not self.error_text and (not text.startswith("{") or _ERROR_WORD.search(text)):
            self.error_text = text[:_KEPT]

    def add(self, piece: object, count: int = 1) -> None:
        """Count parts of a `piece`, which is JSON or text."""
        if count:
            self._count += count
            text = piece if isinstance(piece, str) else json.dumps(piece, ensure_ascii=False)
            self._first = self._first or text[:_KEPT]

    def notices(self) -> Iterator[Notice]:
        """How many pieces there were, if any."""
        if self._count:
            pieces = "piece" if self._count == 1 else "pieces"
            yield Notice(f"{self._count} {pieces} of the reply could not be read.")

    def error(self) -> ServiceError | None:
        """The error of a reply of which nothing else came, if something came."""
        if not self._count:
            return None
        shown = safe_line(replace_surrogates(self._first), _SHOWN)
        return BadReply(f"The service sent a reply that this program cannot read: {shown}")


def split_objects(text: str) -> list[dict[str, object]]:
    """The objects in `text`, where it is nothing but several of them in a row."""
    found: list[dict[str, object]] = []
    place = 0
    try:
        while place < len(text) and len(found) < _MOST_OBJECTS:
            value, end = _decoder.raw_decode(text, place)
            if not isinstance(value, dict):
                return []
            found.append(value)
            between = _BETWEEN.match(text, end)
            place = between.end() if between else end
    except (ValueError, RecursionError):
        return []
    return found if place >= len(text) else []
