"""Width detection: asking the terminal how many cells characters take, and pixels a cell.

Mends: Rich and Textual measure by the newest Unicode, whatever the terminal does, so that lines
come out too long or too short. The answers choose the profile of `cell_widths` and the filters. Of
pixels Textual knows only what some terminals tell when they are resized.
Since: Textual 8.2.8 and Rich 15.0.0. Can go: when Textual asks the terminal for widths itself.
"""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, Protocol, runtime_checkable

from textual.app import App
from textual.filter import LineFilter
from textual.message import Message
from textual.widget import Widget
from textual.widgets import TextArea

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.ui.options import AmbiguousWidth
from fakegpt_tui.ui.terminal.line_filters import BidiIsolateFilter
from fakegpt_tui.ui.terminal.output import write_to_terminal

_TWO = 2
_CELL_WIDTHS: Final = "fakegpt_tui.ui.terminal.cell_widths"

_LEAST_ROWS: Final = 2
"""A terminal must have as many rows to be asked: what it reports of the first one is a key."""

_NEVER_ASKED: Final = {"", "dumb", "linux", "unknown"}
"""Values of TERM whose terminals show what they do not know."""
_STEP = 6
_REPORT = lazy_pattern(rf"\x1b\[{_LEAST_ROWS};([1-9]\d?)R", re.ASCII)
_CELL_QUESTION: Final = "\x1b[16t"
_CELL_REPORT = lazy_pattern(r"\x1b\[6;(\d{1,4});(\d{1,4})t", re.ASCII)


def takes_questions(environment: Mapping[str, str]) -> bool:
    """Does the terminal keep a question that it does not know to itself? Others print it."""
    return (
        environment.get("TERM", "") not in _NEVER_ASKED
        and environment.get("TERM_PROGRAM") != "Apple_Terminal"
    )


class WidthProbe(StrEnum):
    """What it is asked about: one example of each kind."""

    AMBIGUOUS = "▽"
    ISOLATED = "\u2068\u2069"
    SELECTED = "❤\ufe0f"
    JOINED = "👩\u200d💻"
    TONED = "👍\U0001f3fd"
    SPACED = "का"
    RECENT = "☰"


_PROBES = tuple(WidthProbe)


class WidthReported(Message):
    """The terminal has told how many cells it takes for an example."""

    def __init__(self, sample: WidthProbe, cells: int) -> None:
        super().__init__()
        self.probe = sample
        self.cells = cells


