"""Picture cache: what is kept of the pictures in view; they are decoded and scaled in a thread.

A picture is decoded in a thread, shown as half blocks, and given to a terminal that draws
placeholders; from then on its cells are these. All three take the same cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from rich.segment import Segment
from textual.widget import Widget

from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.pictures import protocols
from fakegpt_tui.pictures.cells import (
    BoundedCache,
    PreparedPicture,
    half_block_row,
    in_decoder,
    prepare_picture,
)
from fakegpt_tui.pictures.decoding import DecodingCancelled, Pixels
from fakegpt_tui.pictures.placement import USUAL_CELL, CellArea
from fakegpt_tui.ui.markdown.plain_text import wrap_plain_text
from fakegpt_tui.ui.terminal.graphics import give_up_picture, is_open, send_picture
from fakegpt_tui.ui.terminal.output import HELD_PICTURES
from fakegpt_tui.ui.widgets.picture_frames import block_segments, placeholder_segment

if TYPE_CHECKING:
    from fakegpt_tui.pictures.placement import CellSize
    from fakegpt_tui.ui.markdown.lines import PictureRow
    from fakegpt_tui.ui.terminal.graphics import TerminalGraphics

_IDS: Final = protocols.ImageIds()
_DECODED: Final = 4
"""Bytes of a pixel in a terminal."""


class PictureSource(Protocol):
    """Where pictures come from, and what draws them."""

    @property
    def pictures(self) -> str:
        """How they are to be drawn: `auto`, `blocks` or `off`."""
        ...

    async def read(self, conversation_id: str, digest: str) -> bytes:
        """The bytes with that digest.

        Raises:
            FakeGPTError: They are missing or damaged.
        """
        ...

    async def graphics(self) -> TerminalGraphics:
        """What the terminal draws."""
        ...


class PictureKey(NamedTuple):
    """A picture in so many cells."""

    digest: str
    area: CellArea


class KeptPicture(NamedTuple):
    """What can be drawn of a picture: half blocks, its number in the terminal, or why not."""

    blocks: Pixels | None = None
    number: int = 0
    words: str = ""


Look = int | str | Pixels | None
"""A number, words or half blocks, of which each draws the same as long as it is the same."""


class PictureCache:
    """The pictures of one transcript, as far as they were looked at not long ago."""

    def __init__(
        self, widget: Widget, source: PictureSource, on_change: Callable[[], object]
    ) -> None:
        """`on_change` is called when more can be drawn of a picture that is wanted."""
        self._widget = widget
        self._source = source
        self._on_change = on_change
        self._kept = BoundedCache[PictureKey, KeptPicture](self._free)
        self._wanted: dict[PictureKey, str] = {}
        self._graphics: TerminalGraphics | None = None
        self._is_working = False
        self.sends = True
        """Whether pictures are sent to a terminal that draws them."""
        self.cell: CellSize = USUAL_CELL

    def look(self, picture: PictureRow, *, with_placeholders: bool) -> Look:
        """What is to be drawn of a picture now; nothing yet where it is `None`."""
        kept = self._kept.get(_key(picture))
        if kept is None:
            return None
        if with_placeholders and not kept.words and self._has_placeholders:
            # Until it is sent there is nothing: to draw blocks first takes as long as to send it.
            return kept.number if kept.number in HELD_PICTURES else None
        return kept.words or kept.blocks

    def segments(self, picture: PictureRow, look: Look) -> Sequence[Segment]:
        """One row of a picture, drawn as `look` says."""
        match look:
            case int(number):
                return (placeholder_segment(number, picture.row, picture.columns),)
            case str(words):
                lines = wrap_plain_text(words, picture.columns)[picture.row : picture.row + 1]
                return lines[0].segments if lines else ()
            case Pixels():
                return block_segments(half_block_row(look, picture.row))
            case _:
                return ()

    def want(self, conversation_id: str, pictures: Iterable[PictureRow]) -> None:
        """Have pictures made, the first ones first; others are not wanted any more."""
        before, self._wanted = self._wanted, {_key(each): conversation_id for each in pictures}
        for key in self._wanted.keys() - before.keys():
            if (kept := self._kept.get(key)) is not None and kept.words:
                self._kept.drop(key)  # It may have been attached again.
        if not self._is_working and self._next() is not None:
            self._is_working = True
            self._widget.run_worker(self._work(), group="pictures")

    def clear(self) -> None:
        """Forget all pictures."""
        self._kept.clear()

    def close(self) -> None:
        """Want nothing any more, and leave nothing behind."""
        self._wanted = {}
        self.clear()

    def _next(self) -> PictureKey | None:
        """What is to be made next: half blocks of all come before what the terminal draws."""
        missing = [key for key in self._wanted if key not in self._kept]
        if missing or not self._may_send:
            return next(iter(missing), None)
        return next(filter(self._is_unsent, self._wanted), None)

    @property
    def _has_placeholders(self) -> bool:
        return self.sends and self._graphics is not None and self._graphics.has_placeholders

    @property
    def _may_send(self) -> bool:
        """May the terminal take pictures, as far as it is known?"""
        may_draw = self._has_placeholders or (self.sends and self._graphics is None)
        return may_draw and is_open(self._widget.app)

    def _is_unsent(self, key: PictureKey) -> bool:
        kept = self._kept.get(key)
        return kept is not None and not kept.words and kept.number not in HELD_PICTURES

    async def _work(self) -> None:
        """Decode or send the wanted pictures, one after the other."""
        try:
            if self._graphics is not None:  # which may be others since
                self._graphics = await self._source.graphics()
            while (key := self._next()) is not None:
                if key in self._kept and self._graphics is None:
                    self._graphics = await self._source.graphics()
                    continue
                is_sent = self._may_send and self._graphics is not None
                if not await self._make(key, is_sent=is_sent):
                    return
        finally:
            self._is_working = False

    async def _make(self, key: PictureKey, *, is_sent: bool) -> bool:
        """Make a picture; whether to go on with others."""
        try:
            data = await self._source.read(self._wanted[key], key.digest)
            prepared = await self._prepare(key, data, is_sent=is_sent)
        except DecodingCancelled:
            return True
        except FakeGPTError as error:
            self._keep(key, KeptPicture(words=str(error)))
            return True
        self._keep(key, KeptPicture(prepared.blocks))
        return prepared.full is None or await self._send(key, prepared.full)

    async def _prepare(self, key: PictureKey, data: bytes, *, is_sent: bool) -> PreparedPicture:
        background = self._widget.background_colors[1].rgb
        work = partial(
            prepare_picture,
            data,
            key.area,
            cell=self.cell,
            is_sent=is_sent,
            background=background,
            is_cancelled=lambda: key not in self._wanted,
        )
        return await in_decoder(work)

    async def _send(self, key: PictureKey, full: Pixels) -> bool:
        """Give a picture to the terminal; `False` where that takes none now."""
        number, area = _IDS.next(), key.area
        work = partial(protocols.encode_kitty, full, number, columns=area.columns, rows=area.rows)
        transmission = await in_decoder(work)
        if not await send_picture(self._widget.app, number, transmission):
            return False
        kept = self._kept.get(key)
        size = full.width * full.height * _DECODED
        self._keep(key, KeptPicture(kept.blocks if kept else None, number), size)
        return True

    def _keep(self, key: PictureKey, picture: KeptPicture, size: int = 0) -> None:
        """Keep a picture in these cells, and in no others."""
        for other in self._kept:
            if other.digest == key.digest and other != key:
                self._kept.drop(other)
        self._kept.put(key, picture, size + len(picture.blocks.rgb if picture.blocks else b""))
        self._on_change()

    def _free(self, _: PictureKey, picture: KeptPicture) -> None:
        if picture.number in HELD_PICTURES:
            give_up_picture(self._widget.app, picture.number)


def _key(picture: PictureRow) -> PictureKey:
    return PictureKey(picture.digest, CellArea(picture.columns, picture.rows))
