"""Reply drawing: shows what a reply under way adds to the main screen, and turns its signs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.ui.widgets.drawing import spinner

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.timer import Timer

    from fakegpt_tui.ui.state import ChatState
    from fakegpt_tui.ui.view_model import ChatView, ViewModel
    from fakegpt_tui.ui.window import Window

_STATUS_SECONDS = 0.5
_SPIN_SECONDS = 0.125
_COUNT_SECONDS = 0.25
_CALM_SECONDS = 5.0
"""Between two looks at a clock or a count, where nothing is to move."""
_DIGITS = lazy_pattern(r"[\d,.:]+")


class ReplyDrawing:
    """Spaces repaints, and ticks only while there is a turn."""

    def __init__(
        self,
        screen: Screen[Any],
        window: Window,
        state: ChatState,
        view_model: ViewModel,
        show: Callable[[ChatView], object],
    ) -> None:
        """`show` shows a view; here it is the last one with another activity."""
        self._screen = screen
        self._window = window
        self._state = state
        self._view_model = view_model
        self._show = show
        self._shown: ChatView | None = None
        self.is_repaint_planned = False
        """Will a repaint show all text that has arrived by then?"""
        self._drawn_id = ""
        """The reply that was drawn last while it grew."""
        self._activity_shown_at = self._turned_at = 0.0
        self._step = 0
        self._activity_timer = self._tick(_STATUS_SECONDS, self._count)
        self._spin_timer = self._tick(_SPIN_SECONDS, self._turn)

    def _tick(self, seconds: float, then: Callable[[], object]) -> Timer:
        return self._screen.set_interval(seconds, then, pause=True)

    def follow(self, shown: ChatView) -> None:
        """Tick while what is shown is under way."""
        self._shown = shown
        for timer, is_needed in (
            (self._activity_timer, bool(shown.activity)),
            (self._spin_timer, shown.is_running),
        ):
            if is_needed:
                timer.resume()
            else:
                timer.pause()

    def plan_repaint(self) -> None:
        """Show what has arrived of the reply, now or as soon as the screen is due again."""
        if self.is_repaint_planned:
            return
        # A timer of no time at all can fail by dividing by it, as of Textual 8.2.8.
        if delay := self._window.limiter.delay():
            self.is_repaint_planned = True
            self._screen.set_timer(delay, self._repaint)
        else:
            self._repaint()

    def _repaint(self) -> None:
        """Show what has arrived: the only change that is not a new view."""
        self.is_repaint_planned = False
        if (turn := self._state.turn) is not None:
            with self._window.limiter:
                if turn.reply_id == self._state.open.leaf_id:
                    if turn.reply_id != self._drawn_id:
                        self._drawn_id = turn.reply_id
                        self._window.urgent = self._window.transcript
                    self._window.transcript.update_message(turn.reply)
                self._spin(least=_SPIN_SECONDS)
                self._show_activity()

    def _turn(self) -> None:
        # While a reply grows, signs turn with its text, or there would be more to draw.
        if not self.is_repaint_planned:
            self._spin()

    def _spin(self, *, least: float = 0.0) -> None:
        """Turn the signs of what is under way: in the header, in the list and on the reply.

        Where a person wants it calm, they stand still; where it is less than `least` seconds since
        they turned last, too.
        """
        if monotonic() - self._turned_at < least:
            return
        self._turned_at = monotonic()
        window = self._window
        self._step += not window.limiter.is_calm
        if self._shown is not None and self._shown.activity:
            sign = spinner(self._step)
            window.transcript.set_activity(f"{sign} {self._shown.activity}")
            if window.header is not None:
                window.header.spinner = sign
        window.list.spin(self._step)

    def _count(self) -> None:
        self._show_activity(counts=True)

    def _show_activity(self, *, counts: bool = False) -> None:
        """Show what the turn does, and with `counts` of how many tokens the conversation is by now.

        Numbers change four times a second, and where it is to be calm, now and then only.
        """
        if (shown := self._shown) is None:
            return
        activity, now = self._view_model.activity, monotonic()
        pause = _CALM_SECONDS if self._window.limiter.is_calm else _COUNT_SECONDS
        is_other = _DIGITS.sub("", activity) != _DIGITS.sub("", shown.activity)
        if is_other or now - self._activity_shown_at >= pause:
            self._activity_shown_at = now
            tokens = self._view_model.tokens if counts else shown.tokens
            self._show(replace(shown, activity=activity, tokens=tokens))
