"""References: `@path` in a prompt, where it begins, how it is quoted, and what it names."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from unicodedata import normalize

from fakegpt_tui.domain.fast_dataclass import dataclass

_BEFORE = set(" \t\n([{<'\",")
"""What may stand before the sign; after a letter it belongs to an address or to code."""
_PUNCTUATION = ".,;:!?)]}>'\""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference in a line: where it stands, its path as it was meant, and whether it has ended.

    One in quotes ends with the second of them, another one with a blank.
    """

    start: int
    end: int
    path: str
    is_quoted: bool
    is_closed: bool

    @property
    def folder(self) -> str:
        """The path up to its last slash."""
        return self.path[: self.path.rfind("/") + 1]

    @property
    def name(self) -> str:
        """What is typed behind the last slash."""
        return self.path[len(self.folder) :]


def reference_at(line: str, column: int) -> Reference | None:
    """The reference that the cursor at `column` stands in, or at the end of."""
    for start in range(min(column, len(line)) - 1, -1, -1):
        if line[start] == "@" and can_begin(line, start):
            found = read_reference(line, start)
            return found if start < column <= found.end else None
    return None


def can_begin(line: str, start: int) -> bool:
    """May a reference begin with the sign at `start`? A backslash before it says no."""
    return start == 0 or line[start - 1] in _BEFORE


def read_reference(line: str, start: int) -> Reference:
    """The reference that begins at `start`."""
    quote = line[start + 1 : start + 2]
    if quote and quote in "\"'":
        end = line.find(quote, start + 2)
        is_closed = end >= 0
        end = end if is_closed else len(line)
        return Reference(start, end + is_closed, line[start + 2 : end], True, is_closed)
    path, at = "", start + 1
    while at < len(line) and not line[at].isspace():
        if line[at] == "\\" and line[at + 1 : at + 2] in (" ", "\\"):
            at += 1
        path += line[at]
        at += 1
    return Reference(start, at, path, False, at < len(line))


def write_reference(path: str, *, closed: bool = True) -> str:
    """The reference to a path, in quotes where it needs them; a folder can be left open."""
    if not re.search(r"[\s\\'\"]", path):
        return f"@{path}"
    quote = "'" if '"' in path else '"'
    return f"@{quote}{path}{quote if closed else ''}"


def resolve(path: str, folder: Path, exists: Callable[[Path], bool]) -> tuple[Path, str] | None:
    """The file that is meant, and the part of `path` that names it.

    Signs at the end are taken for punctuation where there is no file of the whole name. Letters
    and their accents may be together or apart, as keyboards and macOS have them.
    """
    for named in dict.fromkeys((path, path.rstrip(_PUNCTUATION))):
        for written in dict.fromkeys((named, normalize("NFC", named), normalize("NFD", named))):
            with suppress(OSError, ValueError):
                if written and exists(found := folder / _expanded(Path(written))):
                    return found, named
    return None


def _expanded(path: Path) -> Path:
    """The path from a home folder, if it begins with the name of one."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path
