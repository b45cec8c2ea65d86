"""Read-ahead: all chunks that came are taken at once, and the buffer is bounded."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx
import pytest

from fakegpt_tui.http.read_ahead import PAUSE_SECONDS, ReadAhead, ReadThrottle
from tests.fault_server import LAST_CHUNK, chunk, stream_head


class Source:
    """Pieces that come when they are put in; an exception ends them."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self.is_closed = False

    async def pieces(self) -> AsyncGenerator[bytes]:
        try:
            while (piece := await self.queue.get()) is not None:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.is_closed = True


async def test_all_that_came_is_taken_at_once_and_in_order() -> None:
    source = Source()
    read_ahead = ReadAhead(source.pieces())
    for piece in (b"1", b"2", b"3"):
        source.queue.put_nowait(piece)
    assert await read_ahead.take() == [b"1", b"2", b"3"]
    source.queue.put_nowait(b"4")
    source.queue.put_nowait(None)
    assert await read_ahead.take() == [b"4"]
    assert await read_ahead.take() == []
    assert await read_ahead.take() == []
    await read_ahead.aclose()


async def test_a_failure_is_raised_after_all_chunks_before_it() -> None:
    source = Source()
    read_ahead = ReadAhead(source.pieces())
    source.queue.put_nowait(b"1")
    source.queue.put_nowait(OSError("broken"))
    assert await read_ahead.take() == [b"1"]
    for _ in range(2):
        with pytest.raises(OSError, match="broken"):
            await read_ahead.take()
    await read_ahead.aclose()


async def test_waiting_for_more_can_be_given_up_and_taken_up_again() -> None:
    source = Source()
    read_ahead = ReadAhead(source.pieces())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(read_ahead.take(), 0.01)
    source.queue.put_nowait(b"1")
    assert await read_ahead.take() == [b"1"]
    await read_ahead.aclose()


async def test_a_reader_who_takes_nothing_holds_the_sender_back() -> None:
    source = Source()
    read_ahead = ReadAhead(source.pieces())
    for _ in range(100):
        source.queue.put_nowait(bytes(100_000))
    while source.queue.qsize() > 89:
        await asyncio.sleep(0)
    for _ in range(50):
        await asyncio.sleep(0)
    assert source.queue.qsize() == 89
    source.queue.put_nowait(None)
    sizes = []
    while taken := await read_ahead.take():
        sizes.append(sum(map(len, taken)))
    assert sum(sizes) == 10_000_000
    assert max(sizes) <= 1_200_000
    await read_ahead.aclose()


async def test_closing_closes_what_is_read() -> None:
    source = Source()
    read_ahead = ReadAhead(source.pieces())
    source.queue.put_nowait(b"1")
    await read_ahead.take()
    await read_ahead.aclose()
    assert source.is_closed


_SLOW = 0.005
"""Seconds from one event to the next at the pace of a service."""


class Time:
    """Passes when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.throttle = 0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds == PAUSE_SECONDS
        self.now += seconds
        self.throttle += 1


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def throttle(time: Time) -> ReadThrottle:
    return ReadThrottle(time, time.sleep)


async def slowly(throttle: ReadThrottle, time: Time, count: int) -> None:
    for _ in range(count):
        time.now += _SLOW
        await throttle.pause_after(b"a few letters")


async def test_the_first_words_are_read_as_they_come(throttle: ReadThrottle, time: Time) -> None:
    await slowly(throttle, time, 8)
    assert time.throttle == 0


async def test_what_comes_in_drops_is_left_to_gather(throttle: ReadThrottle, time: Time) -> None:
    await slowly(throttle, time, 9)
    assert time.throttle == 1


async def test_what_has_gathered_is_read_without_a_rest(throttle: ReadThrottle, time: Time) -> None:
    await slowly(throttle, time, 9)
    for _ in range(8):
        await throttle.pause_after(b"what has gathered")
    assert time.throttle == 1
    await slowly(throttle, time, 1)
    assert time.throttle == 2


async def test_events_that_repeat_a_long_reply_are_rested_from(
    throttle: ReadThrottle, time: Time
) -> None:
    for _ in range(100):
        time.now += _SLOW
        await throttle.pause_after(b"x" * 10_000)
    assert time.throttle > 50


async def test_a_sender_in_a_hurry_is_not_held_up(throttle: ReadThrottle, time: Time) -> None:
    for _ in range(10_000):
        time.now += 0.003
        await throttle.pause_after(b"x" * 65_536)
    assert time.throttle == 0


async def test_what_came_together_is_not_paused_after(throttle: ReadThrottle, time: Time) -> None:
    await slowly(throttle, time, 8)
    for _ in range(100):
        time.now += _SLOW
        throttle.add(b"a few letters")
    assert time.throttle == 0


async def test_a_sender_of_many_small_events_is_not_held_up(
    throttle: ReadThrottle, time: Time
) -> None:
    for _ in range(100):
        time.now += _SLOW
        await throttle.pause_after(b"a few letters")
        for _ in range(200):
            throttle.add(b"a few letters")
    assert time.throttle == 0


async def test_small_events_are_gathered_again_once_few_are_waiting(
    throttle: ReadThrottle, time: Time
) -> None:
    await throttle.pause_after(b"a few letters")
    for _ in range(200):
        throttle.add(b"a few letters")
    await slowly(throttle, time, 1)
    assert time.throttle == 0
    await slowly(throttle, time, 1)
    assert time.throttle == 1


async def test_fast_small_chunks_are_read_to_the_end_without_a_pause() -> None:
    """All that one write brought is taken at once, however many chunks of HTTP it is."""
    count = 3_000

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(stream_head() + b"".join(chunk(b": %d\n\n" % n) for n in range(count)))
        writer.write(LAST_CHUNK)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with (
            httpx.AsyncClient(trust_env=False) as client,
            client.stream("GET", f"http://127.0.0.1:{port}/") as response,
            aclosing(ReadAhead(_raw(response))) as read_ahead,
        ):
            takes = []
            while taken := await read_ahead.take():
                takes.append(len(taken))
    assert sum(takes) == count
    assert len(takes) < 20


async def _raw(response: httpx.Response) -> AsyncGenerator[bytes]:
    async for piece in response.aiter_raw():
        yield piece
