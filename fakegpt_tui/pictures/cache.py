"""Bounded cache: what was used last is kept, up to a number of bytes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Final, Generic, TypeVar

MAX_BYTES: Final = 64 * 2**20
"""What all pictures may take together."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """Values with their sizes; those that were not used for longest are dropped first."""

    def __init__(
        self, on_drop: Callable[[K, V], object] = lambda _key, _value: None, limit: int = MAX_BYTES
    ) -> None:
        """`on_drop` is told of each value that is not kept any longer."""
        self._on_drop = on_drop
        self._limit = limit
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self.size = 0
        """The bytes that are kept."""

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[K]:
        """The keys, those first that were not used for longest."""
        return iter(tuple(self._entries))

    def get(self, key: K) -> V | None:
        """The value, which counts as used now."""
        if key not in self._entries:
            return None
        self._entries.move_to_end(key)
        return self._entries[key][0]

    def put(self, key: K, value: V, size: int) -> None:
        """Keep a value of so many bytes; one above the limit is dropped at once."""
        self.drop(key)
        self._entries[key] = value, size
        self.size += size
        while self.size > self._limit:
            self.drop(next(iter(self._entries)))

    def drop(self, key: K) -> None:
        """Keep a value no longer, if there is one."""
        if key in self._entries:
            value, size = self._entries.pop(key)
            self.size -= size
            self._on_drop(key, value)

    def clear(self) -> None:
        """Keep none of them."""
        for key in self:
            self.drop(key)
