"""Private files: the configuration and keys, written whole, in folders of this user alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fakegpt_tui.config.sources import BYTE_ORDER_MARK, read_text
from fakegpt_tui.domain import ConfigError, SaveError, StoreError
from fakegpt_tui.temporary_files import PRIVATE, make_private_folder, temporary_file

if TYPE_CHECKING:
    from fakegpt_tui.config.spec import Folders

_KEY_BYTES = 32


def make_folders(folders: Folders) -> None:
    """Create the data and state folders where they are missing.

    A folder that exists keeps its permissions: it may have been chosen because it is shared. The
    files inside are private all the same.

    Raises:
        StoreError: A folder cannot be created, or belongs to another user.
    """
    for folder in (folders.data, folders.state):
        try:
            make_private_folder(folder)
        except OSError as error:
            raise StoreError(f"The folder {folder} cannot be used: {error.strerror}.") from error
        if _belongs_to_another_user(folder):
            raise StoreError(f"The folder {folder} belongs to another user.")


def _belongs_to_another_user(folder: Path) -> bool:
    return os.name == "posix" and folder.stat().st_uid not in (os.geteuid(), 0)


def load_host_key(path: Path) -> bytes:
    """The key in the file at `path`, which is created if missing.

    Raises:
        ConfigError: It cannot be read or made, is too short, or can be read by others.
    """
    try:
        if not path.exists():
            _create_key(path)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise ConfigError(f"The key file {path} can be read by others; chmod 600 mends that.")
        key = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"The key file {path} cannot be used: {error.strerror}.") from error
    if len(key) < _KEY_BYTES:
        raise ConfigError(f"The key file {path} holds fewer than {_KEY_BYTES} bytes.")
    return key


def _create_key(path: Path) -> None:
    """Create the key atomically, because another host may read it at the same time."""
    import secrets  # noqa: PLC0415 - loads OpenSSL, and a key is made once

    key = secrets.token_bytes(_KEY_BYTES)
    with (
        temporary_file(path.parent, key, name=path.name) as made,
        suppress(FileExistsError),
    ):
        path.hardlink_to(made)


def write_secret(path: Path, text: str) -> None:
    """Write `text` to the file at `path`, readable by this user only.

    Raises:
        SaveError: The file cannot be written.
    """
    try:
        make_private_folder(path.parent)
        _replace(path, text, PRIVATE)
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
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else PRIVATE
        make_private_folder(target.parent)
        _replace(target, content[: len(content) - len(before)] + after, mode)
    except OSError as error:
        raise SaveError(
            f"The configuration file {path} cannot be written: {error.strerror}."
        ) from error
    return after


def _replace(target: Path, text: str, mode: int) -> None:
    with temporary_file(target.parent, text.encode(), name=target.name, mode=mode) as written:
        written.replace(target)
