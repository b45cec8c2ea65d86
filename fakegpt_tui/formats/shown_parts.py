"""Shown parts: what shows pictures, files and sources in Markdown, where each stands in the text.

What stands above the text is counted by lines; what stands in it is between `<!-- shown MARK -->`
and `<!-- text MARK -->`, below the block in which it came; what stands below it is behind the
former line. Without all that, the text is what it was.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Final, NamedTuple
from urllib.parse import quote

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.domain.captions import PlacedCaption, split_at_captions
from fakegpt_tui.domain.parts import FilePart, ImagePart
from fakegpt_tui.formats.markdown_syntax import block_starts
from fakegpt_tui.text import replace_surrogates

_BEGIN: Final = "<!-- shown {} -->\n"
_END: Final = "<!-- text {} -->\n"
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#!|])")


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
    """Pieces of the text, and between them the lines that show what came there."""
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
