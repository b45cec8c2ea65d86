"""Drawing helpers for widgets: text of an exact width, a cache of lines, and spacing of frames."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from time import monotonic
from typing import TYPE_CHECKING, Self

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.containers import Horizontal, Vertical
from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.strip import Strip

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_MONTHS = tuple(name[:3] for name in _MONTH_NAMES)
_CALM_RATE = 4.0
_IDLE_SHARE = 4
"""A repaint may take a quarter of the time at most, so that keys are always heard."""
_AGES = ((31_557_600, "y"), (604_800, "w"), (86_400, "d"), (3_600, "h"), (60, "m"))

if TYPE_CHECKING:
    from textual.widget import Widget
else:
    Widget = object  # A widget has the style sheet of its first base that is one.


class RenderCache(Widget):
    """A widget that gives the same lines for the same region until `refresh` is called.

    Inherit from it before the widget's own class. Textual asks each visible widget for all of its
    lines each time that anything is drawn, and composes them out of a cache of its own; while a
    reply streams, that is most of the work.
    """

    virtual_size = Reactive(Size(0, 0), layout=False)
    """For a widget that scrolls nothing; Textual lays all out again whenever one has a new size."""
    _cached: tuple[Region, list[Strip]] | None = None

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        self._cached = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        kept = self._cached
        if kept is None or kept[0] != crop:
            kept = self._cached = crop, super().render_lines(crop)
        return kept[1]


class Column(RenderCache, Vertical):
    """Widgets one below the other."""


class Row(RenderCache, Horizontal):
    """Widgets side by side."""


def set_display(widget: Widget, is_shown: bool) -> None:
    """Show or hide a widget; nothing is laid out again where it is so already."""
    if widget.display != is_shown:
        widget.display = is_shown


async def until_drawn(widget: Widget) -> None:
    """Wait until what a widget has to show is on the screen."""
    # Its layout comes first, with an update of its own.
    for _ in range(2):
        drawn = asyncio.Event()
        widget.call_after_refresh(drawn.set)
        await drawn.wait()


def format_day(time: datetime, now: datetime) -> str:
    """The day of a time, or on that of `now` the time itself: `14:02`, `3 Nov`, `3 Nov 2024`."""
    local = time.astimezone(now.tzinfo)
    if local.date() == now.date():
        return f"{local:%H:%M}"
    day = f"{local.day} {_MONTHS[local.month - 1]}"
    return day if local.year == now.year else f"{day} {local.year}"


def format_time(time: datetime, now: datetime) -> str:
    """When something was, as short as `now` allows: `14:02`, `3 Nov 14:02`, `3 Nov 2024`."""
    local, day = time.astimezone(now.tzinfo), format_day(time, now)
    has_time = local.year != now.year or local.date() == now.date()
    return day if has_time else f"{day} {local:%H:%M}"


def format_month(time: datetime, now: datetime) -> str:
    """The month of a time, with its year where that is not the year of `now`."""
    local = time.astimezone(now.tzinfo)
    month = _MONTH_NAMES[local.month - 1]
    return month if local.year == now.year else f"{month} {local.year}"


def format_age(time: datetime, now: datetime) -> str:
    """How long ago something was, in at most four cells: `now`, `5m`, `3h`, `2d`, `7w`, `2y`."""
    seconds = max(0.0, (now - time).total_seconds())
    for length, unit in _AGES:
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return "now"


def truncate(text: str, width: int) -> str:
    """`text`, cut and ended with … where it takes more than `width` cells."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def spinner(step: int) -> str:
    """The sign of something under way, which turns with each step."""
    return _SPINNER[step % len(_SPINNER)]


def icon_cell(text: str) -> str:
    """An icon before a text, with the space after it that a wide icon takes for itself."""
    return set_cell_size(text, 2)


def fit(text: str, width: int) -> str:
    """`text` cut or filled up so that it takes `width` cells."""
    return set_cell_size(truncate(text, width), max(0, width))


def without_background(style: Style) -> Style:
    """`style` without its background, for text that may stand on another one."""
    return Style(color=style.color, bold=style.bold, italic=style.italic, dim=style.dim)


def highlighted(strip: Strip, span: tuple[int, int], style: Style) -> Strip:
    """A line with `style` on top of the characters of a span, which marks stay with."""
    made: list[Segment] = []
    first = 0
    for text, own, _ in strip:
        start, end = (max(0, min(at - first, len(text))) for at in span)
        parts = ((text[:start], own), (text[start:end], (own or Style.null()) + style))
        made += (Segment(*part) for part in (*parts, (text[end:], own)) if part[0])
        first += len(text)
    return Strip(made, strip.cell_length)


def changed_regions(
    rows: Sequence[Strip], before: Sequence[Strip], width: int, blank: Style
) -> list[Region]:
    """What has changed of rows, but for what is blank at their ends, now and before.

    That need not be sent to the terminal again.
    """
    changed: list[Region] = []
    for y, (row, painted) in enumerate(zip_longest(rows, before)):
        if row is painted or row == painted:
            continue
        inked = width
        if row is not None and painted is not None:
            inked = max(_inked_width(row, blank), _inked_width(painted, blank))
        changed.append(Region(0, y, inked, 1))
    return changed


def _inked_width(strip: Strip, blank: Style) -> int:
    """The cells of a row up to the blanks at its end, which have that style."""
    last = next(reversed(strip), None)
    if last is None or last.style != blank:
        return strip.cell_length
    return strip.cell_length - len(last.text)


class FrameLimiter:
    """Spaces repaints evenly, and further apart when they turn out to be slow."""

    def __init__(self, rate: float) -> None:
        """At most `rate` repaints a second, and few while it `is_calm`."""
        self.rate = rate
        self.is_calm = False
        self._began = self._ended = -1 / rate

    @property
    def most(self) -> float:
        """How many repaints a second there may be."""
        return min(self.rate, _CALM_RATE) if self.is_calm else self.rate

    def delay(self) -> float:
        """Seconds from now to when the next repaint may begin."""
        spacing = max(1 / self.most, _IDLE_SHARE * (self._ended - self._began))
        return max(0.0, self._began + spacing - monotonic())

    def __enter__(self) -> None:
        """A repaint begins."""
        self._began = monotonic()

    def __exit__(self, *_: object) -> None:
        self._ended = monotonic()
