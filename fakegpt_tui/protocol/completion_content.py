"""Content of completions with pictures and files: what clients send, and what they are sent.

Bytes come as `data:` URLs (RFC 2397) alone: a host that fetched addresses for others could be made
to ask its own network.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final

from fakegpt_tui.domain import MediaReceived
from fakegpt_tui.domain.media_types import can_decode, identify, media_type
from fakegpt_tui.domain.parts import Blob, CitationPart, FilePart, ImagePart, Part, TextSpan
from fakegpt_tui.text import replace_surrogates

_DATA_URL: Final = re.compile(r"data:[\w.+-]{0,100}/?[\w.+-]{0,100}(?:;[\w=.-]{1,100})*;base64,")
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
                pieces = list(map(self._piece, content))
            case _:
                raise InvalidContent("must be text")
        text = "".join(each for each in pieces if isinstance(each, str))
        if all(isinstance(each, str) for each in pieces):
            return text, ()
        spans = (TextSpan(len(each)) if isinstance(each, str) else each for each in pieces)
        return text, tuple(spans)

    def _piece(self, piece: object) -> str | Part:
        match piece:
            case {"type": "text", "text": str(text)}:
                return replace_surrogates(text)
            case {"type": "image_url", "image_url": {"url": str(url), **more}}:
                detail = more.get("detail")
                blob = self._blob(url)
                if not can_decode(blob.media_type, blob.width, blob.height):
                    raise InvalidContent("has a picture that is none, or too large")
                return ImagePart(blob, detail=detail if isinstance(detail, str) else "")
            case {"type": "file", "file": {"file_data": str(url), **more}}:
                name = more.get("filename")
                blob = self._blob(url)
                return FilePart(blob, replace_surrogates(name) if isinstance(name, str) else "")
            case _:
                raise InvalidContent("may have text, and pictures and files as data: URLs, only")

    def _blob(self, url: str) -> Blob:
        head = _DATA_URL.match(url)
        if head is None:
            raise InvalidContent("must have pictures and files as data: URLs in base64")
        if len(self.blobs) >= _MAX_MEDIA:
            raise InvalidContent(f"has more than {_MAX_MEDIA} pictures and files")
        try:
            data = b64decode(url[head.end() :], validate=True)
        except ValueError as error:
            raise InvalidContent("has a picture or file that is no base64") from error
        digest = sha256(data).hexdigest()
        self.blobs[digest] = data
        return Blob(digest, len(data), *identify(data))


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
