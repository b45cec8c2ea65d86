"""Asking the terminal how many cells it takes for what terminals do not agree on."""

import re
from enum import StrEnum
from typing import Final

from textual.message import Message

LEAST_ROWS: Final = 2
"""A terminal must have as many rows to be asked: what it reports of the first one is a key."""

_STEP = 6
_REPORT = re.compile(rf"\x1b\[{LEAST_ROWS};([1-9]\d?)R", re.ASCII)


class WidthProbe(StrEnum):
    """What it is asked about: one example of each kind."""

    AMBIGUOUS = "▽"
    ISOLATED = "\u2068\u2069"
    SELECTED = "❤\ufe0f"
    JOINED = "👩\u200d💻"
    TONED = "👍\U0001f3fd"
    SPACED = "का"
    RECENT = "☰"


_SAMPLES = tuple(WidthProbe)


class WidthReported(Message):
    """The terminal has told how many cells it takes for an example."""

    def __init__(self, sample: WidthProbe, cells: int) -> None:
        super().__init__()
        self.probe = sample
        self.cells = cells


def build_width_query(columns: int, *, isolates: bool) -> str:
    """What to write for reports on the examples that there is room for, if need be on isolates.

    They stand where the next picture will be, each in a place that tells its report from others.
    """
    samples = _SAMPLES[: columns // _STEP]
    asked = (
        f"\x1b[{LEAST_ROWS};{1 + place * _STEP}H{sample}\x1b[6n"
        for place, sample in enumerate(samples)
        if isolates or sample is not WidthProbe.ISOLATED
    )
    return f"{''.join(asked)}\r\x1b[K\x1b[H"


def parse_width_report(sequence: str) -> WidthReported | None:
    """What a sequence from the terminal reports; `None` if that is something else."""
    report = _REPORT.fullmatch(sequence)
    place, cells = divmod(int(report[1]) - 1, _STEP) if report else (len(_SAMPLES), 0)
    return WidthReported(_SAMPLES[place], cells) if place < len(_SAMPLES) else None
