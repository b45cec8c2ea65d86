"""Files in exports for others: their bytes as data URLs, inside of the JSON."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from fakegpt_tui.domain import StoreError
from fakegpt_tui.domain.parts import CitationPart, FilePart, ImagePart, Part, attached_parts
from fakegpt_tui.formats.assets import ReadBlob


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A picture or file with its bytes, which are none where they are missing or damaged."""

    part: ImagePart | FilePart
    data: bytes

    @property
    def is_picture(self) -> bool:
        return isinstance(self.part, ImagePart)

    @property
    def name(self) -> str:
        return self.part.name

    @property
    def media_type(self) -> str:
        return self.part.blob.media_type

    @property
    def url(self) -> str:
        """All of it as an address; empty without bytes."""
        encoded = b64encode(self.data).decode()
        return f"data:{self.media_type};base64,{encoded}" if encoded else ""

    @property
    def text(self) -> str:
        """What the file says, where it is text."""
        is_text = self.media_type.startswith("text/")
        return self.data.decode(errors="replace") if is_text else ""


def embedded_files(parts: Iterable[Part], read_blob: ReadBlob | None) -> Iterator[EmbeddedFile]:
    """The pictures and files of a message; without `read_blob` only their names are known."""
    for part in attached_parts(parts):
        data = b""
        if read_blob is not None:
            with suppress(StoreError):
                data = read_blob(part.blob.digest)
        yield EmbeddedFile(part, data)


def sources_of(parts: Iterable[Part]) -> list[CitationPart]:
    """The sources of a message, each address once."""
    found = {part.url: part for part in parts if isinstance(part, CitationPart) and part.url}
    return list(found.values())
