"""Line filters and themes: the last changes to every line drawn, and the theme it is drawn in.

Mends: Textual writes control characters of content, and of OSC 8 links, to the terminal as they
are, and a row as one text (see `bidi_isolates`). A theme that is set while the app mounts has all
styles parsed once more.
Since: Textual 8.2.8. Can go: never, as a second wall; the others with `bidi_isolates`, and with a
theme as an argument of an app.
"""

from collections.abc import Iterable
from typing import Any

from rich.console import RenderableType
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter
from textual.screen import Screen

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import ISOLATE, POP_ISOLATE, RIGHT_TO_LEFT
from fakegpt_tui.ui.terminal.output import HELD_PICTURES, PICTURE_META

_BIDI = (*range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C)
_SEPARATORS = (0x2028, 0x2029)
_PICTURE_CELL = 0x10EEEE
"""A terminal would draw a picture there, which foreign text must not ask for."""

_NO_GROUND = Style(bgcolor="default")
_MOST_STYLES = 4096

_CELL = chr(_PICTURE_CELL)

_REPLACED = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "␡",
    **dict.fromkeys((*range(0x80, 0xA0), *_BIDI, *_SEPARATORS, _PICTURE_CELL), "�"),
    # What is behind a dialog has been through all filters before.
    **dict.fromkeys(map(ord, (ISOLATE, POP_ISOLATE)), ""),
    **dict.fromkeys(range(0xD800, 0xE000), "�"),
}
_HOSTILE = lazy_pattern(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff"
    "\U0010eeee]"
)


class SafeLineFilter(LineFilter):
    """Puts a sign in the place of each character that a terminal would obey.

    Isolates are removed, too, as `IsolatingFilter` puts in its own.

    Text that passed `text.py` has no such characters; this filter is for what was forgotten there,
    or comes from a library. Behind it only sequences of this program may be added.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 (the filter's interface)
        if _is_clean(segments):
            return segments
        return [_safe(segment) for segment in segments]


class TransparentFilter(LineFilter):
    """Leaves out the given background colours, so that the terminal's own is seen."""

    def __init__(self, grounds: frozenset[str]) -> None:
        """`grounds` are colours as `#rrggbb`."""
        super().__init__()
        self.grounds = grounds
        self._seen_through: dict[Style, Style] = {}

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 (the filter's interface)
        return [
            Segment(text, self._without_ground(style), control) if style and not control else each
            for each in segments
            for text, style, control in (each,)
        ]

    def _without_ground(self, style: Style) -> Style:
        found = self._seen_through.get(style)
        if found is None:
            if len(self._seen_through) > _MOST_STYLES:
                self._seen_through.clear()
            found = self._seen_through[style] = self._changed(style)
        return found

    def _changed(self, style: Style) -> Style:
        ground = style.bgcolor
        if ground is None or ground.triplet is None or ground.triplet.hex not in self.grounds:
            return style
        return style + _NO_GROUND


class BidiIsolateFilter(LineFilter):
    """Isolates what is written from right to left, in every line of every widget.

    The signs for it are in no text that is measured, found, selected or copied: they are added
    last of all, behind `SafeLineFilter`, which has taken out those of others.
    """

    has_isolated = False
    """Has any text been isolated yet?"""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 (the filter's interface)
        if not any(not text.isascii() and RIGHT_TO_LEFT.search(text) for text, _, _ in segments):
            return segments
        if any(text.startswith(_CELL) for text, _, _ in segments):
            return segments  # Marks of Hebrew and Arabic count the cells of pictures.
        from fakegpt_tui.ui.terminal.bidi_isolates import isolate_rtl  # noqa: PLC0415 - for such a text

        self.has_isolated = True
        return list(isolate_rtl(segments))


class BidiRepairingApp(App[None]):
    """An app that repairs what it is about to write, once it `has_isolated` anything."""

    @property
    def has_isolated(self) -> bool:
        return False

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if self.has_isolated:
            from fakegpt_tui.ui.terminal.bidi_isolates import repair_bidi  # noqa: PLC0415 - as above

            repair_bidi(renderable)
        super()._display(screen, renderable)


def _is_clean(segments: Iterable[Segment]) -> bool:
    for text, style, _ in segments:
        # Nothing that is printable, in Python's sense, is hostile; the reverse is not so.
        is_hostile = not text.isprintable() and _HOSTILE.search(text)
        if is_hostile and not _is_own_picture(text, style):
            return False
        if style is not None and style.link and _HOSTILE.search(style.link):
            return False
    return True


def _is_own_picture(text: str, style: Style | None) -> bool:
    """Are these cells of a picture that this program has given to the terminal?"""
    if style is None or style.color is None or not text.startswith(_CELL):
        return False
    number, triplet = style.meta.get(PICTURE_META), style.color.triplet
    if number not in HELD_PICTURES or not isinstance(number, int) or triplet is None:
        return False
    return (triplet.red << 16 | triplet.green << 8 | triplet.blue) == number & 0xFFFFFF


def _safe(segment: Segment) -> Segment:
    text, style, control = segment
    if control or _is_own_picture(text, style):
        return segment
    if style is not None and _CELL in text and PICTURE_META in style.meta:
        # One that the terminal has forgotten, or in another colour, would be another picture.
        return Segment(" " * text.count(_CELL), style.clear_meta_and_links())
    if style is not None and style.link and _HOSTILE.search(style.link):
        style += Style(link=_HOSTILE.sub("", style.link))  # written as it is, by OSC 8
    return Segment(text.translate(_REPLACED), style)


def start_with_theme(app: App[Any], name: str) -> None:
    """Set the theme of an app that does not run yet, if it has one of that name."""
    if name not in app.available_themes:
        return
    app.set_reactive(App.theme, name)
    is_dark = app.current_theme.dark
    app.set_class(is_dark, "-dark-mode", update=False)
    app.set_class(not is_dark, "-light-mode", update=False)
    app.set_class(True, f"-theme-{name}", update=False)
    app._refresh_truecolor_filter(app.ansi_theme)  # noqa: SLF001 (see above)
    app.stylesheet.set_variables(app.get_css_variables())


def refresh_theme(app: App[Any]) -> None:
    """Use the theme in use anew, after another one was registered by its name."""
    app._watch_theme(app.theme)  # noqa: SLF001 (see above)
