"""Importing pictures and files: their bytes go into the store, and parts name what is there."""

from collections.abc import Mapping
from dataclasses import replace
from typing import BinaryIO, Final, Protocol, cast

from fakegpt_tui.domain import ChatMessage, LoadError
from fakegpt_tui.domain.media_types import TEXT, can_decode
from fakegpt_tui.domain.part_json import LOST_BYTES, missing_part
from fakegpt_tui.domain.parts import (
    Blob,
    FilePart,
    ImagePart,
    Part,
    ToolResultPart,
    UnknownPart,
    fit_parts,
)
from fakegpt_tui.formats.base import Loss, OpenBlob

MISSING: Final = Loss(
    "pictures or files are not in the export; their names are kept",
    one="picture or file is not in the export; its name is kept",
)
NO_ROOM: Final = Loss(
    "pictures or files were left out, since attachment_total_limit allows no more; raise it and "
    "import again",
    one="picture or file was left out, since attachment_total_limit allows no more; raise it and "
    "import again",
)
FILLED_IN: Final = Loss(
    "messages got pictures or files that were missing",
    one="message got pictures or files that were missing",
)
_STAND_IN: Final = "asset:"
"""Begins what stands for the digest of bytes that were not read yet."""


class BlobImportStore(Protocol):
    """What importing bytes needs of the store."""

    def put_blob(self, source: bytes | BinaryIO, *, limit: int | None = None) -> Blob: ...

    def has_blob(self, blob: Blob) -> bool: ...

    def blobs_size(self) -> int: ...


class BlobRoom:
    """How many bytes of pictures and files a store may still take; a `max_total` of 0 is no limit.

    The bytes are counted anew only where there would be no room.
    """

    def __init__(self, store: BlobImportStore, max_total: int) -> None:
        self._store = store
        self._max_total = max_total
        # At most: what is put there again counts twice, until it is counted anew.
        self._taken = max_total
        self._is_exact = False

    def has_room(self) -> bool:
        if not self._max_total:
            return True
        if self._taken >= self._max_total and not self._is_exact:
            self._taken, self._is_exact = self._store.blobs_size(), True
        return self._taken < self._max_total

    def take(self, size: int) -> None:
        self._taken += size
        self._is_exact = False


def stand_in(name: str) -> Blob:
    """A blob whose bytes are still to be read, by the name under which they are opened."""
    return Blob(f"{_STAND_IN}{name}", 0)


class BlobImport:
    """Puts the bytes of one conversation into the store; without one, counts what is missing."""

    def __init__(
        self,
        store: BlobImportStore | None,
        openers: Mapping[str, OpenBlob],
        room: BlobRoom,
    ) -> None:
        self._store = store
        self._room = room
        self._openers = openers
        self._kept: dict[str, Blob | None] = {}
        self.missing = 0
        """How many parts have no bytes, but for those without room."""
        self.without_room = 0
        """How many parts were left out for want of room."""
        self._refused: set[str] = set()
        self._whole: set[str] = set()
        """What the store was seen to have; to look means to read it."""

    def keep(self, message: ChatMessage) -> ChatMessage:
        """The message with the bytes of its parts on the disk; parts without bytes say so.

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
                    self._count_missing(given)
                    return missing_part(part)
                return _with_blob(part, blob)
            case ToolResultPart(blobs=given) if given:
                kept = [(each, self._keep_blob(each)) for each in given]
                for each, blob in kept:
                    if blob is None:
                        self._count_missing(each)
                return replace(part, blobs=tuple(blob for _, blob in kept if blob is not None))
            case _:
                return part

    def _count_missing(self, given: Blob) -> None:
        if given.digest in self._refused:
            self.without_room += 1
        else:
            self.missing += 1

    def fill_in(self, known: ChatMessage, found: ChatMessage) -> ChatMessage | None:
        """A known message with the bytes that it lacked; `None` where `found` has none of them.

        Raises:
            StoreError: The bytes cannot be written.
        """
        if self._store is None or not any(map(self._lacks_bytes, known.parts)):
            return None
        kept = self.keep(found).parts
        if len(kept) != len(known.parts):
            return None
        is_there = not any(map(self._lacks_bytes, known.parts))
        parts = tuple(
            new if _is_lost(old) and not _is_lost(new) else old
            for old, new in zip(known.parts, kept, strict=True)
        )
        return replace(known, parts=parts) if is_there or parts != known.parts else None

    def _lacks_bytes(self, part: Part) -> bool:
        match part:
            case ImagePart(blob) | FilePart(blob):
                return self._store is not None and not self._has(blob)
            case _:
                return _is_lost(part)

    def _has(self, blob: Blob) -> bool:
        if (
            blob.digest not in self._whole
            and self._store is not None
            and self._store.has_blob(blob)
        ):
            self._whole.add(blob.digest)
        return blob.digest in self._whole

    def _keep_blob(self, given: Blob) -> Blob | None:
        if given.digest not in self._kept:
            self._kept[given.digest] = self._find(given)
        return self._kept[given.digest]

    def _find(self, given: Blob) -> Blob | None:
        is_known = not given.digest.startswith(_STAND_IN)
        if is_known and self._has(given):
            return given
        opener = self._openers.get(given.digest)
        if opener is None:
            return None
        try:
            with opener() as stream:
                if self._store is None:
                    return given
                if not self._room.has_room():
                    self._refused.add(given.digest)
                    return None
                blob = self._store.put_blob(cast("BinaryIO", stream))
                self._room.take(blob.size)
        except LoadError:
            return None
        # Bytes that were changed since are not what was said.
        return None if is_known and blob.digest != given.digest else blob


def _is_lost(part: Part) -> bool:
    return isinstance(part, UnknownPart) and part.kind == LOST_BYTES


def _with_blob(part: ImagePart | FilePart, blob: Blob) -> ImagePart | FilePart:
    """The part with its bytes: a picture only if they are one, and text as text."""
    if not part.blob.digest.startswith(_STAND_IN):
        return part
    if isinstance(part, ImagePart) and can_decode(blob.media_type, blob.width, blob.height):
        return ImagePart(blob, part.name, part.alt, origin=part.origin)
    as_text = blob.media_type == TEXT
    return FilePart(blob, part.name, as_text, origin=part.origin)
