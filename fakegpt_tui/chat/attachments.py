"""Attachments: their bytes, put into the store and read, and whether a model takes pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from fakegpt_tui.attachments.files import check_file, make_part, open_regular
from fakegpt_tui.backends.token_estimate import estimate_part_tokens
from fakegpt_tui.domain import (
    MediaReceived,
    ModelRef,
    Notice,
    PartAdded,
    PictureRefused,
    StoreError,
)
from fakegpt_tui.domain.media_types import can_decode
from fakegpt_tui.domain.parts import FilePart, ImagePart, has_pictures
from fakegpt_tui.domain.text_encodings import decode_text
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.pending_writes import Stores
    from fakegpt_tui.chat.services import Services
    from fakegpt_tui.chat.store_interface import TurnStore
    from fakegpt_tui.domain.parts import Attachment, Blob, Part


class Attachments:
    """The bytes of pictures and files, on disk, or in memory for temporary conversations."""

    def __init__(self, stores: Stores, max_bytes: int, max_total: int = 0) -> None:
        """No single one may have more than `max_bytes`, and no new one is taken beyond `max_total`.

        A `max_total` of 0 is no limit.
        """
        self._stores = stores
        self.max_bytes = max_bytes
        self._max_total = max_total

    async def put(self, conversation_id: str, source: bytes | BinaryIO) -> Blob:
        """Keep bytes for a conversation, for a day or as long as something of it uses them.

        Raises:
            StoreError: They cannot be written, or are too many.
        """
        store = self._stores.of(conversation_id)
        return await asyncio.to_thread(store.put_blob, source, limit=self.max_bytes)

    async def add_file(self, conversation_id: str, path: Path) -> ImagePart | FilePart:
        """Keep a file as it is now, and return the part for a prompt.

        Raises:
            LoadError: It cannot be read, or no model could take it.
            StoreError: It cannot be kept.
        """

        def add() -> ImagePart | FilePart:
            with open_regular(path) as file:
                return self._add(conversation_id, file, path.name)

        return await asyncio.to_thread(add)

    async def add_bytes(self, conversation_id: str, data: bytes, name: str) -> ImagePart | FilePart:
        """Keep bytes that came from elsewhere; as `add_file`."""
        return await asyncio.to_thread(self._add, conversation_id, BytesIO(data), name)

    def _add(self, conversation_id: str, file: BinaryIO, name: str) -> ImagePart | FilePart:
        check_file(file, name)
        store = self._stores.of(conversation_id)
        check_total(store, self._max_total)
        return make_part(store.put_blob(file, limit=self.max_bytes), name)

    def cost(self, attachment: Attachment) -> int:
        """About how many tokens it is for a model, rather too many than too few."""
        return estimate_part_tokens(attachment.part)

    async def text(self, conversation_id: str, attachment: Attachment) -> str:
        """The text of a file or of a large paste.

        Raises:
            StoreError: It is missing or damaged.
        """
        data = await self.read(conversation_id, attachment.part.blob.digest)
        return decode_text(data) or ""

    async def read(self, conversation_id: str, digest: str) -> bytes:
        """The bytes with that digest.

        Raises:
            StoreError: They are missing or damaged.
        """
        return await asyncio.to_thread(self._stores.of(conversation_id).read_blob, digest)

    def path(self, conversation_id: str, digest: str) -> Path | None:
        """The file with these bytes, to be read only; `None` for a temporary conversation."""
        return self._stores.of(conversation_id).blob_path(digest)


def check_total(store: TurnStore, max_total: int) -> None:
    """Refuse a picture or file beyond what all of them may take; with 0 there is no limit.

    Raises:
        StoreError: There is no room for it.
    """
    if max_total and (taken := store.blobs_size()) >= max_total:
        raise StoreError(
            f"Pictures and files take {taken / 1e6:,.0f} MB, and the setting "
            f"attachment_total_limit allows {max_total / 1e6:,.0f}. Raise it, or delete "
            "conversations with pictures for good; this one was not taken."
        )


async def keep_media(store: TurnStore, media: MediaReceived, max_total: int) -> PartAdded | Notice:
    """Keep a picture or file of a model; its bytes are on the disk before a part names them."""

    def put() -> Blob:
        check_total(store, max_total)
        return store.put_blob(media.data)

    try:
        blob = await asyncio.to_thread(put)
    except StoreError as error:
        return Notice(f"{media.name or 'A picture'} could not be kept. {error}")
    if can_decode(blob.media_type, blob.width, blob.height):
        return PartAdded(ImagePart(blob, media.name))
    return PartAdded(FilePart(blob, media.name))


async def find_blind(services: Services, models: Iterable[ModelRef]) -> tuple[ModelRef, ...]:
    """Those of the models that take no pictures; lists that are not known yet are asked for."""
    asked = tuple(models)
    unknown = {each.service for each in asked if not services.is_blind(each)}
    await asyncio.gather(*map(services.look_up_models, unknown))
    return tuple(filter(services.is_blind, asked))


async def require_sight(services: Services, model: ModelRef, parts: Iterable[Part]) -> None:
    """Refuse pictures for a model that takes none, before anything is sent.

    Raises:
        PictureRefused: There are some.
    """
    if has_pictures(parts) and await find_blind(services, (model,)):
        raise PictureRefused(
            f"{safe_line(str(model), 80)} takes no pictures, so nothing was sent. Choose another "
            "model, or leave the picture out and describe it in words."
        )


def require_known_sight(services: Services, model: ModelRef, parts: Iterable[Part]) -> None:
    """Refuse pictures for a model that is known to take none; there is no one to ask now.

    Raises:
        PictureRefused: There are some.
    """
    if has_pictures(parts) and services.is_blind(model):
        raise PictureRefused(
            f"{safe_line(str(model), 80)} takes no pictures, so a queued prompt waits. Choose "
            "another model and send it with /send, or take it back with /queue and send it "
            "without the picture, or with words in its place."
        )
