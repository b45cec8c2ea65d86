"""Token estimates without a tokenizer: by scripts and words, calibrated by what a model reported.

The weights were fitted on 2026-11-30 to four tokenizers with between 100,000 and 200,000 tokens;
`python -m tests.benchmarks tokens` prints the errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fakegpt_tui.domain import ContextMessage
    from fakegpt_tui.domain.parts import Part

_WORD: Final = 0.2
_LETTER: Final = 0.2
_DIGIT: Final = 0.7
_SIGN: Final = 0.66
_LINE: Final = 0.7
_MARKED_LETTER: Final = 0.8
"""More than a letter: é, ß, ş break words into more tokens."""

_LONG_WORD: Final = 40
_RANDOM_PER_TOKEN: Final = 1.7
"""Characters of what is no word, such as hexadecimal digits and base64."""

_LETTERS: Final = bytes([*range(65, 91), *range(97, 123)])
_DIGITS: Final = b"0123456789"
_SPACES: Final = b" \t\n\r\x0b\x0c"
_ASCII: Final = bytes(range(128))
_CONTINUED: Final = bytes(range(0x80, 0xC0))

LATIN: Final = "latin"
_SCRIPTS: Final[Mapping[str, tuple[bytes, float]]] = {
    "cyrillic": (b"\xd0\xd1\xd2\xd3", 0.32),
    "greek": (b"\xcd\xce\xcf", 0.42),
    "hebrew": (b"\xd6\xd7", 0.45),
    "arabic": (b"\xd8\xd9\xda\xdb", 0.36),
    "han": (b"\xe4\xe5\xe6\xe7\xe8\xe9", 0.85),
    "hangul": (b"\xea\xeb\xec\xed", 0.68),
    "picture": (b"\xf0", 2.0),
}
"""The first bytes in UTF-8 of each script's letters, and tokens for each of them."""

_MARKED: Final = b"\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca"
_BLOCKS: Final[Mapping[str, tuple[tuple[bytes, ...], float]]] = {
    "han": ((b"\xe3\x80", b"\xe3\x81", b"\xe3\x82", b"\xe3\x83", b"\xef\xbc", b"\xef\xbd"), 0.75),
    "thai": ((b"\xe0\xb8", b"\xe0\xb9"), 0.5),
    "indic": (
        tuple(bytes((0xE0, second)) for second in range(0xA4, 0xB8)),
        0.5,
    ),
}
"""The same by two bytes, where one does not tell."""

_OTHER_SIGN: Final = 0.9
_PIECE: Final = 4_000
_PIECES: Final = 12
_MIN_SAMPLE: Final = 40
_RATIOS_KEPT: Final = 9
_PLAUSIBLE: Final = (0.5, 4.0)
"""Some servers leave out of their counts what they have in a cache."""


def estimate_scripts(text: str) -> dict[str, float]:
    """About how many tokens of each script `text` has; of a long text pieces are looked at."""
    if len(text) > 2 * _PIECE * _PIECES:
        step = len(text) // _PIECES
        sample = "".join(text[start : start + _PIECE] for start in range(0, step * _PIECES, step))
        scale = len(text) / len(sample)
        return {name: value * scale for name, value in estimate_scripts(sample).items()}
    found: dict[str, float] = {}
    data = text.encode("utf-8", "replace")
    if not text.isascii():
        found = _other_scripts(data)
    found[LATIN] = found.get(LATIN, 0.0) + _latin(text, data)
    return found


def _latin(text: str, data: bytes) -> float:
    """Tokens of what is ASCII, and of words in it."""
    plain = len(data) - len(data.translate(None, _ASCII))
    letters = len(data) - len(data.translate(None, _LETTERS))
    digits = len(data) - len(data.translate(None, _DIGITS))
    spaces = len(data) - len(data.translate(None, _SPACES))
    signs = plain - letters - digits - spaces
    words = text.split()
    share = (letters + digits + signs) / max(1, len(text) - spaces)
    tokens = _WORD * len(words) * share + _LETTER * letters + _DIGIT * digits + _SIGN * signs
    tokens += _LINE * data.count(b"\n")
    return tokens + sum(_excess(word) for word in words if len(word) > _LONG_WORD)


