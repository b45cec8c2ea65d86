"""Importing pictures and files: their bytes go into the store, and parts name what is there."""

from collections.abc import Mapping
from dataclasses import replace
from typing import BinaryIO, Final, Protocol, cast

from fakegpt_tui.domain import ChatMessage, LoadError
from fakegpt_tui.domain.media_types import can_decode
from fakegpt_tui.domain.part_json import missing_part
from fakegpt_tui.domain.parts import (
    Blob,
    FilePart,
    ImagePart,
    Part,
    ToolResultPart,
    fit_parts,
)
from fakegpt_tui.formats.base import Loss, OpenBlob

MISSING: Final = Loss(
    "pictures or files are not in the export; their names are kept",
    one="picture or file is not in the export; its name is kept",
)
_STAND_IN: Final = "asset:"
"""Begins what stands for the digest of bytes that were not read yet."""


class BlobImportStore(Protocol):
    """What importing bytes needs of the store."""

    def put_blob(self, source: bytes | BinaryIO, *, limit: int | None = None) -> Blob: ...

    def has_blob(self, blob: Blob) -> bool: ...


def stand_in(name: str) -> Blob:
    """A blob whose bytes are still to be read, by the name under which they are opened."""
    return Blob(f"{_STAND_IN}{name}", 0)


class BlobImport:
    """Puts the bytes of one conversation into the store; without one, looks what is there."""

    def __init__(self, store: BlobImportStore | None, openers: Mapping[str, OpenBlob]) -> None:
        self._store = store
        self._openers = openers
        self._kept: dict[str, Blob | None] = {}
        self.missing = 0
        """How many parts have no bytes."""

    def keep(self, message: ChatMessage) -> ChatMessage:
        """The message with parts whose bytes are on the disk; others say that they are missing.

        Raises:
            StoreError: The bytes cannot be written.
        """
        if not message.parts:
            return message
        parts = [self._keep_part(part) for part in message.parts]
        return replace(message, parts=fit_parts(parts, message.text, message.reasoning))

    def _keep_part(self, part: Part) -> Part:
        match part:
            case ImagePart(given) | FilePart(given):
                blob = self._keep_blob(given)
                if blob is None:
                    self.missing += 1
                    return missing_part(part)
                return _with_blob(part, blob)
            case ToolResultPart(blobs=given) if given:
                found = tuple(blob for each in given if (blob := self._keep_blob(each)) is not None)
                self.missing += len(given) - len(found)
                return replace(part, blobs=found)
            case _:
                return part

    def _keep_blob(self, given: Blob) -> Blob | None:
        if given.digest not in self._kept:
            self._kept[given.digest] = self._find(given)
        return self._kept[given.digest]

    def _find(self, given: Blob) -> Blob | None:
        is_known = not given.digest.startswith(_STAND_IN)
        if is_known and self._store is not None and self._store.has_blob(given):
            return given
        opener = self._openers.get(given.digest)
        if opener is None:
            return None
        try:
            with opener() as stream:
                if self._store is None:
                    return given
                blob = self._store.put_blob(cast("BinaryIO", stream))
        except LoadError:
            return None
        # Bytes that were changed since are not what was said.
        return None if is_known and blob.digest != given.digest else blob


def _with_blob(part: ImagePart | FilePart, blob: Blob) -> ImagePart | FilePart:
    """The part with its bytes: a picture only if they are one."""
    if not part.blob.digest.startswith(_STAND_IN):
        return part
    if can_decode(blob.media_type, blob.width, blob.height):
        alt = part.alt if isinstance(part, ImagePart) else ""
        return ImagePart(blob, part.name, alt, origin=part.origin)
    return FilePart(blob, part.name, origin=part.origin)
