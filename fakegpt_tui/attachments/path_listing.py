"""Path listing: the files and folders that fit what is typed behind `@`."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic

from fakegpt_tui.attachments.ignored_paths import IgnoreRules
from fakegpt_tui.domain.fast_dataclass import dataclass

MAX_ENTRIES = 20_000
MAX_SECONDS = 0.15
"""When the look through a project ends, so that a huge one or a slow disk holds up no key."""

_NEVER = {".git", ".hg", ".svn"}


@dataclass(frozen=True, slots=True)
class PathEntry:
    """A file or folder, by its path from where the listing began.

    A `late` one is ignored by Git or begins with a dot: it comes behind all others.
    """

    path: str
    is_folder: bool
    is_late: bool = False

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


def list_paths(
    folder: Path, *, clock: Callable[[], float] = monotonic, is_deep: bool = True
) -> tuple[PathEntry, ...]:
    """What is in a folder, and below it where `is_deep`, the nearest first.

    Folders behind links are named and not entered, and so are ignored ones and those that begin
    with a dot: a path that names them leads into them.
    """
    return tuple(_walk(folder, clock() + MAX_SECONDS, clock, is_deep=is_deep))


def _walk(
    top: Path, until: float, clock: Callable[[], float], *, is_deep: bool
) -> Iterator[PathEntry]:
    waiting = deque([(top, "", IgnoreRules())])
    count = 0
    while waiting:
        folder, relative, above = waiting.popleft()
        rules = above.within(folder, relative)
        for entry in _entries(folder):
            count += 1
            if count > MAX_ENTRIES or clock() > until:
                return
            path, is_folder = relative + entry.name, _is_folder(entry)
            is_late = entry.name.startswith(".") or rules.ignores(path, is_folder=is_folder)
            yield PathEntry(path, is_folder, is_late)
            if is_deep and is_folder and not is_late and not entry.is_symlink():
                waiting.append((folder / entry.name, f"{path}/", rules))


def _entries(folder: Path) -> Sequence[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(
                (each for each in found if each.name not in _NEVER), key=lambda each: each.name
            )
    except OSError:
        return ()


def _is_folder(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return entry.is_dir()
    return False


def fitting_paths(entries: Iterable[PathEntry], typed: str, limit: int) -> tuple[PathEntry, ...]:
    """The entries that fit, the best first: by their name's beginning, a part of it, the path.

    Letters may be left out between those that are typed, at last.
    """
    wanted = typed.casefold()
    ranked = (
        (rank, entry.is_late, entry.path.count("/"), entry.path.casefold(), entry)
        for entry in entries
        if (rank := _rank(entry, wanted)) is not None
    )
    best = sorted(ranked, key=lambda each: (each[1], *each[:1], *each[2:4]))
    return tuple(each[-1] for each in best[:limit])


def _rank(entry: PathEntry, wanted: str) -> int | None:
    name, path = entry.name.casefold(), entry.path.casefold()
    tests = (
        name.startswith(wanted),
        path.startswith(wanted),
        wanted in name,
        wanted in path,
        _has_letters(path, wanted),
    )
    return next((rank for rank, fits in enumerate(tests) if fits), None)


def _has_letters(path: str, wanted: str) -> bool:
    """Are the letters of `wanted` in the path, in their order?"""
    left = iter(path)
    return all(letter in left for letter in wanted)
