"""Reading the clipboard through the terminal, also over SSH: a picture or text, by OSC 5522.

Mends: Textual asks no terminal for the clipboard, and the tools of a machine know only its own.
Since: Textual 8.2.8. Can go: when Textual reads pictures of the terminal's clipboard.
Shape: https://sw.kovidgoyal.net/kitty/clipboard/
"""

import asyncio
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Awaitable, Callable
from uuid import uuid4

from fakegpt_tui.attachments.clipboard import MAX_BYTES, ClipboardContent
from fakegpt_tui.domain import LoadError
from fakegpt_tui.ui.terminal.graphics import TerminalGraphics
from fakegpt_tui.ui.terminal.input_parser import ClipboardAnswered

_SECONDS = 30.0
"""For the whole answer: the terminal may ask the person first."""

_PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif")
_TEXT = "text/plain"
_SINCE = (0, 28)
_REFUSALS = {
    "EPERM": "The terminal was not allowed to hand over the clipboard.",
    "EBUSY": "The clipboard is in use; try once more.",
}


class TerminalClipboard:
    """Asks the terminal for what its clipboard holds, one time at once."""

    def __init__(
        self,
        write: Callable[[str], bool],
        identify: Callable[[], Awaitable[TerminalGraphics]],
        *,
        seconds: float = _SECONDS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        """`write` writes a sequence, `identify` tells which terminal there is."""
        self._write = write
        self._identify = identify
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._id = ""
        self._found: dict[str, bytearray] = {}
        self._done: asyncio.Future[None] | None = None

    async def read(self) -> ClipboardContent | None:
        """The picture of the clipboard, or else its text; `None` where the terminal knows no way.

        Raises:
            LoadError: It was refused, holds too much, or was not answered in time.
        """
        known = await self._identify()
        if known.in_tmux or known.kitty_version < _SINCE:
            return None
        if self._done is not None:
            raise LoadError("The terminal is still asked for the clipboard.")
        self._id, self._found = uuid4().hex, {}
        self._done = asyncio.get_running_loop().create_future()
        wanted = b64encode(" ".join((*_PICTURES, _TEXT)).encode()).decode()
        try:
            if not self._write(f"\x1b]5522;type=read:id={self._id};{wanted}\x1b\\"):
                return None
            async with asyncio.timeout(self._seconds):
                await self._done
        except TimeoutError as error:
            raise LoadError("The terminal did not hand over the clipboard in time.") from error
        finally:
            self._done = None
        return self._content()

    def take(self, answer: ClipboardAnswered) -> None:
        """Take a piece of the answer; what nothing waits for, or came too late, is left out."""
        about = dict(each.partition("=")[::2] for each in answer.about.split(":"))
        if self._done is None or self._done.done() or about.get("id") != self._id:
            return
        match about.get("status", ""):
            case "OK":
                pass
            case "DATA":
                self._add(about.get("mime", ""), answer.payload)
            case "DONE":
                self._done.set_result(None)
            case status:
                sentence = _REFUSALS.get(status, "The terminal cannot read the clipboard.")
                self._done.set_exception(LoadError(sentence))

    def _add(self, kind: str, payload: str) -> None:
        try:
            name, data = b64decode(kind).decode(errors="replace"), b64decode(payload)
        except NoBase64:
            return  # The bytes tell later that something is missing.
        self._found.setdefault(name, bytearray()).extend(data)
        size = sum(map(len, self._found.values()))
        if size > self._max_bytes and self._done is not None:
            limit = self._max_bytes // 1_048_576
            self._done.set_exception(LoadError(f"The clipboard holds more than {limit} MiB."))

    def _content(self) -> ClipboardContent:
        for kind in _PICTURES:
            if data := self._found.get(kind):
                return ClipboardContent(picture=bytes(data))
        return ClipboardContent(text=self._found.get(_TEXT, b"").decode(errors="replace"))
