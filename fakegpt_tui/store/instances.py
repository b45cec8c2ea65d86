"""Which instances of the program share a store at this moment."""

import os
from pathlib import Path
from uuid import uuid4

from fakegpt_tui.store import locks


class Instance:
    """A running instance, for as long as it holds the lock of a file named after its id.

    To be made under the store's lock, so that no other instance takes the fresh file for one
    that was left behind.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self.id = str(uuid4())
        self._path = folder / self.id
        self._descriptor = locks.take(self._path)

    def close(self) -> None:
        if self._descriptor is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None


def living(folder: Path) -> frozenset[str]:
    """The ids of all running instances; files that the dead left behind are deleted.

    To be asked under the store's lock.
    """
    paths = list(folder.iterdir()) if folder.is_dir() else []
    return frozenset(path.name for path in paths if path.is_file() and _is_held(path))


def _is_held(path: Path) -> bool:
    descriptor = locks.take(path)
    if descriptor is None:
        return True
    path.unlink(missing_ok=True)
    os.close(descriptor)
    return False
