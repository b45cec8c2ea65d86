"""Half blocks: two pixels in one cell, above each other, as the colours of a character."""

from itertools import groupby
from typing import Final

from fakegpt_tui.pictures.decoding import Pixels

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
