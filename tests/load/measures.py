"""Measures of a host under load, each of one process while its clients come and go."""

import asyncio
import os
import re
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import linear_regression
from time import monotonic
from typing import Any

import httpx

from tests.benchmarks.rows import percentile
from tests.host.shared_state.engine import running_engine
from tests.load.clients import Shape, Taken, Target, ask_in_turn, stream_many
from tests.load.processes import Measured, pin, started

STEADY = Shape(chunks=180, seconds=0.05, size=30)


@dataclass(frozen=True, slots=True)
class Steady:
    """What many streams cost that go at the pace of a model."""

    cpu_per_chunk: float
    bytes_per_stream: float
    delays: Sequence[float]
    core: float
    whole: int


@contextmanager
def server(name: str, state_url: str = "") -> Iterator[tuple[Measured, Target]]:
    """A host that is asked in a dialect, or the `floor`; its upstream has the clients' core.

    With an address, its state is in the engine there.
    """
    pin(os.getpid(), 1)
    module = "forwarder" if name == "floor" else "host"
    with (
        started("upstream", is_server=False) as upstream,
        started(module, upstream.said[0], *filter(None, [state_url])) as measured,
    ):
        yield measured, Target(measured.said[0], name)


def run(name: str, measure: Callable[..., Coroutine[Any, Any, Any]], *given: Any) -> Any:
    """What `measure` makes of a fresh server."""
    with server(name) as (measured, target):
        return asyncio.run(measure(measured, target, *given))


@contextmanager
def engine() -> Iterator[tuple[Measured, str]]:
    """An engine on the clients' core, and its address."""
    with running_engine() as running:
        pin(running.pid, 1)
        yield Measured(running.pid, ()), running.url


