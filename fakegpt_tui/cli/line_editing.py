"""Line editing of the plain chat: GNU Readline goes by what a reader counts as characters.

Readline itself knows marks, but takes joined emoji, skin tones and flags piece by piece. Nothing is
written that a listener would hear.
"""

import ctypes
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from fakegpt_tui.ui.graphemes import backspace_boundary, next_boundary, previous_boundary

_Command = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)
"""What a key runs: it is given a count and the key, and returns 0."""
_Boundary = Callable[[str, int], int]

_KEYS = (
    (backspace_boundary, True, (rb"\C-?", rb"\C-h")),
    (next_boundary, True, (rb"\e[3~",)),
    (previous_boundary, False, (rb"\e[D", rb"\eOD", rb"\C-b")),
    (next_boundary, False, (rb"\e[C", rb"\eOC", rb"\C-f")),
)
"""Where a key goes to, whether it deletes what it passes, and how terminals send it."""
_SETTINGS = ("set enable-bracketed-paste off", "set bind-tty-special-chars off")
_SETTINGS_WITHOUT_KEYS = _SETTINGS[:1]
"""Else each line would begin with backspace bound to what Readline does itself."""

_bound: list[object] = []
"""Keeps what Readline calls from being collected."""


def edit_lines_by_characters() -> None:
    """Set Readline up, where Python has it; the terminal itself takes single code points back."""
    with suppress(ImportError):
        import readline  # noqa: PLC0415 - not everywhere

        is_gnu = "libedit" not in (readline.__doc__ or "")
        is_bound = is_gnu and sys.stdin.encoding.lower() == "utf-8" and _bind_keys(readline)
        for setting in _SETTINGS if is_bound else _SETTINGS_WITHOUT_KEYS:
            readline.parse_and_bind(setting)


def _bind_keys(readline: object) -> bool:
    """Bind the keys; false where the library cannot be reached behind Python's module."""
    try:
        line = _Line(ctypes.CDLL(getattr(readline, "__file__", None)))
    except (OSError, AttributeError, ValueError):
        return False
    for boundary, deletes, sequences in _KEYS:
        command = _Command(partial(line.go, boundary, deletes))
        _bound.append(command)
        for sequence in sequences:
            line.bind(sequence, command)
    return True


class _Line:
    """The line that Readline edits, in its own memory, as UTF-8."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._buffer = ctypes.c_char_p.in_dll(library, "rl_line_buffer")
        self._point = ctypes.c_int.in_dll(library, "rl_point")
        self._delete_text = library.rl_delete_text
        self._bind_keyseq = library.rl_bind_keyseq

    def bind(self, sequence: bytes, command: object) -> None:
        self._bind_keyseq(ctypes.c_char_p(sequence), command)

    def go(self, boundary: _Boundary, deletes: bool, count: int, _key: int) -> int:
        """Move the cursor by `count` characters, and take out what it passes."""
        line, here = self._buffer.value or b"", self._point.value
        before = _decode(line[:here])
        text, at = before + _decode(line[here:]), len(before)
        for _ in range(max(1, count)):
            at = boundary(text, at)
        there = len(_encode(text[:at]))
        if deletes:
            self._delete_text(min(here, there), max(here, there))
        self._point.value = min(here, there) if deletes else there
        return 0


def _decode(raw: bytes) -> str:
    return raw.decode(errors="surrogateescape")


def _encode(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
