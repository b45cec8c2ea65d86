"""Pictures in cells: decoded for them in a thread of its own, and written as half blocks."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import groupby
from typing import Final, NamedTuple, TypeVar

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
    """The thread that decodes pictures: there is one, so that they never take a second core."""
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
