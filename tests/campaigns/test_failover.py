"""Three hosts behind HAProxy, with their state in Redis: what fails, and what a client keeps of it.

An oracle reads every byte of many replies while processes and the engine are killed, paused,
emptied, filled and cut off, and compares what it read with what the hosts have kept.
"""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, time

import httpx
import pytest

from tests.campaigns.shared_hosts import (
    HAPROXY,
    CuttableProxy,
    Host,
    Oracle,
    asking,
    balanced,
    compare,
    new_client,
    ready,
    refusals,
    started,
)
from tests.host.shared_state.engine import PROGRAM, Engine, running_engine
from tests.patience import PATIENCE

LEASE_SECONDS = 35.0
COMPLETION = {"model": "", "messages": [{"role": "user", "content": "hello"}]}

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (HAPROXY and PROGRAM), reason="haproxy and redis-server are needed"),
]


@pytest.fixture
def engine() -> Iterator[Engine]:
    with running_engine() as running:
        yield running


@pytest.fixture
def hosts(tmp_path: Path, engine: Engine) -> Iterator[list[Host]]:
    with started(tmp_path, [engine.url] * 3) as found:
        yield found


@pytest.fixture
def balancer(tmp_path: Path, hosts: list[Host]) -> Iterator[str]:
    with balanced(tmp_path, hosts) as url:
        yield url


@pytest.mark.parametrize("drain_seconds", [30.0, 0.3])
async def test_a_rolling_restart_under_load_loses_no_text(
    balancer: str, hosts: list[Host], drain_seconds: float
) -> None:
    """With a long drain no reply is cut; with a short one, all that was read is kept."""
    for host in hosts:
        host.drain_seconds = drain_seconds
    async with asking(balancer) as oracles:
        for _ in range(2):
            for host in hosts:
                await asyncio.sleep(1)
                await asyncio.to_thread(host.end)
                await asyncio.to_thread(host.start)
                async with new_client(host.url) as client:
                    await ready(client)
    cut = await compare(balancer, oracles)
    assert all(each.is_told for each in cut)
    assert bool(cut) == (drain_seconds < 1), "the first round had the drain of the fixture"
    assert not refusals(oracles)


async def test_processes_that_are_killed_lose_a_tenth_of_a_second(
    balancer: str, hosts: list[Host], engine: Engine
) -> None:
    async with asking(balancer) as oracles:
        for number in range(9):
            await asyncio.sleep(3)
            hosts[number % 3].kill()
            hosts[number % 3].start()
    await asyncio.sleep(LEASE_SECONDS)
    assert await compare(balancer, oracles)
    assert 404 not in refusals(oracles)
    now = str(round(time() * 1_000_000))
    assert engine.ask("ZCOUNT", "fg1:{}:leases", now, "+inf") == b":0\r\n"
    await retried(balancer, oracles)


async def retried(url: str, oracles: list[Oracle]) -> None:
    """A reply that was cut is asked for anew, by whichever process answers."""
    async with new_client(url) as client:
        for oracle in oracles:
            client.headers["X-Authorization"] = oracle.client.headers["X-Authorization"]
            for seen in [each for each in oracle.replies if not each.is_whole][:1]:
                body = {"conversation_id": seen.conversation_id, "action": "variant"}
                found = await client.get(f"/api/conversation/{seen.conversation_id}")
                node = found.json()["mapping"][seen.reply_id or found.json()["current_node"]]
                body["parent_message_id"] = node["parent"]
                body["model"] = "text-davinci-002-render-sha"
                prompt = found.json()["mapping"][node["parent"]]["message"]
                again = await client.post("/api/conversation", json={**body, "messages": [prompt]})
                assert again.status_code == 200, again.text


async def test_an_engine_that_is_paused_cuts_no_stream_and_forgets_nothing(
    balancer: str, engine: Engine, hosts: list[Host]
) -> None:
    async with asking(balancer) as oracles:
        for seconds in (1, 10):
            await asyncio.sleep(3)
            engine.pause()
            await asyncio.sleep(seconds)
            engine.go_on()
        await asyncio.sleep(8)
    assert await compare(balancer, oracles) == []
    assert refusals(oracles).keys() <= {503}
    for host in hosts:
        lines = [line for line in host.errors.read_text().splitlines() if "shared state" in line]
        assert len(lines) <= 4


