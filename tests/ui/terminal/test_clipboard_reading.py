"""The clipboard of the terminal: what it hands over, and what it refuses, leaves no letters."""

import asyncio
from base64 import b64encode
from pathlib import Path

import pytest

from fakegpt_tui.attachments.clipboard import ClipboardContent
from fakegpt_tui.domain import LoadError
from fakegpt_tui.ui.terminal.clipboard_reading import TerminalClipboard
from fakegpt_tui.ui.terminal.graphics import TerminalGraphics
from fakegpt_tui.ui.terminal.input_parser import ClipboardAnswered, TolerantParser
from tests.attachments.examples import png
from tests.cli.program import COMMAND, Home
from tests.patience import PATIENCE
from tests.terminal import Terminal
from tests.ui.terminal.test_driver import Clock, Typist

PNG = png(30, 20)


def coded(data: bytes | str) -> str:
    return b64encode(data if isinstance(data, bytes) else data.encode()).decode()


class Scripted:
    """A terminal with a clipboard, and the program's reader of it."""

    def __init__(self, name: str = "kitty(0.47.0)", **limits: float) -> None:
        self.asked = asyncio.Event()
        self.written = ""
        self._name = name
        self._parser = TolerantParser(clock=Clock())
        most = int(limits.pop("max_bytes", 1_000_000))
        self.reader = TerminalClipboard(self._write, self._identify, max_bytes=most, **limits)

    def _write(self, sequence: str) -> bool:
        self.written = sequence
        self.asked.set()
        return True

    async def _identify(self) -> TerminalGraphics:
        return TerminalGraphics(self._name)

    def says(self, status: str, mime: str = "", data: bytes = b"", *, of: str = "") -> None:
        about = f"type=read:status={status}:id={of or self.id}"
        about += f":mime={coded(mime)}" if mime else ""
        for message in self._parser.feed(f"\x1b]5522;{about};{coded(data)}\x1b\\"):
            assert isinstance(message, ClipboardAnswered)
            self.reader.take(message)

    @property
    def id(self) -> str:
        return self.written.partition("id=")[2].partition(";")[0]

    async def begin(self) -> "asyncio.Task[ClipboardContent | None]":
        self.asked.clear()
        task = asyncio.create_task(self.reader.read())
        async with asyncio.timeout(PATIENCE):
            await self.asked.wait()
        return task


async def test_the_picture_is_put_together_from_its_pieces() -> None:
    terminal = Scripted()
    reading = await terminal.begin()
    assert terminal.written.startswith("\x1b]5522;type=read:")
    terminal.says("DATA", "image/png", b"of another question", of="other")
    terminal.says("OK")
    for at in range(0, len(PNG), 40):
        terminal.says("DATA", "image/png", PNG[at : at + 40])
    terminal.says("DATA", "text/plain", b"words")
    terminal.says("DONE")
    assert await reading == ClipboardContent(picture=PNG)
    # What comes when nothing is asked any more is left out.
    terminal.says("DATA", "image/png", b"late")
    again = await terminal.begin()
    terminal.says("OK")
    terminal.says("DATA", "text/plain", "Grüße".encode())
    terminal.says("DONE")
    assert await again == ClipboardContent(text="Grüße")


async def test_done_without_data_is_an_empty_clipboard() -> None:
    terminal = Scripted()
    reading = await terminal.begin()
    terminal.says("OK")
    terminal.says("DONE")
    assert await reading == ClipboardContent()


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("EPERM", "was not allowed"),
        ("EBUSY", "is in use"),
        ("ENOSYS", "cannot read the clipboard"),
        ("nonsense", "cannot read the clipboard"),
    ],
)
async def test_a_refusal_is_a_sentence(status: str, sentence: str) -> None:
    terminal = Scripted()
    reading = await terminal.begin()
    terminal.says(status)
    with pytest.raises(LoadError, match=sentence):
        await reading


async def test_too_much_and_too_late_are_sentences() -> None:
    terminal = Scripted(max_bytes=2_000_000)
    reading = await terminal.begin()
    terminal.says("OK")
    terminal.says("DATA", "image/png", bytes(1_400_000))
    terminal.says("DATA", "image/png", bytes(1_400_000))
    with pytest.raises(LoadError, match="more than 1 MiB"):
        await reading
    silent = Scripted(seconds=0)
    with pytest.raises(LoadError, match="in time"):
        await silent.reader.read()


@pytest.mark.parametrize("name", ["", "WezTerm 1", "kitty(0.20.0)"])
async def test_other_terminals_are_not_asked(name: str) -> None:
    terminal = Scripted(name)
    assert await terminal.reader.read() is None
    assert not terminal.written


def test_a_piece_that_is_cut_or_broken_types_nothing() -> None:
    piece = f"\x1b]5522;type=read:status=DATA;{coded(bytes(1_048_576))}\x1b\\"
    typist = Typist()
    cut = len(piece) // 2
    assert typist.types(piece[:cut]) == []
    assert typist.waits(5) == []
    assert typist.types(piece[cut:], "a") == ["ClipboardAnswered", "a=a"]
    assert typist.types(piece[:cut]) == []
    assert typist.waits(60) == []
    assert typist.types("\x1b]5522;\x01\x07", "\x1b]5522\x1b\\", "b") == ["b=b"]


class Kitty(Terminal):
    """Answers as kitty does, with a picture in its clipboard."""

    def _feed(self, data: bytes) -> None:
        super()._feed(data)
        if b"\x1b[>q" in data:
            self.send(b"\x1bP>|kitty(0.47.0)\x1b\\")
        if b"\x1b[c" in data:
            self.send(b"\x1b[?62c")
        if b"\x1b]5522;type=read:id=" in data:
            of = data.partition(b"type=read:id=")[2].partition(b";")[0].decode()
            begin = f"\x1b]5522;type=read:id={of}:status="
            picture = f"DATA:mime={coded('image/png')};{coded(PNG)}"
            for piece in ("OK", picture, "DONE"):
                self.send(f"{begin}{piece}\x1b\\".encode())


def test_over_ssh_the_picture_comes_from_the_clipboard_of_the_terminal(tmp_path: Path) -> None:
    home = Home(tmp_path)
    environment = {**home.environment, "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}
    with Kitty(list(COMMAND), env=environment, size=(100, 30)) as terminal:
        terminal.wait_for("signed in")
        terminal.press("ctrl+v")
        terminal.wait_for("▣ 1 clipboard · PNG 30×20")
