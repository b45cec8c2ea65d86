"""Attachments: their bytes, put into the store and read, and whether a model takes pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from fakegpt_tui.attachments.files import check_file, make_part, open_regular
from fakegpt_tui.backends.token_estimate import estimate_part_tokens
from fakegpt_tui.domain import FakeGPTError, ModelRef, PictureRefused, StoreError
from fakegpt_tui.domain.parts import has_pictures
from fakegpt_tui.domain.text_encodings import decode_text
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.pending_writes import Stores
    from fakegpt_tui.chat.services import Services
    from fakegpt_tui.chat.store_interface import TurnStore
    from fakegpt_tui.domain.parts import Attachment, Blob, FilePart, ImagePart, Part

_LIST_SECONDS: Final = 3.0
"""How long a picture waits for the list of models; without it a model may see."""


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


async def find_blind(services: Services, models: Iterable[ModelRef]) -> tuple[ModelRef, ...]:
    """Those of the models that take no pictures; lists that are not known yet are asked for."""
    asked = tuple(models)
    unknown = {each.service for each in asked if not _is_told(services, each)}
    await asyncio.gather(*(_ask_for_list(services, name) for name in unknown))
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


def _is_told(services: Services, model: ModelRef) -> bool:
    return services.is_blind(model) or bool(services.known_models(model.service))


async def _ask_for_list(services: Services, name: str) -> None:
    with suppress(FakeGPTError, TimeoutError):
        async with asyncio.timeout(_LIST_SECONDS):
            await services.models(name)
