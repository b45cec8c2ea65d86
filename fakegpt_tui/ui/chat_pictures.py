"""Chat pictures: the bytes of pictures from the chat service, and the terminal that draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App

from fakegpt_tui.ui.terminal.graphics import GraphicsDetection, TerminalGraphics
from fakegpt_tui.ui.terminal.output import HELD_PICTURES, forget_pictures

if TYPE_CHECKING:
    from fakegpt_tui.chat.attachments import Attachments
    from fakegpt_tui.chat.service import ChatService


class ChatPictures:
    """The picture source of the main screen; made when there is a picture to draw."""

    def __init__(self, app: App[Any], chat: ChatService, pictures: str) -> None:
        """`pictures` is the setting of that name."""
        self._app = app
        self._chat = chat
        self.pictures = pictures
        self.detection = GraphicsDetection(app)
        app.watch(app, "app_focus", self._take_focus, init=False)

    @property
    def _attachments(self) -> Attachments:
        return self._chat.attachments

    async def read(self, conversation_id: str, digest: str) -> bytes:
        """The bytes with that digest, read in a thread.

        Raises:
            StoreError: They are missing or damaged.
        """
        return await self._attachments.read(conversation_id, digest)

    async def graphics(self) -> TerminalGraphics:
        """What the terminal draws; it is asked when that is not known."""
        return await self.detection.ask()

    def _take_focus(self, has_focus: bool) -> None:
        """Send pictures anew in tmux, which shows none that came while another window was open."""
        if has_focus and self.detection.known.in_tmux:
            self.detection.ask_again()
            if HELD_PICTURES:
                forget_pictures(self._app)
