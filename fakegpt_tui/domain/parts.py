"""Parts: what a chat message is made of, laid over its text and its reasoning.

A message without parts is its reasoning, and then its text. Spans only count code points of the
message's own `text` and `reasoning`, so that search, deltas and checksums know nothing of parts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from fakegpt_tui.fast_import import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sent a part, and what is sent back to the same protocol, service and model, unread.

    `data` is JSON as it came: a signature, encrypted reasoning, an id.
    """

    protocol: str
    service: str
    model: str
    data: str = "{}"

    def is_from(self, protocol: str, service: str, model: str) -> bool:
        """May the data be sent to that model? Another one refuses it."""
        return (self.protocol, self.service, self.model) == (protocol, service, model)


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that the store keeps, by their SHA-256; a picture has a size in pixels, and frames."""

    digest: str
    size: int
    media_type: str = "application/octet-stream"
    width: int | None = None
    height: int | None = None
    frames: int = 1


@dataclass(frozen=True, slots=True)
class TextSpan:
    """The next `length` code points of the message's text."""

    length: int
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class ReasoningSpan:
    """The next `length` code points of the reasoning; none where only `origin` can be sent back."""

    length: int
    is_redacted: bool = False
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class ImagePart:
    """A picture; `detail` is how closely a model is to look, in the service's own word."""

    blob: Blob
    name: str = ""
    alt: str = ""
    detail: str = ""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file; one with `as_text` is put into the prompt as text, between marks."""

    blob: Blob
    name: str = ""
    as_text: bool = False
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class CitationPart:
    """A source that a service names for the text from `start` to `end`, in code points.

    Where both are 0, the source is of the whole reply.
    """

    start: int = 0
    end: int = 0
    url: str = ""
    title: str = ""
    quote: str = ""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """A model asks for a tool; `by_service` where the service itself runs it."""

    call_id: str
    name: str
    arguments: str = ""
    by_service: bool = False
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class ToolResultPart:
    """What a tool answered."""

    call_id: str
    name: str = ""
    output: str = ""
    is_error: bool = False
    blobs: tuple[Blob, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class UnknownPart:
    """A part of a service, or of a newer version, that this version cannot read; kept as JSON."""

    kind: str
    data: str
    origin: Origin | None = None


Part: TypeAlias = (
    TextSpan
    | ReasoningSpan
    | ImagePart
    | FilePart
    | CitationPart
    | ToolCallPart
    | ToolResultPart
    | UnknownPart
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file or picture of a draft; the mark that names it in the text is the prompt's affair."""

    id: str
    part: ImagePart | FilePart
    source: str = ""
    """Where it came from: “path”, “clipboard”, “paste”, “command” or “input”."""


class PlacedPart(NamedTuple):
    """A part at its place in the message, with the text of a span."""

    part: Part
    text: str = ""


def place_parts(text: str, reasoning: str, parts: Iterable[Part]) -> Iterator[PlacedPart]:
    """All of a message in order; a message without parts is its reasoning, and then its text."""
    plain = ReasoningSpan(len(reasoning)), TextSpan(len(text))
    texts, at = {TextSpan: text, ReasoningSpan: reasoning}, {TextSpan: 0, ReasoningSpan: 0}
    for part in fit_parts(parts, text, reasoning) or PartLayout(plain).parts:
        if isinstance(part, TextSpan | ReasoningSpan):
            start = at[type(part)]
            at[type(part)] += part.length
            yield PlacedPart(part, texts[type(part)][start : at[type(part)]])
        else:
            yield PlacedPart(part)


def fit_parts(parts: Iterable[Part], text: str, reasoning: str) -> tuple[Part, ...]:
    """The parts, with spans that cover just this text and this reasoning.

    Neighbours that nothing keeps apart are one span. Where there are only such spans, nothing is
    left, so that a message of only text has no parts.
    """
    fitted: list[Part] = []
    left = {TextSpan: len(text), ReasoningSpan: len(reasoning)}
    for part in parts:
        match part:
            case TextSpan(length) | ReasoningSpan(length):
                length = min(max(length, 0), left[type(part)])
                left[type(part)] -= length
                fitted.append(replace(part, length=length))
            case CitationPart(start, end):
                start = min(max(start, 0), len(text))
                fitted.append(replace(part, start=start, end=min(max(end, start), len(text))))
            case _:
                fitted.append(part)
    rest = ReasoningSpan(left[ReasoningSpan]), TextSpan(left[TextSpan])
    found = PartLayout((*fitted, *rest)).parts
    return () if all(map(_is_plain, found)) else found


