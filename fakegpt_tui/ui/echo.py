"""Showing what is typed when it is typed.

Textual draws at the ticks of a clock, of which it may let one pass: while something else changes
all the time, a letter would wait for the next tick but one.

Knows nothing of this program: any screen of Textual on which somebody types can use it.
"""

from typing import TypeVar

from textual.screen import Screen

T = TypeVar("T")


def repaint_now(screen: Screen[T]) -> None:
    """Draw what has changed, if the widget that has the keys is part of it.

    To be called whenever the screen is idle, by its `on_idle`.
    """
    if screen.focused in screen._dirty_widgets:  # noqa: SLF001 (Textual offers no other way, as of 8.2.8)
        screen._on_timer_update()  # noqa: SLF001 (what its clock calls)
