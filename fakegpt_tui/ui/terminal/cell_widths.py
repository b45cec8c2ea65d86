"""Cell widths: how many cells the terminal takes for a character, wherever text is measured.

Mends: Rich, by which Textual measures, counts by the newest Unicode, and takes for narrow what
Unicode calls ambiguous: é, Greek, Cyrillic, ±, “quotes”, ① and thousands of others, each of which
takes two cells in a terminal that is set up for Chinese, Japanese or Korean. Here Rich gets another
table, and what it and Textual have cached is dropped; this holds for the whole process.
Since: Rich 15.0.0 and Textual 8.2.8. Can go: when Rich measures by a profile that can be set.

Frames, bars and the … behind what is cut stay at one cell, because Textual counts on that; a wide
terminal is sent narrow characters that look alike, see `ascii_lookalike`, and one that does not put
emoji together is sent simpler ones. Text that is copied, found or saved is as it was written.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

from rich import cells, segment
from rich.cells import CellTable, cell_len
from rich.segment import Segment
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter

from fakegpt_tui.fast_import import dataclass, lazy_pattern

_FRAMES = range(0x2500, 0x25A0)
_KEPT = frozenset((*_FRAMES, ord("…")))
_SOUGHT = (range(0xA1, 0xE000), range(0xF900, 0x1F200))
_MARKED = (range(0x900, 0x3030), range(0xA800, 0xAC00), range(0x11000, 0x1D200))
_PRIVATE = ((0xE000, 0xF8FF, 2), (0xF0000, 0xFFFFD, 2), (0x100000, 0x10FFFD, 2))
_BEFORE_16 = "15.1.0"
_HEXAGRAMS = (0x4DC0, 0x4DFF, 2)
"""Wide by Unicode only since then, but in most terminals since ever."""

_BLOCKS = {
    "▀": "¯", "▁": "_", "▂": "_", "▃": "_", "▄": "_", "▅": "#", "▆": "#", "▇": "#", "█": "#",
    "▉": "#", "▊": "#", "▋": "|", "▌": "|", "▍": "|", "▎": "|", "▏": "|", "▒": "%", "▓": "%",
    "▔": "¯", "▕": "|", "…": "⋯",
}  # fmt: skip

_cells: Any = cells
_segment: Any = segment
_content: Any = Content
_own_table: Callable[[str], CellTable] = _cells.load_cell_table
_own_narrow: frozenset[str] = _cells._SINGLE_CELLS  # noqa: SLF001 - see above


@dataclass(frozen=True, slots=True)
class WidthProfile:
    """How a terminal counts. As Rich does, unless something else is said.

    Args:
        wide_ambiguous: Ambiguous characters take two cells.
        wide_marks: Marks that have a width of their own, as in Hindi and Tamil, take a cell.
        before_unicode_16: What Unicode 16 made wide is still narrow.
    """

    wide_ambiguous: bool = False
    wide_marks: bool = False
    before_unicode_16: bool = False


class _Process:
    """What holds for the whole process."""

    profile = WidthProfile()


def width_profile() -> WidthProfile:
    """How characters are counted."""
    return _Process.profile


def use_profile(wanted: WidthProfile) -> bool:
    """Count characters in another way; whether it is another one.

    What is on the screen must be laid out and drawn anew then.
    """
    if wanted == width_profile():
        return False
    _Process.profile = wanted
    is_own = wanted == WidthProfile()
    _cells.load_cell_table = _own_table if is_own else partial(_table, wanted)
    narrow = _narrow_where_wide() if wanted.wide_ambiguous else _own_narrow
    for module in (_cells, _segment):
        module._is_single_cell_widths = narrow.issuperset  # noqa: SLF001 - see above
    _disable_content_caches()
    for remembering in (
        _cells.get_character_cell_size,
        _cells.cached_cell_len,
        _segment.Segment._split_cells,  # noqa: SLF001 - see above
    ):
        remembering.cache_clear()
    return True


def ascii_lookalike(text: str) -> str:
    """`text` in which a narrow character stands for each that is kept at one cell."""
    return text.translate(_look_alikes())


def _disable_content_caches() -> None:
    """See to it that content, which may be kept for long, is measured whenever that is asked."""
    _content.cell_length = property(lambda content: cells.cell_len(content.plain))
    _content._optimal_width_cache = _constant_property(None)  # noqa: SLF001 - see above
    _content._minimal_width_cache = _constant_property(None)  # noqa: SLF001 - see above
    _content._height_cache = _constant_property((None, 0))  # noqa: SLF001 - see above


def _constant_property(value: object) -> property:
    """A property that keeps this value, whatever is assigned to it."""
    return property(lambda _: value, lambda _, _assigned: None)


@cache
def _table(how: WidthProfile, version: str = "auto") -> CellTable:
    """Rich's own table, changed to count like that."""
    own = _own_table(version)
    if how.before_unicode_16 and _version(own) > _version(_own_table(_BEFORE_16)):
        own = _own_table(_BEFORE_16)
    none = {
        code for first, last, width in own.widths if not width for code in range(first, last + 1)
    }
    spaced = frozenset(_spacing_marks() if how.wide_marks else ())
    wide = frozenset(_ambiguous() if how.wide_ambiguous else ()) - none - _KEPT
    rows = [row for row in own.widths if row[2]]
    rows += ((code, code, 0) for code in none - spaced)
    rows += ((code, code, 2) for code in spaced & none if _is_wide(code))
    rows += ((code, code, 2) for code in wide)
    rows += (
        *(_PRIVATE if how.wide_ambiguous else ()),
        *((_HEXAGRAMS,) if how.before_unicode_16 else ()),
    )
    widened = own.narrow_to_wide.difference(map(chr, wide))
    return CellTable(own.unicode_version, sorted(rows), widened)


