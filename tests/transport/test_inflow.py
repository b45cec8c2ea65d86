"""What has arrived is taken at once, and never more of it is held than is meant to be."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from fakegpt_tui.transport.inflow import ReadAhead


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
    inflow = ReadAhead(source.pieces())
    for piece in (b"1", b"2", b"3"):
        source.queue.put_nowait(piece)
    assert await inflow.take() == [b"1", b"2", b"3"]
    source.queue.put_nowait(b"4")
    source.queue.put_nowait(None)
    assert await inflow.take() == [b"4"]
    assert await inflow.take() == []
    assert await inflow.take() == []
    await inflow.aclose()


async def test_trouble_comes_after_all_that_came_before_it() -> None:
    source = Source()
    inflow = ReadAhead(source.pieces())
    source.queue.put_nowait(b"1")
    source.queue.put_nowait(OSError("broken"))
    assert await inflow.take() == [b"1"]
    for _ in range(2):
        with pytest.raises(OSError, match="broken"):
            await inflow.take()
    await inflow.aclose()


async def test_waiting_for_more_can_be_given_up_and_taken_up_again() -> None:
    source = Source()
    inflow = ReadAhead(source.pieces())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(inflow.take(), 0.01)
    source.queue.put_nowait(b"1")
    assert await inflow.take() == [b"1"]
    await inflow.aclose()


async def test_a_reader_who_takes_nothing_holds_the_sender_back() -> None:
    source = Source()
    inflow = ReadAhead(source.pieces())
    for _ in range(100):
        source.queue.put_nowait(bytes(100_000))
    while source.queue.qsize() > 89:
        await asyncio.sleep(0)
    for _ in range(50):
        await asyncio.sleep(0)
    assert source.queue.qsize() == 89
    source.queue.put_nowait(None)
    sizes = []
    while taken := await inflow.take():
        sizes.append(sum(map(len, taken)))
    assert sum(sizes) == 10_000_000
    assert max(sizes) <= 1_200_000
    await inflow.aclose()


async def test_closing_closes_what_is_read() -> None:
    source = Source()
    inflow = ReadAhead(source.pieces())
    source.queue.put_nowait(b"1")
    await inflow.take()
    await inflow.aclose()
    assert source.is_closed
