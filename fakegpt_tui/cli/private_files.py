"""Folders and the host's signing key, created so that only this user can read them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fakegpt_tui.domain import ConfigError, StoreError

if TYPE_CHECKING:
    from fakegpt_tui.config.spec import Folders

_PRIVATE = 0o700


def make_folders(folders: Folders) -> None:
    """Create the data and state folders where they are missing.

    A folder that exists keeps its permissions: it may have been chosen because it is shared. The
    files inside are private all the same.

    Raises:
        StoreError: A folder cannot be created, or belongs to another user.
    """
    for folder in (folders.data, folders.state):
        try:
            create_private(folder)
        except OSError as error:
            raise StoreError(f"The folder {folder} cannot be used: {error.strerror}.") from error
        if _belongs_to_another_user(folder):
            raise StoreError(f"The folder {folder} belongs to another user.")


def create_private(folder: Path) -> None:
    """Create a folder, with those above it that are missing, for this user alone.

    Raises:
        OSError: It cannot be created.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        # Another start of the program may make the same folder at this moment.
        each.mkdir(mode=_PRIVATE, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(0, "it is not a folder")


def _belongs_to_another_user(folder: Path) -> bool:
    return os.name == "posix" and folder.stat().st_uid not in (os.geteuid(), 0)


_KEY_BYTES = 32


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

    from fakegpt_tui.temporary_files import temporary_file  # noqa: PLC0415 - as above

    key = secrets.token_bytes(_KEY_BYTES)
    with (
        temporary_file(path.parent, key, name=path.name) as made,
        suppress(FileExistsError),
    ):
        path.hardlink_to(made)
