"""Inline Markdown: emphasis, code, links and formulas as styled text, and where links go."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.domain.captions import placed_captions
from fakegpt_tui.domain.parts import CitationPart, Part
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.latex import latex_to_unicode
from fakegpt_tui.ui.markdown.parser import (
    find_references,
    footnote_mark,
    is_plain,
    parse_blocks,
    parse_inline,
)
from fakegpt_tui.ui.markdown.parser_rules import can_open
from fakegpt_tui.ui.markdown.split_points import find_split_points

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from markdown_it.token import Token

    from fakegpt_tui.ui.markdown.blocks import Node, References
    from fakegpt_tui.ui.markdown.render_context import RenderContext


_BREAKS = ("softbreak", "hardbreak")
_BREAK_TAG = lazy_pattern(r" *<br ?/?> *", re.IGNORECASE)
_BRACKETS = lazy_pattern(r"[\[\]]")
_DEEPEST = 40
_LONGEST = 8_192
"""Longer text is parsed in parts, because some input takes time quadratic in its length."""


def render_inline(
    content: str, context: RenderContext, style: Style | None = None, *, in_cell: bool = False
) -> list[Segment]:
    """`content` as styled text, with a line feed for each break to keep.

    `in_cell` says that the tag `<br>` is a break, as there is no other one in a cell.
    """
    base = context.palette.text if style is None else style
    writer = _Writer(context, base, foreign="&" in content)
    writer.has_break_tags = in_cell and "<" in content
    for part in _inline_parts(content):
        if is_plain(part) or _is_too_deep(part):
            writer.write_text(part if context.keep_breaks else part.replace("\n", " "))
        else:
            writer.write(parse_inline(part, context.references))
    return writer.segments


def _is_too_deep(text: str) -> bool:
    """Are so many brackets open that they are no links, and reading each to its end takes long?"""
    if text.count("[") <= _DEEPEST:
        return False
    depth = 0
    for bracket in _BRACKETS.findall(text):
        depth = max(0, depth + (1 if bracket == "[" else -1))
        if depth > _DEEPEST:
            return True
    return False


def _inline_parts(content: str) -> Iterator[str]:
    start = 0
    while len(content) - start > _LONGEST:
        end = content.rfind(" ", start + 1, start + _LONGEST) + 1 or start + _LONGEST
        yield content[start:end]
        start = end
    yield content[start:]


class _Writer:
    """Turns tokens into segments, remembering what is open."""

    def __init__(self, context: RenderContext, base: Style, *, foreign: bool) -> None:
        self.segments: list[Segment] = []
        self._palette = context.palette
        self._references = context.references
        self._keep_breaks = context.keep_breaks
        self._foreign = foreign
        self.has_break_tags = False
        self._styles = [base]
        self._links: list[tuple[str, int]] = []

    def write(self, tokens: Sequence[Token]) -> None:
        for index, token in enumerate(tokens):
            match token.type:
                case "text" | "text_special":
                    self.write_text(token.content)
                case "softbreak" | "hardbreak":
                    kept = self._keep_breaks or token.type == "hardbreak"
                    kept = kept or _is_beside_formula(tokens, index)
                    self._add("\n" if kept else " ")
                case "code_inline":
                    self._add(token.content, self._palette.code)
                case "link_open":
                    self._open_link(str(token.attrs.get("href", "")))
                case "link_close":
                    self._close_link()
                case _ if token.nesting:
                    self._nest(token)
                case _:
                    self._write_construct(token)

    def _write_construct(self, token: Token) -> None:
        match token.type:
            case "image":
                self._write_image(token)
            case "math_inline":
                self._write_formula(token)
            case "footnote_ref":
                sign = footnote_mark(token.meta["label"], self._references)
                self._add(sign, self._palette.bullet)
            case _:
                self._add(token.content)

    def _write_formula(self, token: Token) -> None:
        text = latex_to_unicode(token.content.strip())
        text = token.markup if text is None else safe_text(text)
        self._add(text if "\n" in token.markup else text.replace("\n", " "))

    def _nest(self, token: Token) -> None:
        if token.nesting < 0:
            self._styles.pop()
        else:
            styles = {
                "strong_open": self._palette.strong,
                "em_open": self._palette.emphasis,
                "s_open": self._palette.strikethrough,
            }
            self._styles.append(self._styles[-1] + styles[token.type])

    def _add(self, text: str, style: Style | None = None) -> None:
        if not text:
            return
        current = self._styles[-1]
        text = text.replace("\t", "    ")
        self.segments.append(Segment(text, current + style if style is not None else current))

    def write_text(self, text: str) -> None:
        """Write text in which there is no Markdown."""
        if self._foreign:
            # An entity may have been written for a character that must not be shown as it is.
            text = safe_text(text).replace("\n", " ")
        self._add(_BREAK_TAG.sub("\n", text) if self.has_break_tags else text)

    def _link_style(self, target: str) -> Style:
        style = self._palette.link
        return style + Style.from_meta({"href": target}) if can_open(target) else style

    def _open_link(self, target: str) -> None:
        self._links.append((target, len(self.segments)))
        self._styles.append(self._styles[-1] + self._link_style(target))

    def _close_link(self) -> None:
        target, first = self._links.pop()
        label = "".join(segment.text for segment in self.segments[first:])
        if not label.strip():
            self._add(target)
        self._styles.pop()
        if target and not can_open(target) and label.strip() not in ("", target):
            self._add(f" ({target})", self._palette.muted)

    def _write_image(self, token: Token) -> None:
        target = str(token.attrs.get("src", ""))
        self._open_link(target)
        label = safe_text(_plain(token.children or ())).replace("\n", " ")
        self._add(f"[image: {label}]" if label.strip() else f"[image: {target}]")
        self._close_link()


def _is_beside_formula(tokens: Sequence[Token], at: int) -> bool:
    """Whether a line break is above or below a formula on lines of its own."""
    return any(
        tokens[index].type == "math_inline"
        and tokens[index].markup.startswith(("$$", "\\["))
        and all(
            other.type in _BREAKS
            for other in (*tokens[index - 1 : index], *tokens[index + 1 : index + 2])
        )
        for index in (at - 1, at + 1)
        if 0 <= index < len(tokens)
    )


def _plain(tokens: Sequence[Token]) -> str:
    return "".join(
        _plain(token.children) if token.children else "\n" * ("break" in token.type) + token.content
        for token in tokens
    )


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
