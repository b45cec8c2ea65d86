"""Dialogs: screens that ask for something and close; here, what is offered and chosen."""

from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen

from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import key_label

if TYPE_CHECKING:
    from textual.widget import Widget
else:
    Widget = object  # A widget has the style sheet of its first base that is one.

KEY_GAP = " · "
_NARROW_GAP = ", "
_MAX_TITLE = 200
_CORNERS = 6
"""Cells of the frame beside its title or its keys."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose. `detail` is shown after `text`, and searched too."""

    id: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SearchSelection:
    """What was chosen of a search: a conversation, and perhaps a message with what to find in it.

    The first of the `queries` that is in the message is meant.
    """

    conversation_id: str
    message_id: str | None
    queries: tuple[str, ...] = ()


class _Framed(Widget):
    """A frame with a title, which is a noun, and keys at the foot.

    Where there is no room for all keys, the last go, but for that which closes the dialog.
    """

    _title = _keys = ""

    def __init__(self, name: str) -> None:
        super().__init__(id=name, classes="dialog")

    def set_frame(self, title: str, keys: str) -> None:
        self._title, self._keys = title, keys
        self.on_resize()

    def on_resize(self) -> None:
        # Before the first layout it is at most as wide as the screen.
        room = (self.outer_size.width or self.app.size.width) - _CORNERS
        show_titles(self, self._title, fitting_keys(self._keys, room))
        from textual.widgets import OptionList  # noqa: PLC0415 - with a dialog

        # What enter takes stays in view, and so does what is typed.
        for options in self.query(OptionList):
            self.call_after_refresh(options.scroll_to_highlight)
        if (focused := self.screen.focused) is not None:
            self.call_after_refresh(focused.scroll_visible, animate=False)


class DialogFrame(_Framed, Vertical):
    """The frame of a dialog, as high as what is in it."""


class ScrollingFrame(_Framed, VerticalScroll):
    """The frame of a dialog that is to be read, and scrolls."""


def show_titles(box: Widget, title: str, subtitle: str, *, margin: str = "") -> None:
    """Show foreign text in a frame, which Textual draws anew whenever it is told one.

    A frame without corners leaves no `margin` beside it.
    """
    lines = (safe_line(each, _MAX_TITLE) for each in (title, subtitle))
    shown, below = (Content(f"{margin}{each}{margin}") for each in lines)
    if shown and box.border_title != shown.markup:
        box.border_title = shown
    if below and box.border_subtitle != below.markup:
        box.border_subtitle = below


def fitting_keys(keys: str, width: int) -> str:
    """As many keys as fit, closer to each other where room is scarce, and always the last, which
    closes the dialog.
    """
    *others, last = keys.split(KEY_GAP)
    if cell_len(keys) <= width:
        return keys
    shown = _NARROW_GAP.join([*others, last])
    while others and cell_len(shown) > width:
        others.pop()
        shown = _NARROW_GAP.join([*others, "…", last])
    return shown if cell_len(shown) <= width else last


def shown_keys(screen: Screen[Any]) -> str:
    """The keys of a dialog that are worth a word, that which closes it last."""
    active = screen.active_bindings.values()
    bindings = (each.binding for each in active if each.enabled and each.node is not screen.app)
    words: dict[str, str] = {}
    for binding in sorted(bindings, key=lambda each: each.key == "escape"):
        if binding.show and binding.description:
            words.setdefault(
                binding.action, f"{key_label(binding.key)} {binding.description.lower()}"
            )
    return KEY_GAP.join(words.values())
