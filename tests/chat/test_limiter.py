"""Who runs and who waits."""

import asyncio

import pytest

from fakegpt_tui.chat.queue import ConcurrencyLimiter


class Turns:
    """Turns that run until they are told to end."""

    def __init__(self, limit: int, names: str) -> None:
        self.limiter = ConcurrencyLimiter(limit)
        self.running = ""
        self._ends = {name: asyncio.Event() for name in names}
        self.tasks = {name: asyncio.create_task(self._run(name)) for name in names}

    async def _run(self, name: str) -> None:
        async with self.limiter.slot(name):
            self.running += name
            await self._ends[name].wait()
            self.running = self.running.replace(name, "")

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    def positions(self, names: str) -> list[int]:
        return [self.limiter.position(name) for name in names]


async def test_those_that_come_later_wait_in_their_order() -> None:
    turns = Turns(2, "abcd")
    await turns.settle()
    assert (turns.running, turns.positions("abcd")) == ("ab", [0, 0, 1, 2])
    await turns.end("b")
    assert (turns.running, turns.positions("abcd")) == ("ac", [0, 0, 0, 1])


async def test_more_may_run_from_one_moment_to_the_next() -> None:
    turns = Turns(1, "abc")
    await turns.settle()
    turns.limiter.set_limit(3)
    await turns.settle()
    assert turns.running == "abc"
    assert turns.limiter.is_full()


async def test_fewer_may_run_once_the_others_have_ended() -> None:
    turns = Turns(3, "abcd")
    await turns.settle()
    turns.limiter.set_limit(1)
    await turns.end("a")
    await turns.end("b")
    assert turns.running == "c"
    await turns.end("c")
    assert turns.running == "d"


@pytest.mark.parametrize("gave_a_place_before", [False, True])
async def test_who_gives_up_waiting_takes_no_place(gave_a_place_before: bool) -> None:
    turns = Turns(1, "abc")
    await turns.settle()
    if gave_a_place_before:
        turns.limiter.set_limit(2)  # for b, which has not come to run when it is cancelled
    turns.tasks["b"].cancel()
    await turns.settle()
    assert turns.running == ("ac" if gave_a_place_before else "a")
    await turns.end("a")
    assert turns.running == "c"
    assert turns.tasks["b"].cancelled()
