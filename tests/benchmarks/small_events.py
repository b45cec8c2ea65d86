"""Many small events, each a chunk of its own, as services of the OpenAI protocol send them: B19.

    python -m tests.benchmarks.small_events

Each event says when it was written, so that what is measured is how late it is read. Unpaced, the
time to read a reply is held against httpx, which reads the same bytes and throws them away.
"""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, aclosing

import httpx

from fakegpt_tui.domain import TextDelta
from tests.benchmarks.raw_server import serving
from tests.benchmarks.rows import Row, p95
from tests.fault_server import LAST_CHUNK, chunk, stream_head
from tests.openai_server import CHAT, DONE, backend_for, end, says, service
from tests.signed_in import ASK

RATES = (200, 500, 1_000, 2_000, 5_000)
_SECONDS = 2.0
_EVENTS = 12_000
_MOST_MILLISECONDS = 150.0
_STAMP = 20
"""Characters of a stamp: nanoseconds of a clock that all processes share, and a space."""


def _answer(client: socket.socket, rate: float, count: int) -> None:
    """Send `count` stamps, each in a chunk of its own, `rate` of them a second; 0 is no pace."""
    try:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(stream_head())
        before, after = says("\0").split(json.dumps("\0")[1:-1].encode())
        began = time.monotonic()
        for number in range(count):
            stamp = f"{time.monotonic_ns():<{_STAMP}d}".encode()
            client.sendall(chunk(before + stamp + after))
            if rate:
                time.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))
        client.sendall(chunk(end()) + chunk(DONE) + LAST_CHUNK)
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass
    except OSError:
        return  # The client has seen enough.


def served(rate: float, count: int) -> AbstractContextManager[str]:
    return serving(_answer, rate, count)


async def thrown_away(url: str) -> None:
    async with (
        httpx.AsyncClient(timeout=None, trust_env=False) as client,
        client.stream("POST", f"{url}{CHAT}", json={}) as response,
    ):
        async for _ in response.aiter_raw():
            pass


async def read_lags(url: str) -> list[float]:
    """Read a reply; how many milliseconds after its writing each event was there."""
    lags: list[float] = []
    async with aclosing(backend_for(service(url)).stream(ASK)) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                now = time.monotonic_ns()
                stamps = [int(stamp) for stamp in event.text.split()]
                lags += [(now - stamp) / 1e6 for stamp in stamps]
    return lags


def measure(repeats: int) -> Iterator[Row]:
    """How late events are read at each rate, and how long it takes without a pace."""
    for rate in RATES:
        with served(rate, int(rate * _SECONDS)) as url:
            late = [p95(asyncio.run(read_lags(url))) for _ in range(repeats)]
        yield Row(
            budget="B19",
            what=f"lag at {rate:,} small events a second, p95",
            values=late,
            limit=_MOST_MILLISECONDS,
            unit="ms",
        )
    ours, floors = [], []
    with served(0, _EVENTS) as url:
        for _ in range(repeats):
            floors.append(_seconds_of(thrown_away(url)))
            ours.append(_seconds_of(read_lags(url)))
    yield Row(
        budget="B19",
        what=f"{_EVENTS:,} small events as fast as they come",
        values=ours,
        floor=floors,
        floor_name="httpx",
        limit=2.0,
        unit="s",
    )


def _seconds_of(work: object) -> float:
    began = time.monotonic()
    asyncio.run(work)  # type: ignore[arg-type]
    return time.monotonic() - began


if __name__ == "__main__":
    for row in measure(3):
        print(row.line())  # noqa: T201 - what it is for
