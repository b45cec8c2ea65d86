"""Ignore rules of Git, as far as completion needs them: which names a project leaves out.

https://git-scm.com/docs/gitignore has the format.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from fakegpt_tui.domain.fast_dataclass import dataclass

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
