"""Three hosts behind HAProxy, with their state in Redis: what fails, and what a client keeps of it.

An oracle reads every byte of many replies while processes and the engine are killed, paused and
emptied, and compares what it read with what the hosts have kept.
"""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from tests.cli.program import COMMAND, Home
from tests.host.calls import NO_TLS, messages, prompt_body, reply_texts, token_of
from tests.host.shared_state.engine import PROGRAM, Engine, running_engine
from tests.patience import PATIENCE

HAPROXY = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin") or ""
NAME = "chat.test"
LEASE_SECONDS = 35.0
LOST_SECONDS = 0.5
"""How much of a reply may be missing: a tenth of a second, and what a busy machine adds."""

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (HAPROXY and PROGRAM), reason="haproxy and redis-server are needed"),
]

CONFIG = """
global
    maxconn 500
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
    option redispatch
    retries 3
frontend all
    bind 127.0.0.1:{port}
    option forwardfor
    default_backend hosts
backend hosts
    balance leastconn
    option httpchk GET /readyz
{servers}
"""


@dataclass
class Host:
    """`serve` on a port that it keeps over its restarts."""

    folder: Path
    port: int
    engine: Engine
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        options = ["--port", str(self.port), "--trust-proxy", "127.0.0.1/32"]
        options += ["--allow-host", NAME, "--no-keys-i-mean-it"]
        options += ["--state", self.engine.url, "--key-file", str(self.folder / "key")]
        self.process = subprocess.Popen(
            [*COMMAND, "serve", *options],
            env=Home(self.folder).environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith("http")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()  # type: ignore[union-attr]
            self.process = None


@dataclass
class Oracle:
    """What one client has read of its replies."""

    client: httpx.AsyncClient
    replies: list["Seen"] = field(default_factory=list)
    refused: int = 0

    async def ask_until(self, is_over: asyncio.Event) -> None:
        while not is_over.is_set():
            seen = Seen()
            body = prompt_body(
                "Show me a table, a list and some code", history_and_training_disabled=False
            )
            with suppress(httpx.HTTPError):
                async with self.client.stream("POST", "/api/conversation", json=body) as response:
                    if response.status_code != 200:
                        self.refused += 1
                        await asyncio.sleep(0.1)
                        continue
                    async for event in messages(response):
                        seen.take(event)
                    seen.is_whole = True
            if seen.conversation_id:
                self.replies.append(seen)


@dataclass
class Seen:
    """One reply as it was read."""

    conversation_id: str = ""
    texts: list[tuple[float, str]] = field(default_factory=list)
    is_whole: bool = False

    def take(self, event: dict[str, Any]) -> None:
        self.conversation_id = event.get("conversation_id") or self.conversation_id
        self.texts += [(monotonic(), text) for text in reply_texts([event])]

    def must_be_kept(self) -> str:
        """The text, without what came in the last moments of a reply that was cut."""
        if not self.texts:
            return ""
        last = self.texts[-1][0] - (0 if self.is_whole else LOST_SECONDS)
        return next((text for at, text in reversed(self.texts) if at <= last), "")


@pytest.fixture
def engine() -> Iterator[Engine]:
    with running_engine() as started:
        yield started


@pytest.fixture
def hosts(tmp_path: Path, engine: Engine) -> Iterator[list[Host]]:
    with ExitStack() as stack:
        found = [Host(tmp_path, port, engine) for port in free_ports(3)]
        for host in found:
            host.start()
            stack.callback(host.kill)
        yield found


def free_ports(count: int) -> list[int]:
    import socket  # noqa: PLC0415 - here alone

    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.fixture
def balancer(tmp_path: Path, hosts: list[Host]) -> Iterator[str]:
    (port,) = free_ports(1)
    rows = [
        f"    server s{number} 127.0.0.1:{host.port} check inter 200ms fall 2 rise 1"
        for number, host in enumerate(hosts)
    ]
    config = tmp_path / "haproxy.cfg"
    config.write_text(CONFIG.format(port=port, servers="\n".join(rows)))
    with subprocess.Popen([HAPROXY, "-db", "-f", str(config)], stderr=subprocess.DEVNULL) as it:
        yield f"http://127.0.0.1:{port}"
        it.kill()


@asynccontextmanager
async def asking(url: str, count: int = 12) -> AsyncIterator[list[Oracle]]:
    """Clients that ask one prompt after the other until the block ends."""
    is_over = asyncio.Event()
    clients = [new_client(url) for _ in range(count)]
    await ready(clients[0])
    for number, client in enumerate(clients):
        # Each has room for 200 conversations of its own.
        token = await token_of(client, f"k3vq0zt{number:03}")
        client.headers["X-Authorization"] = f"Bearer {token}"
    oracles = [Oracle(client) for client in clients]
    asked = [asyncio.create_task(each.ask_until(is_over)) for each in oracles]
    try:
        yield oracles
    finally:
        is_over.set()
        await asyncio.gather(*asked)
        for client in clients:
            await client.aclose()


def new_client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=url,
        trust_env=False,
        timeout=PATIENCE,
        verify=NO_TLS,
        headers={"Host": NAME},
    )


