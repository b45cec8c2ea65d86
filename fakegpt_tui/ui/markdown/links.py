"""Links and sources of a message: what their words are, and where they go."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from markdown_it.token import Token

from fakegpt_tui.domain.captions import placed_captions
from fakegpt_tui.domain.parts import CitationPart, Part
from fakegpt_tui.ui.markdown.blocks import Node, References
from fakegpt_tui.ui.markdown.parser import find_references, parse_blocks, parse_inline
from fakegpt_tui.ui.markdown.parser_rules import can_open
from fakegpt_tui.ui.markdown.split_points import find_split_points

_PART = 8_192
"""Characters to parse at a time, where blocks can be split."""
_WRITTEN = {"fence", "code_block", "literal", "math"}
"""Blocks in which nothing is a link."""


class NamedLink(NamedTuple):
    """A link; `href` is as it was written, and can be opened."""

    label: str
    href: str


def message_links(text: str, parts: Iterable[Part] = ()) -> tuple[NamedLink, ...]:
    """The links of a message in their order, each once, and then its sources."""
    sources = (
        NamedLink(part.title or part.url, part.url)
        for part in (each.part for each in placed_captions(parts))
        if isinstance(part, CitationPart) and can_open(part.url)
    )
    return tuple(dict.fromkeys((*_text_links(text), *sources)))


def _text_links(text: str) -> Iterator[NamedLink]:
    references = find_references(text)
    for start, end in pairwise([0, *find_split_points(text, _PART), len(text)]):
        part = text[start:end]
        offsets = [0] * (part.count("\n") + 2)
        yield from _links_of(parse_blocks(part, offsets, references), references)


def _links_of(nodes: Sequence[Node], references: References) -> Iterator[NamedLink]:
    for node in nodes:
        if node.content and node.kind not in _WRITTEN:
            yield from _inline_links(parse_inline(node.content, references))
        yield from _links_of(node.children, references)


def _inline_links(tokens: Sequence[Token]) -> Iterator[NamedLink]:
    href, words = "", ""
    for token in tokens:
        match token.type:
            case "link_open":
                href, words = str(token.attrs.get("href", "")), ""
            case "link_close":
                if can_open(href):
                    yield NamedLink(words.strip() or href, href)
                href = ""
            case "image" if can_open(source := str(token.attrs.get("src", ""))):
                yield NamedLink(token.content.strip() or source, source)
            case _:
                words += token.content
