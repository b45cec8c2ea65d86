"""Bounded cache: what was used last is kept, up to a number of bytes that all caches share."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Final, Generic, TypeVar
from weakref import WeakSet

MAX_BYTES: Final = 64 * 2**20
"""What all pictures may take together."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SharedBound:
    """A number of bytes that several caches may take together."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._caches: WeakSet[BoundedCache[Any, Any]] = WeakSet()

    def add(self, cache: "BoundedCache[Any, Any]") -> None:
        """Count what that cache keeps."""
        self._caches.add(cache)

    @property
    def size(self) -> int:
        return sum(cache.size for cache in self._caches)

    def make_room(self, cache: "BoundedCache[Any, Any]") -> None:
        """Have that cache drop what is older than its newest, then others, and at last that."""
        others = [each for each in self._caches if each is not cache]
        for each, kept in ((cache, 1), *((other, 0) for other in others), (cache, 0)):
            while self.size > self.limit and len(each) > kept:
                each.drop_oldest()


ALL_PICTURES: Final = SharedBound(MAX_BYTES)


class BoundedCache(Generic[K, V]):
    """Values with their sizes; those that were not used for longest are dropped first."""

    def __init__(
        self,
        on_drop: Callable[[K, V], object] = lambda _key, _value: None,
        bound: SharedBound = ALL_PICTURES,
    ) -> None:
        """`on_drop` is told of each value that is not kept any longer."""
        self._on_drop = on_drop
        self._bound = bound
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self.size = 0
        """The bytes that are kept."""
        bound.add(self)

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
        """Keep a value of so many bytes; one above the bound is dropped at once."""
        self.drop(key)
        self._entries[key] = value, size
        self.size += size
        self._bound.make_room(self)

    def drop_oldest(self) -> None:
        """Keep no longer what was not used for longest."""
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
