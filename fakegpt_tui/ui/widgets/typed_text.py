"""Prompts, which are drawn as they were written."""

from fakegpt_tui.ui.markdown.lines import LineList, LineSource
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.plain_text import wrap_plain_text

_LONG_PROMPT = 16_384
"""Characters beyond which a prompt is drawn in parts."""


class PlainTextBody:
    """A prompt: its own line breaks, and none of its Markdown."""

    def __init__(self) -> None:
        self._text = ""
        self._width = 0
        self._lines: LineSource = LineList(())

    def update(self, text: str, *, complete: bool) -> None:  # noqa: ARG002 - the shape of a document
        if text != self._text:
            self._text, self._width = text, 0

    def layout(self, width: int) -> LineSource:
        if width != self._width:
            self._width = width
            self._lines = _wrap_prompt(self._text, width)
        return self._lines

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


def _wrap_prompt(text: str, width: int) -> LineSource:
    text = text.rstrip()
    if len(text) <= _LONG_PROMPT:
        return LineList(wrap_plain_text(text, width))
    from fakegpt_tui.ui.markdown.plain_text import layout_plain_text  # noqa: PLC0415 - of a long prompt

    return layout_plain_text(text, width)
