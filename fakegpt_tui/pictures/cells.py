"""Pictures in cells: decoded in their own thread, kept within bounds, written as half blocks."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import groupby
from typing import Any, Final, Generic, NamedTuple, TypeVar
from weakref import WeakSet

from fakegpt_tui.pictures.decoding import BLACK, Pixels, decode, resize
from fakegpt_tui.pictures.placement import USUAL_CELL, CellArea, CellSize

T = TypeVar("T")

_FINEST_CELL: Final = CellSize(12, 24)
"""Pixels that are sent for a cell; more would be seen by few, and take long on slow lines."""


class PreparedPicture(NamedTuple):
    """A picture in its cells: as half blocks and, where it is asked for, as it is sent."""

    blocks: Pixels
    """A column of the cells is a pixel, and a row two of them."""
    full: Pixels | None = None


def prepare_picture(
    data: bytes,
    area: CellArea,
    *,
    cell: CellSize = USUAL_CELL,
    is_sent: bool = False,
    background: tuple[int, int, int] = BLACK,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> PreparedPicture:
    """Decode a picture for so many cells, of so many pixels each.

    Raises:
        UnreadablePicture: It cannot be shown; the sentence says why.
        DecodingCancelled: `is_cancelled` says so.
    """
    columns, rows = area
    if not is_sent:
        blocks = decode(
            data,
            max_width=columns,
            max_height=2 * rows,
            fills=True,
            background=background,
            is_cancelled=is_cancelled,
        )
        return PreparedPicture(blocks)
    full = decode(
        data,
        max_width=columns * min(cell.width, _FINEST_CELL.width),
        max_height=rows * min(cell.height, _FINEST_CELL.height),
        background=background,
        is_cancelled=is_cancelled,
    )
    return PreparedPicture(resize(full, columns, 2 * rows), full)


async def in_decoder(work: Callable[[], T]) -> T:
    """Do work on pictures in their thread, after what that does already."""
    return await asyncio.get_running_loop().run_in_executor(_decoder(), work)


@cache
def _decoder() -> ThreadPoolExecutor:
    """The only thread that decodes pictures, so that decoding takes one core at most."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")


RGB = tuple[int, int, int]
BlockRun = tuple[str, RGB | None, RGB]
"""Characters, their colour where it is seen, and the colour behind them."""

UPPER_HALF: Final = "▀"
_NEARBY: Final = bytes(value & 0xFC | value >> 6 for value in range(256))
"""Of four colours that look the same one is taken, so that fewer are written."""


def half_block_rows(pixels: Pixels) -> list[list[BlockRun]]:
    """A picture as rows of characters, one column a pixel and one row two of them.

    Cells side by side of the same colours are one run. Below an odd last row of pixels there is the
    colour of that row.
    """
    return [half_block_row(pixels, row) for row in range((pixels.height + 1) // 2)]


def half_block_row(pixels: Pixels, row: int) -> list[BlockRun]:
    """One row of them."""
    top = 2 * row
    upper = _colours(pixels, top)
    lower = _colours(pixels, min(top + 1, pixels.height - 1))
    runs: list[BlockRun] = []
    for (above, below), cells in groupby(zip(upper, lower, strict=True)):
        count = len(list(cells))
        if above == below:
            runs.append((" " * count, None, below))
        else:
            runs.append((UPPER_HALF * count, above, below))
    return runs


def _colours(pixels: Pixels, row: int) -> list[RGB]:
    start = row * pixels.width * 3
    values = iter(pixels.rgb[start : start + pixels.width * 3].translate(_NEARBY))
    return list(zip(values, values, values, strict=True))


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
