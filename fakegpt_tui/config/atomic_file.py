"""Atomic writes of the configuration file and of key files."""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Final

from fakegpt_tui.domain import ConfigError, SaveError

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
    """Replace the text of the file at `path` by what `edit` makes of it, and return that.

    A missing file is created. The target of a link is replaced, not the link. Nothing is written if
    nothing changed.

    Raises:
        ConfigError: `edit` raised it, or the file is not text.
        SaveError: The file cannot be read or written; it is then as it was.
    """
    target = path.resolve()
    try:
        before, mode = _read(target)
    except UnicodeDecodeError as error:
        raise ConfigError(f"The configuration file {path} is not UTF-8 text.") from error
    except OSError as error:
        raise SaveError(
            f"The configuration file {path} cannot be read: {error.strerror}."
        ) from error
    after = edit(before)
    if after == before:
        return after
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(target, after, mode)
    except OSError as error:
        raise SaveError(
            f"The configuration file {path} cannot be written: {error.strerror}."
        ) from error
    return after


def _read(target: Path) -> tuple[str, int]:
    """The text with its line ends as they are, and the permissions of the file."""
    try:
        with target.open(encoding="utf-8", newline="") as file:
            return file.read(), stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    except FileNotFoundError:
        return "", _PRIVATE


def _replace(target: Path, text: str, mode: int) -> None:
    written = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        file = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
        with open(file, "w", encoding="utf-8", newline="") as stream:  # noqa: PTH123 - a descriptor
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        written.chmod(mode)
        written.replace(target)
    except BaseException:
        with suppress(OSError):
            written.unlink()
        raise
