"""Path completion: what a path that is being typed goes on with, as shells do it."""

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from fakegpt_tui.domain.fast_dataclass import dataclass

_MOST_ENTRIES = 5_000
"""Names of a folder that are looked at."""
_QUOTES = "'\""


@dataclass(frozen=True, slots=True)
class PathCompletion:
    """A path as far as it is certain, and what may come next; names of folders end in a slash."""

    text: str
    names: tuple[str, ...] = ()


def complete_path(typed: str) -> PathCompletion:
    """Complete what is typed, from the folder that it names or the one the program began in."""
    head, slash, tail = typed.rpartition("/")
    names = tuple(sorted(_names(typed_path(head + slash) or Path(), tail)))
    common = _common_beginning(names)
    return PathCompletion(f"{head}{slash}{common}" if common else typed, names)


def list_names(folder: str) -> tuple[str, ...]:
    """The names in a folder, which is typed with a slash at its end; hidden ones last."""
    path = typed_path(folder) or Path()
    return (*sorted(_names(path, "")), *sorted(_names(path, ".")))


def typed_path(typed: str) -> Path | None:
    """The path that was typed, or dropped onto the terminal in quotes; nothing for no text."""
    typed = typed.strip()
    if len(typed) > 1 and typed[0] in _QUOTES and typed[-1] == typed[0]:
        typed = typed[1:-1]
    try:
        return Path(typed).expanduser() if typed else None
    except RuntimeError:
        return Path(typed)


def _common_beginning(names: Sequence[str]) -> str:
    """How all of these begin, which are sorted."""
    common = names[0] if names else ""
    while common and not names[-1].startswith(common):
        common = common[:-1]
    return common


def _names(folder: Path, beginning: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [
                f"{entry.name}/" if entry.is_dir() else entry.name
                for entry in islice(entries, _MOST_ENTRIES)
                if entry.name.startswith(beginning) and entry.name.isprintable()
                if beginning or not entry.name.startswith(".")
            ]
    except (OSError, ValueError):
        return []
