"""Presses keys, scrolls and resizes at random over pictures, in emulated terminals.

`python -m tests.campaigns.pictures [--steps N] [--seed S] [--kind KIND]` prints what is done, and
ends with an error where a placeholder has no picture, bytes of a protocol are read as text, or the
program leaves a picture behind. The kinds are those of `KINDS`.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.program import COMMAND
from tests.graphics import GraphicsTerminal
from tests.patience import PATIENCE
from tests.pictures.conversation import home_with_pictures

KINDS: dict[str, dict[str, Any]] = {
    "kitty": {"name": "kitty(0.42.0)"},
    "ghostty": {"name": "ghostty 1.2.0"},
    "tmux": {"name": "tmux 3.5a", "is_tmux": True},
    "blocks": {"name": "VTE(7600)"},
    "sixel": {"name": "foot(1.20)", "attributes": "62;4;22"},
    "iterm": {"name": "iTerm2 3.5.0", "attributes": "62;4;22"},
}
HAVE_PLACEHOLDERS = ("kitty", "ghostty", "tmux")
MOVING = [
    *("j", "k", "J", "K", "g", "G", "pageup", "pagedown", "home", "end", "up", "down", "left"),
    *("right", "space", "tab", "n", "N", "ctrl+u", "alt+up", "alt+down", "esc"),
]
LOOKING = ["o", "enter", "+", "-", "0", "1", "n", "N", "h", "l", "x", "s", "c", "esc"]
OTHERS = ["/", "f1", "ctrl+t", "ctrl+l", "ctrl+p", "alt+1", "alt+2", "f6", "f10", "m", "w", "t"]
SIZES = [(20, 6), (40, 12), (60, 20), (80, 24), (100, 30), (137, 50), (200, 40)]
TURNS = 6
_ESCAPE = "\x1b[27u"
"""As kitty sends it, which no letter behind it makes another key of."""
_EMPTY = "Ask anything"
"""What an empty prompt says."""
_TRIES, _SOON = 20, 3.0
"""How often to try to leave everything, and for how many seconds each time."""
_ROUND = 25
"""Steps between two looks at whether everything is as it should be."""


def environment_of(kind: str, folder: Path, environment: dict[str, str]) -> dict[str, str]:
    """In tmux, a program of that name says that it hands pictures on to kitty."""
    if kind != "tmux":
        return environment
    fake = folder / "bin" / "tmux"
    fake.parent.mkdir(parents=True)
    said = r"on\nkitty(0.42.0)\nxterm-kitty\nRGB,256\n"
    fake.write_text(f"#!/bin/sh\nprintf '{said}'\n")
    fake.chmod(0o755)
    path = f"{fake.parent}:{environment['PATH']}"
    return {**environment, "PATH": path, "TMUX": "/nowhere,1,0", "TMUX_PANE": "%0"}


class PictureMonkey:
    """A user who goes through a conversation with pictures, and never leaves."""

    def __init__(self, terminal: GraphicsTerminal, seed: int) -> None:
        self._terminal = terminal
        self._chance = random.Random(seed)

    def act(self) -> str:
        """One step; what it was."""
        what = self._chance.choices(
            [self._move, self._look, self._do_other, self._scroll, self._resize],
            [45, 25, 10, 12, 8],
        )[0]
        return what()

    def _press(self, keys: list[str]) -> str:
        key = self._chance.choice(keys)
        if key == "esc":
            self._terminal.type(_ESCAPE)
        else:
            self._terminal.press(key)
        return key

    def _move(self) -> str:
        return self._press(MOVING)

    def _look(self) -> str:
        return self._press(LOOKING)

    def _do_other(self) -> str:
        return self._press(OTHERS)

    def _scroll(self) -> str:
        button = self._chance.choice([64, 65])
        self._terminal.type(f"\x1b[<{button};30;5M" * self._chance.randint(1, 5))
        return "wheel"

    def _resize(self) -> str:
        size = self._chance.choice(SIZES)
        self._terminal.resize(*size)
        return f"{size[0]}x{size[1]}"

    def _click_on(self, words: str) -> None:
        for row, line in enumerate(self._terminal.screen, 1):
            if words in line:
                column = line.index(words) + 1
                self._terminal.type("".join(f"\x1b[<0;{column};{row}{how}" for how in "Mm"))

    def come_back(self, mark: str) -> None:
        """Leave everything, see that what is typed is echoed, and look at the pictures again.

        Raises:
            AssertionError: It cannot be left.
        """
        for _ in range(_TRIES):
            if self._comes_back(mark):
                return
        raise AssertionError(self._terminal.picture())

    def _comes_back(self, mark: str) -> bool:
        """Try that once; the program may still be about to do what earlier keys asked for."""
        terminal = self._terminal
        terminal.resize(100, 30)
        terminal.settle()
        # It ends a reply before it clears what is typed.
        terminal.type(f"{_ESCAPE * 8}\x03")
        if not self._sees(_EMPTY):
            return False
        # Escape may have stopped a reply in place of going there.
        self._click_on(_EMPTY)
        terminal.type(mark)
        if not self._sees(mark):
            return False
        terminal.press("ctrl+c")
        if not self._sees(_EMPTY):
            return False
        # A key may have begun another conversation, which has nothing to look at.
        terminal.press("alt+1", "tab")
        return self._sees("y Copy message")

    def _sees(self, words: str) -> bool:
        try:
            self._terminal.wait_for(words, _SOON)
        except AssertionError:
            return False
        return True


def run(kind: str, steps: int, seed: int, folder: Path, tell: Callable[[str], object]) -> None:
    """Take so many steps in a terminal of that kind, each of which is told.

    Raises:
        AssertionError: Something was not as it should be.
    """
    home = home_with_pictures(folder, TURNS)
    environment = environment_of(kind, folder, home.environment)
    options = {"env": environment, "size": (100, 30), "folder": folder, **KINDS[kind]}
    with GraphicsTerminal(COMMAND, **options) as terminal:
        terminal.wait_for("signed in")
        terminal.press("alt+1")
        terminal.wait_for(f"reply {TURNS - 1}")
        terminal.press("tab")
        terminal.wait_for("y Copy message")
        terminal.press("o")
        terminal.wait_for(lambda _: bool(terminal.shown) is (kind in HAVE_PLACEHOLDERS))
        monkey = PictureMonkey(terminal, seed)
        for number in range(1, steps + 1):
            tell(f"{monkey.act()} ")
            if number % _ROUND == 0 or number == steps:
                monkey.come_back(f"mark{number}")
                terminal.wait_for(lambda _: not terminal.check())
                assert not terminal.faults, terminal.faults[:5]
                assert not terminal.bad_frames, terminal.bad_frames[:5]
        terminal.press("ctrl+q")
        assert terminal.wait(PATIENCE) == 0
        assert not terminal.faults, terminal.faults[:5]
        assert not terminal.held, terminal.held
        has_sent = terminal.kitty.sent > 0
        assert has_sent is (kind in HAVE_PLACEHOLDERS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--kind", choices=KINDS, default="kitty")
    asked = parser.parse_args()
    sys.stdout.write(f"seed {asked.seed}\n")
    with tempfile.TemporaryDirectory() as folder:
        run(asked.kind, asked.steps, asked.seed, Path(folder), sys.stdout.write)
    sys.stdout.write("\nand nothing is left\n")


if __name__ == "__main__":
    main()
