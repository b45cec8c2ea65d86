"""A service that sends small events fast, in either protocol, as it is seen on the screen: B19.

Paced, what counts is how long after the last event its word is seen. Unpaced, the time from the
first byte to the last word is held against httpx, which reads the same bytes and throws them away.
"""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from tests.benchmarks.program import ask, home, hosted, running
from tests.benchmarks.raw_server import serving
from tests.benchmarks.rows import Row, p95
from tests.benchmarks.small_events import RATES, thrown_away
from tests.benchmarks.watched import Watched
from tests.cli.program import COMMAND
from tests.fault_server import DONE, LAST_CHUNK, chunk, stream_head
from tests.openai_server import end, says

_SECONDS = 2.0
_WORD = "word "
_EVENTS = 10_000
_MOST_TOKENS = 2_000
"""The FakeGPT protocol says all of a text with each event, so that there are no more of them."""
_MOST_MILLISECONDS = 150.0


def _answer(client: socket.socket, rate: float, count: int) -> None:
    """Send words, each in a chunk of its own, between stamps of the first and the last."""
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    first = f"S{time.monotonic_ns()}S"
    client.sendall(stream_head() + chunk(says(_WORD)))
    began, word = time.monotonic(), chunk(says(_WORD))
    for number in range(count):
        client.sendall(word)
        if rate:
            time.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))
    # Both at the end: all of a reply may be shown at once, and its beginning not be in view.
    last = f"\n\n{first} E{time.monotonic_ns()}E"
    client.sendall(chunk(says(last) + end() + DONE) + LAST_CHUNK)
    client.shutdown(socket.SHUT_WR)
    while client.recv(65536):
        pass


def served(rate: float, count: int) -> AbstractContextManager[str]:
    return serving(_answer, rate, count)


def measure(repeats: int) -> Iterator[Row]:
    """How late the last word is seen at each rate, and how long a reply without a pace takes."""
    for rate in RATES:
        with served(rate, int(rate * _SECONDS)) as url:
            yield _row("OpenAI", rate, [_of_openai(url, _lag) for _ in range(repeats)])
    for rate in RATES:
        with hosted() as url:
            yield _row("FakeGPT", rate, [_of_fakegpt(url, rate) for _ in range(repeats)])
    floor, ours = [], []
    with served(0, _EVENTS) as url:
        for _ in range(repeats):
            began = time.monotonic()
            asyncio.run(thrown_away(url))
            floor.append(time.monotonic() - began)
            ours.append(_of_openai(url, _whole))
    yield Row(
        budget="B19",
        what=f"{_EVENTS:,} small events without a pace, on the screen",
        values=ours,
        floor=floor,
        floor_name="httpx",
        limit=2.0,
        unit="s",
    )


def _row(protocol: str, rate: float, lags: list[float]) -> Row:
    return Row(
        budget="B19",
        what=f"last word at {rate:,.0f} events a second, {protocol}",
        values=[p95(lags)],
        limit=_MOST_MILLISECONDS,
        unit="ms",
    )


def _of_openai(url: str, measured: Callable[[Watched], float]) -> float:
    with home() as made:
        made.configure(
            f'service = "fast"\n[services.fast]\nkind = "openai"\nmodel = "m"\nurl = "{url}/v1"\n'
        )
        with Watched(list(COMMAND), env=made.environment) as terminal:
            terminal.until_seen(b"answers, at")
            terminal.until_quiet()
            terminal.paste("words, please")
            terminal.press("enter")
            terminal.until(lambda: bool(terminal.stamps("E")))
            return measured(terminal)


def _of_fakegpt(url: str, rate: float) -> float:
    with home(url) as made, running(made) as terminal:
        ask(terminal, "prose", 5 * min(_MOST_TOKENS, int(rate * _SECONDS)), rate)
        terminal.until(lambda: bool(terminal.stamps("E")))
        return _lag(terminal)


def _lag(terminal: Watched) -> float:
    """Milliseconds from the writing of the last word to its being seen."""
    ((written, shown),) = terminal.stamps("E").items()
    return 1000 * (shown - written / 1e9)


def _whole(terminal: Watched) -> float:
    """Seconds from the writing of the first word to the last being seen."""
    (first,), (last,) = terminal.stamps("S"), terminal.stamps("E").values()
    return last - first / 1e9


if __name__ == "__main__":
    for row in measure(3):
        print(row.line())  # noqa: T201 - what it is for
