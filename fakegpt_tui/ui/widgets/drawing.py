"""Drawing helpers for widgets: text of an exact cell width, and a cache of rendered lines."""

from typing import TYPE_CHECKING, Self

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

if TYPE_CHECKING:
    from textual.widget import Widget
else:
    Widget = object  # A widget has the style sheet of its first base that is one.


class RenderCache(Widget):
    """A widget that gives the same lines for the same region until `refresh` is called.

    Inherit from it before the widget's own class. Textual asks each visible widget for all of its
    lines each time that anything is drawn, and composes them out of a cache of its own; while a
    reply streams, that is most of the work.
    """

    _cached: tuple[Region, list[Strip]] | None = None

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        self._cached = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        kept = self._cached
        if kept is None or kept[0] != crop:
            kept = self._cached = crop, super().render_lines(crop)
        return kept[1]


def truncate(text: str, width: int) -> str:
    """`text`, cut and ended with … where it takes more than `width` cells."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def icon_cell(text: str) -> str:
    """An icon before a text, with the space after it that a wide icon takes for itself."""
    return set_cell_size(text, 2)


def fit(text: str, width: int) -> str:
    """`text` cut or filled up so that it takes `width` cells."""
    return set_cell_size(truncate(text, width), max(0, width))


def without_background(style: Style) -> Style:
    """`style` without its background, for text that may stand on another one."""
    return Style(color=style.color, bold=style.bold, italic=style.italic, dim=style.dim)
