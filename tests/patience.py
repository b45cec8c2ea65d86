"""How long a test waits for what must come, and what it makes of how long something took."""

from collections.abc import Awaitable, Callable

PATIENCE = 30.0
"""Seconds. Only there to end a test that hangs: no machine, however loaded, takes so long, and
what is waited for would not come by any other limit of the program before."""


async def shortest(seconds: Callable[[], Awaitable[float]], limit: float) -> float:
    """What the first of five runs takes that stays below the limit, or else the best of them.

    A machine that stands still for a moment, or is busy, makes one run longer, and not all.
    """
    taken: list[float] = []
    while len(taken) < 5 and (not taken or taken[-1] >= limit):
        taken.append(await seconds())
    return min(taken)
