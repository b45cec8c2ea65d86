"""Asking the terminal how many cells an ambiguous character takes, and reading what it reports."""

import re
from typing import Final

from textual.message import Message

_ROW, _SIGN = 2, "▽"

LEAST_ROWS: Final = _ROW
"""A terminal must have as many rows to be asked: what it reports of the first one is a key."""

QUESTION: Final = f"\x1b[{_ROW};1H{_SIGN}\x1b[6n\r\x1b[K\x1b[H"
"""Writes one where the next picture will be, has it reported where that leads, and clears it."""

_REPORT = re.compile(rf"\x1b\[{_ROW};([1-9]\d?)R", re.ASCII)
_COUNTS = (1, 2)


class WidthReported(Message):
    """The terminal has told how many cells an ambiguous character takes."""

    def __init__(self, cells: int) -> None:
        super().__init__()
        self.cells = cells


def reported(sequence: str) -> WidthReported | None:
    """What a sequence from the terminal reports; `None` if that is something else.

    A terminal that does not know UTF-8 shows three characters, which says nothing.
    """
    report = _REPORT.fullmatch(sequence)
    cells = int(report[1]) - 1 if report else 0
    return WidthReported(cells) if cells in _COUNTS else None
