"""Captions: words for pictures, files and sources where only text is shown; sizes and times."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Final, NamedTuple

from fakegpt_tui.domain.media_types import type_label
from fakegpt_tui.domain.part_json import LOST_BYTES, missing_name
from fakegpt_tui.domain.parts import (
    Blob,
    CitationPart,
    FilePart,
    ImagePart,
    Part,
    ReasoningSpan,
    TextSpan,
    ToolCallPart,
    ToolResultPart,
    UnknownPart,
)
from fakegpt_tui.fast_import import lazy_pattern

_SHORT: Final = 200
"""Characters of what a tool was asked, or answered, in its line."""
_MINUTE = 60
_HOUR = 60 * _MINUTE
_WHOLE_SECONDS_FROM = 10
_SHORTEST = 0.05
_LINE_END = lazy_pattern(r"\r\n|\n|\r")


class Caption(NamedTuple):
    """A line about a part, to be cleaned before it is shown, and the address of a source."""

    text: str
    url: str = ""


class PlacedCaption(NamedTuple):
    """A caption, the part that it is of, and how much of the message's text is above it."""

    offset: int
    caption: Caption
    part: Part


END: Final = 1 << 40
"""The offset of what stands below all of the text, however long it is."""


def captions(parts: Iterable[Part]) -> Iterator[Caption]:
    """A line for each part that is no text; sources come last, and are numbered."""
    return (placed.caption for placed in placed_captions(parts))


def placed_captions(parts: Iterable[Part]) -> Iterator[PlacedCaption]:
    """The same, each with its place in the text.

    Thoughts that a service hides are told once, however often it thought.
    """
    sources: dict[tuple[str, str], CitationPart] = {}
    has_hidden, offset = False, 0
    for part in parts:
        match part:
            case TextSpan(length):
                offset += length
            case CitationPart(_, _, url, title):
                sources.setdefault((url, title), part)
            case ReasoningSpan():
                if part.is_redacted and not has_hidden:
                    has_hidden = True
                    yield PlacedCaption(
                        offset, Caption("◌ thought, not shown by the service"), part
                    )
            case _:
                if line := _line(part):
                    yield PlacedCaption(offset, Caption(line), part)
    for number, ((url, title), part) in enumerate(sources.items(), start=1):
        words = " · ".join(dict.fromkeys(filter(None, (title, url)))) or "a source"
        yield PlacedCaption(END, Caption(f"[{number}] {words}", url), part)


def split_at_captions(
    text: str, parts: Iterable[Part], places: Callable[[str], Iterable[int]]
) -> Iterator[str | PlacedCaption]:
    """The text in pieces, and the captions between them.

    Each stands at the first of `places(text)`, offsets in rising order, that is not above its own.
    """
    found = tuple(placed_captions(parts))
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    is_within = any(start < each.offset < end for each in found)
    rising = iter(places(text) if is_within else ())
    at = place = 0
    for each in found:
        offset = 0 if each.offset <= start else each.offset
        while place < offset:
            place = next(rising, len(text)) if offset < end else len(text)
            offset = min(offset, len(text))
        if at < place:
            yield text[at:place]
            at = place
        yield each
    if at < len(text):
        yield text[at:]


def line_starts(text: str) -> Iterator[int]:
    """Where a line begins, behind the end of another."""
    return (match.end() for match in _LINE_END.finditer(text))


def searched_names(parts: Iterable[Part]) -> Iterator[str]:
    """The names of pictures, files and sources, as a search knows them."""
    for part in parts:
        match part:
            case ImagePart(_, name, alt):
                yield from filter(None, (name, alt))
            case FilePart(_, name):
                yield from filter(None, (name,))
            case CitationPart(_, _, url, title):
                yield from filter(None, (title, url))
            case _:
                pass


def tool_text(part: Part) -> str:
    """All that a tool was asked, or answered; empty for what is no such part."""
    match part:
        case ToolCallPart(arguments=text) | ToolResultPart(output=text):
            return text
        case _:
            return ""


def _line(part: Part) -> str:
    match part:
        case ImagePart() | FilePart():
            return _of_blob(part)
        case ToolCallPart(_, name, arguments):
            return f"⚒ {name or 'tool'} {arguments[:_SHORT]}".rstrip()
        case ToolResultPart(_, name, output, is_error):
            return f"{'✗' if is_error else '↳'} {name} {output[:_SHORT]}".rstrip()
        case UnknownPart():
            return _of_unknown(part)
        case _:
            return ""


def _of_blob(part: ImagePart | FilePart) -> str:
    sign, name = ("▣", part.name or part.alt) if isinstance(part, ImagePart) else ("▤", part.name)
    return f"{sign} {name or 'no name'} · {blob_label(part.blob)} · {size_label(part.blob.size)}"


def blob_label(blob: Blob) -> str:
    """What bytes are: “PDF”, “PNG 1200×800”, “GIF 64×64, 12 frames”."""
    pixels = f" {blob.width}×{blob.height}" if blob.width and blob.height else ""
    frames = f", {blob.frames:,} frames" if blob.frames > 1 else ""
    return f"{type_label(blob.media_type)}{pixels}{frames}"


def _of_unknown(part: UnknownPart) -> str:
    if part.kind == LOST_BYTES:
        return f"▢ {missing_name(part) or 'no name'} · missing"
    return f"? {part.kind or 'unknown'} {part.data[:_SHORT]}".rstrip()


def size_label(size: int) -> str:
    """Bytes in the unit that fits: “900 B”, “12 kB”, “3.4 MB”."""
    for unit, divisor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= divisor:
            count = size / divisor
            return f"{count:.1f} {unit}" if count < 10 and unit != "kB" else f"{count:.0f} {unit}"  # noqa: PLR2004
    return f"{size} B"


def format_elapsed(length: timedelta) -> str:
    """How long something took: `0.8 s`, `14 s`, `2 min 5 s`, `1 h 3 min`; empty for no time."""
    seconds = length.total_seconds()
    if seconds < _SHORTEST:
        return ""
    if seconds < _WHOLE_SECONDS_FROM:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    if seconds < _MINUTE:
        return f"{int(seconds)} s"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min {int(seconds % _MINUTE)} s"
    return f"{int(seconds // _HOUR)} h {int(seconds % _HOUR // _MINUTE)} min"
