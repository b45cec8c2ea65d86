"""Dialogs: screens that ask for something and close; here, what is offered and chosen."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen

from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import key_label

if TYPE_CHECKING:
    from textual.widget import Widget
else:
    Widget = object  # A widget has the style sheet of its first base that is one.

KEY_GAP = " · "
UNSAVED = "Nothing is saved; ctrl+s saves, esc again drops it."
"""What a form says to the first esc once something was typed."""
_NARROW_GAP = ", "
_MAX_TITLE = 200
_CORNERS = 6
"""Cells of the frame beside its title or its keys."""
_MORE_KEYS = "F1 keys"
_ROOM_FOR_KEYS = 20
"""Rows of a screen from which on a dialog may have two of keys."""


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


_FRAME_KEYS: Final[list[BindingType]] = [Binding("f1", "show_all_keys", show=False)]
"""Textual asks widgets alone for them, and not their other bases."""


class _Framed(Widget):
    """A frame with a title, which is a noun, and keys at the foot.

    Where there is no room for all keys in the frame, the first stand in a row above it; on a low
    screen, or where that is not enough, F1 shows the rest.
    """

    _title = _keys = ""
    _shows_all_keys = False

    def __init__(self, name: str) -> None:
        super().__init__(id=name, classes="dialog")

    def compose(self) -> ComposeResult:
        from textual.widgets import Static  # noqa: PLC0415 - with a dialog

        yield Static(classes="keys")

    def set_frame(self, title: str, keys: str) -> None:
        self._title, self._keys = title, keys
        self.on_resize()

    def on_resize(self) -> None:
        from textual.widgets import Static  # noqa: PLC0415 - with a dialog

        # Before the first layout it is at most as wide as the screen.
        room = (self.outer_size.width or self.app.size.width) - _CORNERS
        height = self.app.size.height
        most = 2 if height >= _ROOM_FOR_KEYS else 1
        most = height - 1 if self._shows_all_keys else most
        *above, last = key_rows(self._keys, room, most)
        show_titles(self, self._title, last)
        for rows in self.query_children(".keys").results(Static):
            rows.update(Content("\n".join(above)))
            rows.display = bool(above)
        self.set_class(bool(above), "-many-keys")
        self.call_after_refresh(self.keep_in_view)

    def keep_in_view(self) -> None:
        """Scroll to what enter takes, and to what is typed."""
        from textual.widgets import OptionList  # noqa: PLC0415 - with a dialog

        for options in self.query(OptionList):
            options.scroll_to_highlight()
        if (focused := self.screen.focused) is not None:
            focused.scroll_visible(animate=False)

    def action_show_all_keys(self) -> None:
        """Show all keys, whatever room they take, or again as many as fit."""
        self._shows_all_keys = not self._shows_all_keys
        self.on_resize()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where no key is hidden, F1 is what it is elsewhere."""
        del parameters
        is_needed = self._shows_all_keys or _MORE_KEYS in str(self.border_subtitle)
        return action != "show_all_keys" or is_needed


class DialogFrame(_Framed, Vertical):
    """The frame of a dialog, as high as what is in it."""

    BINDINGS = _FRAME_KEYS


class ScrollingFrame(_Framed, VerticalScroll):
    """The frame of a dialog that is to be read, and scrolls."""

    BINDINGS = _FRAME_KEYS


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


def key_rows(keys: str, width: int, most: int) -> list[str]:
    """Keys in at most so many rows, closer to each other where room is scarce.

    Where there is no room for all, the key that shows the rest is told. The last row always ends
    with the last key, which closes the dialog.
    """
    *others, last = keys.split(KEY_GAP)
    rows = min((_wrapped([*others, last], width, gap) for gap in (KEY_GAP, _NARROW_GAP)), key=len)
    while others and len(rows) > most:
        others.pop()
        rows = _wrapped([*others, _MORE_KEYS, last], width, _NARROW_GAP)
    return rows if len(rows) <= most else [last]


def _wrapped(keys: Sequence[str], width: int, gap: str) -> list[str]:
    rows = [keys[0]]
    for key in keys[1:]:
        longer = f"{rows[-1]}{gap}{key}"
        if cell_len(longer) <= width:
            rows[-1] = longer
        else:
            rows.append(key)
    return rows


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
