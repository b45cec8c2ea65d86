"""The two renderings of what was found."""

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

from fakegpt_tui.cli.checks.finding import Finding, Level

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
