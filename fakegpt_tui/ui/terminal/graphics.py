"""Terminal graphics: which pictures a terminal draws, sending them, and the pixels of a cell.

Mends: Textual asks no terminal for its name, and an answer to that would be dropped. What a
terminal says of kitty's protocol tells nothing of placeholders, so only those are trusted that are
known to draw them. tmux hands pictures on, where it is set so, and is asked for the terminal
around it.
Since: Textual 8.2.8. Can go: when Textual tells the name of the terminal and the pixels of a cell.
"""

import asyncio
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from textual.app import App

from fakegpt_tui.pictures.placement import USUAL_CELL, CellSize, cell_size
from fakegpt_tui.pictures.protocols import kitty_commands
from fakegpt_tui.terminal import ask_tmux
from fakegpt_tui.ui.terminal.input_parser import TerminalAnswered
from fakegpt_tui.ui.terminal.output import (
    HELD_PICTURES,
    StallTolerantWriter,
    graphics_command,
    write_to_terminal,
)
from fakegpt_tui.ui.terminal.width_detection import takes_questions, window_pixels

_QUESTIONS: Final = "\x1b[>q\x1b[c"
"""For its name, and for what it has, which every terminal answers, and in turn."""
_SECONDS: Final = 2.0
_FRAME: Final = 1 / 60
_PARTS: Final = 8
"""Parts of a transmission that are written at once: what is typed then waits for no more."""
_DELAYS: Final = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each further try to have tmux hand a picture on."""
_SIXEL: Final = 4
_KITTY = re.compile(r"kitty\((\d+)\.(\d+)")
_KITTY_FROM: Final = (0, 28)
_ITERM: Final = ("iTerm2 ", "WezTerm ", "mintty ")
"""Those that draw iTerm2's pictures; nothing can be asked about that."""
_PASSED_ON: Final = {"1", "on", "2", "all"}
_TMUX_NAMES: Final = (
    *("allow-passthrough", "client_termtype"),
    *("client_termname", "client_termfeatures"),
)


class Drawing(StrEnum):
    """A way to draw a picture."""

    BLOCKS = "half blocks"
    SIXEL = "Sixel"
    ITERM = "iTerm2"
    KITTY = "kitty"


@dataclass(frozen=True, slots=True)
class TerminalGraphics:
    """What is known of a terminal.

    `name` and `attributes` are as it tells them (XTVERSION, DA1); in tmux `name` is that of the
    terminal around it, which `is_reached` where tmux hands everything on.
    """

    name: str = ""
    attributes: frozenset[int] = frozenset()
    in_tmux: bool = False
    is_reached: bool = True

    @property
    def kitty_version(self) -> tuple[int, int]:
        """The first two numbers of kitty's version; zeros of another terminal."""
        kitty = _KITTY.match(self.name)
        return (int(kitty[1]), int(kitty[2])) if kitty else (0, 0)

    @property
    def has_placeholders(self) -> bool:
        """Does it draw pictures in the place of placeholder characters?"""
        is_kitty = self.kitty_version >= _KITTY_FROM
        return self.is_reached and (is_kitty or self.name.lower().startswith("ghostty"))

    @property
    def has_sixel(self) -> bool:
        """Does it, or tmux, draw Sixel graphics?"""
        return _SIXEL in self.attributes

    @property
    def best(self) -> Drawing:
        """The best way to draw a picture that has the whole screen."""
        if self.has_placeholders:
            return Drawing.KITTY
        if not self.in_tmux and self.name.startswith(_ITERM):
            return Drawing.ITERM
        return Drawing.SIXEL if self.has_sixel else Drawing.BLOCKS


class GraphicsDetection:
    """Asks the terminal once, when the first picture is to be drawn."""

    def __init__(self, app: App[Any], environment: Mapping[str, str] = os.environ) -> None:
        self._app = app
        self._environment = environment
        self._is_asked = False
        self._is_answered = asyncio.Event()
        self._asking = asyncio.Lock()
        self.known = TerminalGraphics(in_tmux="TMUX" in environment)
        """What the terminal has told so far."""

    async def ask(self) -> TerminalGraphics:
        """What the terminal draws, by its answer; without an answer, no graphics."""
        async with self._asking:
            return await self._ask()

    async def _ask(self) -> TerminalGraphics:
        if not self._is_asked:
            self._is_asked = True
            if not takes_questions(self._environment) or not write_to_terminal(
                self._app, _QUESTIONS
            ):
                self._is_answered.set()
            elif self.known.in_tmux:
                said = await asyncio.to_thread(ask_tmux, _TMUX_NAMES, self._environment)
                self.known = parse_tmux(said, self.known)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_answered.wait(), _SECONDS)
        self._is_answered.set()  # Nothing is waited for twice.
        return self.known

    def ask_again(self) -> None:
        """Ask once more when that is wanted next: another terminal may be around tmux now."""
        if self.known.in_tmux and self._is_answered.is_set():
            self._is_asked = False
            self._is_answered.clear()

    def take_answer(self, answer: TerminalAnswered) -> None:
        """Take over what the terminal tells of itself, or what tmux tells, of its graphics."""
        if answer.attributes is not None:
            self.known = replace(self.known, attributes=answer.attributes)
            self._is_answered.set()
        elif not self.known.in_tmux:
            self.known = replace(self.known, name=answer.name)


