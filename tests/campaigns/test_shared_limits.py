"""Limits and revocations over two hosts that share an engine: exact, and soon everywhere."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from statistics import mean
from time import monotonic

import httpx
import pytest

from fakegpt_tui.backends.scripted import Pause, ScriptedBackend
from fakegpt_tui.domain import ReplyEnded, TextDelta
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.server import HostServer
from fakegpt_tui.host.shared_state import StateOptions
from tests.cli.program import Home
from tests.cli.test_serve import first_line
from tests.host.calls import NO_TLS
from tests.host.keys import new_key
from tests.host.shared_state.engine import PROGRAM, Engine, running_engine
from tests.patience import PATIENCE

BODY = {"model": "", "messages": [{"role": "user", "content": "Hi"}]}
MINUTES = 2

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not PROGRAM, reason="neither valkey-server nor redis-server"),
]


@pytest.fixture
def engine() -> Iterator[Engine]:
    with running_engine() as running:
        yield running


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def serve(
    stack: ExitStack, engine: Engine, seconds: float, **limits: int
) -> tuple[list[HostServer], list[ScriptedBackend], str]:
    """Two hosts, whose replies take some seconds, and a key for them."""
    key, text = new_key(tokens_per_minute=0, tokens_per_day=0, **limits)
    scripts = [(TextDelta("a"), Pause(seconds), ReplyEnded())] * 10_000
    backends = [ScriptedBackend(*scripts) for _ in range(2)]
    hosts = [
        HostServer(each, keys=KeyRing([key]), state=StateOptions(url=engine.url))
        for each in backends
    ]
    for host in hosts:
        stack.enter_context(host)
    return hosts, backends, text


@asynccontextmanager
async def asking(
    hosts: list[HostServer], key: str, clients: int, pause: float
) -> AsyncIterator[list[float]]:
    """When requests of many clients were admitted, which ask again and again after a pause."""
    admitted: list[float] = []

    async def ask(client: httpx.AsyncClient, delay: float) -> None:
        await asyncio.sleep(delay)
        while True:
            begun = monotonic()
            if (await client.post("/v1/chat/completions", json=BODY)).is_success:
                admitted.append(begun)
            await asyncio.sleep(pause)

    headers = {"Authorization": f"Bearer {key}"}
    opened = [
        httpx.AsyncClient(
            base_url=host.base_url,
            headers=headers,
            trust_env=False,
            timeout=PATIENCE,
            verify=NO_TLS,
            limits=httpx.Limits(max_connections=None),
        )
        for host in hosts
    ]
    tasks = [
        asyncio.create_task(ask(opened[number % 2], number * pause / clients))
        for number in range(clients)
    ]
    yield admitted
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for client in opened:
        await client.aclose()


async def test_ten_replies_at_once_are_ten_over_two_hosts(stack: ExitStack, engine: Engine) -> None:
    hosts, backends, key = serve(stack, engine, 2.0, streams=10, requests_per_minute=0)
    samples: list[int] = []
    async with asking(hosts, key, clients=200, pause=2.0):
        while sum(each.playing for each in backends) < 10:
            await asyncio.sleep(0.005)
        end = monotonic() + 15
        while monotonic() < end:
            samples.append(sum(each.playing for each in backends))
            await asyncio.sleep(0.005)
    assert max(samples) == 10
    assert mean(samples) > 9.5


async def test_sixty_requests_a_minute_are_sixty_over_two_hosts(
    stack: ExitStack, engine: Engine
) -> None:
    hosts, _, key = serve(stack, engine, 0.0, streams=0, requests_per_minute=60, burst=1)
    async with asking(hosts, key, clients=20, pause=0.5) as admitted:
        begun = monotonic()
        await asyncio.sleep(60 * MINUTES)
        times = list(admitted)
    for minute in range(MINUTES):
        first, last = begun + 60 * minute, begun + 60 * (minute + 1)
        assert abs(sum(first <= each < last for each in times) - 60) <= 1


async def test_a_key_that_is_revoked_in_one_file_is_refused_everywhere_within_two_seconds(
    engine: Engine, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    files = [tmp_path / f"{number}.toml" for number in range(2)]
    made = home.run("serve-admin", "keys", "new", "--file", str(files[0]))
    key = made.stdout.strip()
    shutil.copy(files[0], files[1])
    with ExitStack() as stack:
        urls = [
            first_line(
                stack.enter_context(
                    home.started("serve", "--access-keys", str(path), "--state", engine.url)
                )
            )
            for path in files
        ]
        assert [status(url, key) for url in urls] == [200, 200]
        done = home.invoke("serve-admin", "keys", "revoke", key[4:20], "--file", str(files[0]))
        assert done.exit_code == 0
        revoked_at = monotonic()
        while 200 in [status(url, key) for url in urls]:
            await asyncio.sleep(0.05)
        assert monotonic() < revoked_at + 2


def status(url: str, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.get(f"{url}/v1/models", headers=headers, trust_env=False).status_code
