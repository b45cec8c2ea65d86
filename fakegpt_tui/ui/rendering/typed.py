"""Text that is drawn as it was written."""

from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.rendering.cells import wrap
from fakegpt_tui.ui.rendering.line import Line


def wrap_plain_text(text: str, width: int, style: Style | None = None) -> list[Line]:
    """Foreign text as lines of at most `width` cells; none for text that says nothing."""
    return wrap_plain_part(text.rstrip(), 0, width, style)


def wrap_plain_part(text: str, start: int, width: int, style: Style | None = None) -> list[Line]:
    """The same for all that is written in a part that begins at `start`."""
    lines: list[Line] = []
    end = start
    for written in text.splitlines(keepends=True):
        start, end = end, end + len(written)
        shown = safe_text(written.rstrip("\r\n")).expandtabs(4)
        pieces = wrap([Segment(shown, style)], width)
        lines.extend(Line(tuple(segments), (start, end)) for segments in pieces)
    return lines
