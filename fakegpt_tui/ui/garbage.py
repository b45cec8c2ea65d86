"""When garbage is collected: while nobody waits.

A whole collection looks at everything there is, which takes a tenth of a second beside a long
conversation, and Python would have it whenever enough is made: in the middle of a page, as a rule.
The young generations, which take a millisecond, stay as Python has them.
"""

import gc
import sys

_NEVER = 1_000_000
_ENOUGH = 10
_TOO_MUCH = 500
"""Collections of what is young after which there is one of everything, in quiet and at all."""


def collect_seldom() -> None:
    """Begin to collect, and leave whole collections to `collect_in_quiet`.

    What is there already, much of it from importing, is not looked at any more.
    """
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    gc.freeze()
    gc.enable()


def collect_in_quiet(*, is_busy: bool) -> None:
    """Collect everything, if that is worth it by now; to be called every few seconds."""
    waiting = gc.get_count()[2]
    if waiting > (_TOO_MUCH if is_busy else _ENOUGH):
        gc.collect()
        _give_back()


def _give_back() -> None:
    """Return what the C library keeps for later: a quarter of what a long reply takes.

    It does so by itself only with what is at the end of its memory, where something small stays.
    """
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - nothing that the start needs

        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
