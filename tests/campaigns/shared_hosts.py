"""Hosts behind HAProxy that share an engine, and an oracle that keeps every byte they send."""

import asyncio
import json
import shutil
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any, Self

import httpx

from tests.cli.program import COMMAND, Home
from tests.host.calls import NO_TLS, prompt_body, reply_texts, token_of
from tests.patience import PATIENCE

HAPROXY = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin") or ""
NAME = "chat.test"
LOST_SECONDS = 0.5
"""How much of a reply may be missing: a tenth of a second, and what a busy machine adds."""

_CONFIG = """
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
_DRAIN = "[drain]\ndrain_delay_seconds = 1\ndrain_seconds = {seconds}\n"


@dataclass
class Host:
    """`serve` on a port that it keeps over its restarts."""

    folder: Path
    port: int
    state: str
    drain_seconds: float = 20.0
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def errors(self) -> Path:
        """What it has said on standard error, over all its runs."""
        return self.folder / f"{self.port}.err"

    def start(self) -> None:
        config = self.folder / f"{self.port}.toml"
        config.write_text(_DRAIN.format(seconds=self.drain_seconds))
        options = ["--port", str(self.port), "--trust-proxy", "127.0.0.1/32"]
        options += ["--allow-host", NAME, "--no-keys-i-mean-it", "--serve-config", str(config)]
        options += ["--state", self.state, "--key-file", str(self.folder / "key")]
        with self.errors.open("a") as errors:
            self.process = subprocess.Popen(
                [*COMMAND, "serve", *options],
                env=Home(self.folder).environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith("http")

    def send(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def end(self, number: int = signal.SIGTERM) -> None:
        """Send a signal, and wait until the process has ended."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait()
            self.process.stdout.close()  # type: ignore[union-attr]
            self.process = None


@contextmanager
def started(folder: Path, states: list[str]) -> Iterator[list[Host]]:
    """A host for each address of a shared state."""
    with ExitStack() as stack:
        ports = free_ports(len(states))
        found = [Host(folder, *each) for each in zip(ports, states, strict=True)]
        for host in found:
            host.start()
            stack.callback(host.kill)
        yield found


def free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextmanager
def balanced(folder: Path, hosts: list[Host]) -> Iterator[str]:
    """The address of HAProxy in front of hosts."""
    (port,) = free_ports(1)
    rows = [
        f"    server s{number} 127.0.0.1:{host.port} check inter 200ms fall 2 rise 1"
        for number, host in enumerate(hosts)
    ]
    config = folder / "haproxy.cfg"
    config.write_text(_CONFIG.format(port=port, servers="\n".join(rows)))
    with subprocess.Popen([HAPROXY, "-db", "-f", str(config)], stderr=subprocess.DEVNULL) as it:
        yield f"http://127.0.0.1:{port}"
        it.kill()


@dataclass
class Seen:
    """One reply as it was read."""

    conversation_id: str = ""
    reply_id: str = ""
    texts: list[tuple[float, str]] = field(default_factory=list)
    is_whole: bool = False
    is_told: bool = False
    """Did the host say itself that the reply ends early?"""

    def take(self, line: str) -> None:
        if line == "data: [DONE]":
            self.is_whole = not self.is_told
        elif line.startswith("data: "):
            event: dict[str, Any] = json.loads(line.removeprefix("data: "))
            self.is_told = self.is_told or bool(event.get("error"))
            self.conversation_id = event.get("conversation_id") or self.conversation_id
            for text in reply_texts([event]):
                self.reply_id = event["message"]["id"]
                self.texts.append((monotonic(), text))

    def must_be_kept(self) -> str:
        """The text, without what came in the last moments before the process was killed."""
        if not self.texts:
            return ""
        is_killed = not (self.is_whole or self.is_told)
        last = self.texts[-1][0] - (LOST_SECONDS if is_killed else 0)
        return next((text for at, text in reversed(self.texts) if at <= last), "")


