"""Diagrams of a transcript: drawn behind the screen, one after the other, and kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.widget import Widget

from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.terminal.cell_widths import width_profile

if TYPE_CHECKING:
    from fakegpt_tui.pictures.diagrams import Drawing
    from fakegpt_tui.ui.markdown.palette import Palette
    from fakegpt_tui.ui.widgets.transcript.viewport import Viewport

_MOST_KEPT = 100


class _Diagram(NamedTuple):
    source: str
    use_ascii: bool


class DiagramCache:
    """The drawings of the diagrams that were looked at last; the others are made when wanted."""

    def __init__(self, widget: Widget, viewport: Viewport, then: Callable[[], object]) -> None:
        """`then` is called when there are drawings that the lines in the viewport show."""
        self._widget = widget
        self._viewport = viewport
        self._then = then
        self._kept: OrderedDict[_Diagram, Sequence[Drawing]] = OrderedDict()
        self._wanted: dict[_Diagram, None] = {}
        self._is_working = False

    def make_document(self, palette: Palette) -> Document:
        """A document whose diagrams are drawn."""
        return Document(palette, diagrams=self.get)

    def get(self, source: str) -> Sequence[Drawing]:
        """The drawings of a diagram, the widest first; empty before it is drawn, or if none is."""
        # Where lines take two cells there are none that join.
        wanted = _Diagram(source, width_profile().wide_ambiguous)
        if wanted in self._kept:
            self._kept.move_to_end(wanted)
            return self._kept[wanted]
        from fakegpt_tui.pictures.diagrams import is_drawable  # noqa: PLC0415 - with the first diagram

        if is_drawable(source):
            self._wanted[wanted] = None
            if not self._is_working:
                self._is_working = True
                self._widget.call_later(self._begin)
        return ()

    def _begin(self) -> None:
        self._widget.run_worker(self._work(), group="diagrams")

    async def _work(self) -> None:
        """Draw what is wanted, the first ones first."""
        from fakegpt_tui.pictures.diagrams import draw_diagram  # noqa: PLC0415 - as above

        try:
            while self._wanted:
                wanted = next(iter(self._wanted))
                drawings = await draw_diagram(wanted.source, use_ascii=wanted.use_ascii)
                del self._wanted[wanted]
                self._keep(wanted, drawings)
        finally:
            self._is_working = False

    def _keep(self, diagram: _Diagram, drawings: Sequence[Drawing]) -> None:
        self._kept[diagram] = drawings
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        if drawings:
            self._viewport.rewrap(partial(self._lay_out_again, diagram.source))
            self._then()

    def _lay_out_again(self, source: str) -> None:
        """Lay out anew the messages that have a diagram."""
        message_list = self._viewport.message_list
        line = max(source.splitlines(), key=len).strip()
        for index, message in enumerate(message_list.messages):
            if line in message.text or line in message.reasoning:
                message_list.remeasure_message(index)
