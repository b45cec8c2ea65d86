"""Findings of `doctor`, and the report of them as text and JSON."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Final


class Level(StrEnum):
    """How important a finding is; a note is a fact that needs no action."""

    GOOD = "good"
    NOTE = "note"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `id` has its topic before the dot, and is stable for scripts.

    The texts are shown as they are, so foreign text is cleaned where a finding is made.
    """

    level: Level
    id: str
    sentence: str
    advice: str = ""

    @property
    def topic(self) -> str:
        return self.id.partition(".")[0]


good = partial(Finding, Level.GOOD)
note = partial(Finding, Level.NOTE)
attention = partial(Finding, Level.ATTENTION)

_MARKS: Final = {Level.GOOD: "ok", Level.NOTE: "note", Level.ATTENTION: "LOOK"}
_INDENT: Final = 7
_NARROWEST = 40
_WIDEST = 100


def as_document(findings: Sequence[Finding]) -> dict[str, object]:
    return {
        "version": 1,
        "well": is_healthy(findings),
        "findings": [
            {key: getattr(finding, key) for key in ("id", "level", "sentence", "advice")}
            for finding in findings
        ],
    }


def render_text(findings: Sequence[Finding], *, width: int) -> Iterator[str]:
    """Lines of at most `width` columns by topic, and a summary."""
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
    # A path must stay in one piece to be copied.
    yield from textwrap.wrap(
        text,
        width,
        initial_indent=f"  {mark}".ljust(_INDENT),
        subsequent_indent=" " * _INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _summary(findings: Sequence[Finding]) -> str:
    count = sum(finding.level is Level.ATTENTION for finding in findings)
    if count == 0:
        return "All is well."
    return "One thing needs attention." if count == 1 else f"{count} things need attention."