def parse_tmux(said: Sequence[str] | None, known: TerminalGraphics) -> TerminalGraphics:
    """What tmux says of the terminal around it, and whether it hands pictures on."""
    if said is None:
        return replace(known, is_reached=False)
    passed_on, kind, name, features = (*said, "", "", "", "")[:4]
    known_names = {"xterm-kitty": "kitty(0.28.0)", "xterm-ghostty": "ghostty"}
    is_reached = passed_on in _PASSED_ON and "RGB" in features.split(",")
    return replace(known, name=kind or known_names.get(name, name), is_reached=is_reached)


async def send_picture(
    app: App[Any],
    number: int,
    transmission: bytes,
    is_wanted: Callable[[], bool] = lambda: True,
) -> bool:
    """Give the terminal a picture, a little between two frames; whether it has it then.

    It has not where pictures were freed meanwhile, as when the program is stopped. What tmux drops,
    because the terminal around it is slow, is sent again while it `is_wanted`.
    """
    for seconds in (0.0, *_DELAYS):
        if seconds and not is_wanted():
            break
        await asyncio.sleep(seconds)
        if seconds and number not in HELD_PICTURES:
            return False
        dropped = await _dropped_by_tmux()
        if not await _send(app, number, transmission):
            return False
        if await _dropped_by_tmux() == dropped:
            break
    return True


async def _dropped_by_tmux() -> str:
    """How many bytes the tmux around the program has not handed on so far."""
    if "TMUX" not in os.environ:
        return ""
    said = await asyncio.to_thread(ask_tmux, ("client_discarded",), os.environ)
    return said[0] if said else ""


async def _send(app: App[Any], number: int, transmission: bytes) -> bool:
    while HELD_PICTURES.is_sending:  # noqa: ASYNC110 - of a screen below, which ends by itself
        await asyncio.sleep(_FRAME)
    parts = kitty_commands(transmission)
    HELD_PICTURES.begin(number)
    try:
        for at in range(0, len(parts), _PARTS):
            if not HELD_PICTURES.is_being_sent(number):
                return False
            write_to_terminal(app, "".join(map(graphics_command, parts[at : at + _PARTS])))
            if at + _PARTS >= len(parts):
                HELD_PICTURES.finish(number)
            await asyncio.sleep(_FRAME)
            while not is_taken(app):  # noqa: ASYNC110 - a thread empties the queue
                await asyncio.sleep(_FRAME)
    finally:
        if HELD_PICTURES.is_being_sent(number):
            write_to_terminal(app, HELD_PICTURES.abort())
        write_to_terminal(app, HELD_PICTURES.free_drawn_over())
    return number in HELD_PICTURES


def give_up_picture(app: App[Any], number: int) -> None:
    """Have the terminal forget a picture, or what has come of it, once it is drawn over."""
    if HELD_PICTURES.is_being_sent(number):
        write_to_terminal(app, HELD_PICTURES.abort())
    HELD_PICTURES.give_up(number)
    if HELD_PICTURES.given_up:
        app.refresh()


def is_open(app: App[Any]) -> bool:
    """Is there a terminal, which no other program has at the moment?"""
    driver = app._driver  # noqa: SLF001 (Textual has no public name)
    writer = getattr(driver, "_writer_thread", None)
    return driver is not None and not driver.is_headless and (writer is None or writer.is_alive())


def is_taken(app: App[Any]) -> bool:
    """Has the terminal been given all that was written, and takes more?"""
    writer = getattr(app._driver, "_writer_thread", None)  # noqa: SLF001 (Textual has no public name)
    return not isinstance(writer, StallTolerantWriter) or not writer._queue.qsize()  # noqa: SLF001


class _Told:
    cell = USUAL_CELL
    """What the terminal has answered when it was asked for the pixels of a cell."""


def use_told_cell(width: int, height: int) -> bool:
    """Take over what the terminal tells of a cell; is another size used now?"""
    before = terminal_cell()
    _Told.cell = cell_size(1, 1, width, height)
    return terminal_cell() != before


def terminal_cell() -> CellSize:
    """The pixels of a cell: as the system knows, as the terminal has told, or of a usual one."""
    known = window_pixels()
    return cell_size(*known) if all(known) else _Told.cell
