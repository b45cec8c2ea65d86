"""Content of completions with pictures and files: what clients send, and what they are sent.

Bytes come as `data:` URLs (RFC 2397) alone: a host that fetched addresses for others could be made
to ask its own network.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final

from fakegpt_tui.domain import MediaReceived
from fakegpt_tui.domain.media_types import can_decode, identify, media_type
from fakegpt_tui.domain.parts import Blob, CitationPart, FilePart, ImagePart, Part, TextSpan
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import replace_surrogates

_DATA_URL: Final = lazy_pattern(r"data:[\w.+-]{0,100}/?[\w.+-]{0,100}(?:;[\w=.-]{1,100})*;base64,")
_MAX_MEDIA: Final = 100


class InvalidContent(ValueError):
    """What cannot be read of a content, as the end of a sentence about it."""


class ContentParser:
    """Reads the contents of one request; `blobs` has the bytes in them by their digest."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    def read(self, content: object) -> tuple[str, tuple[Part, ...]]:
        """The text of a content, and its parts where it is more than that.

        Raises:
            InvalidContent: It cannot be read.
        """
        match content:
            case None:
                return "", ()
            case str():
                return replace_surrogates(content), ()
            case list():
                pieces = [each for piece in content for each in self._read_piece(piece)]
            case _:
                raise InvalidContent("must be text")
        text = "".join(each for each in pieces if isinstance(each, str))
        if all(isinstance(each, str) for each in pieces):
            return text, ()
        spans = (TextSpan(len(each)) if isinstance(each, str) else each for each in pieces)
        return text, tuple(spans)

    def _read_piece(self, piece: object) -> Iterator[str | Part]:
        match piece:
            case {"type": "text", "text": str(text)}:
                yield replace_surrogates(text)
            case {"type": "image_url", "image_url": {"url": str(url), **more}}:
                yield self._picture(_data_of(url), detail=_text(more.get("detail")))
            case {"type": "file", "file": {"file_data": str(url), **more}}:
                yield FilePart(self._decode(_data_of(url)), _text(more.get("filename")))
            case {"type": "input_audio", "input_audio": {"data": str(data)}}:
                yield FilePart(self._decode(data))
            case _:
                raise InvalidContent(
                    "may have text, sounds, and pictures and files as data: URLs, only"
                )

    def _picture(self, data: str, *, detail: str = "") -> ImagePart:
        """A picture of base64."""
        blob = self._decode(data)
        if not can_decode(blob.media_type, blob.width, blob.height):
            raise InvalidContent("has a picture that is none, or too large")
        return ImagePart(blob, detail=detail)

    def _decode(self, data: str) -> Blob:
        """Bytes in base64."""
        try:
            decoded = b64decode(data, validate=True)
        except ValueError as error:
            raise InvalidContent("has a picture or file that is no base64") from error
        return self._keep(decoded)

    def _keep(self, data: bytes) -> Blob:
        if len(self.blobs) >= _MAX_MEDIA:
            raise InvalidContent(f"has more than {_MAX_MEDIA} pictures and files")
        digest = sha256(data).hexdigest()
        self.blobs[digest] = data
        return Blob(digest, len(data), *identify(data))


def _data_of(url: str) -> str:
    head = _DATA_URL.match(url)
    if head is None:
        raise InvalidContent("must have pictures and files as data: URLs in base64")
    return url[head.end() :]


def _text(value: object) -> str:
    return replace_surrogates(value) if isinstance(value, str) else ""


def picture_delta(media: MediaReceived) -> dict[str, object]:
    """A picture of a model, in the form that most services have for it."""
    data = b64encode(media.data).decode()
    url = f"data:{media_type(media.data)};base64,{data}"
    return {"images": [{"type": "image_url", "image_url": {"url": url}}]}


def citation_delta(part: CitationPart) -> dict[str, object]:
    """A source that a reply names."""
    cited: dict[str, object] = {"url": part.url, "title": part.title}
    if part.end:
        cited |= {"start_index": part.start, "end_index": part.end}
    return {"annotations": [{"type": "url_citation", "url_citation": cited}]}


def part_deltas(part: object) -> Iterator[Mapping[str, object]]:
    """What clients are told of a part; nothing where the protocol has no word for it."""
    if isinstance(part, CitationPart):
        yield citation_delta(part)
