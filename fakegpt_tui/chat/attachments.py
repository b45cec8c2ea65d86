"""Attachments: the bytes of pictures and files of conversations, put into the store and read."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from fakegpt_tui.chat.pending_writes import Stores
    from fakegpt_tui.domain.parts import Blob

MAX_BYTES = 50_000_000


class Attachments:
    """The bytes of pictures and files, on disk, or in memory for temporary conversations."""

    def __init__(self, stores: Stores, max_bytes: int = MAX_BYTES) -> None:
        """No single one may have more than `max_bytes`."""
        self._stores = stores
        self.max_bytes = max_bytes

    async def put(self, conversation_id: str, source: bytes | BinaryIO) -> Blob:
        """Keep bytes for a conversation, for a day or as long as something of it uses them.

        Raises:
            StoreError: They cannot be written, or are too many.
        """
        store = self._stores.of(conversation_id)
        return await asyncio.to_thread(store.put_blob, source, limit=self.max_bytes)

    async def read(self, conversation_id: str, digest: str) -> bytes:
        """The bytes with that digest.

        Raises:
            StoreError: They are missing or damaged.
        """
        return await asyncio.to_thread(self._stores.of(conversation_id).read_blob, digest)

    def has(self, conversation_id: str, blob: Blob) -> bool:
        """Are there as many bytes as there should be? They are not read."""
        return self._stores.of(conversation_id).has_blob(blob)

    def path(self, conversation_id: str, digest: str) -> Path | None:
        """The file with these bytes, to be read only; `None` for a temporary conversation."""
        return self._stores.of(conversation_id).blob_path(digest)
