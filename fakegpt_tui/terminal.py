"""The terminal: raw mode, and questions that it answers, or the tmux around the program."""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from time import monotonic
from types import FrameType
from typing import Final

_KEYBOARD: Final = b"\x1b[?u"
_NAME: Final = b"\x1b[>q"
_BACKGROUND: Final = b"\x1b]11;?\x1b\\"
_ATTRIBUTES: Final = b"\x1b[c"

_KEYBOARD_RESPONSE = re.compile(rb"\x1b\[\?(\d{1,6})u")
_NAME_RESPONSE = re.compile(rb"\x1bP>\|([^\x1b\x07]{0,200})(?:\x1b\\|\x07)")
_BACKGROUND_RESPONSE = re.compile(
    rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})"
)
_MODE_RESPONSE = re.compile(rb"\x1b\[\?(\d{1,6});([0-4])\$y")
_ATTRIBUTES_RESPONSE = re.compile(rb"\x1b\[\?([\d;]{1,200})c")
_COLUMN_RESPONSE = re.compile(rb"\x1b\[\d{1,4};(\d{1,2})R")

_SAMPLE_ROOM: Final = 6
"""Columns from one sample to the next: the column in a cursor report tells which sample it is."""

_CLIPBOARD_ATTRIBUTE: Final = 52
"""The attribute of a terminal through which a program can fill the clipboard."""

_TMUX_SECONDS: Final = 2.0
_WHITE_FROM: Final = 0.5
_RED, _GREEN, _BLUE = 0.2126, 0.7152, 0.0722


class Mode(IntEnum):
    """Modes that a terminal may or may not have."""

    BRACKETED_PASTE = 2004
    SYNCHRONISED = 2026


class WidthSample(StrEnum):
    """Examples of what takes one or two cells, or as many as it has parts: terminals differ."""

    AMBIGUOUS = "▽"
    SELECTED = "❤\ufe0f"
    JOINED = "👩\u200d💻"
    TONED = "👍\U0001f3fd"


@dataclass(frozen=True, slots=True)
class TerminalInfo:
    """Answers of a terminal; where it gave none, a field is `None` or empty.

    `keyboard` holds the flags of the kitty keyboard protocol. `modes` tells whether a mode can be
    used, `cells` how many a sample takes. With `is_whole` the last question was answered, so that
    nothing more is to come.
    """

    keyboard: int | None = None
    name: str = ""
    is_light: bool | None = None
    modes: Mapping[int, bool] = field(default_factory=dict)
    cells: Mapping[WidthSample, int] = field(default_factory=dict)
    attributes: frozenset[int] = frozenset()
    is_complete: bool = False

    @property
    def has_clipboard(self) -> bool:
        """Does the terminal say that a program can fill the clipboard through it?"""
        return _CLIPBOARD_ATTRIBUTE in self.attributes


def build_queries(environment: Mapping[str, str]) -> bytes:
    """The questions for this terminal; empty if it would show them.

    Every terminal answers the last one, and answers in order, so that its answer is the end.
    """
    if environment.get("TERM", "dumb") in ("dumb", "unknown", ""):
        return b""
    # Terminal.app shows the end of a question about a mode, and Linux takes others for commands.
    if environment.get("TERM_PROGRAM") == "Apple_Terminal" or environment["TERM"] == "linux":
        return _samples() + _ATTRIBUTES
    modes = b"".join(b"\x1b[?%d$p" % mode for mode in Mode)
    return _KEYBOARD + _NAME + _BACKGROUND + modes + _samples() + _ATTRIBUTES


def parse_responses(said: bytes) -> TerminalInfo:
    """The answers in all that came from a terminal so far; typed keys may stand among them."""
    keyboard = _KEYBOARD_RESPONSE.search(said)
    name = _NAME_RESPONSE.search(said)
    attributes = _ATTRIBUTES_RESPONSE.search(said)
    return TerminalInfo(
        keyboard=int(keyboard[1]) if keyboard else None,
        name=name[1].decode(errors="replace") if name else "",
        is_light=is_background_light(said),
        modes={int(mode[1]): mode[2] in b"123" for mode in _MODE_RESPONSE.finditer(said)},
        cells=_cells(said),
        attributes=frozenset(int(each) for each in attributes[1].split(b";") if each)
        if attributes
        else frozenset(),
        is_complete=attributes is not None,
    )


def _samples() -> bytes:
    """Writes each sample, and asks where the cursor is then."""
    places = (
        f"\x1b[{1 + at * _SAMPLE_ROOM}G{sample}\x1b[6n" for at, sample in enumerate(WidthSample)
    )
    return "".join(places).encode()


def _cells(said: bytes) -> dict[WidthSample, int]:
    samples = tuple(WidthSample)
    reports = (divmod(int(each[1]) - 1, _SAMPLE_ROOM) for each in _COLUMN_RESPONSE.finditer(said))
    return {samples[at]: cells for at, cells in reports if 0 <= at < len(samples)}


