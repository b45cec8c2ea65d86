"""Picture cells: half blocks and placeholders of pictures as segments of a line."""

from collections.abc import Iterable
from functools import lru_cache

from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.pictures import kitty
from fakegpt_tui.pictures.cells import RGB, BlockRun
from fakegpt_tui.ui.terminal.output import PICTURE_META


def block_segments(runs: Iterable[BlockRun]) -> list[Segment]:
    """A row of half blocks.

    A run has the colours of its upper and lower pixels; the upper one is `None` where it
    is blanks, whose cells have one colour each.
    """
    return [Segment(text, _style(above, below)) for text, above, below in runs]


def placeholder_segment(number: int, row: int, columns: int) -> Segment:
    """A row of the cells of a picture that the terminal has by that number.

    `row` counts from the top of the picture, which is so many `columns` wide.
    """
    return Segment(kitty.placeholder_row(number, row, columns), _placeholder_style(number))


@lru_cache(maxsize=64)
def _placeholder_style(number: int) -> Style:
    return Style(color=Color.from_rgb(*kitty.id_colour(number)), meta={PICTURE_META: number})


@lru_cache(maxsize=4096)
def _style(above: RGB | None, below: RGB) -> Style:
    return Style.from_color(None if above is None else _colour(above), _colour(below))


def _colour(rgb: RGB) -> Color:
    return Color("", ColorType.TRUECOLOR, triplet=ColorTriplet(*rgb))
