"""The SQLite that Python brings, and what is known to be wrong with it."""

import sqlite3
from collections.abc import Mapping
from typing import Final

_WITH_LOG: Final = (3, 7, 0)
_FIXED: Final = (3, 51, 3)
_BACKPORTED: Final[Mapping[tuple[int, int], int]] = {(3, 50): 7, (3, 44): 6}
"""Older lines in which the defect was mended as well, and from which release on."""


def sqlite_version() -> str:
    return sqlite3.sqlite_version


def has_commit_loss_bug(found: tuple[int, int, int] | None = None) -> bool:
    """Has it the defect by which two connections that write and checkpoint at once lose commits?

    Writing goes on under a lock of this program's own, which keeps them apart.
    """
    major, minor, patch = found or sqlite3.sqlite_version_info
    if not _WITH_LOG <= (major, minor, patch) < _FIXED:
        return False
    mended_from = _BACKPORTED.get((major, minor))
    return mended_from is None or patch < mended_from
