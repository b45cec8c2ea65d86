"""Text that is drawn as it was written: prompts, and sentences about trouble."""

from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.rendering.cells import wrap
from fakegpt_tui.ui.rendering.line import Line
from fakegpt_tui.ui.rendering.palette import Palette
from fakegpt_tui.ui.rendering.rows import Rows


class TypedText:
    """A prompt: its own line breaks, and none of its Markdown."""

    def __init__(self) -> None:
        self._text = ""
        self._width = 0
        self._rows = Rows(())

    def update(self, text: str, *, complete: bool) -> None:  # noqa: ARG002 - the shape of a document
        if text != self._text:
            self._text, self._width = text, 0

    def layout(self, width: int) -> Rows:
        if width != self._width:
            self._width = width
            self._rows = Rows(wrapped(self._text, width))
        return self._rows

    def restyle(self, palette: Palette) -> None:
        """Nothing to do: typed text has the colours of the widget."""

    def remeasure(self) -> None:
        self._width = 0

    def fold(self, section: int) -> None:
        """Nothing to do: typed text has no sections."""

    def unfold(self, everything: bool) -> None:
        """Nothing to do: typed text has no sections."""

    def wrap_code(self, wrap: bool, *, offset: int = 0) -> None:
        """Nothing to do: typed text always wraps."""


def wrapped(text: str, width: int, style: Style | None = None) -> list[Line]:
    """Foreign text as lines of at most `width` cells; none for text that says nothing."""
    lines: list[Line] = []
    end = 0
    for written in text.rstrip().splitlines(keepends=True):
        start, end = end, end + len(written)
        shown = safe_text(written.rstrip("\r\n")).expandtabs(4)
        pieces = wrap([Segment(shown, style)], width)
        lines.extend(Line(tuple(segments), (start, end)) for segments in pieces)
    return lines
