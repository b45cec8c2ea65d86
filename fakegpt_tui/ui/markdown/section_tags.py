"""Section tags: lines that begin or end what folds, as rules for markdown-it.

Thoughts of models stand between tags such as `<think>`, and `<details>` has a `<summary>`:
https://html.spec.whatwg.org/multipage/interactive-elements.html#the-details-element
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock

THOUGHTS: Final = ("think", "thinking", "thought", "reasoning", "analysis")
"""Tags that begin a section when they stand alone on a line, at the margin."""
DETAILS: Final = "details"
OPENS, CLOSED = "open", "closed"
"""What else the `markup` of a node says of details: that they are shown, that they end at once."""
SECTION_START: Final = rf"</?(?:(?:{'|'.join(THOUGHTS)})>|(?i:{DETAILS})[ \t>])"
"""How a line at the margin begins that may begin or end a section."""

_MAY_FOLD = re.compile(rf"<(?:(?:{'|'.join(THOUGHTS)})>|(?i:{DETAILS})[ \t>])")
_THOUGHT = re.compile(rf"<(/?)({'|'.join(THOUGHTS)})>[ \t]*")
_OPENING = re.compile(
    r"<details(?P<attributes>[ \t][^<>\n]*)?>[ \t]*(?P<rest><summary[ \t>].*)?", re.IGNORECASE
)
_CLOSING = re.compile(r"</details>[ \t]*", re.IGNORECASE)
_END = re.compile(r"</details>[ \t]*\Z", re.IGNORECASE)
_SUMMARY_START = re.compile(r"[ \t]*<summary[ \t>]", re.IGNORECASE)
_SUMMARY = re.compile(
    r"[ \t]*<summary(?:[ \t][^<>]*)?>(?P<label>(?:(?!</?details\b|</summary>).)*)"
    r"(?:</summary>(?P<rest>(?:(?!</?details\b).)*))?",
    re.IGNORECASE | re.DOTALL,
)
_GOES_ON = re.compile(
    rf"[ \t]*(?:[^\s<`~$\\]|<(?!/?(?:{'|'.join(THOUGHTS)}|{DETAILS})\b))", re.IGNORECASE
)
"""How a further line of a summary begins, which no other block may do."""
_HTML_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_OPEN = re.compile(r"[ \t]open(?:[ \t=]|\Z)", re.IGNORECASE)
_LONGEST_LABEL = 400
_MOST_LINES = 12
_MOST_INDENT = 3


class _Summary(NamedTuple):
    """The label of details, what stands behind it on its last line, and the lines up to there."""

    label: str = ""
    content: str = ""
    lines: int = 1


def has_section(text: str) -> bool:
    """Whether there may be a section to fold in `text`."""
    return _MAY_FOLD.search(text) is not None


def section_rules(parser: MarkdownIt) -> None:
    """Know the tags of sections, which end whatever is above them."""
    options: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    parser.block.ruler.before("fence", "section", _section, options)


def _section(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A tag that begins or ends a section, of the message itself and of nothing in it."""
    begin, indent = state.bMarks[start], state.tShift[start]
    if not state.src.startswith("<", begin + indent):
        return False
    is_inside = state.level or state.blkIndent or state.sCount[start] > _MOST_INDENT
    if (begin and state.src[begin - 1] != "\n") or (indent and is_inside):
        return False
    line = state.src[begin + indent : state.eMarks[start]]
    thought = None if indent else _THOUGHT.fullmatch(line)
    opening = _OPENING.fullmatch(line)
    if not (thought or opening or _CLOSING.fullmatch(line)):
        return False
    if silent:
        return True
    if opening:
        _push_details(state, start, end, opening)
    elif thought:
        _push(state, "section_end" if thought[1] else "section", start, info=thought[2])
    else:
        _push(state, "section_end", start, info=DETAILS)
    return True


def _push_details(state: StateBlock, start: int, end: int, opening: re.Match[str]) -> None:
    marks, rest = [DETAILS], opening["rest"] or ""
    if _OPEN.search(opening["attributes"] or ""):
        marks.append(OPENS)
    if _END.search(rest):
        marks.append(CLOSED)
        rest, end = _END.sub("", rest), start + 1
    last = min(end, start + _MOST_LINES)
    below = (state.src[state.bMarks[n] : state.eMarks[n]] for n in range(start + 1, last))
    summary = _read_summary([rest, *below], may_grow=last == end)
    label = safe_line(html.unescape(_HTML_TAG.sub("", summary.label)), _LONGEST_LABEL)
    _push(
        state,
        "section",
        start,
        lines=summary.lines,
        info=label or DETAILS.capitalize(),
        content=summary.content.strip(),
        markup=" ".join(marks),
    )


def _read_summary(lines: list[str], *, may_grow: bool) -> _Summary:
    """The summary on the first of the lines that is not blank.

    It may be under way where the text ends, and is none where another block could begin in it.
    """
    none = _Summary(content=lines[0])
    first = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    if first == len(lines) or not _SUMMARY_START.match(lines[first]):
        return none
    label = ""
    for number in range(first, len(lines)):
        goes_on = number == first or _GOES_ON.match(lines[number])
        found = _SUMMARY.fullmatch("\n".join(lines[first : number + 1])) if goes_on else None
        if found is None:
            return none
        label = found["label"]
        if found["rest"] is not None:
            return _Summary(label, found["rest"], number + 1)
    return _Summary(label, lines=len(lines)) if may_grow else none


def _push(state: StateBlock, kind: str, start: int, *, lines: int = 1, **values: str) -> None:
    state.line = start + lines
    token = state.push(kind, "", 0)
    token.map = [start, start + lines]
    for name, value in values.items():
        setattr(token, name, value)
