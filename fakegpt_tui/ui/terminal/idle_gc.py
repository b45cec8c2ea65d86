"""Garbage collection while the program is idle.

Mends: a full collection takes a tenth of a second beside a long conversation, and Python starts it
as soon as enough was allocated, usually while Textual draws. `cli/interface.py` turns those off;
young generations stay as they are.
Since: CPython 3.11. Can go: with an incremental collector in every supported Python.
"""

import gc
import sys

_WORTH_IT_IDLE = 10
_WORTH_IT_BUSY = 500
"""Young collections after which a full one is due: while idle, and at the latest."""


class IdleCollector:
    """Collects when nothing is going on; to be asked to every few seconds."""

    def __init__(self) -> None:
        self._was_busy = False

    def collect(self, *, is_busy: bool) -> None:
        """Collect everything, if that is worth it by now, and give memory back after work."""
        is_worth_it = gc.get_count()[2] > (_WORTH_IT_BUSY if is_busy else _WORTH_IT_IDLE)
        if is_worth_it:
            gc.collect()
        if not is_busy and (is_worth_it or self._was_busy):
            _trim_memory()
        self._was_busy = is_busy


def _trim_memory() -> None:
    """Return what the C library keeps for later: a third of what a long reply takes.

    It does so by itself only with what is at the end of its memory, where something small stays.
    """
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - nothing that the start needs

        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
