"""Placement: how many cells a picture takes, from its size in pixels alone.

The bytes are not needed for that, so that a conversation with many pictures is laid out from the
rows of the store, and nothing moves when a picture has been decoded.
"""

from math import ceil
from typing import Final, NamedTuple

MAX_COLUMNS: Final = 60
MAX_ROWS: Final = 24
MIN_COLUMNS: Final = 4
"""Nothing can be seen in fewer columns."""

_MAX_CELL: Final = 100
"""Pixels of a cell's edge; terminals have claimed more."""


class CellSize(NamedTuple):
    """The pixels of a cell; those of a usual one where the terminal does not tell."""

    width: int = 10
    height: int = 20


class CellArea(NamedTuple):
    """The cells that a picture takes."""

    columns: int
    rows: int


USUAL_CELL: Final = CellSize()


def cell_size(columns: int, rows: int, width: int, height: int) -> CellSize:
    """The pixels of a cell of a terminal that claims so many pixels in all."""
    if min(columns, rows, width, height) <= 0:
        return USUAL_CELL
    found = CellSize(width // columns, height // rows)
    is_likely = 0 < found.width <= found.height <= min(_MAX_CELL, 4 * found.width)
    return found if is_likely else USUAL_CELL


def place_picture(
    width: int | None, height: int | None, room: int, cell: CellSize = USUAL_CELL
) -> CellArea | None:
    """The cells for a picture of so many pixels in `room` columns; `None` where only words fit."""
    if not width or not height:
        return None
    columns = min(room, MAX_COLUMNS, ceil(width / cell.width))
    rows = round(columns * cell.width * height / width / cell.height)
    if rows > MAX_ROWS:
        rows = MAX_ROWS
        columns = min(columns, round(rows * cell.height * width / height / cell.width))
    return CellArea(columns, max(1, rows)) if columns >= MIN_COLUMNS else None
