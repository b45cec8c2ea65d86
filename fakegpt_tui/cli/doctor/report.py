"""Findings of `doctor`, and the report of them as text and JSON."""

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Final


class Level(StrEnum):
    """How a finding is to be taken."""

    GOOD = "good"
    NOTE = "note"
    """So it is, and nothing is wrong with it."""

    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is so. `id` has its topic before the dot, and stays the same for scripts.

    The texts are shown as they are, so foreign ones in them are cleaned where a finding is made.
    """

    id: str
    level: Level
    sentence: str
    advice: str = ""

    @property
    def topic(self) -> str:
        return self.id.partition(".")[0]


def good(name: str, sentence: str, advice: str = "") -> Finding:
    return Finding(name, Level.GOOD, sentence, advice)


def note(name: str, sentence: str, advice: str = "") -> Finding:
    return Finding(name, Level.NOTE, sentence, advice)


def attention(name: str, sentence: str, advice: str = "") -> Finding:
    return Finding(name, Level.ATTENTION, sentence, advice)


_MARKS: Final = {Level.GOOD: "ok", Level.NOTE: "note", Level.ATTENTION: "LOOK"}
_INDENT: Final = 7
_NARROWEST = 40
_WIDEST = 100


def render_json(findings: Sequence[Finding]) -> str:
    document = {
        "version": 1,
        "well": is_healthy(findings),
        "findings": [
            {
                "id": finding.id,
                "level": finding.level.value,
                "sentence": finding.sentence,
                "advice": finding.advice,
            }
            for finding in findings
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def render_text(findings: Sequence[Finding], *, width: int) -> Iterator[str]:
    """Lines of at most `width` columns, topic by topic, and what all of it comes to."""
    width = min(max(width, _NARROWEST), _WIDEST)
    for topic, found in groupby(findings, key=attrgetter("topic")):
        yield topic.capitalize()
        for finding in found:
            yield from _wrap(f"{_MARKS[finding.level]:<5}", finding.sentence, width)
            if finding.advice:
                yield from _wrap("", f"→ {finding.advice}", width)
        yield ""
    yield _summary(findings)


def is_healthy(findings: Iterable[Finding]) -> bool:
    return all(finding.level is not Level.ATTENTION for finding in findings)


def _wrap(mark: str, text: str, width: int) -> Iterator[str]:
    indent = " " * _INDENT
    # A path is of use only in one piece.
    yield from textwrap.wrap(
        text,
        width,
        initial_indent=f"  {mark}".ljust(_INDENT),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _summary(findings: Sequence[Finding]) -> str:
    count = sum(finding.level is Level.ATTENTION for finding in findings)
    if count == 0:
        return "All is well."
    return "One thing needs attention." if count == 1 else f"{count} things need attention."
