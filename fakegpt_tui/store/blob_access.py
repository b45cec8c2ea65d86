"""Access to pictures and files of a store, and writes that need them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from fakegpt_tui.domain.parts import Blob, Part
    from fakegpt_tui.store.blobs import BlobStore
    from fakegpt_tui.store.connection import WriteOperation
    from fakegpt_tui.store.open_store import StoreFiles


class BlobAccess:
    """The bytes of pictures and files, which are opened when they are first asked for."""

    def __init__(self, files: StoreFiles) -> None:
        self._files = files
        self._opened_blobs: BlobStore | None = None

    def put_blob(self, source: bytes | BinaryIO, *, limit: int | None = None) -> Blob:
        """Keep the bytes of a picture or file; they are on the disk when this returns.

        It blocks, so call it in a thread. The bytes stay for a day, and then as long as a
        message, draft or queued prompt uses them.

        Raises:
            StoreError: They cannot be written, or are more than `limit`.
        """
        return self._blobs.put(source, limit=limit)

    def read_blob(self, digest: str) -> bytes:
        """The bytes of a picture or file, compared with their digest. It blocks.

        Raises:
            StoreError: They are missing or damaged.
        """
        return self._blobs.read(digest)

    def has_blob(self, blob: Blob) -> bool:
        """Are the bytes there as they were stored? They are read, which blocks."""
        return self._blobs.has(blob) and self._blobs.is_whole(blob.digest)

    def blob_path(self, digest: str) -> Path | None:
        """The file with these bytes, to be read only; `None` where they are in memory."""
        return self._blobs.path(digest)

    def blobs_size(self) -> int:
        """How many bytes all pictures and files have together. It blocks.

        Raises:
            StoreError: Their folder cannot be read.
        """
        return self._blobs.size()

    @property
    def _blobs(self) -> BlobStore:
        if self._opened_blobs is None:
            self._opened_blobs = self._files.open_blobs()
        return self._opened_blobs

    def _with_blobs(self, write: WriteOperation, *parts: Sequence[Part]) -> WriteOperation:
        """Refuse the write where bytes that it uses are missing, inside its transaction."""
        if not any(parts):
            return write
        from fakegpt_tui.store.blobs import require_blobs  # noqa: PLC0415 - most have none

        def write_checked(connection: sqlite3.Connection) -> None:
            require_blobs(self._blobs, parts)
            write(connection)

        return write_checked
