"""Rules for markdown-it's blocks: items that are indented too far, and unused definitions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

_MARKER = re.compile(r"(?:[-*+]|\d{1,9}[.)])[ \t]+\S")
_CODE_INDENT = 4


def list_rules(parser: MarkdownIt) -> None:
    """Take items of a list that are indented further than their list needs for items, not code.

    Models indent by six or eight spaces, also below an item whose text begins after two. Code of
    theirs is in fences, so that what begins like an item is one.
    """
    parser.block.ruler.before("code", "deep_items", _deep_items)


def _deep_items(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Move deep items to where their list would have them; other rules find them there."""
    if silent or state.listIndent < 0:
        return False
    line = start
    while line < end and not state.isEmpty(line):
        if _is_deep_item(state, line):
            _move_left(state, line, end)
            break
        if state.is_code_block(start):
            break
        line += 1
    return False


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


_LABEL = re.compile(r"\[((?:[^\[\]\\\n]|\\.){1,999})\](?!:)")
_DEFINITION = re.compile(r"\[((?:[^\[\]\\\n]|\\.){1,999})\]:")


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
