"""Chat transcript: the messages of the main screen, with pictures that the chat service reads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.screen import Screen

from fakegpt_tui.ui.terminal.output import HELD_PICTURES, forget_pictures
from fakegpt_tui.ui.widgets.first_page import FirstPage
from fakegpt_tui.ui.widgets.transcript.view import Transcript

if TYPE_CHECKING:
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.ui.markdown.palette import Palette
    from fakegpt_tui.ui.options import Options
    from fakegpt_tui.ui.terminal.graphics import GraphicsDetection, TerminalGraphics
    from fakegpt_tui.ui.view_model import ChatView
    from fakegpt_tui.ui.widgets.transcript.message_layout import MessageBody
    from fakegpt_tui.ui.widgets.transcript.picture_cache import PictureSource


def mount_transcript(
    screen: Screen[Any], options: Options, pictures: Callable[[], PictureSource]
) -> Transcript:
    """Put a hidden transcript behind the first page of a screen, drawn as the settings want it."""
    is_off = options.value("diagrams", "on") == "off"
    transcript = Transcript(_draw_no_diagrams if is_off else None)
    transcript.picture_source = pictures
    transcript.display = False
    with ExitStack() as until_mounted:
        # Or all would be laid out and drawn twice, without it and with it.
        until_mounted.enter_context(screen.app.batch_update())
        screen.mount(transcript, after=screen.query_one(FirstPage))
        screen.call_next(until_mounted.pop_all().close)
    return transcript


def _draw_no_diagrams(palette: Palette) -> MessageBody:
    """Markdown in which diagrams are code as any other."""
    from fakegpt_tui.ui.markdown.document import Document  # noqa: PLC0415 - with the first message

    return Document(palette)


def show_path(transcript: Transcript, before: ChatView | None, shown: ChatView) -> None:
    """Show the messages; of a path that is shown already, only those that have changed."""
    path = shown.path
    if before is not None and before.conversation.id != shown.conversation.id:
        before = None
    if before is not None and [each.id for each in before.path] == [each.id for each in path]:
        for old, message in zip(before.path, path, strict=True):
            if old is not message and old != message:
                transcript.update_message(message)
        if before.labels != shown.labels:
            transcript.set_labels(shown.labels)
    elif before is not None and shown.variant is not None:
        transcript.show_variant(shown.variant, path, shown.labels)
    else:
        transcript.show(
            shown.conversation.id,
            path,
            labels=shown.labels,
            position=shown.position,
            at_end=shown.at_end,
        )


class ChatPictures:
    """The picture source of the main screen; made when there is a picture to draw."""

    def __init__(self, app: App[Any], chat: ChatService, pictures: str) -> None:
        """`pictures` is the setting of that name."""
        from fakegpt_tui.ui.terminal.graphics import GraphicsDetection  # noqa: PLC0415 - with a picture

        self._app = app
        self._chat = chat
        self.pictures = pictures
        self.detection = GraphicsDetection(app)
        app.watch(app, "app_focus", self._take_focus, init=False)

    async def read(self, conversation_id: str, digest: str) -> bytes:
        """The bytes with that digest, read in a thread.

        Raises:
            StoreError: They are missing or damaged.
        """
        return await self._chat.attachments.read(conversation_id, digest)

    async def graphics(self) -> TerminalGraphics:
        """What the terminal draws; it is asked when that is not known."""
        return await self.detection.ask()

    @property
    def wanted_detection(self) -> GraphicsDetection | None:
        """What tells how the terminal draws pictures; `None` where blocks are wanted."""
        return self.detection if self.pictures == "auto" else None

    def _take_focus(self, has_focus: bool) -> None:
        """Send pictures anew in tmux, which shows none that came while another window was open."""
        if has_focus and self.detection.known.in_tmux:
            self.detection.ask_again()
            if HELD_PICTURES:
                forget_pictures(self._app)
