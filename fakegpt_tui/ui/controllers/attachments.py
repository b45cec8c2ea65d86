"""Attachment controller: files, pictures, large pastes and outputs that go with the prompt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fakegpt_tui.attachments.files import MAX_ATTACHMENTS
from fakegpt_tui.attachments.marks import PASTE, lay_out, mark_of, new_id, write_mark
from fakegpt_tui.attachments.path_listing import current_folder, typed_path
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import FakeGPTError, LoadError
from fakegpt_tui.domain.media_types import can_decode, identify
from fakegpt_tui.domain.parts import Attachment, Blob, FilePart, ImagePart, Part
from fakegpt_tui.text import clipboard_text, safe_line
from fakegpt_tui.ui.messages import ReadClipboard
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.window import Window

if TYPE_CHECKING:
    from fakegpt_tui.attachments.clipboard import ClipboardContent


class AttachmentController:
    """Reads what is given in workers, and puts a mark for it into the prompt."""

    def __init__(self, chat: ChatService, state: ChatState, window: Window) -> None:
        self._chat = chat
        self._state = state
        self._window = window

    async def prepare(self, text: str, conversation_id: str) -> tuple[str, tuple[Part, ...]]:
        """A prompt as it is sent, once all is read that its marks stand for.

        Raises:
            StoreError: A large paste is missing or damaged.
        """
        attached = self._state.attachments.marked_in(text, conversation_id)
        pasted = {
            each.id: await self._chat.attachments.text(conversation_id, each)
            for each in attached
            if each.source == PASTE
        }
        return lay_out(text, attached, pasted)

    def ask(self, typed: str = "") -> None:
        """Attach a file by its path, which the user is asked for unless it was typed."""
        if (path := typed_path(typed)) is not None:
            self._read(self._add_files([path]))
            return
        from fakegpt_tui.ui.dialogs.pick import AskPathScreen  # noqa: PLC0415 - after first paint

        self._window.ask(AskPathScreen("Attachment", "", verb="attach"), self._attach_typed)

    def _attach_typed(self, typed: str) -> None:
        if typed.strip():
            self.ask(typed)

    async def _add_files(self, paths: Iterable[str | Path], old: str = "") -> None:
        """Attach files in their order, in place of `old` or at the cursor, as one edit.

        Raises:
            LoadError: Some cannot be attached, which keeps no other from it; it says why.
        """
        conversation_id = self._state.open.id
        parts: list[ImagePart | FilePart] = []
        errors: list[str] = []
        for path in paths:
            try:
                parts.append(await self._chat.attachments.add_file(conversation_id, Path(path)))
            except FakeGPTError as error:
                errors.append(str(error))
        if parts:
            await asyncio.to_thread(_import_what_shows_it)
            await self._window.prompt.settle()
            errors += self._place(conversation_id, parts, "path", old)
        if errors:
            raise LoadError(" ".join(dict.fromkeys(errors)))

    def take_reference(self, written: str, path: str) -> None:
        """Attach the file that `@path` names, in its place; what names none stays text."""
        from fakegpt_tui.attachments.prompt_paths import resolve  # noqa: PLC0415 - when typed

        async def attach() -> None:
            found = await asyncio.to_thread(resolve, path, current_folder(), Path.exists)
            if found is None:
                self._window.notify(f"There is no file {safe_line(path)}; it is sent as text.")
                return
            file, named = found
            old = written if named == path else f"@{named}"
            await self._add_files([file], old)

        self._read(attach())

    def take_paste(self, text: str, name: str = "", source: str = PASTE) -> None:
        """Put a mark for a large text at the cursor, at once; where it cannot be kept, the text."""
        lines = text.count("\n") + (not text.endswith("\n"))
        name = name or f"pasted, {lines:,} line{'' if lines == 1 else 's'}"
        prompt, conversation_id = self._window.prompt, self._state.open.id
        known = self._state.attachments.known(conversation_id)
        number = new_id(FilePart(Blob("", 0), name), known, prompt.text)
        mark = write_mark(number, name)
        prompt.insert_text(mark)

        async def keep() -> None:
            try:
                part = await self._chat.attachments.add_bytes(conversation_id, text.encode(), name)
            except FakeGPTError:
                prompt.replace_first(mark, text)
                raise
            self._learn(conversation_id, Attachment(number, part, source))
            if source == PASTE and _may_be_dropped(text):
                await self._attach_dropped(text, mark)

        self._read(keep())

    def take_drop(self, text: str) -> None:
        """Attach files whose paths were pasted, in place of the text, if they are all there."""
        if _may_be_dropped(text):
            self._read(self._attach_dropped(text, text))

    async def _attach_dropped(self, text: str, shown: str) -> None:
        """Attach the files that were dropped, in place of what is `shown` for their paths."""
        from fakegpt_tui.attachments.prompt_paths import find_dropped, looks_like_a_path  # noqa: PLC0415 - when pasted

        paths = await find_dropped(text)
        if not paths and looks_like_a_path(text):
            self._window.notify(
                "There is no such file on this machine; over SSH a dropped file stays on the "
                "other one."
            )
        await self._window.prompt.settle()
        held = self._state.held
        typed = f"{self._window.prompt.text}\n{held.text if held else ''}"
        if paths and (old := shown.strip()) in typed:
            await self._add_files(paths, old)

    def show(self) -> None:
        """List what is attached, to open, edit or remove it."""
        from fakegpt_tui.attachments.marks import labels  # noqa: PLC0415 - when used
        from fakegpt_tui.ui.controllers.attachment_list import AttachmentList  # noqa: PLC0415 - as above

        attached = self._state.attached
        tokens = {each.id: self._chat.attachments.cost(each) for each in attached}
        lines = dict(zip(map(mark_of, attached), labels(attached, tokens), strict=True))
        AttachmentList(self._chat, self._state, self._window).show(lines)

    def clear(self) -> None:
        """Take all marks out of the prompt; undo brings them back with what they stand for."""
        prompt, attached = self._window.prompt, self._state.attached
        for attachment in attached:
            prompt.remove_mark(mark_of(attachment))
        self._window.notify(
            "All is left out; ctrl+z brings it back." if attached else "Nothing is attached."
        )

    def paste(self, take: Callable[[str], None] | None = None, kept: str = "") -> None:
        """Attach the picture or the files of the clipboard, or insert its text or let it be taken.

        It is the text that was `kept` where the clipboard cannot be read.
        """
        self._read(self._paste(take or self._window.prompt.insert_text, kept))

    async def _paste(self, take: Callable[[str], None], kept: str) -> None:
        try:
            found = await self.read_clipboard()
        except LoadError:
            if not kept:
                raise
            take(kept)
            return
        if found.picture:
            if not can_decode(*identify(found.picture)):
                raise LoadError("The clipboard holds a picture that cannot be read; copy it again.")
            conversation_id = self._state.open.id
            part = await self._chat.attachments.add_bytes(
                conversation_id, found.picture, "clipboard"
            )
            if errors := self._place(conversation_id, [part], "clipboard"):
                raise LoadError(*errors)
        elif found.files:
            from fakegpt_tui.attachments.prompt_paths import find_dropped  # noqa: PLC0415 - when used

            await self._add_files(await find_dropped(found.files))
        elif found.text:
            take(clipboard_text(found.text))
        else:
            self._window.notify("The clipboard is empty.")

    async def read_clipboard(self) -> ClipboardContent:
        """The clipboard by the tools of this machine, or else by the terminal, as over SSH."""
        from fakegpt_tui.attachments.clipboard import read_clipboard  # noqa: PLC0415 - when used

        try:
            return await read_clipboard()
        except LoadError:
            content: asyncio.Future[ClipboardContent | None]
            content = asyncio.get_running_loop().create_future()
            self._window.post(ReadClipboard(content))
            if (found := await content) is None:
                raise
            return found

    def run_typed(self, line: str, attaches: bool) -> None:
        """Run a command of the shell and show its output, which can go into the prompt."""
        from fakegpt_tui.attachments.commands import ShellCommand  # noqa: PLC0415 - when typed
        from fakegpt_tui.ui.dialogs.command_output import CommandScreen  # noqa: PLC0415 - as above

        def take(transcript: str) -> None:
            self._window.prompt.focus()
            self.take_paste(transcript, f"output of {safe_line(line, 24)}", "command")

        self._window.ask(
            CommandScreen(ShellCommand(line), attaches=attaches),
            take,
            cancelled=self._window.prompt.focus,
        )

    def _place(
        self,
        conversation_id: str,
        parts: Sequence[ImagePart | FilePart],
        source: str,
        old: str = "",
    ) -> tuple[str, ...]:
        """Put marks for parts in place of `old`, or at the cursor, wherever their prompt is now.

        Returns:
            Why some have no place, in a sentence.
        """
        held, is_open = self._state.held, self._state.open.id == conversation_id
        taken = len(self._state.attached) if is_open else 0
        room = max(0, MAX_ATTACHMENTS - taken)
        typed = f"{self._window.prompt.text} {held.text if held else ''}" if is_open else ""
        attachments: list[Attachment] = []
        for part in parts[:room]:
            known = (*self._state.attachments.known(conversation_id), *attachments)
            attachments.append(Attachment(new_id(part, known, typed), part, source))
            typed += f" {mark_of(attachments[-1])}"
        if attachments:
            self._write(conversation_id, " ".join(map(mark_of, attachments)), old)
            self._learn(conversation_id, *attachments)
        if len(parts) <= room:
            return ()
        return (f"{MAX_ATTACHMENTS} files and pictures go with a prompt at most.",)

    def _write(self, conversation_id: str, marks: str, old: str) -> None:
        """Write marks where their prompt is now: held, left for another one, or in the input."""
        prompt, held = self._window.prompt, self._state.held
        is_held = bool(old) and held is not None and held.replace(conversation_id, old, marks)
        if self._state.open.id != conversation_id:
            self._state.attachments.mark_elsewhere(conversation_id, old, marks)
        elif is_held:
            pass  # It is in no prompt any more.
        elif old and old in prompt.text:
            before, _, after = prompt.text.partition(old)
            is_apart = bool(after) and not after[0].isalnum()
            gap = " " if before[-1:].isalnum() else ""
            prompt.replace_first(old, f"{gap}{marks}{'' if is_apart else ' '}")
        else:
            row, column = prompt.cursor_location
            before = prompt.document[row][:column]
            gap = " " if before and not before[-1].isspace() else ""
            prompt.insert_text(f"{gap}{marks} ")

    def _learn(self, conversation_id: str, *attachments: Attachment) -> None:
        self._state.attachments.learn(conversation_id, attachments)
        if self._state.open.id == conversation_id:
            self._window.save_typed()

    def _read(self, work: Awaitable[None]) -> None:
        """Read something in a worker; what is sent meanwhile waits for it."""
        done = self._state.attachments.begin_reading()

        async def read() -> None:
            try:
                await work
            finally:
                done()

        self._window.work(read(), group="attach", exclusive=False)


def _may_be_dropped(text: str) -> bool:
    return text.lstrip("\"' ").startswith(("/", "~", "file:", "\\")) or text[1:2] == ":"


def _import_what_shows_it() -> None:
    """Import it now, in a thread, since keys would wait for it when it is shown first."""
    import fakegpt_tui.domain.captions  # noqa: PLC0415 - see above
    import fakegpt_tui.ui.widgets.prompt_lists  # noqa: PLC0415 - see above
    import fakegpt_tui.ui.widgets.transcript.pictures  # noqa: F401, PLC0415 - see above