def _version(table: CellTable) -> list[int]:
    return [int(part) for part in table.unicode_version.split(".")]


def _spacing_marks() -> Iterator[int]:
    for code in (code for codes in _MARKED for code in codes):
        if unicodedata.category(chr(code)) == "Mc":
            yield code


def _is_wide(code: int) -> bool:
    return unicodedata.east_asian_width(chr(code)) == "W"


@cache
def _narrow_where_wide() -> frozenset[str]:
    """Common characters of one cell each, for a quick check before others are looked up."""
    return _own_narrow.difference(chr(code) for code in _ambiguous() if code not in _KEPT)


@cache
def _look_alikes() -> Mapping[int, str]:
    frames = (code for code in _ambiguous() if code in _FRAMES)
    return {code: _framing(chr(code)) for code in frames} | str.maketrans(_BLOCKS)


def _framing(sign: str) -> str:
    """A part of a frame, by its name, as it was drawn on typewriters."""
    words = unicodedata.name(sign).split()
    if "DIAGONAL" in words:
        return "X" if "CROSS" in words else "/" if words[-1] == "LEFT" else "\\"
    if "AND" in words:
        return "+"
    if "VERTICAL" in words:
        return "|"
    return "=" if "DOUBLE" in words else "-"


def _ambiguous() -> Iterator[int]:
    """Their code points, private ones left out."""
    for code in (code for codes in _SOUGHT for code in codes):
        if unicodedata.east_asian_width(chr(code)) == "A":
            yield code


_TONES = "\U0001f3fb-\U0001f3ff"
_SELECTOR = "\ufe0f"
_PARTS = "\u2190-\u2bff\U0001f000-\U0001faff"
_COMPOUND = lazy_pattern(f"(?s:.)(?:[{_SELECTOR}\u20e3{_TONES}]|\u200d[{_PARTS}])+")
_JOINED = lazy_pattern(f"\u200d[{_PARTS}].*", re.DOTALL)
_TONE = lazy_pattern(f"[{_TONES}]")


@dataclass(frozen=True, slots=True)
class EmojiSupport:
    """What a terminal puts together: joined emoji, tones of skin, and emoji by a selector."""

    joins_sequences: bool = True
    skin_tones: bool = True
    variation_selectors: bool = True

    @property
    def is_full(self) -> bool:
        return self.joins_sequences and self.skin_tones and self.variation_selectors

    def simplify(self, text: str) -> str:
        """`text` with emoji that take the cells on this terminal that Rich says `text` takes.

        What is composed of things that make no emoji together may stay as it is.
        """
        if text.isascii():
            return text
        simple = _COMPOUND.sub(self._fitted, text)
        return simple if cell_len(simple) == cell_len(text) else text

    def _fitted(self, composed: re.Match[str]) -> str:
        shown = composed[0]
        if not self.joins_sequences:
            shown = _JOINED.sub("", shown)
        if not self.skin_tones:
            shown = shown[0] + _TONE.sub("", shown[1:])
        if not self.variation_selectors:
            shown = shown.replace(_SELECTOR, "")
        return shown + " " * (cell_len(composed[0]) - cell_len(shown))


class EmojiFilter(LineFilter):
    """Puts simpler emoji in the place of those that the terminal does not put together."""

    def __init__(self, composing: EmojiSupport) -> None:
        super().__init__()
        self.composing = composing

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 (the filter's interface)
        if all(text.isascii() for text, _, _ in segments):
            return segments
        fitted = self.composing.simplify
        return [Segment(fitted(text), style, control) for text, style, control in segments]


class WideTerminalFilter(LineFilter):
    """Draws frames with narrow characters, where the terminal has wide ones for what frames are.

    It comes last, because the filters before it look for frames.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 (the filter's interface)
        if all(text.isascii() for text, _, _ in segments):
            return segments
        return [Segment(ascii_lookalike(text), style, control) for text, style, control in segments]


def width_filters(emoji: EmojiSupport, *, is_wide: bool) -> Sequence[LineFilter]:
    """What lines pass last of all on a terminal that supports such emoji, or `is_wide`."""
    found: list[LineFilter] = [] if emoji.is_full else [EmojiFilter(emoji)]
    return (*found, WideTerminalFilter()) if is_wide else tuple(found)
