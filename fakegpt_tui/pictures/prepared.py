"""Prepared pictures: all that it takes to draw one in its cells, made in a thread of its own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
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