def _is_plain(part: Part) -> bool:
    """Does the part say nothing but where text or reasoning goes on?"""
    return isinstance(part, TextSpan | ReasoningSpan) and part == type(part)(part.length)


class PartLayout:
    """Parts of a reply that is arriving; new ones are added at the end."""

    def __init__(self, parts: Iterable[Part] = ()) -> None:
        self._parts: list[Part] = []
        self._open: type[TextSpan | ReasoningSpan] = TextSpan
        self._length = 0
        for part in parts:
            self.add(part)

    @property
    def parts(self) -> tuple[Part, ...]:
        self._close()
        return tuple(self._parts)

    def add_text(self, length: int) -> None:
        """Text has come."""
        self._grow(TextSpan, length)

    def add_reasoning(self, length: int) -> None:
        """Reasoning has come."""
        self._grow(ReasoningSpan, length)

    def _grow(self, kind: type[TextSpan | ReasoningSpan], length: int) -> None:
        if self._open is not kind:
            self._close()
            self._open = kind
        self._length += length

    def add(self, part: Part) -> None:
        """Add a part; a span lengthens the one before it where nothing keeps them apart."""
        if isinstance(part, TextSpan | ReasoningSpan) and _is_plain(part):
            self._grow(type(part), part.length)
        else:
            self._close()
            self._parts.append(part)

    def set_origin(self, origin: Origin) -> Part | Origin:
        """Give the span or part that ends here its origin, or else redacted reasoning.

        Returns what is to be added for the same.
        """
        kind = self._open if self._length else None
        self._close()
        last = self._parts[-1] if self._parts else None
        if last is None or (kind is None and isinstance(last, TextSpan | ReasoningSpan)):
            self._parts.append(ReasoningSpan(0, is_redacted=True, origin=origin))
            return self._parts[-1]
        self._parts[-1] = replace(last, origin=origin)
        return origin

    def keep_text(self, keep: int) -> None:
        """Drop what lies behind the first `keep` code points of the text."""
        self._close()
        for index, part in enumerate(self._parts):
            length = part.length if isinstance(part, TextSpan) else 0
            if length > keep:
                del self._parts[index:]
                self.add_text(keep)
                return
            keep -= length

    def _close(self) -> None:
        """End the span that grows; one of the same kind before it grows instead."""
        if not self._length:
            return
        part, self._length = self._open(self._length), 0
        last = self._parts[-1] if self._parts else None
        if type(last) is type(part) and _is_plain(last) and last is not None:
            self._parts[-1] = replace(last, length=last.length + part.length)
        else:
            self._parts.append(part)


def without_origins(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts without what only a service can read."""
    found = (replace(part, origin=None) for part in parts)
    return tuple(
        replace(part, is_redacted=False) if isinstance(part, ReasoningSpan) else part
        for part in found
    )


def attached_parts(parts: Iterable[Part]) -> tuple[ImagePart | FilePart, ...]:
    """The pictures and files among parts."""
    return tuple(part for part in parts if isinstance(part, ImagePart | FilePart))


def has_pictures(parts: Iterable[Part]) -> bool:
    """Is there a picture among parts?"""
    return any(isinstance(part, ImagePart) for part in parts)


def blobs_of(parts: Iterable[Part]) -> tuple[Blob, ...]:
    """The bytes that parts use, each once."""
    found: dict[str, Blob] = {}
    for part in parts:
        if isinstance(part, ImagePart | FilePart):
            found.setdefault(part.blob.digest, part.blob)
        elif isinstance(part, ToolResultPart):
            found |= {blob.digest: blob for blob in part.blobs}
    return tuple(found.values())
