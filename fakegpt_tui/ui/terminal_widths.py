"""Keeping to the cells that the terminal takes for ambiguous characters."""

from enum import StrEnum
from typing import Any

from textual.app import App
from textual.filter import LineFilter
from textual.widget import Widget
from textual.widgets import TextArea

from fakegpt_tui.ui.driver import write_to_terminal
from fakegpt_tui.ui.line_filter import WideTerminalFilter
from fakegpt_tui.ui.rendering import ambiguous
from fakegpt_tui.ui.widgets.message_page import MessagePage
from fakegpt_tui.ui.width_report import LEAST_ROWS, QUESTION


class AmbiguousWidth(StrEnum):
    """How wide ambiguous characters are said to be; `AUTO` leaves it to the terminal to say."""

    AUTO = "auto"
    NARROW = "narrow"
    WIDE = "wide"


class TerminalWidths:
    """Asks the terminal, and has everything laid out and drawn anew if the answer is news.

    Nothing waits for the answer: until it is there, and where there is none, all is narrow. As a
    rule it comes before the first picture.
    """

    def __init__(self, app: App[Any], wanted: AmbiguousWidth) -> None:
        self._app = app
        self._wanted = wanted
        self._filters: tuple[LineFilter, ...] = (WideTerminalFilter(),)

    @property
    def filters(self) -> tuple[LineFilter, ...]:
        """What lines are to go through last."""
        return self._filters if ambiguous.are_wide() else ()

    def begin(self) -> None:
        """Do what is wanted; to be called before anything is drawn."""
        ambiguous.take_for_wide(self._wanted is AmbiguousWidth.WIDE)
        self._ask()

    def want(self, wanted: AmbiguousWidth) -> None:
        """Do something else from now on."""
        self._wanted = wanted
        ambiguous.take_for_wide(wanted is AmbiguousWidth.WIDE)
        self._ask()
        self._draw_anew()

    def hear(self, cells: int) -> None:
        """Take in what the terminal reports."""
        if self._wanted is AmbiguousWidth.AUTO and ambiguous.take_for_wide(cells > 1):
            self._draw_anew()

    def _ask(self) -> None:
        if self._wanted is AmbiguousWidth.AUTO and self._app.size.height >= LEAST_ROWS:
            write_to_terminal(self._app, QUESTION)

    def _draw_anew(self) -> None:
        for screen in self._app.screen_stack:
            for widget in screen.walk_children(Widget, with_self=True):
                if isinstance(widget, MessagePage):
                    widget.remeasure()
                elif isinstance(widget, TextArea):
                    # Has it break its lines, which it does by itself only when its width changes.
                    widget.mutate_reactive(TextArea.indent_width)
                widget.notify_style_update()
                widget.refresh(layout=True)
                if widget.show_vertical_scrollbar:
                    widget.vertical_scrollbar.refresh()
