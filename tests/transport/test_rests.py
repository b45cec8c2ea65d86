"""When reading rests."""

import pytest

from fakegpt_tui.transport.rests import PAUSE_SECONDS, ReadThrottle

_SLOW = 0.005
"""Seconds from one event to the next at the pace of a service."""


class Time:
    """Passes when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.rests = 0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds == PAUSE_SECONDS
        self.now += seconds
        self.rests += 1


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def rests(time: Time) -> ReadThrottle:
    return ReadThrottle(time, time.sleep)


async def slowly(rests: ReadThrottle, time: Time, count: int) -> None:
    for _ in range(count):
        time.now += _SLOW
        await rests.pause_after(b"a few letters")


async def test_the_first_words_are_read_as_they_come(rests: ReadThrottle, time: Time) -> None:
    await slowly(rests, time, 8)
    assert time.rests == 0


async def test_what_comes_in_drops_is_left_to_gather(rests: ReadThrottle, time: Time) -> None:
    await slowly(rests, time, 9)
    assert time.rests == 1


async def test_what_has_gathered_is_read_without_a_rest(rests: ReadThrottle, time: Time) -> None:
    await slowly(rests, time, 9)
    for _ in range(8):
        await rests.pause_after(b"what has gathered")
    assert time.rests == 1
    await slowly(rests, time, 1)
    assert time.rests == 2


async def test_events_that_repeat_a_long_reply_are_rested_from(
    rests: ReadThrottle, time: Time
) -> None:
    for _ in range(100):
        time.now += _SLOW
        await rests.pause_after(b"x" * 10_000)
    assert time.rests > 50


async def test_a_sender_in_a_hurry_is_not_held_up(rests: ReadThrottle, time: Time) -> None:
    for _ in range(10_000):
        time.now += 0.003
        await rests.pause_after(b"x" * 65_536)
    assert time.rests == 0
