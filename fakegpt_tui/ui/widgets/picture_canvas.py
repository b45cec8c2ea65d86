"""Picture canvas: a picture in the middle of the room that there is."""

import asyncio
import os
from collections.abc import Collection
from functools import partial
from time import monotonic
from typing import Final

from rich.segment import Segment
from textual.geometry import Offset, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from fakegpt_tui.pictures import protocols
from fakegpt_tui.pictures.cells import in_decoder
from fakegpt_tui.pictures.decoding import Pixels
from fakegpt_tui.pictures.placement import CellArea, Zoom
from fakegpt_tui.ui.markdown.plain_text import wrap_plain_text
from fakegpt_tui.ui.terminal.graphics import Drawing, give_up_picture, send_picture, terminal_cell
from fakegpt_tui.ui.terminal.output import HELD_PICTURES, write_to_terminal
from fakegpt_tui.ui.widgets.picture_frames import Frame, block_frame, covered_frame, kitty_frame

_SAVE_CURSOR: Final = "\x1b7"
_RESTORE_CURSOR: Final = "\x1b8"
_FAST: Final = 0.15
"""Seconds that graphics may take so that what was shown before is left until then."""


class PictureCanvas(Widget):
    """Draws a picture by the best way that the terminal has, or words where there is none.

    One worker draws, one frame after the other, so that a key that is held down takes one core at
    most; frames that are not wanted any more are left out. What is drawn over graphics that are no
    text wipes them off, and they are written again (see `sequence_over`).
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    PictureCanvas {
        height: 1fr;
        width: 1fr;
    }
    """

    class RoomChanged(Message):
        """There is more or less room now."""

    def __init__(self) -> None:
        super().__init__()
        self.drawing = Drawing.BLOCKS
        self.cell = terminal_cell()
        self._frame, self._sizes = Frame(), (Size(0, 0), Size(0, 0))
        self._words = ""
        self._wanted: tuple[Pixels, Zoom] | None = None
        self._changed = asyncio.Event()
        self._is_hidden = False
        self._seconds = _FAST
        self._ids = protocols.ImageIds()

    def on_mount(self) -> None:
        self.run_worker(self._draw_changes(), group="drawing")

    def remeasure(self) -> None:
        """Draw for the cells that the terminal has, which may have another shape than before."""
        self.cell = terminal_cell()
        self.post_message(self.RoomChanged())

    def on_resize(self) -> None:
        self.cell = terminal_cell()
        self._use(Frame())
        self.post_message(self.RoomChanged())

    @property
    def room(self) -> CellArea:
        return CellArea(*self.size)

    def show(self, pixels: Pixels, zoom: Zoom) -> None:
        """Show a part of a picture, as soon as it is drawn."""
        self._wanted, self._words, self._is_hidden = (pixels, zoom), "", False
        self._changed.set()

    def say(self, words: str) -> None:
        """Show words in place of a picture."""
        self._wanted, self._words = None, words
        self._use(Frame())

    def hide(self) -> None:
        """Show no graphics, as another screen is shown, which draws over them."""
        self._is_hidden = True
        self._use(Frame())

    def wipe(self) -> None:
        """Take all graphics off the terminal at once, which is about to be another program's."""
        write_to_terminal(self.app, self._wiping_sequence)
        if image_id := self._frame.image_id:
            give_up_picture(self.app, image_id)
        self.hide()

    def show_again(self) -> None:
        """Draw what was hidden, or is to be drawn in another way."""
        self._is_hidden = False
        self._changed.set()

    async def _draw_changes(self) -> None:
        while await self._changed.wait():
            self._changed.clear()
            if self._wanted is not None and not self._is_hidden:
                await self._draw(*self._wanted)

    async def _draw(self, pixels: Pixels, zoom: Zoom) -> None:
        """Draw half blocks, and then graphics; these alone where that takes no time."""
        part = zoom.visible
        has_graphics = bool(self._frame.over or self._frame.image_id)
        is_fast = has_graphics and self._seconds < _FAST
        below = await in_decoder(partial(block_frame, pixels, part))
        if not self._is_wanted(pixels, zoom):
            return
        if not is_fast or self.drawing is Drawing.BLOCKS:
            self._use(below)
        if self.drawing is Drawing.BLOCKS or self._changed.is_set():
            return
        start, is_whole = monotonic(), True
        if self.drawing is Drawing.KITTY:
            number = self._ids.next()
            work = partial(kitty_frame, pixels, part, self.cell, number)
            frame, sent = await in_decoder(work)
            is_whole = await send_picture(
                self.app, number, sent, lambda: not self._changed.is_set()
            )
        else:
            frame = await in_decoder(
                partial(covered_frame, self.drawing, pixels, part, self.cell, below)
            )
        self._seconds = monotonic() - start
        if is_whole and self._is_wanted(pixels, zoom):
            self._use(frame)
        elif is_whole:
            give_up_picture(self.app, frame.image_id)

    def _is_wanted(self, pixels: Pixels, zoom: Zoom) -> bool:
        """Is what was drawn of a picture to be shown, in the room and the cells that there are?"""
        is_same = self._wanted is not None and self._wanted[0] is pixels
        is_fitting = (zoom.room, zoom.cell) == (self.room, self.cell)
        return is_same and is_fitting and not self._is_hidden

    def _use(self, frame: Frame) -> None:
        """Draw a frame from now on; then the terminal forgets the picture of the one before."""
        before, self._frame = self._frame.image_id, frame
        self._sizes = self.size, self.app.size
        if before and before != frame.image_id:
            give_up_picture(self.app, before)
        self.refresh()

    @property
    def _place(self) -> Offset:
        """Where the picture begins, within the widget."""
        columns, rows = self.room
        left, above = columns - self._frame.area.columns, rows - self._frame.area.rows
        return Offset(max(0, left) // 2, max(0, above) // 2)

    def sequence_over(self, drawn: Collection[int] | None) -> str:
        """What to write once the rows `drawn` of the screen were drawn, or all for `None`."""
        if self._frame.image_id and self._frame.image_id not in HELD_PICTURES:
            # The terminal lost them, or they were freed to be sent again.
            self.show_again()
        x, y = self.region.offset + self._place
        columns, rows = self._frame.area
        is_drawn = drawn is None or any(row in drawn for row in range(y, y + rows))
        if not (self._frame.over and is_drawn and self._sizes == (self.size, self.app.size)):
            return ""
        if not _has_room(x + columns, y + rows):
            return ""  # It would scroll the screen.
        return f"{_SAVE_CURSOR}\x1b[{y + 1};{x + 1}H{self._frame.over}{_RESTORE_CURSOR}"

    @property
    def _wiping_sequence(self) -> str:
        if not self._frame.over:
            return ""
        x, y = self.region.offset + self._place
        columns, rows = self._frame.area
        lines = (f"\x1b[{row + 1};{x + 1}H\x1b[{columns}X" for row in range(y, y + rows))
        return f"{_SAVE_CURSOR}\x1b[0m{''.join(lines)}{_RESTORE_CURSOR}"

    def render_line(self, y: int) -> Strip:
        style, width = self.rich_style, self.size.width
        x, top = self._place
        rows = self._frame.rows
        if self._words:
            lines = wrap_plain_text(self._words, max(1, width), style)
            rows = tuple(line.strip.text_align(width, "center") for line in lines)
            x, top = 0, max(0, self.size.height - len(rows)) // 2
        if not 0 <= y - top < len(rows):
            return Strip.blank(width, style)
        row = Strip([Segment(" " * x, style), *rows[y - top]])
        if self._frame.image_id:
            row = row.apply_style(style)  # The background is seen where no pixel is.
        return row.adjust_cell_length(width, style)


def _has_room(columns: int, rows: int) -> bool:
    """Has the terminal so many cells, and a row below them, at this very moment?

    It may have become smaller since, of which the app has not been told yet.
    """
    try:
        width, height = os.get_terminal_size(0)
    except OSError:
        return True
    return columns <= width and rows < height
