"""Which instances of the program share a store at this moment."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from fakegpt_tui.store import locks

_DAMAGE_NOTE = b"damaged"


class Instance:
    """A running instance, for as long as it holds the lock of a file named after its id.

    To be made under the store's lock, so that no other instance takes the fresh file for one
    that was left behind.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self.id = str(uuid4())
        self._path = folder / self.id
        self._descriptor = locks.acquire(self._path)

    def close(self, *, met_damage: bool = False) -> None:
        """Give up the lock. Where damage was met, a note of it is left for the next to start."""
        if self._descriptor is None:
            return
        if met_damage:
            os.write(self._descriptor, _DAMAGE_NOTE)
        else:
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None


@dataclass(frozen=True, slots=True)
class InstanceStatus:
    """Who uses a store, and who was ended by a crash or met damage since somebody last looked."""

    living: frozenset[str]
    dead: frozenset[str]
    found_damage: bool


def live_instances(folder: Path) -> InstanceStatus:
    """Look after all instances. To be called under the store's lock."""
    names = {path.name for path in folder.iterdir() if path.is_file()} if folder.is_dir() else set()
    living = frozenset(name for name in names if _is_held(folder / name))
    dead = frozenset(names) - living
    met_damage = any((folder / name).read_bytes() == _DAMAGE_NOTE for name in dead)
    return InstanceStatus(living, dead, met_damage)


def reap(folder: Path, dead: Iterable[str]) -> None:
    """Delete what the dead left behind, once all that they have left under way is settled."""
    for name in dead:
        (folder / name).unlink(missing_ok=True)


def _is_held(path: Path) -> bool:
    descriptor = locks.acquire(path)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False
