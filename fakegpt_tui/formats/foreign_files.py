"""Pictures and files of other programs' messages: where their bytes are, and where they stand.

Bytes are inside of the JSON, as base64 or as a data URL, or in a file beside the conversation. A
path that leads elsewhere is not followed, since a file to import may name any.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote_to_bytes

from fakegpt_tui.domain import LoadError
from fakegpt_tui.domain.parts import CitationPart, Part, ReasoningSpan, TextSpan, fit_parts
from fakegpt_tui.formats.base import AssetSource, ByteStream, OpenBlob
from fakegpt_tui.text import replace_surrogates

_HELD_IN: Final = (
    *("image_url", "source", "inlineData", "inline_data", "input_audio", "file", "dataRef"),
    *("url", "filepath", "file_data", "image", "audio", "media"),
)
"""Names below which messages of many programs have the bytes of a file, or what has them."""
_DEEPEST: Final = 3
_OTHER_ALPHABET: Final = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """A file whose bytes can be opened; `key` is the same for the same bytes or place."""

    key: str
    open: OpenBlob


@dataclass(frozen=True, slots=True)
class MessageFiles:
    """Files of a message at places in its text, which has `length` code points, and its sources."""

    length: int = 0
    places: tuple[tuple[int, Part], ...] = ()
    sources: tuple[CitationPart, ...] = ()
    blobs: Mapping[str, OpenBlob] = field(default_factory=dict, compare=False)

    def lay_out(self, text: str, reasoning: str) -> tuple[Part, ...]:
        """The parts of a message whose text has got a beginning, or has lost one."""
        if not (self.places or self.sources):
            return ()
        shift = len(text) - self.length
        parts: list[Part] = [ReasoningSpan(len(reasoning))]
        at = 0
        for place, part in self.places:
            end = max(place + shift, at) if place else at
            parts += [TextSpan(end - at), part]
            at = end
        sources = self.sources if text else ()
        return fit_parts((*parts, TextSpan(max(len(text) - at, 0)), *sources), text, reasoning)


NO_FILES: Final = MessageFiles()


def held_file(held: object, depth: int = 0) -> ForeignFile | None:
    """The file whose bytes are in a data URL, or in an object that has one or base64."""
    match held:
        case str(text):
            return _data_url(text) if text.startswith("data:") else None
        case {"data": str(data)} if not data.startswith("data:"):
            return base64_file(data)
        case dict() if depth < _DEEPEST:
            found = (held_file(held.get(name), depth + 1) for name in (*_HELD_IN, "data"))
            return next(filter(None, found), None)
        case _:
            return None


def base64_file(data: str) -> ForeignFile | None:
    """A file whose base64 is decoded when it is opened; `None` if there are no characters."""
    return _file(data, partial(_decode, data)) if data else None


def text_file(text: str) -> ForeignFile:
    """A file that the source holds as text."""
    return bytes_file(replace_surrogates(text).encode())


def bytes_file(data: bytes) -> ForeignFile:
    """A file that the source holds as it is."""
    return ForeignFile(sha256(data).hexdigest(), partial(_opened, lambda: data))


def file_beside(assets: AssetSource | None, *paths: str) -> ForeignFile | None:
    """The first of these files that is beside a conversation."""
    if assets is None:
        return None
    for path in filter(None, paths):
        with suppress(LoadError), assets.open(path):
            return ForeignFile(path, partial(assets.open, path))
    return None


def base_name_of(path: str) -> str:
    """The last name of a path of any system."""
    return PurePosixPath(path.replace("\\", "/")).name


def _data_url(text: str) -> ForeignFile | None:
    head, comma, data = text.partition(",")
    if not comma:
        return None
    if head.endswith(";base64"):
        return base64_file(data)
    return _file(data, partial(unquote_to_bytes, data))


def _file(data: str, read: Callable[[], bytes]) -> ForeignFile:
    key = sha256(data.encode(errors="replace")).hexdigest()
    return ForeignFile(key, partial(_opened, read))


def _decode(data: str) -> bytes:
    try:
        plain = "".join(data.split()).translate(_OTHER_ALPHABET).rstrip("=")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError as error:
        raise LoadError("A picture or file is damaged.") from error


@contextmanager
def _opened(read: Callable[[], bytes]) -> Iterator[ByteStream]:
    yield BytesIO(read())
