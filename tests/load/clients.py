"""Clients that open many streams at once and take nothing apart but the times in them."""

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

_SENT = re.compile(rb"T(\d+\.\d+) ")
_PASSWORD = "k3vq0zt1ab"


@dataclass(frozen=True, slots=True)
class Shape:
    """What is asked for: so many chunks, so many seconds apart, of so many characters."""

    chunks: int
    seconds: float
    size: int


@dataclass(slots=True)
class Taken:
    """What a client has seen of one reply."""

    asked_at: float
    status: int = 0
    bytes: int = 0
    first_at: float = 0.0
    ended_at: float = 0.0
    is_whole: bool = False
    delays: list[float] = field(default_factory=list)
    """How old each word was when it came."""


class Client(asyncio.Protocol):
    """One stream, from the request to the end of the connection."""

    def __init__(self, request: bytes, *, times_all: bool = False, reads: bool = True) -> None:
        """Look at the time of each word with `times_all`; what is sent comes in no other order."""
        self.request = request
        self.times_all = times_all
        self.reads = reads
        self.taken = Taken(time.monotonic())
        self.tail = b""
        self.over: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)
        if not self.reads:
            transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        taken, now = self.taken, time.monotonic()
        if not taken.status:
            taken.status, taken.first_at = int(data[9:12]), now
        taken.bytes += len(data)
        if self.times_all:
            taken.delays += [now - float(sent) for sent in _SENT.findall(data)]
        self.tail = (self.tail + data)[-60:]
        if self.tail.endswith(b"0\r\n\r\n"):
            taken.is_whole, taken.ended_at = b"[DONE]" in self.tail, now
            self.transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(self.taken)


class Target:
    """What is asked: a host in one of its dialects, or the forwarder."""

    def __init__(self, url: str, dialect: str) -> None:
        self.address = urlsplit(url)
        self.dialect = dialect
        self.token = sign_in(url) if dialect == "fakegpt" else "key"

    def request(self, shape: Shape) -> bytes:
        prompt = f"{shape.chunks} {shape.seconds:g} {shape.size}"
        if self.dialect == "fakegpt":
            path = "/api/conversation"
            content = {"content_type": "text", "parts": [prompt]}
            message = {"author": {"role": "user"}, "content": content}
            body: dict[str, object] = {"action": "next", "messages": [message], "model": "load"}
        else:
            path = "/v1/chat/completions"
            body = {"model": "load", "stream": True}
            body["messages"] = [{"role": "user", "content": prompt}]
        data = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nhost: {self.address.netloc}\r\n"
            f"authorization: Bearer {self.token}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(data)}\r\n\r\n"
        )
        return head.encode() + data

    async def open(self, request: bytes, *, reads: bool = True) -> Client:
        """A client that has connected and asked; one that never `reads` only fills its socket."""
        loop = asyncio.get_running_loop()
        host, port = self.address.hostname, self.address.port

        def made() -> Client:
            return Client(request, times_all=self.dialect == "openai", reads=reads)

        _, client = await loop.create_connection(made, host, port)
        return client


def sign_in(url: str) -> str:
    """A token of a host without keys."""
    with httpx.Client(base_url=url, trust_env=False) as client:
        account = client.get("/api/loads").json()["loads"][0]["token_id"]
        form = {"token_key": account, "session_password": _PASSWORD}
        client.post("/auth/login", data=form).raise_for_status()
        return str(client.get("/api/auth/session").json()["accessToken"])


async def stream_many(
    target: Target, count: int, shape: Shape, *, spread: float = 2.0
) -> list[Client]:
    """Clients of `count` streams, which begin evenly within `spread` seconds."""
    request, clients = target.request(shape), []
    began = time.monotonic()
    for number in range(count):
        clients.append(await target.open(request))
        due = began + (number + 1) * spread / count - time.monotonic()
        if due > 0:
            await asyncio.sleep(due)
    return clients


async def ask_in_turn(target: Target, workers: int, each: int) -> list[Taken]:
    """Replies of five words, asked for by some clients, each again and again."""
    request = target.request(Shape(5, 0, 5))

    async def ask() -> list[Taken]:
        return [await (await target.open(request)).over for _ in range(each)]

    found = await asyncio.gather(*(ask() for _ in range(workers)))
    return [taken for some in found for taken in some]