class CellReported(Message):
    """The terminal has told how many pixels a cell has."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self.width = width
        self.height = height


def _is_odd(report: WidthReported) -> bool:
    """Does the terminal not count an example as Rich does?"""
    match report.probe:
        case WidthProbe.AMBIGUOUS | WidthProbe.SPACED:
            return report.cells == _TWO
        case WidthProbe.RECENT:
            return report.cells == 1
        case _:
            return report.cells != _TWO


def build_width_query(columns: int, *, isolates: bool) -> str:
    """What to write for reports on the examples that there is room for, if need be on isolates.

    They stand where the next picture will be, each in a place that tells its report from others.
    """
    samples = _PROBES[: columns // _STEP]
    asked = (
        f"\x1b[{_LEAST_ROWS};{1 + place * _STEP}H{sample}\x1b[6n"
        for place, sample in enumerate(samples)
        if isolates or sample is not WidthProbe.ISOLATED
    )
    return f"{''.join(asked)}\r\x1b[K\x1b[H"


def parse_width_report(sequence: str) -> WidthReported | None:
    """The width that a sequence from the terminal reports; `None` for other sequences."""
    report = _REPORT.fullmatch(sequence)
    place, cells = divmod(int(report[1]) - 1, _STEP) if report else (len(_PROBES), 0)
    return WidthReported(_PROBES[place], cells) if place < len(_PROBES) else None


def parse_cell_report(sequence: str) -> CellReported | None:
    """The same of the pixels of a cell, which other terminals report as xterm does."""
    report = _CELL_REPORT.fullmatch(sequence)
    return CellReported(int(report[2]), int(report[1])) if report else None


def window_pixels() -> tuple[int, int, int, int]:
    """Columns, rows, width and height of the terminal; zeros for what the system does not know."""
    if sys.platform == "win32":
        return 0, 0, 0, 0
    import fcntl  # noqa: PLC0415 - where there is a terminal of that kind
    import struct  # noqa: PLC0415
    import termios  # noqa: PLC0415

    try:
        said = fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8))
    except OSError:
        return 0, 0, 0, 0
    rows, columns, width, height = struct.unpack("HHHH", said)
    return columns, rows, width, height


def ask_cell(app: App[Any]) -> None:
    """Ask for the pixels of a cell where only the terminal knows them; nothing waits for that."""
    if not all(window_pixels()) and sys.platform != "win32" and takes_questions(os.environ):
        write_to_terminal(app, _CELL_QUESTION)


@runtime_checkable
class Remeasurable(Protocol):
    """A widget that caches what it has measured."""

    def remeasure(self) -> None: ...


class WidthDetection:
    """Asks the terminal, and has everything laid out and drawn again if the answer is new.

    Nothing waits for the answer, which usually comes before the first frame. Until then, and where
    there is none, ambiguous characters are taken for narrow and Unicode for known.
    """

    def __init__(self, app: App[Any], preference: AmbiguousWidth, *, isolates: bool) -> None:
        self._app = app
        self._preference = preference
        self._odd: set[WidthProbe] = set()
        """The kinds of which the terminal does not count as Rich does."""
        self._filtered: set[WidthProbe] = set()
        """Those that the filters are for."""
        self.isolates = isolates
        """Whether isolates are written: asked for, and not shown as characters by the terminal."""
        # One instance of each: strips are cached by the filters they went through.
        self._isolate_filter = BidiIsolateFilter()
        self._width_filters: Sequence[LineFilter] = ()
        self.filters: Sequence[LineFilter] = ()
        """The last filters of all lines."""
        self._is_scheduled = False

    @property
    def has_isolated(self) -> bool:
        """Have there been isolates in what was drawn?"""
        return self._isolate_filter.has_isolated

    def start(self) -> None:
        """Use the preference, and ask; to be called before anything is drawn."""
        self._use_widths()
        columns, rows = self._app.size
        if rows >= _LEAST_ROWS:
            write_to_terminal(self._app, build_width_query(columns, isolates=self.isolates))

    def set_preference(self, preference: AmbiguousWidth) -> None:
        """Use another preference from now on."""
        self._preference = preference
        self._schedule()

    def handle_report(self, report: WidthReported) -> None:
        """Use what the terminal reports."""
        if report.probe is WidthProbe.ISOLATED:
            self.isolates = self.isolates and report.cells == 0
        elif _is_odd(report):
            self._odd.add(report.probe)
        else:
            self._odd.discard(report.probe)
        self._schedule()

    def _schedule(self) -> None:
        """Apply what is known once all reports that have arrived are handled."""
        if not self._is_scheduled:
            self._is_scheduled = True
            self._app.call_later(self._apply)

    def _apply(self) -> None:
        self._is_scheduled = False
        before = self.filters
        has_new_widths = self._use_widths()
        if has_new_widths or self.filters != before:
            self._redraw(has_new_widths=has_new_widths)

    @property
    def _wanted_odd(self) -> set[WidthProbe]:
        match self._preference:
            case AmbiguousWidth.AUTO:
                return set(self._odd)
            case AmbiguousWidth.WIDE:
                return self._odd | {WidthProbe.AMBIGUOUS}
            case _:
                return self._odd - {WidthProbe.AMBIGUOUS}

    def _use_widths(self) -> bool:
        """Count and filter as is known by now; whether widths are counted in another way."""
        odd, has_new_widths = self._wanted_odd, False
        if odd or _CELL_WIDTHS in sys.modules:  # As long as it is not, Rich counts by itself.
            from fakegpt_tui.ui.terminal import cell_widths  # noqa: PLC0415 - where Rich is wrong

            has_new_widths = cell_widths.use_profile(
                cell_widths.WidthProfile(
                    wide_ambiguous=WidthProbe.AMBIGUOUS in odd,
                    wide_marks=WidthProbe.SPACED in odd,
                    before_unicode_16=WidthProbe.RECENT in odd,
                )
            )
            if odd != self._filtered:
                self._filtered = odd
                self._width_filters = cell_widths.width_filters(
                    cell_widths.EmojiSupport(
                        joins_sequences=WidthProbe.JOINED not in odd,
                        skin_tones=WidthProbe.TONED not in odd,
                        variation_selectors=WidthProbe.SELECTED not in odd,
                    ),
                    is_wide=WidthProbe.AMBIGUOUS in odd,
                )
        own = (self._isolate_filter,) if self.isolates else ()
        self.filters = (*own, *self._width_filters)
        return has_new_widths

    def _redraw(self, *, has_new_widths: bool) -> None:
        for screen in self._app.screen_stack:
            for widget in screen.walk_children(Widget, with_self=True):
                if has_new_widths:
                    _remeasure(widget)
                widget.refresh(layout=has_new_widths)
                if widget.show_vertical_scrollbar:
                    widget.vertical_scrollbar.refresh()


def remeasure_all(app: App[Any]) -> None:
    """Have every widget that caches measures measure again."""
    for screen in app.screen_stack:
        for widget in screen.walk_children(Widget, with_self=True):
            if isinstance(widget, Remeasurable):
                widget.remeasure()


def _remeasure(widget: Widget) -> None:
    if isinstance(widget, Remeasurable):
        widget.remeasure()
    elif isinstance(widget, TextArea):
        # Has it break its lines, which it does by itself only when its width changes.
        widget.mutate_reactive(TextArea.indent_width)
    widget.notify_style_update()