def _excess(word: str) -> float:
    """How many more tokens a very long word has than its letters make, if it is no word."""
    if not word.isascii():
        return 0.0
    letters, digits = sum(map(str.isalpha, word)), sum(map(str.isdigit, word))
    if letters + digits < _LONG_WORD or letters + digits < len(word) * 0.9:
        return 0.0
    return max(0.0, len(word) / _RANDOM_PER_TOKEN - _LETTER * letters - _DIGIT * digits)


def _other_scripts(data: bytes) -> dict[str, float]:
    others = data.translate(None, _ASCII + _CONTINUED)
    left = len(others)
    found: dict[str, float] = {}
    for name, (first_bytes, weight) in _SCRIPTS.items():
        if count := left - len(others.translate(None, first_bytes)):
            found[name] = weight * count
    known = sum(round(found[name] / _SCRIPTS[name][1]) for name in found)
    for name, (beginnings, weight) in _BLOCKS.items():
        if count := sum(map(data.count, beginnings)):
            found[name] = found.get(name, 0.0) + weight * count
            known += count
    marked = left - len(others.translate(None, _MARKED))
    found[LATIN] = marked * (_MARKED_LETTER + _LETTER) + _OTHER_SIGN * max(0, left - known - marked)
    return found


class TokenRatios:
    """How many tokens one model makes of what was estimated, for each script.

    A ratio is the median of the last ones that were observed in texts of mostly one script.
    """

    def __init__(self, observed: Mapping[str, Iterable[float]] | None = None) -> None:
        self.observed = {name: list(ratios) for name, ratios in (observed or {}).items()}

    def estimate(self, scripts: Mapping[str, float]) -> float:
        return sum(value * self._ratio(name) for name, value in scripts.items())

    def observe(self, scripts: Mapping[str, float], reported: int) -> bool:
        """Learn from a text of which the model reported the tokens; was it fit for that?"""
        total = sum(scripts.values())
        name = max(scripts, key=lambda each: scripts[each], default="")
        if total < _MIN_SAMPLE or scripts[name] < total / 2:
            return False
        others = self.estimate({each: scripts[each] for each in scripts if each != name})
        ratio = (reported - others) / scripts[name]
        if not _PLAUSIBLE[0] < ratio < _PLAUSIBLE[1]:
            return False
        self.observed[name] = [*self.observed.get(name, ()), ratio][-_RATIOS_KEPT:]
        return True

    def _ratio(self, script: str) -> float:
        ratios = self.observed.get(script)
        if not ratios:
            return 1.0
        from statistics import median  # noqa: PLC0415 - not before anything was observed

        return median(ratios)


MESSAGE_TOKENS: Final = 4
"""What a service writes around every message."""
_PATCH: Final = 28
_PICTURE_EDGE: Final = 2_000
_MAX_PICTURE_TOKENS: Final = 4_784
_BYTES_PER_TOKEN: Final = {"application/pdf": 40, "audio/mpeg": 250, "audio/wav": 1_000}
"""Of files whose bytes are not looked at for an estimate; pages of PDFs tell more than these."""


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` is: an estimate, and to be shown as one."""
    return ceil(sum(estimate_scripts(text).values()))


def estimate_total_tokens(
    messages: Sequence[ContextMessage], ratios: TokenRatios | None = None
) -> int:
    """About how many tokens a service makes of `messages`, as far as it showed in `ratios`."""
    known = ratios or _NO_RATIOS
    return sum(
        ceil(known.estimate(estimate_scripts(message.text)))
        + sum(map(estimate_part_tokens, message.parts))
        + MESSAGE_TOKENS
        for message in messages
    )


_NO_RATIOS: Final = TokenRatios()


def estimate_part_tokens(part: Part) -> int:
    """About how many tokens a picture or file is, rather too much than too little; else 0.

    A picture costs most where each square of 28 pixels is a token, as with newer models of
    Anthropic (November 2026); of a PDF, pages are sent as text and as pictures. A second of sound
    is at most 32 tokens.
    """
    blob = getattr(part, "blob", None)
    if blob is None:
        return 0
    if blob.width and blob.height:
        scale = min(1.0, _PICTURE_EDGE / max(blob.width, blob.height))
        columns, rows = (-(-int(each * scale) // _PATCH) for each in (blob.width, blob.height))
        return min(columns * rows, _MAX_PICTURE_TOKENS)
    return -(-int(blob.size) // _BYTES_PER_TOKEN.get(blob.media_type, 3))
