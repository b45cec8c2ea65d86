"""Code that is wider than the screen: broken over several lines, or cut and moved sideways."""

from fakegpt_tui.ui.widgets.message_column import VirtualList
from fakegpt_tui.ui.widgets.reader import Viewport

_SCROLL_STEP = 20
"""Cells that code moves at a time."""


class CodeWrapping:
    """What a person has chosen, while the program runs, for all code that there is."""

    def __init__(self, column: VirtualList, reader: Viewport) -> None:
        self.wraps = True
        self._offset = 0
        self._message_list = column
        self._viewport = reader

    def toggle_wrap(self, row: int) -> None:
        """Cut long lines, or break them again, and leave what is on a row where it is."""
        self._apply(wraps=not self.wraps, offset=0, row=row)

    def scroll(self, direction: int, row: int) -> None:
        """Show more of what is cut at the right, or with -1 go back."""
        offset = max(0, self._offset + direction * _SCROLL_STEP)
        if offset != self._offset and (direction < 0 or self._has_more()):
            self._apply(wraps=self.wraps, offset=offset, row=row)

    def _apply(self, *, wraps: bool, offset: int, row: int) -> None:
        self.wraps, self._offset = wraps, offset
        self._viewport.rewrap(lambda: self._message_list.wrap_code(wraps, offset), row)

    def _has_more(self) -> bool:
        """Does a line that is in view end with the sign for it?"""
        places, column = self._viewport.positions, self._message_list
        lines = (column.layout(place.message).line(place.line) for place in places)
        ends = (line.segments[-1].style for line in lines if line.segments)
        return any(style is not None and "sideways" in style.meta for style in ends)
