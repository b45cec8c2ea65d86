"""Input scanner: cuts terminal input into text, whole escape sequences and pastes.

Mends: Textual's parser takes the two halves of a sequence that was read in two pieces for keys, and
waits for ever for the end of a paste that was cut. No part of Textual is used.
Since: Textual 8.2.8. Can go: together with `input_parser`.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from fakegpt_tui.fast_import import lazy_pattern

PASTE_START = "\x1b[200~"
PASTE_END = "\x1b[201~"
NAME_START = "P>|"
"""How a terminal begins, behind ESC, to tell its name."""
CLIPBOARD_START = "]5522;"
"""How it begins to hand over a piece of its clipboard."""
BACKGROUND_START = "]11;"
"""The same, to tell the colour of its background."""
_ASKED = (NAME_START, CLIPBOARD_START, BACKGROUND_START)

_REPLY_TIMEOUT = 1.0
"""Seconds that the rest of a sequence may take which no person can have begun to type."""
_PASTE_TIMEOUT = 2.0
"""Seconds of silence after which a paste is over, though its end never came."""
_BURST = 32
_STREAM_GAP = 0.25
"""Seconds between two reads of a paste. Terminals send a paste in bursts or without a break; what
comes slower is typed by a person, and counts as silence."""
_LONGEST = 8192
"""Characters of an unfinished sequence; the answers to our questions are much shorter."""
_LONGEST_PIECE = 2_000_000
_PIECE_TIMEOUT = 30.0
"""The same of a piece of the clipboard; the rest of one would be typed into the prompt."""

# Terminal replies: OSC, DCS and APC. What begins otherwise is Alt and a letter.
_STRING = r"\](?=\d)|P(?=[\d>!$+|{])|_(?=G)"

_WHOLE = lazy_pattern(
    rf"""\x1b(?:
        \[(?:
            <[^\x1bMm]*[Mm]               # mouse; VS Code sends NaN for a coordinate
          | \[[A-E]                       # function keys of the Linux console
          | M[^\x1b]{{3}}                 # mouse, as in 1987
          | \d+\$                         # keys with shift of rxvt; final by use, not by grammar
          | [0-?]*[ -/]*[@-LN-Z\\-~]      # any other; \[ and M are above
          | [0-?]+[ -/]*M
        )
      | O[@-~]
      | (?P<string>(?:{_STRING})[^\x1b\x07]*(?:\x07|\x1b\\))
      | [^\x1b\[O\]P_]                    # Alt and a character
    )""",
    re.VERBOSE | re.ASCII,
)
_PARTIAL = lazy_pattern(
    rf"""\x1b(?:
        \[(?: <[^\x1bMm]{{0,40}} | \[ | M[^\x1b]{{0,2}} | [0-?]*[ -/]* )
      | [O\]P_]
      | (?:{_STRING})[^\x1b\x07]*\x1b?
    )?\Z""",
    re.VERBOSE | re.ASCII,
)
_BROKEN = lazy_pattern(
    rf"\x1b(?:\[(?:<[^\x1bMm]{{0,40}}|[0-?]*[ -/]*)|(?:{_STRING})[^\x1b\x07]*)", re.ASCII
)
_SECOND = "[O]P_"
"""What the second character of a sequence may be that has more than two."""
_TYPED = lazy_pattern(rf"\x1b[{re.escape(_SECOND)}]?\Z")
"""Unfinished sequences that Escape, or Alt and a character, look like."""

# What is left of a reply whose ESC came so much earlier that it was taken for the Escape key.
_BODY = lazy_pattern(
    r"\[(?:\?[\d;]+(?:\$y|[cunR])|<[^\x1bMm]{0,40}[Mm]|>[\d;]+c|[\d;]+[Rnt])", re.ASCII
)


class TokenKind(Enum):
    """What a piece of input is."""

    TEXT = auto()
    SEQUENCE = auto()
    PASTE = auto()


class InputToken(NamedTuple):
    """A stretch of input: characters typed, one whole escape sequence, or one paste."""

    kind: TokenKind
    text: str


class InputScanner:
    """Cuts input into pieces. Sequences that break the grammar are left out.

    Time is a number of seconds from any fixed moment, and is passed in. What comes soon after an
    ESC is taken together with it, as alt and a letter, unless `has_quick_escape`: then only what
    comes with it, in one piece.
    """

    def __init__(self, escape_delay: float) -> None:
        self.has_quick_escape = False
        self._escape_delay = escape_delay
        self._is_escape_alone = False
        self._pending = ""
        self._pasting = False
        self._pasted: list[str] = []
        self._pasted_at = 0.0
        self._silence = 0.0
        self._deadline: float | None = None
        self._escaped_at: float | None = None

    @property
    def deadline(self) -> float | None:
        """When `expire` should be asked next, unless more is fed before."""
        return self._deadline

    def feed(self, text: str, now: float) -> Iterator[InputToken]:
        """Take `text` in, and yield what is whole."""
        if not text:
            return
        was_alone = self._is_escape_alone
        if was_alone and self.has_quick_escape and not _goes_on(self._pending, text):
            yield from _apart(self._pending)
            self._pending = ""
        data = self._pending + text
        if self._escaped_at is not None:
            if now - self._escaped_at < _REPLY_TIMEOUT and (body := _BODY.match(data)):
                data = data[body.end() :]
            self._escaped_at = None
        self._pending, self._deadline = "", None
        position = 0
        while position < len(data):
            if self._pasting:
                pieces, position = self._paste(data, position, now)
            elif data[position] != "\x1b":
                end = data.find("\x1b", position)
                end = len(data) if end < 0 else end
                pieces, position = [InputToken(TokenKind.TEXT, data[position:end])], end
            else:
                pieces, position = self._sequence(data, position, now)
            yield from pieces
        begins = self._pending == "\x1b" and not self._pasting
        self._is_escape_alone = begins or (was_alone and _TYPED.match(self._pending) is not None)

    def expire(self, now: float) -> Iterator[InputToken]:
        """Yield what has been waited for long enough."""
        if self._deadline is None or now < self._deadline:
            return
        pending, self._pending, self._deadline = self._pending, "", None
        if self._pasting:
            yield self._end_of_paste(pending)
        elif _TYPED.match(pending):
            self._escaped_at = now if pending == "\x1b" else None
            is_alone, self._is_escape_alone = self._is_escape_alone, False
            if self.has_quick_escape and is_alone:
                yield from _apart(pending)
            else:
                yield InputToken(TokenKind.SEQUENCE, pending)

    def _sequence(self, data: str, start: int, now: float) -> tuple[list[InputToken], int]:
        if whole := _WHOLE.match(data, start):
            if whole[0] == PASTE_START:
                self._pasting = True
                self._pasted_at = now
                self._deadline = self._silence = now + _PASTE_TIMEOUT
                return [], whole.end()
            if whole["string"] and not whole["string"].startswith(_ASKED):
                return [], whole.end()  # nothing was asked that would be answered so
            return [InputToken(TokenKind.SEQUENCE, whole[0])], whole.end()
        is_piece = data.startswith(CLIPBOARD_START, start + 1)
        longest = _LONGEST_PIECE if is_piece else _LONGEST
        if len(data) - start <= longest and _PARTIAL.match(data, start):
            self._pending = data[start:]
            typed = _TYPED.match(self._pending)
            patience = _PIECE_TIMEOUT if is_piece else _REPLY_TIMEOUT
            self._deadline = now + (self._escape_delay if typed else patience)
            return [], len(data)
        if broken := _BROKEN.match(data, start):
            return [], broken.end()
        end = start + (2 if data[start + 1 : start + 2] not in ("", "\x1b") else 1)
        return [InputToken(TokenKind.SEQUENCE, data[start:end])], end

    def _paste(self, data: str, start: int, now: float) -> tuple[list[InputToken], int]:
        end = data.find(PASTE_END, start)
        if end >= 0:
            self._deadline = None
            return [self._end_of_paste(data[start:end])], end + len(PASTE_END)
        cut = _begun(data, PASTE_END, start)
        self._pasted.append(data[start:cut])
        self._pending = data[cut:]
        if len(data) - start >= _BURST or now - self._pasted_at < _STREAM_GAP:
            self._silence = now + _PASTE_TIMEOUT
        self._pasted_at = now
        self._deadline = self._silence
        return [], len(data)

    def _end_of_paste(self, rest: str) -> InputToken:
        text = "".join([*self._pasted, rest])
        self._pasting = False
        self._pasted.clear()
        return InputToken(TokenKind.PASTE, text)


def _goes_on(pending: str, text: str) -> bool:
    """May a text be the rest of a sequence that did not come at once? A person types by letters."""
    return text[0] in _SECOND if pending == "\x1b" else len(text) > 1


def _apart(pending: str) -> Iterator[InputToken]:
    """The Escape key, and what was typed after it."""
    yield InputToken(TokenKind.SEQUENCE, "\x1b")
    if len(pending) > 1:
        yield InputToken(TokenKind.TEXT, pending[1:])


def _begun(data: str, marker: str, start: int) -> int:
    """Where `marker` may have begun at the end of `data`, or its length."""
    for length in range(min(len(marker) - 1, len(data) - start), 0, -1):
        if data.endswith(marker[:length]):
            return len(data) - length
    return len(data)
