"""Markdown as it is written: blocks, code, links and parts, and a clean text for people.

Of shown parts, what stands above the text is counted by lines; what stands in it is between
`<!-- shown MARK -->` and `<!-- text MARK -->`, below the block in which it came; what stands below
it is behind the former line. Without all that, the text is what it was. The clean text, without
ids, digests and reasoning, is not read back; `markdown` writes the lossless one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from fakegpt_tui.domain.captions import PlacedCaption, line_starts, split_at_captions
from fakegpt_tui.domain.parts import FilePart, ImagePart
from fakegpt_tui.formats.assets import ReadBlob
from fakegpt_tui.formats.base import Format, reading_order
from fakegpt_tui.text import replace_surrogates, safe_line

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
_BEGIN = "<!-- shown {} -->\n"
_END = "<!-- text {} -->\n"
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#!|])")
_BACKTICKS = re.compile("`+")
_WORD = re.compile("[A-Za-z0-9_+#.-]{1,30}")


def find_closing_line(text: str) -> str:
    """The line that closes what `text` leaves open; mostly none is needed.

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


def block_starts(text: str) -> Iterator[int]:
    """The places where a block begins that is in no other block."""
    starts = [0, *line_starts(text)]
    for token in _parser().parse(text):
        if token.level == 0 and token.map and 0 < token.map[0] < len(starts):
            yield starts[token.map[0]]


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


class ShownParts(NamedTuple):
    """The lines above the text of a message, the text with those in it, and those below it."""

    above: tuple[str, ...]
    text: str
    below: tuple[str, ...]


def write_shown_parts(message: ChatMessage, assets: Mapping[str, str], mark: str) -> ShownParts:
    """The text of a message, and what shows its parts; `assets` are paths by digest."""
    runs = _runs(message, assets)
    above = tuple(runs.pop(0)) if runs and not isinstance(runs[0], str) else ()
    below = tuple(runs.pop()) if runs and not isinstance(runs[-1], str) else ()
    begin, end = _BEGIN.format(mark), _END.format(mark)
    text = "".join(run if isinstance(run, str) else begin + "\n".join((*run, end)) for run in runs)
    return ShownParts(above, text, ("", begin.rstrip("\n"), *below) if below else ())


def _runs(message: ChatMessage, assets: Mapping[str, str]) -> list[str | list[str]]:
    """Pieces of the text, and between them the lines that show its parts."""
    text = replace_surrogates(message.text)
    found: list[str | list[str]] = []
    for is_text, pieces in groupby(
        split_at_captions(text, message.parts, block_starts), key=lambda each: isinstance(each, str)
    ):
        if is_text:
            found += [each for each in pieces if isinstance(each, str)]
        else:
            found.append(_lines(pieces, assets))
    return found


def _lines(placed: Iterable[PlacedCaption | str], assets: Mapping[str, str]) -> list[str]:
    """Each as a paragraph."""
    shown = (_paragraph(each, assets) for each in placed if isinstance(each, PlacedCaption))
    return [line for each in shown for line in (each, "")]


def _paragraph(placed: PlacedCaption, assets: Mapping[str, str]) -> str:
    text = plain_words(placed.caption.text)
    match placed.part:
        case ImagePart() | FilePart() as part if part.blob.digest not in assets:
            return f"{text} (missing)"
        case ImagePart(blob, name, alt):
            return f"![{plain_words(alt or name)}]({quote(assets[blob.digest])})"
        case FilePart(blob):
            return f"[{text}]({quote(assets[blob.digest])})"
        case _:
            return text


def remove_shown_parts(body: str, mark: str) -> str:
    """A text as it was before `write_shown_parts`, but for what is above it."""
    begin, end = _BEGIN.format(mark), _END.format(mark)
    body = re.sub(f"{begin}.*?{end}", "", body, flags=re.DOTALL)
    return body.partition(f"\n\n{begin}")[0]


def plain_words(text: str) -> str:
    """Foreign text on one line, of which nothing is Markdown."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def fence_code(text: str, language: str = "") -> str:
    """`text` as a code block that nothing inside can end."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    label = language if _WORD.fullmatch(language) and language != "unknown" else ""
    return f"{fence}{label}\n{replace_surrogates(text)}\n{fence}"


def write_link(title: str, url: str) -> str:
    """A Markdown link that nothing in its parts can end."""
    label = re.sub(r"([\\\[\]])", r"\\\1", " ".join(title.split()) or url)
    return f"[{label}](<{url}>)" if re.search(r"[\s()<>]", url) else f"[{label}]({url})"


_NAMES = {Role.USER: "Question", Role.ASSISTANT: "Answer", Role.SYSTEM: "Instruction"}


def write_clean_markdown(
    conversation: Conversation,
    messages: Sequence[ChatMessage],
    *,
    part: str = "",
    read_blob: ReadBlob | None = None,
) -> str:
    """The messages of the shown path, each below a heading that says whose it is.

    Of files it has the names alone.
    """
    del read_blob
    _, path = reading_order(messages, conversation.leaf_id)
    title = safe_line(conversation.title)
    sections = [f"# {title}\n"] if title else []
    sections.extend(f"*{each}*\n" for each in (_place(conversation), part) if each)
    sections.extend(_write_section(message) for message in path)
    return "\n".join(sections)


def _place(conversation: Conversation) -> str:
    """The folder and the tags."""
    tags = " ".join(f"#{tag}" for tag in conversation.tags)
    return " · ".join(plain_words(safe_line(each)) for each in (conversation.folder, tags) if each)


def _write_section(message: ChatMessage) -> str:
    text = _with_captions(message).rstrip("\n")
    model = safe_line(message.model) if message.role is Role.ASSISTANT else ""
    who = f"{_NAMES[message.role]} ({model})" if model else _NAMES[message.role]
    status = "" if message.status is MessageStatus.COMPLETE else f", {message.status.value}"
    closing = find_closing_line(text) if not message.parts else ""
    lines = [f"## {who}{status}", "", text, *([closing] if closing else [])]
    return "\n".join(lines) + "\n"


def _with_captions(message: ChatMessage) -> str:
    """The text, with a line for each picture, file and source where it stands."""
    text = replace_surrogates(message.text)
    if not message.parts:
        return text
    pieces = list(split_at_captions(text, message.parts, block_starts))
    closing = find_closing_line(text)
    last = max((at for at, each in enumerate(pieces) if isinstance(each, str)), default=-1)
    if closing and last >= 0:
        pieces[last] = f"{pieces[last]}\n{closing}"
    shown = (
        each.strip("\r\n") if isinstance(each, str) else plain_words(safe_line(each.caption.text))
        for each in pieces
    )
    return "\n\n".join(each for each in shown if each)


FORMAT = Format(
    name="clean Markdown, without ids, for others to read",
    suffix="clean.md",
    write=write_clean_markdown,
)
