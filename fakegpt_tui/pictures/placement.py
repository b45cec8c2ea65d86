"""Placement: how many cells a picture takes, and which part of it is seen when it is zoomed.

Placing needs no bytes, so that a conversation with many pictures is laid out from the rows of the
store, and nothing moves when a picture has been decoded.
"""

from dataclasses import dataclass, replace
from math import ceil, sqrt
from typing import Final, NamedTuple

from fakegpt_tui.pictures.decoding import Pixels

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


MAX_KEPT_PIXELS: Final = 8_000_000
"""Of a picture that is looked at; what has more is scaled down to it, and takes 24 MB."""

_STEP: Final = 1.25
_MAX_SCALE: Final = 32.0
"""Pixels of the screen for one of the picture."""
_SHARP_FROM: Final = 3.0
"""From that scale on its pixels are seen as squares."""
_MOVE: Final = 0.25
"""The share of the visible part by which a key moves it."""
_MAX_CELLS: Final = 297
"""In a row and in a column; cells of kitty's protocol cannot be counted further."""


class VisiblePart(NamedTuple):
    """A part of a picture, its edges as shares of width and height, and the cells it takes."""

    left: float
    top: float
    right: float
    bottom: float
    area: CellArea


@dataclass(frozen=True, slots=True)
class Zoom:
    """A picture of `width` × `height` pixels in so much room; `scale` 0 makes it fit."""

    width: int
    height: int
    room: CellArea
    cell: CellSize = USUAL_CELL
    scale: float = 0.0
    x: float = 0.5
    y: float = 0.5

    @property
    def fitting(self) -> float:
        """The scale at which all of the picture is seen, as large as there is room."""
        return min(
            self._columns * self.cell.width / self.width,
            self._rows * self.cell.height / self.height,
            _MAX_SCALE,
        )

    @property
    def current(self) -> float:
        """The scale: pixels of the screen for one of the picture."""
        return self.scale or self.fitting

    def enlarged(self, steps: int) -> "Zoom":
        """Larger by so many steps, or smaller; never smaller than what fits and than life."""
        least = min(1.0, self.fitting)
        scale = min(max(self.current * _STEP**steps, least), max(_MAX_SCALE, self.fitting))
        passes = (self.current - self.fitting) * (scale - self.fitting) < 0
        return replace(self, scale=0.0 if passes else scale).held()

    def fitted(self) -> "Zoom":
        return replace(self, scale=0.0, x=0.5, y=0.5)

    def in_life_size(self) -> "Zoom":
        """A pixel of the picture for each of the screen."""
        return replace(self, scale=1.0).held()

    def moved(self, right: int, down: int) -> "Zoom":
        """Look at another part, so many quarters of what is seen further."""
        wide, high = self._shares
        x, y = self.x + right * wide * _MOVE, self.y + down * high * _MOVE
        return replace(self, x=x, y=y).held()

    def in_room(self, room: CellArea, cell: CellSize) -> "Zoom":
        """The same in another room: what fits goes on to fit."""
        return replace(self, room=room, cell=cell).held()

    @property
    def visible(self) -> VisiblePart:
        wide, high = self._shares
        left = min(max(self.x - wide / 2, 0.0), 1 - wide)
        top = min(max(self.y - high / 2, 0.0), 1 - high)
        columns = round(self.width * wide * self.current / self.cell.width)
        rows = round(self.height * high * self.current / self.cell.height)
        area = CellArea(
            min(max(columns, 1), self._columns),
            min(max(rows, 1), self._rows),
        )
        return VisiblePart(left, top, left + wide, top + high, area)

    @property
    def _columns(self) -> int:
        return max(1, min(self.room.columns, _MAX_CELLS))

    @property
    def _rows(self) -> int:
        return max(1, min(self.room.rows, _MAX_CELLS))

    @property
    def _shares(self) -> tuple[float, float]:
        """How much of width and height is seen."""
        return (
            min(1.0, self._columns * self.cell.width / (self.width * self.current)),
            min(1.0, self._rows * self.cell.height / (self.height * self.current)),
        )

    def held(self) -> "Zoom":
        """With its middle no nearer to an edge than can be seen."""
        wide, high = self._shares
        x = min(max(self.x, wide / 2), 1 - wide / 2)
        y = min(max(self.y, high / 2), 1 - high / 2)
        return replace(self, x=x, y=y)


def kept_size(width: int, height: int) -> tuple[int, int]:
    """The largest size that a picture is decoded in to be looked at."""
    share = min(1.0, sqrt(MAX_KEPT_PIXELS / (width * height)))
    return max(1, int(width * share)), max(1, int(height * share))


def cut_out(pixels: Pixels, part: VisiblePart, width: int, height: int) -> Pixels:
    """A part of a picture in so many pixels."""
    from PIL import Image  # noqa: PLC0415 - where a picture is looked at

    box = (
        part.left * pixels.width,
        part.top * pixels.height,
        part.right * pixels.width,
        part.bottom * pixels.height,
    )
    scale = width / max(box[2] - box[0], 1e-9)
    how = Image.Resampling.LANCZOS if scale < _SHARP_FROM else Image.Resampling.NEAREST
    how = Image.Resampling.BOX if scale < 1 else how
    picture = Image.frombuffer("RGB", (pixels.width, pixels.height), pixels.rgb, "raw", "RGB", 0, 1)
    cut = picture.resize((width, height), how, box=box, reducing_gap=2.0)
    return Pixels(width, height, cut.tobytes())
