"""Markdown parser: text to blocks and inline tokens, by markdown-it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from sys import intern
from typing import TYPE_CHECKING, Any

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.ui.markdown.block_rules import (
    definition_rules,
    list_rules,
    section_rules,
    table_rules,
    used_labels,
)
from fakegpt_tui.ui.markdown.blocks import Node, References
from fakegpt_tui.ui.markdown.parser_rules import (
    address_rules,
    emphasis_rules,
    is_allowed_target,
    math_rules,
)
from fakegpt_tui.ui.markdown.split_points import find_split_points

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_PART = 8_192
_PLAIN = lazy_pattern(r"[^\W\d_](?:[^\W\d_]|[ ,.;!?'\"()])*")
_CONTAINER = lazy_pattern(r"(?:[ \t>]|[-*+] |\d{1,9}[.)] )*")
"""What may stand before the row of a table that is in a quote or an item."""
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_DEPTH = 40
"""Deepest nesting that is drawn. markdown-it drops what is deeper; here it is shown literally."""

_DEFINITION = lazy_pattern(r"^[ >\t]*\[[^\]\n]+\]:", re.MULTILINE)
_SEE_THROUGH = {"thead_open", "tbody_open"}
"""A table is its rows; the first one is the header."""

_WITH_LINE_STARTS = {"fence", "code_block"}


def is_plain(text: str) -> bool:
    """Is it one line of words, in which nothing can be Markdown?"""
    return _PLAIN.fullmatch(text) is not None


def parse_blocks(text: str, offsets: Sequence[int], references: References) -> list[Node]:
    """The blocks of `text`, whose line *n* stands at `offsets[n]` of the message.

    Definitions of references are blocks of text until there are `references`.
    """
    if is_plain(text):
        # The first words of a reply are shown before markdown-it is imported.
        return [Node("paragraph", text.rstrip(), source=(offsets[0], offsets[1]))]
    tokens: list[Token] = []
    parser = _parser(bool(references))
    parser.block.parse(text, parser, {"unused": references.get("unused", ())}, tokens)
    return _TreeBuilder(text.split("\n"), offsets).build(tokens)


def parse_inline(content: str, references: References) -> list[Token]:
    """The inline tokens of one leaf block."""
    tokens: list[Token] = []
    parser = _parser(bool(references))
    parser.inline.parse(content, parser, _environment(references), tokens)
    return tokens


def find_references(text: str) -> References:
    """The targets and notes that `text` defines for its reference links and footnotes."""
    # Most texts have no such sign, for which 10 MB are looked through in a moment.
    if "]:" not in text or not _DEFINITION.search(text):
        return {}
    environment: dict[str, Any] = {}
    parser = _parser(True)
    for start, end in pairwise([0, *find_split_points(text, _PART), len(text)]):
        if _DEFINITION.search(text, start, end):
            parser.block.parse(text[start:end], parser, environment, [])
    notes = environment.get("footnotes", {}).get("refs", {})
    targets = environment.get("references", {})
    unused = set(targets) - used_labels(text) if targets else set()
    found = {
        "references": {label: target for label, target in targets.items() if label not in unused},
        "footnotes": {label[1:]: number for number, label in enumerate(notes, 1)},
        "unused": dict.fromkeys(unused),
    }
    return found if any(found.values()) else {}


def footnote_mark(label: str, references: References) -> str:
    """The number of a footnote as it stands in the text."""
    return str(references.get("footnotes", {}).get(label, label)).translate(_RAISED)


def _environment(references: References) -> dict[str, Any]:
    if not references:
        return {}
    notes = {f":{label}": -1 for label in references["footnotes"]}
    return {"references": references["references"], "footnotes": {"refs": notes, "list": {}}}


@lru_cache(maxsize=2)
def _parser(definitions: bool) -> MarkdownIt:
    # Imported on first use: 50 ms that the first paint must not wait for.
    from markdown_it import MarkdownIt  # noqa: PLC0415
    from mdit_py_plugins.footnote import footnote_plugin  # noqa: PLC0415

    class Parser(MarkdownIt):
        """Takes addresses as they were written, and only allowed ones."""

        def normalizeLink(self, url: str) -> str:
            return url

        def normalizeLinkText(self, link: str) -> str:
            return link

        def validateLink(self, url: str) -> bool:
            return is_allowed_target(url)

    parser = Parser("js-default", {"html": False, "linkify": False, "maxNesting": _DEPTH})
    parser.disable(["html_block", "html_inline", "linkify"])
    address_rules(parser)
    emphasis_rules(parser)
    math_rules(parser)
    list_rules(parser)
    table_rules(parser)
    if definitions:
        parser.use(footnote_plugin, inline=False)
        definition_rules(parser)
    else:
        parser.disable("reference")
    section_rules(parser)
    return parser


class _TreeBuilder:
    """Builds blocks from a flat list of tokens."""

    def __init__(self, lines: Sequence[str], offsets: Sequence[int]) -> None:
        self._lines = lines
        self._offsets = offsets
        self._sources: dict[tuple[int, int], tuple[int, int]] = {}

    def build(self, tokens: Sequence[Token]) -> list[Node]:
        nodes: list[Node] = []
        first = 0
        for index, token in enumerate(tokens):
            if token.level or token.nesting > 0:
                continue
            group = tokens[first : index + 1]
            deep = max(inner.level for inner in group) >= _DEPTH - 2
            nodes.append(self._literal(group[0]) if deep else self._build(group))
            first = index + 1
        return nodes

    def _build(self, tokens: Sequence[Token]) -> Node:
        open_children: list[list[Node]] = [[]]
        opened: list[Token] = []
        for token in tokens:
            if token.nesting > 0:
                opened.append(token)
                open_children.append([])
            elif token.nesting < 0:
                children = open_children.pop()
                container = opened.pop()
                if container.type in _SEE_THROUGH:
                    open_children[-1].extend(children)
                else:
                    _append(open_children[-1], self._node(container, children))
            else:
                _append(open_children[-1], self._node(token, []))
        return open_children[0][0]

    def _node(self, token: Token, children: list[Node]) -> Node:
        kind = intern(token.type.removesuffix("_open"))
        inline = children[0] if len(children) == 1 and children[0].kind == "inline" else None
        first, last = token.map or (0, 0)
        if kind == "tr" and children:
            children[-1] = _with_excess(children[-1], self._lines[first], len(children))
        return Node(
            kind=kind,
            content=inline.content if inline else token.content,
            markup=token.tag if kind == "heading" else token.markup,
            info=token.info or str(token.meta.get("label", "")),
            align=intern(str(token.attrs.get("style", "text-align:left")).rpartition(":")[2]),
            children=() if inline else tuple(children),
            source=self._source(first, last),
            line_starts=tuple(self._offsets[first : last + 1]) if kind in _WITH_LINE_STARTS else (),
            blank_above=first > 0 and not self._lines[first - 1].strip(" \t>"),
            number=int(token.attrs.get("start", 1)),
        )

    def _source(self, first: int, last: int) -> tuple[int, int]:
        """Where lines are in the message; blocks of the same lines share one value."""
        source = self._offsets[first], self._offsets[last]
        return self._sources.setdefault(source, source)

    def _literal(self, token: Token) -> Node:
        first, last = token.map or (0, 0)
        return Node(
            kind="literal",
            content="\n".join(self._lines[first:last]),
            source=self._source(first, last),
        )


def _with_excess(cell: Node, line: str, count: int) -> Node:
    """The last cell of a row, with those for which the table has no column, which are dropped."""
    if line.count("|") < count:
        return cell
    from markdown_it.rules_block.table import escapedSplit  # noqa: PLC0415 - loaded by then

    cells = [part.strip() for part in escapedSplit(_CONTAINER.sub("", line, count=1).strip())]
    cells = cells[1:] if cells and not cells[0] else cells
    cells = cells[:-1] if cells and not cells[-1] else cells
    return replace(cell, content=" | ".join(cells[count - 1 :])) if len(cells) > count else cell


def _append(siblings: list[Node], node: Node) -> None:
    """The line above a first child is no gap of its own, and may not even be in the text."""
    is_first = node.blank_above and not siblings
    siblings.append(replace(node, blank_above=False) if is_first else node)
