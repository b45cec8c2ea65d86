"""Width detection: asking the terminal how many cells characters take, and pixels a cell.

Mends: Rich and Textual measure by the newest Unicode, whatever the terminal does, so that lines
come out too long or too short. The answers choose the profile of `cell_widths` and the filters. Of
pixels Textual knows only what some terminals tell when they are resized.
Since: Textual 8.2.8 and Rich 15.0.0. Can go: when Textual asks the terminal for widths itself.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final, Protocol, runtime_checkable

from textual.app import App
from textual.filter import LineFilter
from textual.message import Message
from textual.widget import Widget
from textual.widgets import TextArea

from fakegpt_tui.ui.options import AmbiguousWidth
from fakegpt_tui.ui.terminal.cell_widths import EmojiSupport, WidthProfile, use_profile
from fakegpt_tui.ui.terminal.line_filters import BidiIsolateFilter, EmojiFilter, WideTerminalFilter
from fakegpt_tui.ui.terminal.output import write_to_terminal

_TWO = 2

_LEAST_ROWS: Final = 2
"""A terminal must have as many rows to be asked: what it reports of the first one is a key."""

_NEVER_ASKED: Final = {"", "dumb", "linux", "unknown"}
"""Values of TERM whose terminals show what they do not know."""
_STEP = 6
_REPORT = re.compile(rf"\x1b\[{_LEAST_ROWS};([1-9]\d?)R", re.ASCII)
_CELL_QUESTION: Final = "\x1b[16t"
_CELL_REPORT = re.compile(r"\x1b\[6;(\d{1,4});(\d{1,4})t", re.ASCII)


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
    """What a sequence from the terminal reports; `None` if that is something else."""
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
    """A widget that keeps what it has measured."""

    def remeasure(self) -> None: ...


class WidthDetection:
    """Asks the terminal, and has everything laid out and drawn again if the answer is new.

    Nothing waits for the answer, which usually comes before the first frame. Until then, and where
    there is none, ambiguous characters are taken for narrow and Unicode for known.
    """

    def __init__(self, app: App[Any], preference: AmbiguousWidth, *, isolates: bool) -> None:
        self._app = app
        self._preference = preference
        self._profile = WidthProfile()
        self.isolates = isolates
        """Whether isolates are written: asked for, and not shown as characters by the terminal."""
        self._emoji_support = EmojiSupport()
        # One instance of each: strips are cached by the filters they went through.
        self._isolate_filter = BidiIsolateFilter()
        self._emoji_filter = EmojiFilter(self._emoji_support)
        self._frame_filter = WideTerminalFilter()
        self.filters: Sequence[LineFilter] = ()
        """The last filters of all lines."""
        self._is_scheduled = False

    @property
    def has_isolated(self) -> bool:
        """Have there been isolates in what was drawn?"""
        return self._isolate_filter.has_isolated

    def start(self) -> None:
        """Use the preference, and ask; to be called before anything is drawn."""
        use_profile(self._wanted_profile)
        self.filters = tuple(self._needed_filters())
        columns, rows = self._app.size
        if rows >= _LEAST_ROWS:
            write_to_terminal(self._app, build_width_query(columns, isolates=self.isolates))

    def set_preference(self, preference: AmbiguousWidth) -> None:
        """Use another preference from now on."""
        self._preference = preference
        self._schedule()

    def handle_report(self, report: WidthReported) -> None:
        """Use what the terminal reports."""
        has_two = report.cells == _TWO
        match report.probe:
            case WidthProbe.AMBIGUOUS:
                self._profile = replace(self._profile, wide_ambiguous=has_two)
            case WidthProbe.ISOLATED:
                self.isolates = self.isolates and report.cells == 0
            case WidthProbe.SELECTED:
                self._emoji_support = replace(self._emoji_support, variation_selectors=has_two)
            case WidthProbe.JOINED:
                self._emoji_support = replace(self._emoji_support, joins_sequences=has_two)
            case WidthProbe.TONED:
                self._emoji_support = replace(self._emoji_support, skin_tones=has_two)
            case WidthProbe.SPACED:
                self._profile = replace(self._profile, wide_marks=has_two)
            case WidthProbe.RECENT:
                self._profile = replace(self._profile, before_unicode_16=report.cells == 1)
        self._schedule()

    @property
    def _wanted_profile(self) -> WidthProfile:
        if self._preference is AmbiguousWidth.AUTO:
            return self._profile
        return replace(self._profile, wide_ambiguous=self._preference is AmbiguousWidth.WIDE)

    def _schedule(self) -> None:
        """Apply what is known once all reports that have arrived are handled."""
        if not self._is_scheduled:
            self._is_scheduled = True
            self._app.call_later(self._apply)

    def _apply(self) -> None:
        self._is_scheduled = False
        has_new_widths = use_profile(self._wanted_profile)
        before, self.filters = self.filters, tuple(self._needed_filters())
        if has_new_widths or self.filters != before:
            self._redraw(has_new_widths=has_new_widths)

    def _needed_filters(self) -> Iterator[LineFilter]:
        if self.isolates:
            yield self._isolate_filter
        if self._emoji_filter.composing != self._emoji_support:
            self._emoji_filter = EmojiFilter(self._emoji_support)
        if not self._emoji_support.is_full:
            yield self._emoji_filter
        if self._wanted_profile.wide_ambiguous:
            yield self._frame_filter

    def _redraw(self, *, has_new_widths: bool) -> None:
        for screen in self._app.screen_stack:
            for widget in screen.walk_children(Widget, with_self=True):
                if has_new_widths:
                    _remeasure(widget)
                widget.refresh(layout=has_new_widths)
                if widget.show_vertical_scrollbar:
                    widget.vertical_scrollbar.refresh()


def remeasure_all(app: App[Any]) -> None:
    """Have all widgets that keep what they have measured measure it again."""
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
