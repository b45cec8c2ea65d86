"""Unclosed Markdown: the line that ends a fence or HTML block which a text leaves open."""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_SUSPECTS = ("```", "~~~", "<")
_HTML_ENDS = ("</pre>", "-->", "?>", "]]>", ">")
_LINE_END = re.compile(r"\r\n?")
_TELLING_LINE = re.compile(r"^([ \t>*+\-\d.)]*)(```+|~~~+)(.*)$|^ {0,3}(<)", re.MULTILINE)
"""A line with a fence, after what may put it into something else; or one that may begin HTML."""
_LITTLE_SPACE = re.compile(" {0,3}")
_AFTERWARDS = "<!-- -->\n## Heading\n"


def find_closing_line(text: str) -> str:
    """The line to put after `text` so that what follows it is not part of it; mostly none.

    Only a code fence or an HTML block that is in no list and no quote can go on and on. Where
    that cannot be told from the fences at the margin, it is left to a parser, which is slow: what
    looks like a fence may be inside of something else.
    """
    if not any(suspect in text for suspect in _SUSPECTS):
        return ""
    fence = _open_fence(_LINE_END.sub("\n", text))
    if fence is not None:
        return fence
    last = _last_block(text, "")
    if _is_heading(last):
        return ""
    candidates = (last.markup,) if last.type == "fence" else _HTML_ENDS
    return next((line for line in candidates if _is_heading(_last_block(text, line))), "")


def _open_fence(text: str) -> str | None:
    """The fence that is open at the end, if any; `None` where a parser must tell."""
    fence = ""
    for prefix, found, rest, html in _TELLING_LINE.findall(text):
        if fence:
            if (
                found.startswith(fence)
                and not rest.strip(" \t")
                and _LITTLE_SPACE.fullmatch(prefix)
            ):
                fence = ""
        elif html or prefix:
            return None
        elif found[0] == "~" or "`" not in rest:
            fence = found
    return fence


def _is_heading(block: "Token") -> bool:
    return block.type == "heading_close" and block.level == 0


def _last_block(text: str, line: str) -> "Token":
    """What the end of `text`, `line` and a heading turns out to be."""
    return _parser().parse(f"{text}\n{line}\n\n{_AFTERWARDS}")[-1]


@cache
def _parser() -> "MarkdownIt":
    # Imported on first use, because the start must not wait for it.
    from markdown_it import MarkdownIt  # noqa: PLC0415 - see above

    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser
