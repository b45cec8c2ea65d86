"""Drawing helpers for widgets: text of an exact cell width, and a cache of rendered lines."""

from typing import TYPE_CHECKING, Self

from textual.geometry import Region
from textual.strip import Strip

if TYPE_CHECKING:
    from textual.widget import Widget
else:
    Widget = object  # A widget has the style sheet of its first base that is one.


class RenderCache(Widget):
    """Gives the same lines for the same part of it until `refresh` is called."""

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
