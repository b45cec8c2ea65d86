"""What a Markdown text leaves open that would swallow the lines after it."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_SUSPECTS = ("```", "~~~", "<")
_HTML_ENDS = ("</pre>", "-->", "?>", "]]>", ">")
_AFTERWARDS = "<!-- -->\n## Heading\n"


def closing_line(text: str) -> str:
    """The line to put after `text` so that what follows it is not part of it; mostly none.

    Only a code fence or an HTML block that is in no list and no quote can go on and on. Whether
    there is one is left to a parser: what looks like a fence may be inside of something else.
    """
    if not any(suspect in text for suspect in _SUSPECTS):
        return ""
    last = _last_block(text, "")
    if _is_heading(last):
        return ""
    candidates = (last.markup,) if last.type == "fence" else _HTML_ENDS
    return next((line for line in candidates if _is_heading(_last_block(text, line))), "")


def _is_heading(block: "Token") -> bool:
    return block.type == "heading_close" and block.level == 0


def _last_block(text: str, line: str) -> "Token":
    """What the end of `text`, `line` and a heading turns out to be."""
    return _parser().parse(f"{text}\n{line}\n\n{_AFTERWARDS}")[-1]


@cache
def _parser() -> "MarkdownIt":
    # Imported on first use: whoever starts the program must not wait for it.
    from markdown_it import MarkdownIt  # noqa: PLC0415 - see above

    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser
