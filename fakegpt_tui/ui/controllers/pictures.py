"""Picture controller: the pictures of the open conversation, to look at and to take out of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain.parts import attached_parts
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.window import Window

if TYPE_CHECKING:
    from fakegpt_tui.ui.dialogs.items import MessageItem


class PictureController:
    """Opens the viewer with the pictures of all messages that are shown."""

    def __init__(self, chat: ChatService, state: ChatState, window: Window) -> None:
        self._chat = chat
        self._state = state
        self._window = window

    def view(self) -> None:
        """Look at the first picture of the marked message, or else at the nearest one."""
        path, marked = self._state.path, self._window.transcript.current_message
        ids = [message.id for message in path]
        here = ids.index(marked.id) if marked is not None and marked.id in ids else len(ids) - 1
        pictures = self._pictures
        if not pictures:
            self._window.notify("There is no picture in this conversation.")
            return
        nearest = min(pictures, key=lambda each: (abs(each[0] - here), each[0] > here))
        self._open([item for _, item in pictures], pictures.index(nearest))

    def view_item(self, item: MessageItem) -> None:
        """Look at this picture of the conversation."""
        items = [each for _, each in self._pictures]
        self._open(items, items.index(item)) if item in items else self._open([item], 0)

    @property
    def _pictures(self) -> list[tuple[int, MessageItem]]:
        """All pictures, each with the place of its message."""
        from fakegpt_tui.ui.dialogs.items import file_item  # noqa: PLC0415 - when used

        return [
            (place, item)
            for place, message in enumerate(self._state.path)
            for item in map(file_item, attached_parts(message.parts))
            if item.is_picture
        ]

    def _open(self, pictures: list[MessageItem], at: int) -> None:
        from fakegpt_tui.ui.dialogs.picture_viewer import PictureViewer  # noqa: PLC0415 - as above

        files = ConversationPictures(self._chat, self._state.open.id)
        self._window.open(
            PictureViewer(pictures, at, files, self._window.pictures.wanted_detection)
        )


class ConversationPictures:
    """The files of the pictures of a conversation."""

    def __init__(self, chat: ChatService, conversation_id: str) -> None:
        self._chat = chat
        self._conversation_id = conversation_id

    async def read(self, picture: MessageItem) -> bytes:
        """The bytes of a picture.

        Raises:
            StoreError: They are missing or damaged.
        """
        return await self._chat.attachments.read(self._conversation_id, picture.digest)

    async def save(self, picture: MessageItem, typed: str) -> Path:
        """Write a picture to a new file, and return its path.

        Raises:
            SaveError: There is one already, or it cannot be written.
            StoreError: The bytes are missing or damaged.
        """
        from fakegpt_tui.ui.controllers.items import write_new_file  # noqa: PLC0415 - when used

        data = await self.read(picture)
        return await asyncio.to_thread(write_new_file, typed, data)

    def path(self, picture: MessageItem) -> Path | None:
        """Where the store keeps it; `None` in a temporary conversation."""
        return self._chat.attachments.path(self._conversation_id, picture.digest)
