"""Picture frames: a part of a picture as cells of a line, and as graphics."""

from collections.abc import Iterable
from functools import lru_cache
from math import sqrt
from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from fakegpt_tui.pictures import protocols
from fakegpt_tui.pictures.cells import RGB, UPPER_HALF, BlockRun, half_block_rows
from fakegpt_tui.pictures.decoding import Pixels
from fakegpt_tui.pictures.placement import CellArea, CellSize, VisiblePart, cut_out
from fakegpt_tui.pictures.protocols import encode_iterm, encode_sixel
from fakegpt_tui.ui.terminal.graphics import Drawing
from fakegpt_tui.ui.terminal.output import PICTURE_META


def block_segments(runs: Iterable[BlockRun]) -> list[Segment]:
    """A row of half blocks.

    A run has the colours of its upper and lower pixels; in a run of blanks, whose cells have one
    colour, the upper one is `None`.
    """
    return [Segment(text, _style(above, below)) for text, above, below in runs]


def placeholder_segment(number: int, row: int, columns: int) -> Segment:
    """A row of the cells of a picture that the terminal has by that number.

    `row` counts from the top of the picture, which is so many `columns` wide.
    """
    return Segment(protocols.placeholder_row(number, row, columns), _placeholder_style(number))


@lru_cache(maxsize=64)
def _placeholder_style(number: int) -> Style:
    return Style(color=Color.from_rgb(*protocols.id_colour(number)), meta={PICTURE_META: number})


@lru_cache(maxsize=4096)
def _style(above: RGB | None, below: RGB) -> Style:
    return Style.from_color(None if above is None else _colour(above), _colour(below))


def _colour(rgb: RGB) -> Color:
    return Color("", ColorType.TRUECOLOR, triplet=ColorTriplet(*rgb))


MOST_SENT: Final = 2_000_000
"""Pixels that are sent to a terminal which scales them itself."""


class Frame(NamedTuple):
    """What is drawn: rows of cells, and what shows the same over them."""

    rows: tuple[Strip, ...] = ()
    area: CellArea = CellArea(0, 0)
    over: str = ""
    image_id: int = 0
    """Of a picture that the terminal keeps for these cells."""


def block_frame(pixels: Pixels, part: VisiblePart) -> Frame:
    """The part in half blocks; in whole ones where the terminal takes two cells for a half."""
    columns, rows = part.area
    if cell_len(UPPER_HALF) == 1:
        cut = cut_out(pixels, part, columns, rows * 2)
    else:
        cut = cut_out(pixels, part, columns, rows)
        row = columns * 3
        twice = (cut.rgb[at : at + row] * 2 for at in range(0, len(cut.rgb), row))
        cut = Pixels(columns, rows * 2, b"".join(twice))
    strips = (Strip(block_segments(runs), columns) for runs in half_block_rows(cut))
    return Frame(tuple(strips), part.area)


def covered_frame(
    drawing: Drawing, pixels: Pixels, part: VisiblePart, cell: CellSize, below: Frame
) -> Frame:
    """The part as Sixel or as iTerm2 draws it, over half blocks."""
    columns, rows = part.area
    size = columns * cell.width, rows * cell.height
    if drawing is Drawing.SIXEL:
        over = encode_sixel(cut_out(pixels, part, *size))
    else:
        over = encode_iterm(cut_out(pixels, part, *_sent_size(pixels, part, size)), columns, rows)
    return below._replace(over=over.decode("ascii"))


def kitty_frame(
    pixels: Pixels, part: VisiblePart, cell: CellSize, image_id: int
) -> tuple[Frame, bytes]:
    """The part as placeholders, and what gives the terminal the picture for them."""
    columns, rows = part.area
    size = _sent_size(pixels, part, (columns * cell.width, rows * cell.height))
    sent = protocols.encode_kitty(
        cut_out(pixels, part, *size), image_id, columns=columns, rows=rows
    )
    strips = (Strip([placeholder_segment(image_id, row, columns)], columns) for row in range(rows))
    return Frame(tuple(strips), part.area, image_id=image_id), sent


def _sent_size(pixels: Pixels, part: VisiblePart, wanted: tuple[int, int]) -> tuple[int, int]:
    """Pixels to send: as many as the picture has there, as are drawn, and not too many."""
    width = (part.right - part.left) * pixels.width
    height = (part.bottom - part.top) * pixels.height
    share = min(1.0, wanted[0] / width, sqrt(MOST_SENT / (width * height)))
    return max(1, round(width * share)), max(1, round(height * share))
