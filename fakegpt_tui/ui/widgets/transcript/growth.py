"""Growth of a reply: how much of what came at once is laid out at a time, so that keys get through.

A service may send a whole book in one event. Its Markdown takes seconds to parse, or a minute.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from time import perf_counter
from typing import Final

from fakegpt_tui.domain import ChatMessage, MessageStatus
from fakegpt_tui.ui.markdown.block_rules import has_section
from fakegpt_tui.ui.markdown.split_points import find_split_points

_PAUSE: Final = 0.02
"""Seconds from one piece to the next, for keys and everything else."""
_GOAL: Final = 0.03
"""Seconds that a piece should take."""
_LEAST, _MOST = 4_096, 1 << 20
"""Characters of a piece."""
_CUT: Final = 1 << 18
"""Characters in which blocks that stand alone are looked for."""
_MOST_FASTER: Final = 2
_LONGEST_TAG: Final = 20
"""More characters than are looked at to know the beginning of a section."""


class GrowthPacer:
    """Cuts replies into pieces that take about as long as each other, whatever is in them."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._began = 0.0
        self._step = _LEAST
        self._folding = ("", 0, False)
        """Up to where a message was looked through for sections, and whether it has any."""

    def piece(self, message: ChatMessage, shown: int) -> ChatMessage:
        """`message`, or one of the same id with a little more text than the `shown` characters."""
        self._began = self._clock()
        # What ends in blocks of its own is cut there, and parsed when it is looked at, unless it
        # may be in a section, which is parsed from its beginning on.
        ahead, blocks = shown + _CUT, []
        if not self._may_fold(message, ahead):
            blocks = find_split_points(message.text[shown:ahead], _LEAST)
        end = shown + max(self._step, *blocks[-1:], 0)
        if end >= len(message.text):
            return message
        text = message.text[:end]
        return replace(message, text=text, status=MessageStatus.STREAMING, error=None)

    def _may_fold(self, message: ChatMessage, end: int) -> bool:
        """May there be a section in the text of a message, up to an offset?"""
        message_id, known, folds = self._folding
        start = known if message_id == message.id else 0
        folds = folds and start > 0
        folds = folds or has_section(message.text[max(0, start - _LONGEST_TAG) : end])
        self._folding = message.id, end, folds
        return folds

    def note_laid_out(self) -> None:
        """Learn from how long the last piece took."""
        faster = _GOAL / max(self._clock() - self._began, _GOAL / _MOST_FASTER)
        self._step = max(_LEAST, min(_MOST, int(self._step * faster)))


def show_rest(
    rests: Mapping[str, ChatMessage],
    message_id: str,
    show: Callable[[ChatMessage], None],
    set_timer: Callable[[float, Callable[[], None]], object],
) -> None:
    """Show more of a reply after a moment, unless a newer text of it came in the meantime."""
    rest = rests[message_id]

    def go_on() -> None:
        if rests.get(message_id) is rest:
            show(rest)

    set_timer(_PAUSE, go_on)
