"""Making layouts of messages, all in one look."""

from collections.abc import Callable

from fakegpt_tui.domain import ChatMessage, Role
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.widgets.message_layout import Body, Look, MessageLayout
from fakegpt_tui.ui.widgets.typed_text import TypedText

_REHEARSAL = "# One\n\n- *two*\n\n```python\nthree = 3\n```\n\n|4|\n|-|\n|5|\n"


class Typesetter:
    """Sets replies as Markdown and prompts as they were typed."""

    def __init__(self, make_document: Callable[[Palette], Body]) -> None:
        self._make_document = make_document
        self._palette: Palette | None = None
        self._look = Look()
        self._wraps = True
        self._offset = 0

    def dress(self, palette: Palette, look: Look) -> None:
        """Set everything from now on in these colours."""
        self._palette, self._look = palette, look

    def wrap_code(self, wrap: bool, offset: int) -> None:
        """Set code from now on with long lines on several, or cut, behind `offset` cells."""
        self._wraps, self._offset = wrap, offset

    def rewrap(self, layout: MessageLayout) -> None:
        layout.wrap_code(self._wraps, self._offset)

    def redress(self, layout: MessageLayout) -> None:
        layout.restyle(self._dressed(), self._look)

    def lay_out(self, message: ChatMessage) -> MessageLayout:
        is_typed = message.role is Role.USER
        body = TypedText() if is_typed else self._document()
        return MessageLayout(message, body, self._look, self._document)

    def rehearse(self) -> None:
        """Set a little of everything and throw it away; may run in a thread."""
        document = self._document()
        document.update(_REHEARSAL, complete=True)
        document.layout(40).measure()

    def _document(self) -> Body:
        document = self._make_document(self._dressed())
        document.wrap_code(self._wraps, offset=self._offset)
        return document

    def _dressed(self) -> Palette:
        if self._palette is None:
            raise RuntimeError("a message was laid out before there was a theme")
        return self._palette
