"""Limits in the shared state: exact over processes, given back by a kill, never in the way.

What holds for a host with limits of its own is tried with both.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest

from fakegpt_tui.domain import RequestRefused
from fakegpt_tui.host.access_keys import KeyLimits
from fakegpt_tui.host.conversations import StateLost
from fakegpt_tui.host.meter import LimitReached, MemoryMeter, Meter
from fakegpt_tui.host.shared_state.connection import CircuitBreaker, StateConnection
from fakegpt_tui.host.shared_state.meter import FallbackMeter, RedisMeter
from tests.host.keys import taken
from tests.host.shared_state.engine import PATIENCE, Engine, apart

FREE = KeyLimits(requests_per_minute=0, burst=0, tokens_per_minute=0, streams=0, tokens_per_day=0)


@pytest.fixture
async def meters(engine: Engine) -> AsyncIterator[list[RedisMeter]]:
    """Those of three processes."""
    connections = [StateConnection(engine.url, seconds=PATIENCE) for _ in range(3)]
    yield [RedisMeter(each) for each in connections]
    for each in connections:
        await each.close()


@pytest.fixture(params=["engine", "memory"])
def either(request: pytest.FixtureRequest) -> list[Meter]:
    """Three views of the shared meter, or three times the one of a host by itself."""
    if request.param == "memory":
        return [MemoryMeter()] * 3
    return request.getfixturevalue("meters")  # type: ignore[no-any-return]


async def test_a_burst_over_all_processes_is_no_larger_than_that_of_one(
    either: list[Meter],
) -> None:
    limits = KeyLimits(requests_per_minute=6, burst=10, streams=0)
    waits = await asyncio.gather(*(taken(either[n % 3], limits) for n in range(60)))
    assert waits.count(0) == 10
    assert all(5 < wait <= 10 for wait in waits if wait)


async def test_streams_over_all_processes_are_counted_together(either: list[Meter]) -> None:
    limits = KeyLimits(requests_per_minute=0, streams=5)
    results = await asyncio.gather(
        *(either[n % 3].take("k", limits, 0) for n in range(20)), return_exceptions=True
    )
    leases = [each for each in results if isinstance(each, str)]
    assert len(leases) == 5
    await either[1].release("k", leases[0])
    assert await either[2].take("k", limits, 0)
    await either[0].take("other", limits, 0)


async def test_tokens_are_reserved_before_and_settled_after(either: list[Meter]) -> None:
    limits = KeyLimits(requests_per_minute=0, tokens_per_minute=600, streams=0)
    assert await taken(either[0], limits, 400) == 0
    assert await taken(either[1], limits, 400) == pytest.approx(20, abs=2)
    await either[0].settle("k", limits, -300)
    assert await taken(either[2], limits, 400) == 0
    await either[0].settle("k", limits, -50_000)
    assert await taken(either[1], limits, 600) == 0
    assert await taken(either[1], limits, 1) > 0
    with pytest.raises(RequestRefused):
        await either[0].take("k", limits, 601)


async def test_the_tokens_of_a_day_are_used_up_once(either: list[Meter]) -> None:
    limits = KeyLimits(requests_per_minute=0, tokens_per_minute=0, streams=0, tokens_per_day=100)
    assert await taken(either[0], limits, 60) == 0
    assert 0 < await taken(either[1], limits, 60) <= 86_400
    await either[2].settle("k", limits, -60)
    assert await taken(either[1], limits, 60) == 0


async def test_a_refusal_takes_nothing(either: list[Meter]) -> None:
    limits = KeyLimits(requests_per_minute=60, burst=1, streams=1, tokens_per_day=1000)
    await either[0].take("k", limits, 10)
    for _ in range(50):
        assert await taken(either[1], limits, 10) > 0
    assert await either[0].take("k", KeyLimits(requests_per_minute=0, tokens_per_day=20), 10)


async def test_a_lease_that_is_not_renewed_ends(engine: Engine, meters: list[RedisMeter]) -> None:
    limits = KeyLimits(requests_per_minute=0, streams=1)
    lease = await meters[0].take("k", limits, 0)
    await meters[0].renew([("k", lease), ("k", "another")])
    assert b"another" not in engine.ask("ZRANGE", "fg1:{k}:leases", "0", "-1")
    # As though half a minute had passed since the process was killed.
    engine.ask("ZADD", "fg1:{k}:leases", "1", lease)
    assert await taken(meters[1], limits) == 0


async def test_every_key_ends_by_itself(engine: Engine, meters: list[RedisMeter]) -> None:
    await meters[0].take("k", KeyLimits(), 100)
    keys = [word for word in engine.ask("KEYS", "*").split() if word.startswith(b"fg1:")]
    assert len(keys) == 5
    for key in keys:
        assert engine.ask("PTTL", key.decode()) > b":0"
        assert engine.ask("PTTL", key.decode()) != b":-1\r\n"


async def test_while_the_engine_is_gone_a_process_has_its_share(own_engine: Engine) -> None:
    connection = StateConnection(own_engine.url)
    meter = FallbackMeter(RedisMeter(connection))
    limits = KeyLimits(requests_per_minute=6, burst=10, streams=0)
    await apart(meter.take("k", limits, 0))
    meter.shared.processes = 2
    own_engine.kill()

    async def ask() -> int:
        try:
            lease = await meter.take("k", limits, 0)
        except LimitReached:
            return 0
        await meter.renew([("k", lease)])
        await meter.settle("k", limits, 5, lease)
        await meter.release("k", lease)
        return 1

    assert sum([await apart(ask()) for _ in range(20)]) == 5
    assert connection.breaker.is_open
    await connection.close()


async def test_what_was_reserved_while_the_engine_was_gone_is_not_given_back_by_it(
    own_engine: Engine,
) -> None:
    seconds = 0.0
    breaker = CircuitBreaker(clock=lambda: seconds)
    connection = StateConnection(own_engine.url, seconds=PATIENCE, breaker=breaker)
    meter = FallbackMeter(RedisMeter(connection))
    await apart(meter.take("k", FREE, 1000))
    own_engine.pause()
    breaker.failures = 0
    breaker.fail()
    lease = await apart(meter.take("k", FREE, 1000))
    own_engine.go_on()
    seconds = 10.0
    await apart(meter.settle("k", FREE, -900, lease))
    await apart(meter.release("k", lease))
    assert await apart(meter.usage()) == {"k": (1000, 1)}
    await connection.close()


async def test_a_paused_engine_is_waited_for_three_times_and_then_no_more(
    own_engine: Engine,
) -> None:
    seconds = 0.0
    connection = StateConnection(own_engine.url, breaker=CircuitBreaker(clock=lambda: seconds))
    meter = RedisMeter(connection)
    await apart(meter.take("k", FREE, 0))
    own_engine.pause()
    for _ in range(3):
        assert not connection.breaker.is_open
        with pytest.raises(StateLost):
            await apart(meter.take("k", FREE, 0))
    assert connection.breaker.is_open
    own_engine.go_on()
    with pytest.raises(StateLost):
        await apart(meter.take("k", FREE, 0))
    seconds = 1.5
    assert await meter.take("k", FREE, 0)
    assert not connection.breaker.is_open
    await connection.close()


def test_a_breaker_lets_one_ask_after_a_pause_that_grows() -> None:
    seconds = 0.0
    breaker = CircuitBreaker(clock=lambda: seconds)
    for _ in range(2):
        breaker.fail()
    assert not breaker.is_open
    seconds = 6
    breaker.fail()
    assert not breaker.is_open, "the first two are long ago"
    breaker.fail()
    breaker.fail()
    for pause in (1, 2, 4, 5, 5):
        assert breaker.is_open
        seconds += pause - 0.01
        assert breaker.is_open
        seconds += 0.02
        assert not breaker.is_open
        assert breaker.is_open, "one is asking"
        breaker.fail()
    breaker.succeed()
    assert not breaker.is_open
