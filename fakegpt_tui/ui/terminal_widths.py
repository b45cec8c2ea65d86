"""Keeping to the cells that the terminal takes for what terminals do not agree on."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from textual.app import App
from textual.filter import LineFilter
from textual.widget import Widget
from textual.widgets import TextArea

from fakegpt_tui.ui.terminal.cell_widths import EmojiSupport, WidthProfile, use_profile
from fakegpt_tui.ui.terminal.driver import write_to_terminal
from fakegpt_tui.ui.terminal.line_filters import BidiIsolateFilter, EmojiFilter, WideTerminalFilter
from fakegpt_tui.ui.terminal.width_query import (
    LEAST_ROWS,
    WidthProbe,
    WidthReported,
    build_width_query,
)
from fakegpt_tui.ui.widgets.transcript.message_page import MessagePage

_TWO = 2


class AmbiguousWidth(StrEnum):
    """How wide ambiguous characters are said to be; `AUTO` leaves it to the terminal to say."""

    AUTO = "auto"
    NARROW = "narrow"
    WIDE = "wide"


class WidthDetection:
    """Asks the terminal, and has everything laid out and drawn anew if the answer is news.

    Nothing waits for the answer, which as a rule comes before the first picture. Until it does,
    and where there is none, the terminal is taken for one that is narrow and knows Unicode.
    """

    def __init__(self, app: App[Any], wanted: AmbiguousWidth, *, isolates: bool) -> None:
        self._app = app
        self._preference = wanted
        self._counting = WidthProfile()
        self.isolates = isolates
        """Whether isolates are written: wanted, and not shown as characters by the terminal."""
        self._composing = EmojiSupport()
        # One instance of each: strips are cached by the filters they went through.
        self._isolating = BidiIsolateFilter()
        self._emoji = EmojiFilter(self._composing)
        self._narrowing = WideTerminalFilter()
        self.filters: Sequence[LineFilter] = ()
        """What lines are to go through last."""
        self._is_planned = False

    def start(self) -> None:
        """Do what is wanted, and ask; to be called before anything is drawn."""
        use_profile(self._wanted_counting)
        self.filters = tuple(self._needed_filters())
        columns, rows = self._app.size
        if rows >= LEAST_ROWS:
            write_to_terminal(self._app, build_width_query(columns, isolates=self.isolates))

    def set_preference(self, wanted: AmbiguousWidth) -> None:
        """Do something else from now on."""
        self._preference = wanted
        self._schedule()

    def handle_report(self, report: WidthReported) -> None:
        """Take in what the terminal reports."""
        has_two = report.cells == _TWO
        match report.probe:
            case WidthProbe.AMBIGUOUS:
                self._counting = replace(self._counting, wide=has_two)
            case WidthProbe.ISOLATED:
                self.isolates = self.isolates and report.cells == 0
            case WidthProbe.SELECTED:
                self._composing = replace(self._composing, selected=has_two)
            case WidthProbe.JOINED:
                self._composing = replace(self._composing, joined=has_two)
            case WidthProbe.TONED:
                self._composing = replace(self._composing, toned=has_two)
            case WidthProbe.SPACED:
                self._counting = replace(self._counting, spaced=has_two)
            case WidthProbe.RECENT:
                self._counting = replace(self._counting, old=report.cells == 1)
        self._schedule()

    @property
    def _wanted_counting(self) -> WidthProfile:
        if self._preference is AmbiguousWidth.AUTO:
            return self._counting
        return replace(self._counting, wide=self._preference is AmbiguousWidth.WIDE)

    def _schedule(self) -> None:
        """Use what is known once all is heard that has come by now."""
        if not self._is_planned:
            self._is_planned = True
            self._app.call_later(self._apply)

    def _apply(self) -> None:
        self._is_planned = False
        is_counted_anew = use_profile(self._wanted_counting)
        before, self.filters = self.filters, tuple(self._needed_filters())
        if is_counted_anew or self.filters != before:
            self._redraw(is_counted_anew=is_counted_anew)

    def _needed_filters(self) -> Iterator[LineFilter]:
        if self.isolates:
            yield self._isolating
        if self._emoji.composing != self._composing:
            self._emoji = EmojiFilter(self._composing)
        if not self._composing.is_full:
            yield self._emoji
        if self._wanted_counting.wide:
            yield self._narrowing

    def _redraw(self, *, is_counted_anew: bool) -> None:
        for screen in self._app.screen_stack:
            for widget in screen.walk_children(Widget, with_self=True):
                if is_counted_anew:
                    _remeasure(widget)
                widget.refresh(layout=is_counted_anew)
                if widget.show_vertical_scrollbar:
                    widget.vertical_scrollbar.refresh()


def _remeasure(widget: Widget) -> None:
    if isinstance(widget, MessagePage):
        widget.remeasure()
    elif isinstance(widget, TextArea):
        # Has it break its lines, which it does by itself only when its width changes.
        widget.mutate_reactive(TextArea.indent_width)
    widget.notify_style_update()
