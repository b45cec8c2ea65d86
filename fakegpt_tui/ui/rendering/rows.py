"""Lines that are all there, for those who ask as of a message that is drawn where they look."""

from collections.abc import Sequence

from fakegpt_tui.ui.rendering.line import Line
from fakegpt_tui.ui.rendering.spots import LineId, LineSpan, TextAnchor, count_letters, find_line

_EVERYTHING = 1 << 40
"""More characters than any text has."""


class LineList:
    """A few lines, each of them certain."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, at: int, /) -> Line:
        return self._lines[at]

    def reveal(self, number: int, count: int) -> int:  # noqa: ARG002 - the shape of a layout
        return number

    def measure(self, number: int = 0, *, most: int | None = None) -> None:
        """Nothing to do: everything is as high as it says."""

    def line_id(self, number: int) -> LineId:
        return LineId(0, number)

    def line_number(self, spot: LineId) -> int:
        return min(spot.line, len(self._lines))

    def anchor_at(self, number: int) -> TextAnchor:
        shown = number
        while shown < len(self._lines) and self._lines[shown].source is None:
            shown += 1
        source = self._lines[shown].source if shown < len(self._lines) else None
        if source is None:
            return TextAnchor(-1, 0, -number)
        same = (line for line in self._lines[:shown] if line.source == source)
        return TextAnchor(source[0], count_letters(same), shown - number)

    def find_anchor(self, anchor: TextAnchor) -> int:
        line = find_line(self._lines, *anchor[:2]) if anchor.source >= 0 else 0
        return max(0, min(line - anchor.above, len(self._lines) - 1))

    def span_at(self, offset: int) -> LineSpan:  # noqa: ARG002 - the shape of a layout
        return LineSpan(0, _EVERYTHING, self._lines)
