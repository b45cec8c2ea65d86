"""Rules for markdown-it's blocks: indented items, unused definitions, and tags of what folds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock


_MARKER = lazy_pattern(r"(?:[-*+]|\d{1,9}[.)])[ \t]+\S")
_CODE_INDENT = 4


def list_rules(parser: MarkdownIt) -> None:
    """Take what is indented further than its list needs for items and their text, not for code.

    Models indent by six or eight spaces, also below an item whose text begins after two, and line
    the texts of items up. Code of theirs is in fences, so that what begins like an item is one.
    """
    parser.block.ruler.before("code", "deep_item", _deep_item)
    parser.block.ruler.before("lheading", "deep_items_below", _deep_items_below)


def _deep_item(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Move a deep item to the indentation of its list, where the other rules find it."""
    if not silent and state.listIndent >= 0 and state.is_code_block(start):
        if _is_behind_marker(state, start):
            state.sCount[start] = state.blkIndent
        elif _is_deep_item(state, start):
            _move_left(state, start, end)
    return False


def _deep_items_below(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Move deep items that would be read as lines of a paragraph, as no other rule moves them."""
    if silent or state.listIndent < 0:
        return False
    for line in range(start + 1, end):
        if state.isEmpty(line) or _ends_paragraph(state, line, end):
            break
        if _is_deep_item(state, line):
            _move_left(state, line, end)
            break
    return False


def _ends_paragraph(state: StateBlock, line: int, end: int) -> bool:
    """Does another block begin on a line, as the rule of paragraphs asks?"""
    first = state.src[state.bMarks[line] + state.tShift[line]]
    is_text = first.isalpha() or state.sCount[line] < 0
    if is_text or state.sCount[line] - state.blkIndent >= _CODE_INDENT:
        return False
    rules = state.md.block.ruler.getRules("paragraph")
    return any(rule(state, line, end, True) for rule in rules)


def _is_behind_marker(state: StateBlock, line: int) -> bool:
    """Does a line begin with the mark of the item in which its text stands?"""
    begin = state.bMarks[line]
    return bool(state.src[begin : begin + state.tShift[line]].strip(" \t"))


def _is_deep_item(state: StateBlock, line: int) -> bool:
    text = state.bMarks[line] + state.tShift[line]
    is_deep = state.sCount[line] - state.blkIndent >= _CODE_INDENT
    return is_deep and _MARKER.match(state.src, text, state.eMarks[line]) is not None


def _move_left(state: StateBlock, first: int, end: int) -> None:
    """Take the indentation of a line, beyond its list's, off it and off what belongs to it."""
    indent = state.sCount[first]
    for line in range(first, end):
        if not state.isEmpty(line):
            if state.sCount[line] < indent:
                return
            excess = min(indent - state.blkIndent, state.tShift[line])
            state.sCount[line] -= indent - state.blkIndent
            state.bMarks[line] += excess
            state.tShift[line] -= excess


_MOST_COLUMNS = 128


def table_rules(parser: MarkdownIt) -> None:
    """Take lines with hundreds of bars for text: as a table they would take seconds to lay out."""
    from markdown_it.rules_block import table  # noqa: PLC0415 - after the first frame

    def table_of_few_columns(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        bars = state.src.count("|", state.bMarks[start], state.eMarks[start])
        return bars <= _MOST_COLUMNS and table(state, start, end, silent)

    parser.block.ruler.at("table", table_of_few_columns, {"alt": ["paragraph", "reference"]})


_LABEL = lazy_pattern(r"(?<!(?<!\\)\\)\[((?:[^\[\]\\\n]|\\.){1,999})\](?!:)")
_DEFINITION = lazy_pattern(r"(?<!(?<!\\)\\)\[((?:[^\[\]\\\n]|\\.){1,999})\]:")


def used_labels(text: str) -> set[str]:
    """The labels in brackets to which a definition may give a target, as markdown-it knows them."""
    from markdown_it.common.utils import normalizeReference  # noqa: PLC0415 - after the first frame

    return {normalizeReference(match[1]) for match in _LABEL.finditer(text)}


def definition_rules(parser: MarkdownIt) -> None:
    """Show definitions of targets that nothing refers to, as the text that they are."""
    parser.block.ruler.before("reference", "unused_definition", _unused_definition)


def _unused_definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: ARG001 (a rule's signature)
    unused = state.env.get("unused", ())
    if silent or not unused or state.is_code_block(start):
        return False
    from markdown_it.common.utils import normalizeReference  # noqa: PLC0415 - after the first frame

    first = state.bMarks[start] + state.tShift[start]
    definition = _DEFINITION.match(state.src, first, state.eMarks[start])
    if definition is None or normalizeReference(definition[1]) not in unused:
        return False
    state.line = start + 1
    state.push("paragraph_open", "p", 1).map = [start, start + 1]
    token = state.push("inline", "", 0)
    token.map, token.children = [start, start + 1], []
    token.content = state.src[first : state.eMarks[start]]
    state.push("paragraph_close", "p", -1)
    return True


THOUGHTS: Final = ("think", "thinking", "thought", "reasoning", "analysis")
"""Tags that begin a section when they stand alone on a line, at the margin."""
DETAILS: Final = "details"
OPENS, CLOSED = "open", "closed"
"""Words in the `markup` of a node for details: shown at first, and ended in the same block."""
SECTION_START: Final = rf"</?(?:(?:{'|'.join(THOUGHTS)})>|(?i:{DETAILS})[ \t>])"
"""How a line at the margin begins that may begin or end a section."""

_MAY_FOLD = lazy_pattern(rf"<(?:(?:{'|'.join(THOUGHTS)})>|(?i:{DETAILS})[ \t>])")
_THOUGHT = lazy_pattern(rf"<(/?)({'|'.join(THOUGHTS)})>[ \t]*")
_OPENING = lazy_pattern(
    r"<details(?P<attributes>[ \t][^<>\n]*)?>[ \t]*(?P<rest><summary[ \t>].*)?", re.IGNORECASE
)
_CLOSING = lazy_pattern(r"</details>[ \t]*", re.IGNORECASE)
_END = lazy_pattern(r"</details>[ \t]*\Z", re.IGNORECASE)
_SUMMARY_START = lazy_pattern(r"[ \t]*<summary[ \t>]", re.IGNORECASE)
_SUMMARY = lazy_pattern(
    r"[ \t]*<summary(?:[ \t][^<>]*)?>(?P<label>(?:(?!</?details\b|</summary>).)*)"
    r"(?:</summary>(?P<rest>(?:(?!</?details\b).)*))?",
    re.IGNORECASE | re.DOTALL,
)
_GOES_ON = lazy_pattern(
    rf"[ \t]*(?:[^\s<`~$\\]|<(?!/?(?:{'|'.join(THOUGHTS)}|{DETAILS})\b))", re.IGNORECASE
)
"""How a further line of a summary begins, which no other block may do."""
_HTML_TAG = lazy_pattern(r"</?[A-Za-z][^<>]*>")
_OPEN = lazy_pattern(r"[ \t]open(?:[ \t=]|\Z)", re.IGNORECASE)
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
    from html import unescape  # noqa: PLC0415 - its names take as long to read as all rules

    label = safe_line(unescape(_HTML_TAG.sub("", summary.label)), _LONGEST_LABEL)
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