def run_shared(name: str, count: int) -> dict[str, float]:
    """What a host with a shared state costs, and what the engine does for it."""
    with engine() as (behind, url), server(name, url) as (measured, target):

        async def measure() -> dict[str, float]:
            used, begun = behind.cpu(), monotonic()
            found = await steady(measured, target, count)
            core, chunks = (behind.cpu() - used) / (monotonic() - begun), count * STEADY.chunks
            used_for_chunks, used = behind.cpu() - used, behind.cpu()
            replies = 1_000
            ms = 1000 * await starts(measured, target, 100, replies // 100)
            return {
                "us_per_chunk": found.cpu_per_chunk * 1e6,
                "engine_us_per_chunk": used_for_chunks / chunks * 1e6,
                "core": found.core,
                "engine_core": core,
                "delay_p99_ms": 1000 * percentile(found.delays or [0.0], 99),
                "ms_per_start": ms,
                "engine_ms_per_start": 1000 * (behind.cpu() - used) / replies,
                "whole": float(found.whole),
            }

        return asyncio.run(measure())


async def steady(measured: Measured, target: Target, count: int) -> Steady:
    """Processor time for each chunk, once all streams have begun."""
    clients = await stream_many(target, count, STEADY)
    cpu, begun = measured.cpu(), monotonic()
    taken = await asyncio.gather(*(client.over for client in clients))
    used, seconds = measured.cpu() - cpu, monotonic() - begun
    before = sum(max(0.0, begun - each.asked_at) for each in taken) / STEADY.seconds
    return Steady(
        cpu_per_chunk=used / (count * STEADY.chunks - before),
        bytes_per_stream=sum(each.bytes for each in taken) / count,
        delays=[delay for each in taken for delay in each.delays],
        core=used / seconds,
        whole=_whole(taken),
    )


async def starts(measured: Measured, target: Target, workers: int, each: int) -> float:
    """Seconds of processor time for a reply of five words, from the connection to its end."""
    await ask_in_turn(target, 5, 4)
    cpu = measured.cpu()
    taken = await ask_in_turn(target, workers, each)
    assert _whole(taken) == len(taken)
    return (measured.cpu() - cpu) / len(taken)


async def memory(measured: Measured, target: Target, count: int) -> float:
    """Bytes in memory for each open stream that hardly says anything."""
    await ask_in_turn(target, 5, 4)
    before = measured.rss()
    clients = await stream_many(target, count, Shape(3, 4.0, 30), spread=count / 300)
    most = measured.rss()
    taken = await asyncio.gather(*(client.over for client in clients))
    assert _whole(taken) == count
    return (most - before) / count


async def slow_end(
    measured: Measured, target: Target, count: int, seconds: float
) -> dict[str, float]:
    """As many streams as there may be, each with a word every ten seconds."""
    shape = Shape(int(seconds / 10), 10.0, 30)
    before = measured.rss()
    clients = await stream_many(target, count, shape, spread=count / 250)
    cpu, begun = measured.cpu(), monotonic()
    most, descriptors = measured.rss(), measured.descriptors()
    taken = await asyncio.gather(*(client.over for client in clients))
    return {
        "streams": float(count),
        "whole": float(_whole(taken)),
        "descriptors": float(descriptors),
        "rss_mb": most / 1e6,
        "kb_per_stream": (most - before) / count / 1e3,
        "core": (measured.cpu() - cpu) / (monotonic() - begun),
        "lag_p99_ms": 1000 * await told(measured, "fakegpt_loop_lag_seconds"),
    }


async def storm(_: Measured, target: Target, count: int, seconds: float) -> dict[str, float]:
    """Clients that come faster than they can be answered."""
    clients = await stream_many(target, count, Shape(2, 1.0, 30), spread=seconds)
    taken = await asyncio.gather(*(client.over for client in clients))
    answered = [each.first_at - each.asked_at for each in taken if each.status]
    return {
        "clients": float(count),
        "whole": float(_whole(taken)),
        "refused_with_503": float(sum(each.status == 503 for each in taken)),
        "without_an_answer": float(count - len(answered)),
        "answer_p99_ms": 1000 * percentile(answered, 99),
    }


async def slow_readers(measured: Measured, target: Target, count: int) -> dict[str, float]:
    """A fifth of the clients reads nothing; what it costs the others, and in memory."""
    request = target.request(Shape(1_000, 0.02, 1_000))
    before = measured.rss()
    stuck = [await target.open(request, reads=False) for _ in range(count // 5)]
    others = await stream_many(target, count - len(stuck), STEADY)
    taken = await asyncio.gather(*(client.over for client in others))
    most = measured.rss()
    for client in stuck:
        client.transport.abort()
    delays = [delay for each in taken for delay in each.delays]
    return {
        "readers": float(len(others)),
        "whole": float(_whole(taken)),
        "delay_p99_ms": 1000 * percentile(delays, 99),
        "kb_per_slow_reader": (most - before) / len(stuck) / 1e3,
    }


async def soak(measured: Measured, target: Target, count: int, seconds: float) -> dict[str, float]:
    """Clients that ask for a reply of ten seconds again and again, half of which leave within it.

    What grows with the number of replies shows after the first third, when all caches are full.
    """
    request, until = target.request(Shape(40, 0.25, 30)), monotonic() + seconds
    whole = left = 0

    async def ask(leaves_after: float) -> None:
        nonlocal whole, left
        while monotonic() < until:
            client = await target.open(request)
            done, _ = await asyncio.wait([client.over], timeout=leaves_after or None)
            whole += any(each.result().is_whole for each in done)
            left += not done
            client.transport.abort()

    asking = asyncio.gather(*(ask(number % 2 and number % 10) for number in range(count)))
    samples: list[tuple[float, int, int]] = []
    while monotonic() < until:
        await asyncio.wait([asking], timeout=seconds / 60)
        samples.append((monotonic() / 60, measured.rss(), measured.descriptors()))
    await asking
    late = samples[len(samples) // 3 :]
    growth = linear_regression([each[0] for each in late], [each[1] / 1e6 for each in late])
    return {
        "minutes": seconds / 60,
        "whole": float(whole),
        "left": float(left),
        "rss_mb": samples[-1][1] / 1e6,
        "rss_mb_per_minute": growth.slope,
        "descriptors_most": float(max(each[2] for each in late)),
        "descriptors_after": float(measured.descriptors()),
        "streams_after": await told(measured, "fakegpt_streams_open"),
    }


async def told(measured: Measured, name: str) -> float:
    """What the host's metrics say of a name."""
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(measured.said[1])).text
    (value,) = re.findall(rf"^{name} (\S+)$", text, re.MULTILINE)
    return float(value)


def _whole(taken: Sequence[Taken]) -> int:
    return sum(each.is_whole for each in taken)
