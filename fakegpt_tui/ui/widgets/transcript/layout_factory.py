"""Layout factory: message layouts in the current theme; prompts as plain text."""

from collections.abc import Callable

from fakegpt_tui.domain import ChatMessage, Role
from fakegpt_tui.ui.markdown.lines import LineList, LineSource
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.plain_text import wrap_plain_text
from fakegpt_tui.ui.widgets.transcript.message_layout import (
    MessageBody,
    MessageLayout,
    MessageStyles,
)

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


_WARM_UP_TEXT = "# One\n\n- *two*\n\n```python\nthree = 3\n```\n\n|4|\n|-|\n|5|\n"


class LayoutFactory:
    """Sets replies as Markdown and prompts as they were typed."""

    def __init__(self, make_document: Callable[[Palette], MessageBody]) -> None:
        self._make_document = make_document
        self._palette: Palette | None = None
        self._styles = MessageStyles()
        self._wraps = True
        self._offset = 0

    def set_theme(self, palette: Palette, look: MessageStyles) -> None:
        """Set everything from now on in these colours."""
        self._palette, self._styles = palette, look

    def wrap_code(self, wrap: bool, offset: int) -> None:
        """Set code from now on with long lines on several, or cut, behind `offset` cells."""
        self._wraps, self._offset = wrap, offset

    def rewrap(self, layout: MessageLayout) -> None:
        layout.wrap_code(self._wraps, self._offset)

    def restyle(self, layout: MessageLayout) -> None:
        layout.restyle(self._current_palette(), self._styles)

    def make_layout(self, message: ChatMessage) -> MessageLayout:
        is_typed = message.role is Role.USER
        body = PlainTextBody() if is_typed else self._new_document()
        return MessageLayout(message, body, self._styles, self._new_document)

    def warm_up(self) -> None:
        """Set a little of everything and throw it away; may run in a thread."""
        document = self._new_document()
        document.update(_WARM_UP_TEXT, complete=True)
        document.layout(40).measure()

    def _new_document(self) -> MessageBody:
        document = self._make_document(self._current_palette())
        document.wrap_code(self._wraps, offset=self._offset)
        return document

    def _current_palette(self) -> Palette:
        if self._palette is None:
            raise RuntimeError("a message was laid out before there was a theme")
        return self._palette
