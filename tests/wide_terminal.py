"""A terminal in which ambiguous characters take two cells, by Unicode's own tables."""

import unicodedata
from collections.abc import Mapping, Sequence

import pyte

from tests.terminal import Terminal

_FIRST_STAND_IN = 0x20000
"""Where ideographs begin, which take two cells on every screen, one for each that is ambiguous."""


def is_wide(character: str) -> bool:
    """Is this one of those on which terminals do not agree, and which take any cells at all?"""
    is_mark = unicodedata.category(character).startswith("M")
    return unicodedata.east_asian_width(character) == "A" and not is_mark


class WideScreen(pyte.Screen):
    """As xterm's with `-cjk_width`. What it reports is kept until somebody takes it."""

    def __init__(self, columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self.said = ""

    def draw(self, data: str) -> None:
        super().draw("".join(map(_stand_in, data)))

    def write_process_input(self, data: str) -> None:
        self.said += data

    @property
    def display(self) -> list[str]:
        # pyte's own takes the second cell of a wide character that was overwritten for a fault.
        return ["".join(self.cells(row)) for row in range(self.lines)]

    def cells(self, row: int) -> list[str]:
        """What stands in each cell; nothing in the second one of a wide character."""
        line = self.buffer[row]
        return ["".join(map(_original, line[x].data)) for x in range(self.columns)]


class WideTerminal(Terminal):
    """A terminal with such a screen, which answers where its cursor is, unless told not to."""

    screen_class = WideScreen

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        size: tuple[int, int] = (80, 24),
        answers: bool = True,
    ) -> None:
        self._answers = answers
        super().__init__(command, env=env, size=size)

    @property
    def cells(self) -> list[list[str]]:
        """What stands in each cell of each row."""
        with self._changed:
            return [self._wide_screen.cells(row) for row in range(self._wide_screen.lines)]

    @property
    def _wide_screen(self) -> WideScreen:
        assert isinstance(self._emulator, WideScreen)
        return self._emulator

    def _feed(self, data: bytes) -> None:
        super()._feed(data)
        said, self._wide_screen.said = self._wide_screen.said, ""
        if said and self._answers:
            self.type(said)


def _stand_in(character: str) -> str:
    if ord(character) <= 0xFFFF and is_wide(character):
        return chr(_FIRST_STAND_IN + ord(character))
    return character


def _original(character: str) -> str:
    code = ord(character) - _FIRST_STAND_IN
    return chr(code) if 0 <= code <= 0xFFFF and is_wide(chr(code)) else character
