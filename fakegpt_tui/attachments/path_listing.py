"""Path listing: the files that fit what is typed of a path, and how that goes on."""

import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from pathlib import Path
from time import monotonic
from unicodedata import normalize

from fakegpt_tui.fast_import import dataclass

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


def current_folder() -> Path:
    """The folder that relative paths begin in; that of the user where it was deleted meanwhile."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path.home()


def list_paths(
    folder: Path, *, clock: Callable[[], float] = monotonic, is_deep: bool = True
) -> tuple[PathEntry, ...]:
    """The content of a folder, and with `is_deep` of those below it, the nearest first.

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
    wanted = _folded(typed)
    ranked = (
        (rank, entry.is_late, entry.path.count("/"), entry.path.casefold(), entry)
        for entry in entries
        if (rank := _rank(entry, wanted)) is not None
    )
    best = sorted(ranked, key=lambda each: (each[1], *each[:1], *each[2:4]))
    return tuple(each[-1] for each in best[:limit])


def _rank(entry: PathEntry, wanted: str) -> int | None:
    name, path = _folded(entry.name), _folded(entry.path)
    tests = (
        name.startswith(wanted),
        path.startswith(wanted),
        wanted in name,
        wanted in path,
        _has_letters(path, wanted),
    )
    return next((rank for rank, fits in enumerate(tests) if fits), None)


def _folded(text: str) -> str:
    """Small letters, each composed with its accents, which are apart in names of macOS."""
    return normalize("NFC", text).casefold()


def _has_letters(path: str, wanted: str) -> bool:
    """Are the letters of `wanted` in the path, in their order?"""
    left = iter(path)
    return all(letter in left for letter in wanted)


_MAX_SIZE = 65_536
ALWAYS = {"node_modules", "__pycache__", ".venv", "venv", ".tox", ".mypy_cache", ".ruff_cache"}
"""Folders that hold nothing a person wrote."""


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """One line of an ignore file; the path that it is compared with is relative to its folder."""

    pattern: re.Pattern[str]
    is_negated: bool
    folders_only: bool


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules of a folder and of those above it, the nearest last."""

    rules: tuple[tuple[str, IgnoreRule], ...] = ()

    def within(self, folder: Path, relative: str) -> "IgnoreRules":
        """The rules below `folder`; `relative` is its path from the top, with a slash behind."""
        found = parse_rules(_read(folder / ".gitignore"))
        added = tuple((relative, rule) for rule in found)
        return IgnoreRules(self.rules + added) if added else self

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Is the path, from the top, left out? The last rule that fits decides."""
        if path.rpartition("/")[2] in ALWAYS:
            return True
        for base, rule in reversed(self.rules):
            if rule.folders_only and not is_folder:
                continue
            if path.startswith(base) and rule.pattern.fullmatch(path[len(base) :]):
                return not rule.is_negated
        return False


def parse_rules(lines: Iterable[str]) -> Sequence[IgnoreRule]:
    return [rule for line in lines if (rule := _rule(line.rstrip("\r\n"))) is not None]


def _read(path: Path) -> list[str]:
    try:
        if not path.is_file():
            return []
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_MAX_SIZE).splitlines()
    except OSError:
        return []


@lru_cache(maxsize=1024)
def _rule(line: str) -> IgnoreRule | None:
    line = re.sub(r"(?<!\\)\s+$", "", line)
    if not line or line.startswith("#"):
        return None
    is_negated = line.startswith("!")
    line = line.removeprefix("!").removeprefix("\\")
    folders_only = line.endswith("/")
    line = line.rstrip("/")
    is_anchored = "/" in line
    expression = _expression(line.removeprefix("/"))
    if not is_anchored:
        expression = f"(?:.*/)?{expression}"
    try:
        return IgnoreRule(re.compile(expression), is_negated, folders_only)
    except re.error:
        return None


def _expression(glob: str) -> str:
    """A glob in which a star stops at a slash, and two of them do not."""
    signs = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?|\[!?\]?[^\]]*\])", glob)
    found = []
    for piece in pieces:
        if piece in signs:
            found.append(signs[piece])
        elif piece.startswith("[") and piece.endswith("]"):
            found.append("[" + piece[1:].replace("!", "^", 1).replace("\\", "\\\\"))
        else:
            found.append(re.escape(piece.replace("\\", "")))
    return "".join(found)


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
    common = os.path.commonprefix(names)  # noqa: RUF071 - of names, not of folders
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
