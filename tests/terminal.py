"""A real terminal for tests: a program on a pty, its screen, and every byte it wrote."""

import contextlib
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

from tests.patience import PATIENCE

# The session leader that opens a terminal gets it as its own; doing so in a program of its own,
# and not between fork and exec, is safe in a test process that has threads. What a shell that ran
# the tests in the background, or `nohup`, had them ignore, a program in a terminal must obey.
_LEADER = """
import fcntl, os, signal, sys, termios
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    signal.signal(number, signal.SIG_DFL)
descriptor = os.open(sys.argv[1], os.O_RDWR)
fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)
for standard in (0, 1, 2):
    os.dup2(descriptor, standard)
if descriptor > 2:
    os.close(descriptor)
os.execvp(sys.argv[2], sys.argv[2:])
"""

KEYS = {
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "esc": "\x1b",
    "space": " ",
    "backspace": "\x7f",
    "delete": "\x1b[3~",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "ctrl+home": "\x1b[1;5H",
    "ctrl+end": "\x1b[1;5F",
    "shift+enter": "\x1b[13;2u",
    "alt+enter": "\x1b\r",
    "ctrl+\\": "\x1c",
    "ctrl+]": "\x1d",
    "ctrl+_": "\x1f",
    **{f"f{number}": f"\x1bO{'PQRS'[number - 1]}" for number in range(1, 5)},
    **{
        f"f{number}": f"\x1b[{code}~"
        for number, code in enumerate((15, 17, 18, 19, 20, 21, 23, 24), 5)
    },
}

_CONTROL_STRING = rb"\x1b[\]P_^X][^\x1b\x07]*(?:\x07|\x1b\\)"
_CONTROL_SEQUENCE = rb"\x1b\[[0-?]*[ -/]*[@-~]"
# What pyte prints instead of obeying: kitty's keyboard stack, modes that are asked for, kept or
# given back, strings but OSC; and
# what it does not print, with all that comes after: isolates.
_MISPRINTED = re.compile(
    rb"\x1b\[[<>=][0-9;]*[ -/]*[@-~]|\x1b\[\?[0-9;]*(?:\$p|[rs])"
    rb"|\x1b[P_^X][^\x1b\x07]*(?:\x07|\x1b\\)|\xe2\x81[\xa6-\xa9]"
)
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|[\]P_^X][^\x1b\x07]*\x1b?)?\Z|\xe2\x81?\Z")
_LEAVE_ALTERNATE = b"\x1b[?1049l"


def key_bytes(name: str) -> str:
    """What a terminal without the kitty protocol sends for the key called `name`."""
    if name in KEYS:
        return KEYS[name]
    if name.startswith("ctrl+") and len(name) == 6:
        return chr(ord(name[5].lower()) & 0x1F)
    if name.startswith("alt+"):
        return "\x1b" + key_bytes(name[4:])
    if len(name) == 1:
        return name
    raise ValueError(f"no bytes are known for the key {name!r}")


