"""How many cells ambiguous characters take, for everything that measures text.

Unicode leaves the width of é, Greek, Cyrillic, ±, “quotes”, ① and thousands of others to the
terminal: one cell in most, two in those that are set up for Chinese, Japanese or Korean. Rich, by
which Textual and this program measure, takes them for narrow. Where they are wide it is given a
table that says so, and what it and Textual remember of widths is dropped.

Frames, bars and the … behind what is cut stay at one cell, because Textual counts on that; on the
screen of a wide terminal narrow characters that look alike stand for them, see `look_alike`. Text
that is copied, found or saved is as it was written.

Rich measures for the whole process, and so this holds for all of it. Everything that has no place
in the documentation of Rich 15.0.0 and Textual 8.2.8 is used here and nowhere else. Knows nothing
of this program.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from rich import cells, segment
from rich.cells import CellTable
from textual.content import Content

_FRAMES = range(0x2500, 0x25A0)
_KEPT = frozenset((*_FRAMES, ord("…")))
_SOUGHT = (range(0xA1, 0xE000), range(0xF900, 0x1F200))
_PRIVATE = ((0xE000, 0xF8FF, 2), (0xF0000, 0xFFFFD, 2), (0x100000, 0x10FFFD, 2))

_BLOCKS = {
    "▀": "¯", "▁": "_", "▂": "_", "▃": "_", "▄": "_", "▅": "#", "▆": "#", "▇": "#", "█": "#",
    "▉": "#", "▊": "#", "▋": "|", "▌": "|", "▍": "|", "▎": "|", "▏": "|", "▒": "%", "▓": "%",
    "▔": "¯", "▕": "|", "…": "⋯",
}  # fmt: skip

_cells: Any = cells
_segment: Any = segment
_content: Any = Content
_narrow_table = _cells.load_cell_table
_is_narrow_text = _cells._is_single_cell_widths  # noqa: SLF001 - see above


def are_wide() -> bool:
    """Are ambiguous characters taken for two cells?"""
    return _cells.load_cell_table is not _narrow_table


def take_for_wide(wide: bool) -> bool:
    """Take ambiguous characters for two cells, or for one; whether that is something new.

    What is on the screen must be laid out and drawn anew then.
    """
    if wide is are_wide():
        return False
    _cells.load_cell_table = _wide_table if wide else _narrow_table
    is_narrow_text = _narrow_in_wide_terminals().issuperset if wide else _is_narrow_text
    for module in (_cells, _segment):
        module._is_single_cell_widths = is_narrow_text  # noqa: SLF001 - see above
    _make_content_forget()
    for remembering in (
        _cells.get_character_cell_size,
        _cells.cached_cell_len,
        _segment.Segment._split_cells,  # noqa: SLF001 - see above
    ):
        remembering.cache_clear()
    return True


def look_alike(text: str) -> str:
    """`text` in which a narrow character stands for each that is kept at one cell."""
    return text.translate(_look_alikes())


def _make_content_forget() -> None:
    """See to it that content, which may be kept for long, is measured whenever that is asked."""
    _content.cell_length = property(lambda content: cells.cell_len(content.plain))
    _content._optimal_width_cache = _always(None)  # noqa: SLF001 - see above
    _content._minimal_width_cache = _always(None)  # noqa: SLF001 - see above
    _content._height_cache = _always((None, 0))  # noqa: SLF001 - see above


def _always(value: object) -> property:
    """What has this value, whatever is assigned to it."""
    return property(lambda _: value, lambda _, _assigned: None)


@cache
def _wide_table(version: str = "auto") -> CellTable:
    """Rich's own table, in which what takes one cell and is ambiguous takes two."""
    before: CellTable = _narrow_table(version)
    other = {code for first, last, _ in before.widths for code in range(first, last + 1)}
    wide = [code for code in _ambiguous() if code not in other and code not in _KEPT]
    rows = [*before.widths, *_PRIVATE, *((code, code, 2) for code in wide)]
    widened = before.narrow_to_wide.difference(map(chr, wide))
    return CellTable(before.unicode_version, sorted(rows), widened)


@cache
def _narrow_in_wide_terminals() -> frozenset[str]:
    """Common characters that take one cell each, which are quickly told from others."""
    known: frozenset[str] = _cells._SINGLE_CELLS  # noqa: SLF001 - see above
    return known.difference(chr(code) for code in _ambiguous() if code not in _KEPT)


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
    for codes in _SOUGHT:
        for code in codes:
            if unicodedata.east_asian_width(chr(code)) == "A":
                yield code