async def test_an_engine_that_is_killed_cuts_no_stream(
    balancer: str, engine: Engine, hosts: list[Host]
) -> None:
    async with asking(balancer) as oracles:
        await asyncio.sleep(3)
        engine.kill()
        await asyncio.sleep(5)
        await asyncio.to_thread(engine.start)
        await asyncio.sleep(10)
        begun = sum(len(each.replies) for each in oracles)
        await asyncio.sleep(5)
    assert sum(len(each.replies) for each in oracles) > begun
    assert all(each.is_whole for oracle in oracles for each in oracle.replies)
    assert refusals(oracles).keys() <= {503, 404}, "it comes back empty, so that 404 is true"
    for host in hosts:
        lines = [line for line in host.errors.read_text().splitlines() if "shared state" in line]
        assert len(lines) <= 4


async def test_a_paused_engine_is_waited_for_three_tenths_of_a_second_and_then_no_more(
    hosts: list[Host], engine: Engine
) -> None:
    async with new_client(hosts[0].url) as client:
        usual = sorted([await seconds_for(client) for _ in range(5)])[2]
        engine.pause()
        try:
            first = [await seconds_for(client) for _ in range(3)]
            later = [await seconds_for(client) for _ in range(5)]
        finally:
            engine.go_on()
    assert max(first) < usual + 0.3 + 0.2
    assert sorted(later)[2] < usual + 0.1


async def seconds_for(client: httpx.AsyncClient) -> float:
    begun = monotonic()
    assert (await client.post("/v1/chat/completions", json=COMPLETION)).status_code == 200
    return monotonic() - begun


async def test_an_engine_that_is_full_cuts_no_stream(balancer: str, engine: Engine) -> None:
    async with asking(balancer) as oracles, new_client(balancer) as other:
        await asyncio.sleep(3)
        engine.ask("CONFIG", "SET", "maxmemory", "1")
        await asyncio.sleep(3)
        assert await seconds_for(other) < PATIENCE
        engine.ask("CONFIG", "SET", "maxmemory", "0")
        await asyncio.sleep(3)
    assert await compare(balancer, oracles) == []
    assert refusals(oracles).keys() == {507}


async def test_an_engine_that_is_emptied_cuts_no_stream(balancer: str, engine: Engine) -> None:
    async with asking(balancer) as oracles:
        for _ in range(4):
            await asyncio.sleep(2)
            engine.ask("FLUSHALL")
        emptied_at = monotonic()
    for oracle in oracles:
        assert all(each.is_whole for each in oracle.replies)
        oracle.replies = [e for e in oracle.replies if e.texts and e.texts[-1][0] > emptied_at]
    assert any(oracle.replies for oracle in oracles)
    await compare(balancer, oracles)
    assert refusals(oracles).keys() <= {404}


async def test_a_process_that_was_paused_is_fenced_out(balancer: str, hosts: list[Host]) -> None:
    async with asking(balancer) as oracles:
        await asyncio.sleep(2)
        hosts[0].send(signal.SIGSTOP)
        await asyncio.sleep(LEASE_SECONDS)
        # A reader ends what the paused process has left behind, before that wakes.
        await asyncio.gather(*(listed(oracle.client) for oracle in oracles))
        hosts[0].send(signal.SIGCONT)
        await asyncio.sleep(2)
    await asyncio.sleep(1)
    await compare(balancer, oracles)


async def listed(client: httpx.AsyncClient) -> None:
    for row in (await client.get("/api/conversations")).json()["items"]:
        await client.get(f"/api/conversation/{row['id']}")


async def test_a_process_that_is_cut_off_from_the_engine_goes_on(
    tmp_path: Path, engine: Engine
) -> None:
    async with CuttableProxy(engine.socket) as proxy:
        with (
            started(tmp_path, [proxy.url, engine.url, engine.url]) as hosts,
            balanced(tmp_path, hosts) as url,
        ):
            async with asking(url) as oracles:
                await asyncio.sleep(3)
                proxy.cut()
                await asyncio.sleep(10)
                proxy.mend()
                await asyncio.sleep(8)
            assert await compare(url, oracles) == []
    assert refusals(oracles)[503] > 0
    assert "shared state is lost" in hosts[0].errors.read_text()
    assert "shared state is lost" not in hosts[1].errors.read_text()
