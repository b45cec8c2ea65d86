"""Terminals that answer questions, and a shell that notices what was left behind."""

import sys
from collections.abc import Sequence

from tests.cli.program import COMMAND, Home
from tests.terminal import Terminal

LAST_QUESTION = b"\x1b[c"
ANSWERS = (
    b"\x1b[?0u"
    b"\x1bP>|kitty(0.35.2)\x1b\\"
    b"\x1b]11;rgb:fafa/fafa/fafa\x1b\\"
    b"\x1b[?2004;2$y\x1b[?2026;2$y"
    b"\x1b[7;3R\x1b[7;8R\x1b[7;17R\x1b[7;21R"
    b"\x1b[?62;52;c"
)

_SHELL = """
import signal, subprocess, sys, termios
signal.signal(signal.SIGINT, lambda *_: None)  # like a shell, which lives on
before = termios.tcgetattr(0)
code = subprocess.run(sys.argv[1:]).returncode
same = termios.tcgetattr(0) == before
print("ended with", code, "and the modes are", "the same" if same else "others", flush=True)
print("typed", repr(input()), flush=True)
"""


def shell(home: Home, *arguments: str, size: tuple[int, int] = (100, 60)) -> Terminal:
    """The program in a terminal, and then something that reads a line."""
    return shell_running([*COMMAND, *arguments], home, size=size)


def shell_running(
    command: Sequence[str], home: Home, *, size: tuple[int, int] = (100, 60)
) -> Terminal:
    return Terminal([sys.executable, "-c", _SHELL, *command], env=home.environment, size=size)


def wait_for_question(terminal: Terminal) -> None:
    terminal.wait_for(lambda each: LAST_QUESTION in each.raw)


def must_be_left_clean(terminal: Terminal) -> None:
    """Nothing but what is typed now is read next, by whatever comes after the program."""
    terminal.wait_for("the modes are the same")
    terminal.type("x\n")
    terminal.wait_for("typed 'x'")