@dataclass
class Oracle:
    """What one client has read of its replies, and with what it was refused."""

    client: httpx.AsyncClient
    replies: list[Seen] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    """By their statuses; 0 is a connection that ended before an answer."""

    async def ask_until(self, is_over: asyncio.Event) -> None:
        """Ask again and again, every other time in the conversation before."""
        for number in count():
            if is_over.is_set():
                return
            known = self.replies[-1] if self.replies and number % 2 else Seen()
            body = prompt_body(
                "Show me a table, a list and some code", history_and_training_disabled=False
            )
            body["messages"][0]["id"] = f"00000000-0000-4000-8000-{number:012}"  # type: ignore[index]
            if known.is_whole:
                body["conversation_id"] = known.conversation_id
                body["parent_message_id"] = known.reply_id
            await self.ask(body)

    async def ask(self, body: dict[str, object]) -> None:
        seen, status = Seen(), 0
        with suppress(httpx.HTTPError):
            async with self.client.stream("POST", "/api/conversation", json=body) as response:
                status = response.status_code
                if status == 200:
                    async for line in response.aiter_lines():
                        seen.take(line)
        if seen.conversation_id:
            self.replies.append(seen)
        else:
            self.refused[status] += 1
            await asyncio.sleep(0.1)


@asynccontextmanager
async def asking(url: str, number: int = 12) -> AsyncIterator[list[Oracle]]:
    """Clients that ask one prompt after the other until the block ends."""
    is_over = asyncio.Event()
    clients = [new_client(url) for _ in range(number)]
    await ready(clients[0])
    for index, client in enumerate(clients):
        # Each has room for 200 conversations of its own.
        token = await token_of(client, f"k3vq0zt{index:03}")
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
        base_url=url, trust_env=False, timeout=PATIENCE, verify=NO_TLS, headers={"Host": NAME}
    )


async def ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(httpx.HTTPError):
                if (await client.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)


async def compare(url: str, oracles: list[Oracle]) -> list[Seen]:
    """Check every reply against what is kept; those that were cut."""
    async with new_client(url) as client:
        for oracle, seen in [(each, one) for each in oracles for one in each.replies]:
            client.headers["X-Authorization"] = oracle.client.headers["X-Authorization"]
            status, text = await _kept(client, seen)
            assert status != "in_progress"
            assert text.startswith(seen.must_be_kept())
            if seen.is_whole:
                assert text == seen.must_be_kept()
    return [each for oracle in oracles for each in oracle.replies if not each.is_whole]


def refusals(oracles: list[Oracle]) -> Counter[int]:
    """How often all of them were refused, by statuses."""
    total: Counter[int] = Counter()
    for each in oracles:
        total += each.refused
    return total


async def _kept(client: httpx.AsyncClient, seen: Seen) -> tuple[str, str]:
    """The status and the text of a reply that was read."""
    response = await client.get(f"/api/conversation/{seen.conversation_id}")
    response.raise_for_status()
    mapping = response.json()["mapping"]
    reply = mapping[seen.reply_id]["message"] if seen.reply_id else _last_reply(mapping)
    return reply["status"], "".join(reply["content"]["parts"])


def _last_reply(mapping: dict[str, Any]) -> dict[str, Any]:
    return [node["message"] for node in mapping.values() if node.get("message")][-1]


class CuttableProxy:
    """A way from a port to an engine's socket that can swallow all that is sent."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._open = asyncio.Event()
        self._open.set()
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.mend()
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            with suppress(OSError):
                await writer.wait_closed()

    def cut(self) -> None:
        self._open.clear()

    def mend(self) -> None:
        self._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self._target)
        self._writers += [writer, back]
        for source, sink in ((reader, back), (there, writer)):
            self._tasks.append(asyncio.create_task(self._pass(source, sink)))

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                await self._open.wait()
                sink.write(data)
                await sink.drain()
        sink.close()