class Terminal:
    """A program on a pty of its own, in a session of its own.

    Its output is read all the time, so that it never waits for the terminal. Use as a context
    manager: what still runs at the end is killed and reaped.
    """

    screen_class: type[pyte.Screen] = pyte.Screen
    cell = (0, 0)
    """Pixels of a cell, as the system is told; none where it is not."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        size: tuple[int, int] = (80, 24),
        folder: Path | None = None,
    ) -> None:
        """Start it in that folder, or else in that of the tests."""
        columns, rows = size
        self._master, slave = pty.openpty()
        self._changed = threading.Condition()
        self._raw = bytearray()
        self._unfed = b""
        self._emulator = self.screen_class(columns, rows)
        self._stream = pyte.ByteStream(self._emulator)
        self._set_size(columns, rows)
        environment = {"TERM": "xterm-256color", "LANG": "C.UTF-8", **(env or os.environ)}
        # They would be of another terminal, and Textual believes them more than this one.
        environment.pop("COLUMNS", None)
        environment.pop("LINES", None)
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LEADER, os.ttyname(slave), *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=folder,
        )
        self._slave: int | None = slave
        self._closed = False
        self._not_reading = threading.Event()
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def raw(self) -> bytes:
        """Every byte the program has written so far."""
        with self._changed:
            return bytes(self._raw)

    @property
    def screen(self) -> list[str]:
        """What is on the screen, a string for each row, without the spaces at its end."""
        with self._changed:
            return [line.rstrip() for line in self._emulator.display]

    @property
    def text(self) -> str:
        return "\n".join(self.screen)

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor, from nought."""
        with self._changed:
            return self._emulator.cursor.x, self._emulator.cursor.y

    def send(self, data: bytes) -> None:
        """Send bytes as they are, in pieces a terminal driver takes."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._master, view[:1024]) :]

    def type(self, text: str) -> None:
        self.send(text.encode())

    def press(self, *names: str) -> None:
        """Press keys one after the other, by names such as `ctrl+n`, `alt+j`, `esc`, `a`."""
        for name in names:
            self.type(key_bytes(name))

    def paste(self, text: str) -> None:
        self.type(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, rows: int) -> None:
        with self._changed:
            self._emulator.resize(rows, columns)
        self._set_size(columns, rows)

    @property
    def is_stopped(self) -> bool:
        """Has a signal stopped the program, so that it can be let go on?"""
        how = os.WSTOPPED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.process.pid, how) is not None

    def signal(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def wait_for(
        self, wanted: str | Callable[["Terminal"], bool], timeout: float = PATIENCE
    ) -> "Terminal":
        """Wait until the screen has the text, or the predicate is true.

        Raises:
            AssertionError: It was not so in time, or the program ended first. Shows the screen.
        """
        holds = wanted if callable(wanted) else lambda terminal: wanted in terminal.text
        deadline = time.monotonic() + timeout
        while True:
            ended = not self._reader.is_alive()
            if holds(self):
                return self
            left = deadline - time.monotonic()
            if ended or left <= 0:
                why = "the terminal was closed" if ended else f"{timeout:g} s went by"
                raise AssertionError(f"waited for {wanted!r}, but {why}:\n{self.picture()}")
            with self._changed:
                self._changed.wait(min(left, 0.1))

    def picture(self) -> str:
        """The screen in a frame, for messages."""
        lines = [f"│{line:<{self._emulator.columns}}│" for line in self.screen]
        rule = "─" * self._emulator.columns
        return "\n".join([f"┌{rule}┐", *lines, f"└{rule}┘"])

    def wait(self, timeout: float = PATIENCE) -> int:
        """Wait for the end of the program; its exit code, or minus the signal that ended it.

        Raises:
            AssertionError: It still runs. Shows the screen.
        """
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"the program still runs after {timeout:g} s:\n{self.picture()}"
            ) from None
        self._close_slave()
        self._reader.join(PATIENCE)
        return code

    def stop_reading(self) -> None:
        """Take no more output, as a terminal does that was stopped or is far away."""
        self._not_reading.set()
        self._reader.join()

    def unread(self) -> int:
        """How many bytes wait to be read, after `stop_reading`."""
        return int(struct.unpack("i", fcntl.ioctl(self._master, termios.FIONREAD, bytes(4)))[0])

    def hang_up(self) -> None:
        """Close the terminal under the program, as closing its window does."""
        self.stop_reading()
        self._close_slave()
        if not self._closed:
            self._closed = True
            os.close(self._master)

    def kill(self) -> None:
        """End whatever of the program's session still runs, and close the terminal."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)
        self.hang_up()

    def line_modes(self) -> list[int]:
        """The terminal driver's flags (input, output, control, local), to compare."""
        return list(termios.tcgetattr(self._master)[:4])

    def _set_size(self, columns: int, rows: int) -> None:
        width, height = self.cell
        size = struct.pack("HHHH", rows, columns, columns * width, rows * height)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def _close_slave(self) -> None:
        if self._slave is not None:
            os.close(self._slave)
            self._slave = None

    def _read(self) -> None:
        while not self._not_reading.is_set():
            if not select.select([self._master], [], [], 0.05)[0]:
                continue
            try:
                data = os.read(self._master, 65536)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                data = b""
            if not data:
                break
            with self._changed:
                self._raw += data
                self._feed(data)
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def _feed(self, data: bytes) -> None:
        data = self._unfed + data
        unfinished = _UNFINISHED.search(data)
        cut = unfinished.start() if unfinished else len(data)
        self._unfed = data[cut:]
        for number, part in enumerate(_MISPRINTED.sub(b"", data[:cut]).split(_LEAVE_ALTERNATE)):
            if number:
                self._emulator.reset()
            self._stream.feed(part)


_AUTHORED = re.compile(
    rb"""
    \x1b\[ [0-9;:]* m                                   # colours and attributes
  | \x1b\[ [0-9;]* [ABCDGH]                             # cursor moves
  | \x1b\[\? (?:7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2031|2048) [hl]
  | \x1b\[\? (?:2026|2048) \$p                          # which modes are there
  | \x1b\[ (?:>\d+|<) u                                 # kitty's keyboard stack
  | \x1b\]22;[a-z-]*\x07                               # the mouse pointer's shape
  | \x1b\]11;\?\x1b\\ | \x1b\[16t                       # which background and which cells it has
  | [\r\n]
    """,
    re.VERBOSE,
)
_QUESTION = re.compile(rb"(?:\x1b\[2;\d+H[^\x1b]+\x1b\[6n)+\r\x1b\[K\x1b\[H")
_CONTROLS = re.compile(
    rb"%s|%s|\x1b[^\x1b]?|[\x00-\x1f\x7f]"
    rb"|\xc2[\x80-\x9f]"  # C1 controls
    rb"|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]"  # bidirectional controls
    % (_CONTROL_STRING, _CONTROL_SEQUENCE),
    re.DOTALL,
)


def unauthored(raw: bytes, *also_allowed: bytes) -> list[bytes]:
    """The control sequences and characters in `raw` that no Textual app writes of itself.

    Colours and cursor moves cannot be told from foreign ones by their form: let hostile text use
    others, or search for the very bytes.

    Args:
        raw: What a program wrote so far; a sequence that is cut at its end is not judged.
        also_allowed: Beginnings of further sequences that this program may write.
    """
    raw = _QUESTION.sub(b"", raw, count=1)
    return [
        found
        for found in _CONTROLS.findall(_UNFINISHED.sub(b"", raw))
        if not _AUTHORED.fullmatch(found) and not (also_allowed and found.startswith(also_allowed))
    ]
