"""Attachments in plain mode: files and pictures that go with the next prompt."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fakegpt_tui.plain.session import PlainSession

if TYPE_CHECKING:
    from fakegpt_tui.domain.parts import FilePart, ImagePart

_HOW = "Say /attach and the path of a file."


class PlainAttachments:
    """Keeps files as they are now, for the next prompt."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session

    async def ask(self, typed: str = "") -> None:
        if not typed:
            self._session.say(_HOW)
            return
        session = self._session
        part = await session.chat.attachments.add_file(session.open.id, expanded(typed))
        self._add(part)

    def _add(self, part: ImagePart | FilePart) -> None:
        from fakegpt_tui.domain.captions import size_label  # noqa: PLC0415 - when attached
        from fakegpt_tui.domain.media_types import type_label  # noqa: PLC0415 - as above

        self._session.attached.append(part)
        kind, size = type_label(part.blob.media_type), size_label(part.blob.size)
        self._session.say(f"{part.name}, {kind}, {size}, goes with the next prompt.")

    async def paste(self) -> None:
        """Attach the picture or the text of the clipboard."""
        from fakegpt_tui.attachments.clipboard import read_clipboard  # noqa: PLC0415 - when used

        session, found = self._session, await read_clipboard()
        data, name = found.picture or found.text.encode(), "clipboard"
        if found.files:
            from fakegpt_tui.attachments.dropped_paths import find_dropped  # noqa: PLC0415 - as above

            for path in await find_dropped(found.files):
                await self.ask(path)
        elif data:
            name = name if found.picture else f"{name}.txt"
            part = await session.chat.attachments.add_bytes(session.open.id, data, name)
            self._add(part)
        else:
            session.say("The clipboard is empty.")

    def show(self) -> None:
        for part in self._session.attached:
            self._session.say(f"{part.name} goes with the next prompt. /detach leaves it out.")
        if not self._session.attached:
            self._session.say(f"Nothing is attached. {_HOW}")

    def clear(self) -> None:
        self._session.attached.clear()
        self._session.say(f"Nothing is attached. {_HOW}")


def expanded(typed: str) -> Path:
    """The path that was typed, perhaps in quotes, perhaps from the home folder on."""
    bare = typed.strip().strip("'\"")
    with suppress(RuntimeError):
        return Path(bare).expanduser()
    return Path(bare)