def is_background_light(said: bytes) -> bool | None:
    """Whether the background that a terminal reports (OSC 11) is light; `None` without a report."""
    found = _BACKGROUND_RESPONSE.search(said)
    if found is None:
        return None
    red, green, blue = (int(part, 16) / int("f" * len(part), 16) for part in found.groups())
    return red * _RED + green * _GREEN + blue * _BLUE > _WHITE_FROM


QUERY_TIMEOUT: Final = 2.0
"""Seconds that a terminal has to answer; one on another continent needs a good part of one."""

_STRAGGLERS: Final = 0.1
"""Seconds for what a multiplexer has to ask the terminal around it."""

_SETTLING: Final = 0.5
"""Seconds for the rest of the responses after an interrupt."""

_CLEAN_LINE: Final = b"\r\x1b[K"
"""Takes away what a terminal shows of a question that it does not understand."""

_MOST: Final = 65536


class TerminalQuery:
    """Questions and answers over a terminal's two descriptors, to be used while it is `quiet`."""

    def __init__(self, source: int, target: int, environment: Mapping[str, str]) -> None:
        self._source = source
        self._target = target
        self._questions = build_queries(environment)
        self._received = b""

    @property
    def can_ask(self) -> bool:
        """Is this a terminal that can be asked?"""
        return bool(self._questions)

    def ask(self, patience: float = QUERY_TIMEOUT) -> TerminalInfo:
        """What the terminal answers within `patience` seconds."""
        if not self._questions:
            return TerminalInfo()
        _write(self._target, self._questions)
        try:
            return self._wait_for_responses(monotonic() + patience)
        except KeyboardInterrupt:
            # What is still on its way would be taken for what is typed next.
            self._wait_for_responses(monotonic() + _SETTLING)
            raise
        finally:
            _write(self._target, _CLEAN_LINE)

    def _wait_for_responses(self, end: float) -> TerminalInfo:
        found = TerminalInfo()
        while not found.is_complete and self._read(end - monotonic()):
            found = parse_responses(self._received)
        if found.is_complete:
            end = monotonic() + _STRAGGLERS
            while found.is_light is None and self._read(end - monotonic()):
                found = parse_responses(self._received)
        return found

    def _read(self, seconds: float) -> bool:
        if seconds <= 0 or len(self._received) > _MOST:
            return False
        if not select.select([self._source], [], [], seconds)[0]:
            return False
        data = os.read(self._source, 4096)
        self._received += data
        return bool(data)


def ask_tmux(names: Iterable[str], environment: Mapping[str, str]) -> list[str] | None:
    """The values of options and formats of tmux, in the order of their names.

    An empty text may follow. Returns `None` where there is no tmux, or it does not answer.
    """
    path = shutil.which("tmux", path=environment.get("PATH"))
    if path is None:
        return None
    pane = environment.get("TMUX_PANE")
    target = ["-t", pane] if pane else []
    asked = "\n".join(f"#{{{name}}}" for name in names)
    try:
        done = subprocess.run(  # noqa: S603 - the program itself, by its full path
            [path, "display-message", "-p", *target, asked],
            capture_output=True,
            check=True,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=_TMUX_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.split("\n")


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


_ENDING = 128


def owns_terminal(*descriptors: int) -> bool:
    """Do all these descriptors lead to a terminal that this program may ask and change?"""
    if sys.platform == "win32" or not all(os.isatty(each) for each in descriptors):
        return False
    try:
        # A program in the background is stopped when it changes the terminal.
        return all(os.tcgetpgrp(each) == os.getpgrp() for each in descriptors)
    except OSError:
        return False


if sys.platform == "win32":

    @contextmanager
    def raw_mode(descriptor: int, *, every_key: bool = False) -> Iterator[None]:
        """Change nothing: such a terminal is never asked."""
        del descriptor, every_key
        yield

else:
    import termios

    _ENDINGS = (
        *(signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT, signal.SIGUSR1),
        *(signal.SIGUSR2, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGXCPU),
    )

    @contextmanager
    def raw_mode(descriptor: int, *, every_key: bool = False) -> Iterator[None]:
        """Let what comes from the terminal be read as it comes, and be shown nowhere.

        ctrl+c and ctrl+z do what they always do, unless `every_key` is to be read. What came and
        was not read is dropped at the end, so that no answer is taken for a command. Signals that
        end a program raise `SystemExit` inside, because the terminal would stay as it is.
        """
        before = termios.tcgetattr(descriptor)
        changed = termios.tcgetattr(descriptor)
        changed[3] &= ~(termios.ECHO | termios.ICANON)
        if every_key:
            changed[0] &= ~(termios.ICRNL | termios.INLCR | termios.IXON | termios.IXOFF)
            changed[3] &= ~(termios.ISIG | termios.IEXTEN)
        caught = [each for each in _ENDINGS if signal.getsignal(each) == signal.SIG_DFL]
        for number in caught:
            signal.signal(number, _end)
        try:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, changed)
            yield
        finally:
            with suppress(termios.error):  # where the terminal is gone
                termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
            for number in caught:
                signal.signal(number, signal.SIG_DFL)

    def _end(number: int, _frame: FrameType | None) -> None:
        sys.exit(_ENDING + number)
