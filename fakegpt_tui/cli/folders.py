"""Making the folders that this program keeps its files in, for nobody else to read."""

import os
from pathlib import Path

from fakegpt_tui.config.settings import Folders
from fakegpt_tui.domain import StoreError

_PRIVATE = 0o700


def make_folders(folders: Folders) -> None:
    """Create the data and state folders where they are missing.

    A folder that exists keeps its permissions: it may have been chosen because it is shared. The
    files inside are private all the same.

    Raises:
        StoreError: A folder cannot be made, or belongs to somebody else.
    """
    for folder in (folders.data, folders.state):
        try:
            _create_private(folder)
        except OSError as error:
            raise StoreError(f"The folder {folder} cannot be used: {error.strerror}.") from error
        if _belongs_to_another_user(folder):
            raise StoreError(f"The folder {folder} belongs to somebody else.")


def _create_private(folder: Path) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        # Another start of the program may make the same folder at this moment.
        each.mkdir(mode=_PRIVATE, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(0, "it is not a folder")


def _belongs_to_another_user(folder: Path) -> bool:
    return os.name == "posix" and folder.stat().st_uid not in (os.geteuid(), 0)
