"""Atomic writes of the configuration file and of key files."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fakegpt_tui.config.sources import BYTE_ORDER_MARK, read_text
from fakegpt_tui.domain import SaveError

_PRIVATE: Final = 0o600


def write_secret(path: Path, text: str) -> None:
    """Write `text` to the file at `path`, readable by this user only.

    Raises:
        SaveError: The file cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(path, text, _PRIVATE)
    except OSError as error:
        raise SaveError(f"The file {path} cannot be written: {error.strerror}.") from error


def edit_file(path: Path, edit: Callable[[str], str]) -> str:
    """Replace the text of the configuration file at `path` by the result of `edit`; return it.

    A missing file is created. The target of a link is replaced, not the link. Nothing is written
    if nothing changed. A byte order mark is kept.

    Raises:
        ConfigError: `edit` raised it, or the file is not text.
        SaveError: The file cannot be read or written; it is then as it was.
    """
    target = path.resolve()
    content = read_text(path, required=False, unreadable=SaveError)
    before = content.removeprefix(BYTE_ORDER_MARK)
    after = edit(before)
    if after == before:
        return after
    try:
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else _PRIVATE
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(target, content[: len(content) - len(before)] + after, mode)
    except OSError as error:
        raise SaveError(
            f"The configuration file {path} cannot be written: {error.strerror}."
        ) from error
    return after


def _replace(target: Path, text: str, mode: int) -> None:
    from fakegpt_tui.temporary_files import temporary_file  # noqa: PLC0415 - files are seldom written

    with temporary_file(target.parent, text.encode(), name=target.name, mode=mode) as written:
        written.replace(target)
