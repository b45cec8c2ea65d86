"""HTML of replies as Markdown; scripts and styles are dropped, and so is what is no text.

Formulas are TeX between dollars, where the page says it, as MathML of KaTeX does.
"""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import TypeAlias

from fakegpt_tui.formats.markdown_blocks import fence_code, write_link

_BLOCKS = {"p", "div", "section", "article", "table", "ul", "ol", "blockquote", "hr"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~"}
_TEX = "application/x-tex"
_Attributes: TypeAlias = Mapping[str, str | None]
_SILENT = {"script", "style", "head", "template", "noscript"}


def html_to_markdown(html: str) -> str:
    """The text of an HTML fragment, with its structure in Markdown."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.markdown()


def _is_formula(tag: str, attributes: _Attributes) -> bool:
    """Does an element show a formula, or is it the copy of one that only screens show?"""
    is_copy = "katex-html" in (attributes.get("class") or "").split()
    return tag == "math" or "data-math" in attributes or is_copy


class _Formula:
    """An element that shows a formula, until it ends."""

    def __init__(self, tag: str, attributes: _Attributes) -> None:
        self._tag = tag
        self._depth = 1
        self._is_copy = tag != "math" and "data-math" not in attributes
        self._is_block = tag == "div" or attributes.get("display") == "block"
        self._tex = attributes.get("data-math") or ""
        self._is_tex = False
        self._shown = ""

    def begin(self, tag: str, attributes: _Attributes) -> None:
        self._depth += tag == self._tag
        self._is_tex = tag == "annotation" and attributes.get("encoding") == _TEX

    def end(self, tag: str) -> bool:
        """Does the element end with this?"""
        self._depth -= tag == self._tag
        self._is_tex = False
        return self._depth == 0

    def add(self, text: str) -> None:
        if self._is_tex:
            self._tex += text
        else:
            self._shown += text

    @property
    def markdown(self) -> str:
        tex = (self._tex or ("" if self._is_copy else self._shown)).strip()
        if not tex:
            return ""
        return f"\n\n$$\n{tex}\n$$\n\n" if self._is_block else f"${tex}$"


class _Reader(HTMLParser):
    """Writes Markdown as tags come; the end closes what is still open."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._silent = 0
        self._code: list[str] | None = None
        self._links: list[tuple[str, int]] = []
        self._lists: list[int | None] = []
        self._cells: list[int] = []
        self._has_head = False
        self._formula: _Formula | None = None

    def markdown(self) -> str:
        if self._code is not None:
            self.handle_endtag("pre")
        text = "".join(self._out)
        return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._formula is not None:
            self._formula.begin(tag, dict(attrs))
        elif tag in _SILENT:
            self._silent += 1
        elif _is_formula(tag, dict(attrs)):
            self._formula = _Formula(tag, dict(attrs))
        elif tag == "pre":
            self._code = []
        elif self._code is not None:
            return
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._out)))
        elif tag in ("td", "th", "tr"):
            self._begin_cell(tag)
        else:
            self._begin_text(tag)

    def _begin_text(self, tag: str) -> None:
        if tag in _MARKS:
            self._out.append(_MARKS[tag])
        elif tag == "code":
            self._out.append("`")
        elif tag == "br":
            self._out.append("\n")
        elif tag in _HEADINGS:
            self._out.append(f"\n\n{'#' * _HEADINGS[tag]} ")
        elif tag == "li":
            self._begin_item()
        elif tag in _BLOCKS:
            self._begin_block(tag)

    def _begin_block(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else None)
            self._out.append("\n" if len(self._lists) > 1 else "\n\n")
        elif not self._lists:
            self._out.append("\n\n---\n\n" if tag == "hr" else "\n\n")

    def _begin_item(self) -> None:
        number = self._lists[-1] if self._lists else None
        sign = "-"
        if number is not None:
            self._lists[-1] = number + 1
            sign = f"{number + 1}."
        self._out.append(f"\n{'  ' * (len(self._lists) - 1)}{sign} ")

    def _begin_cell(self, tag: str) -> None:
        if tag == "tr":
            self._out.append("\n|")
            self._cells.append(0)
        else:
            self._out.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if self._formula is not None:
            self._end_formula(self._formula, tag)
        elif tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "pre" and self._code is not None:
            self._out.append(f"\n\n{fence_code(''.join(self._code).strip(chr(10)))}\n\n")
            self._code = None
        elif self._code is not None:
            return
        elif tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag in ("td", "th", "tr") and self._cells:
            self._end_cell(tag)
        else:
            self._end_text(tag)

    def _end_formula(self, formula: "_Formula", tag: str) -> None:
        if formula.end(tag):
            self._out.append(formula.markdown)
            self._formula = None

    def _end_text(self, tag: str) -> None:
        if tag in _MARKS:
            self._out.append(_MARKS[tag])
        elif tag == "code":
            self._out.append("`")
        else:
            self._end_block(tag)

    def _end_block(self, tag: str) -> None:
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        elif tag == "table":
            self._has_head = False
        if (tag in _BLOCKS or tag in _HEADINGS) and not self._lists:
            self._out.append("\n\n")

    def _end_link(self, url: str, begin: int) -> None:
        label = "".join(self._out[begin:])
        del self._out[begin:]
        self._out.append(write_link(label, url) if url and label.strip() else label)

    def _end_cell(self, tag: str) -> None:
        if tag != "tr":
            self._cells[-1] += 1
            self._out.append(" |")
            return
        columns = self._cells.pop()
        if not self._has_head:
            self._has_head = True
            self._out.append(f"\n|{' --- |' * columns}")

    def handle_data(self, data: str) -> None:
        if self._formula is not None:
            self._formula.add(data)
        elif self._code is not None:
            self._code.append(data)
        elif not self._silent:
            text = re.sub(r"\s+", " ", data)
            self._out.append(
                text.lstrip() if not self._out or self._out[-1].endswith("\n") else text
            )