async def ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(httpx.ConnectError):
                if (await client.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)


async def kept(client: httpx.AsyncClient, conversation_id: str) -> tuple[str, str]:
    """The status and the text of the only reply of a conversation."""
    response = await client.get(f"/api/conversation/{conversation_id}")
    response.raise_for_status()
    body = response.json()
    reply = body["mapping"][body["current_node"]]["message"]
    return reply["status"], "".join(reply["content"]["parts"])


async def compare(url: str, oracles: list[Oracle]) -> int:
    """Check every reply against what is kept; how many were cut."""
    cut = 0
    async with new_client(url) as client:
        for oracle, seen in [(each, one) for each in oracles for one in each.replies]:
            client.headers["X-Authorization"] = oracle.client.headers["X-Authorization"]
            status, text = await kept(client, seen.conversation_id)
            assert status != "in_progress"
            assert text.startswith(seen.must_be_kept())
            if seen.is_whole:
                assert text == seen.must_be_kept()
            cut += not seen.is_whole
    return cut


async def test_processes_that_are_killed_lose_a_tenth_of_a_second(
    balancer: str, hosts: list[Host]
) -> None:
    async with asking(balancer) as oracles:
        for number in range(6):
            await asyncio.sleep(3)
            hosts[number % 3].kill()
            hosts[number % 3].start()
    await asyncio.sleep(LEASE_SECONDS)
    assert await compare(balancer, oracles) > 0


async def test_an_engine_that_is_killed_and_paused_cuts_no_stream(
    balancer: str, engine: Engine
) -> None:
    async with asking(balancer) as oracles:
        for stop, go_on in ((engine.kill, engine.start), (engine.pause, engine.go_on)):
            await asyncio.sleep(3)
            before = monotonic()
            stop()
            await asyncio.sleep(3)
            await asyncio.to_thread(go_on)
            await ask_once(oracles[0].client, before)
    replies = [each for oracle in oracles for each in oracle.replies]
    assert len(replies) > len(oracles)
    assert all(each.is_whole for each in replies)


async def test_an_engine_that_is_emptied_cuts_no_stream(balancer: str, engine: Engine) -> None:
    async with asking(balancer) as oracles:
        for _ in range(4):
            await asyncio.sleep(2)
            engine.ask("FLUSHALL")
    assert all(each.is_whole for oracle in oracles for each in oracle.replies)


async def test_a_process_that_was_paused_is_fenced_out(balancer: str, hosts: list[Host]) -> None:
    import signal  # noqa: PLC0415 - here alone

    async with asking(balancer) as oracles:
        await asyncio.sleep(2)
        assert hosts[0].process is not None
        hosts[0].process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(LEASE_SECONDS)
        # A reader ends what the paused process has left behind, before that wakes.
        await asyncio.gather(*(listed(oracle.client) for oracle in oracles))
        hosts[0].process.send_signal(signal.SIGCONT)
        await asyncio.sleep(2)
    await asyncio.sleep(1)
    await compare(balancer, oracles)


async def listed(client: httpx.AsyncClient) -> None:
    for row in (await client.get("/api/conversations")).json()["items"]:
        await client.get(f"/api/conversation/{row['id']}")


async def ask_once(client: httpx.AsyncClient, _: float) -> None:
    """A prompt is answered as soon as the engine is back."""
    body = prompt_body("hello", history_and_training_disabled=False)
    async with asyncio.timeout(PATIENCE):
        while (await client.post("/api/conversation", json=body)).status_code != 200:
            await asyncio.sleep(0.1)
