"""Attachment list: opening, editing, inserting and removing what is attached to the prompt."""

from collections.abc import Awaitable
from functools import partial
from pathlib import Path

from fakegpt_tui.attachments.marks import PASTE, mark_of
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.domain.media_types import suffix_of
from fakegpt_tui.domain.parts import Attachment, FilePart, ImagePart
from fakegpt_tui.text import file_stem, safe_line
from fakegpt_tui.ui.controllers.items import open_copy
from fakegpt_tui.ui.dialogs.command_output import TextScreen
from fakegpt_tui.ui.dialogs.items import AttachmentAction, AttachmentsScreen, file_item
from fakegpt_tui.ui.messages import OpenEditor
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.window import Window


class AttachmentList:
    """Shows what the marks in the prompt stand for, and changes it."""

    def __init__(self, chat: ChatService, state: ChatState, window: Window) -> None:
        self._chat = chat
        self._state = state
        self._window = window

    def show(self, lines: dict[str, str]) -> None:
        """`lines` describe what is attached, by the marks."""
        attached = self._state.attached
        if not attached:
            self._window.notify(
                "Nothing is attached; @ in the prompt or /attach attaches a file.",
                while_true=lambda: not self._state.attached,
            )
            return

        def take(chosen: tuple[AttachmentAction, Attachment]) -> None:
            action, attachment = chosen
            match action:
                case AttachmentAction.REMOVE:
                    self._remove(attachment)
                case AttachmentAction.OPEN:
                    self._work(self._open(attachment))
                case AttachmentAction.EDIT:
                    self._work(self._edit(attachment))
                case AttachmentAction.INSERT:
                    self._work(self._insert(attachment))

        self._window.ask(
            AttachmentsScreen(attached, lines), take, cancelled=self._window.prompt.focus
        )

    def _work(self, work: Awaitable[None]) -> None:
        self._window.work(work, group="attachments")

    def _remove(self, attachment: Attachment) -> None:
        """Take the mark out of the prompt; undo brings it back with what it stands for."""
        prompt, mark = self._window.prompt, mark_of(attachment)
        prompt.focus()
        prompt.remove_mark(mark)
        self._window.notify(
            "Removed; ctrl+z brings it back.", while_true=lambda: mark not in prompt.text
        )

    async def _open(self, attachment: Attachment) -> None:
        """Show a text or picture here, and anything else in the system's program for it."""
        if _is_text(attachment):
            text = await self._chat.attachments.text(self._state.open.id, attachment)
            self._window.open(TextScreen(attachment.part.name, text))
            return
        if isinstance(attachment.part, ImagePart):
            from fakegpt_tui.ui.controllers.pictures import PictureController  # noqa: PLC0415 - for a picture

            pictures = PictureController(self._chat, self._state, self._window)
            pictures.view_item(file_item(attachment.part))
            return
        blob = attachment.part.blob
        path = self._chat.attachments.path(self._state.open.id, blob.digest)
        open_copy(self._window, path, f"{_stem(attachment)}{suffix_of(blob.media_type)}")

    async def _edit(self, attachment: Attachment) -> None:
        """Edit a text in the editor; the mark stands for what comes back."""
        if not _is_text(attachment):
            self._window.notify("Only text can be edited.")
            return
        conversation_id = self._state.open.id
        text = await self._chat.attachments.text(conversation_id, attachment)
        name = Path(attachment.part.name).name if attachment.source != PASTE else ""
        suffix = Path(name).suffix or ".txt"
        take = partial(self._take_edited, conversation_id, attachment, text)
        self._window.post(OpenEditor(text, f"{_stem(attachment)}{suffix}", take))

    def _take_edited(
        self, conversation_id: str, attachment: Attachment, before: str, text: str
    ) -> None:
        if text == before.removesuffix("\n"):
            self._window.notify("The text is as it was.")
        elif not text:
            self._remove(attachment)
        else:
            self._work(self._keep_edited(conversation_id, attachment, text))

    async def _keep_edited(self, conversation_id: str, attachment: Attachment, text: str) -> None:
        part = await self._chat.attachments.add_bytes(
            conversation_id, text.encode(errors="replace"), attachment.part.name
        )
        self._state.attachments.learn(
            conversation_id, (Attachment(attachment.id, part, attachment.source),)
        )
        if self._state.open.id == conversation_id:
            self._window.save_typed()
        self._window.notify(f"{safe_line(attachment.part.name, 60)} has another text now.")

    async def _insert(self, attachment: Attachment) -> None:
        """Put the text of a paste or file into the prompt, in place of its mark."""
        if not _is_text(attachment):
            self._window.notify("Only text can be put into the prompt.")
            return
        text = await self._chat.attachments.text(self._state.open.id, attachment)
        self._window.prompt.focus()
        if not self._window.prompt.replace_first(mark_of(attachment), text):
            raise FakeGPTError("It is not in the prompt any more.")


def _is_text(attachment: Attachment) -> bool:
    return isinstance(attachment.part, FilePart) and attachment.part.as_text


def _stem(attachment: Attachment) -> str:
    return file_stem(Path(attachment.part.name).stem) or "attachment"
