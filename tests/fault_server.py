"""A raw HTTP server on loopback that does exactly what a script says, faults included.

```python
async with FaultServer() as server:
    server.sign_in(token="secret-token")
    server.script("/api/conversation", Send(stream_head()), Send(chunk(b"data: 1\\n\\n")), Reset())
    ...
    exchange = await server.arrived("/api/conversation")
    await exchange.ended.wait()
```

Every script ends its connection, and every exchange keeps what was asked and what was sent.
"""

import asyncio
import json
import socket
import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from tests.patience import PATIENCE


@dataclass(frozen=True, slots=True)
class Send:
    """Send `data`, `delay` seconds after the step before; `b""` only waits."""

    data: bytes
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Stall:
    """Say nothing until the client goes away, or the server is closed."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Break the connection with a TCP reset."""


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection properly, wherever the response stands."""


Step = Send | Stall | Reset | Close


@dataclass(eq=False, slots=True)
class Exchange:
    """One request, and what the server did with it. Header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    sent: bytearray = field(default_factory=bytearray)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing more will be sent, whoever ended it."""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode())

    @property
    def json(self) -> object:
        return json.loads(self.body)


class FaultServer:
    """Serves the scripts of each path in turn; the last one of a path is repeated."""

    def __init__(self, port: int = 0) -> None:
        """`port` is one that others were told of before; else it is any that is free."""
        self.exchanges: list[Exchange] = []
        self.connections = 0
        """How many connections are open at the moment."""
        self._scripts: dict[str, list[tuple[Step, ...]]] = defaultdict(list)
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._port = port

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def script(self, path: str, *steps: Step) -> None:
        """Answer the next request for `path` that no script is waiting for."""
        self._scripts[path].append(steps)

    def sign_in(self, *, token: str = "token-of-nobody", account: str = "account-1") -> None:
        """Answer the three login steps as a healthy service does."""
        self.script("/api/loads", Send(json_reply({"loads": [{"token_id": account, "count": 0}]})))
        cookie = {"Set-Cookie": f"credential={token}; Path=/"}
        self.script("/auth/login", Send(json_reply({"code": 0, "url": "/"}, headers=cookie)))
        self.script("/api/auth/session", Send(json_reply({"user": {}, "accessToken": token})))

    def asked(self, path: str) -> list[Exchange]:
        """The requests for `path` so far."""
        return [exchange for exchange in self.exchanges if exchange.path == path]

    async def arrived(self, path: str, count: int = 1) -> Exchange:
        """Wait for request number `count` for `path`, at most five seconds."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: len(self.asked(path)) >= count)
        return self.asked(path)[count - 1]

    async def idle(self) -> None:
        """Wait until no connection is open any more, at most five seconds."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: self.connections == 0)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self._port, limit=1_000_000
        )
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._connection(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._note(opened=1)
        try:
            await self._converse(reader, writer)
            writer.close()
            await writer.wait_closed()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # The client went away, which is what many a test is about.
        finally:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()
            await self._note(opened=-1)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        exchange = await _read_request(reader)
        self.exchanges.append(exchange)
        await self._note()
        try:
            await _play(self._next_script(exchange.path), exchange, reader, writer)
        finally:
            exchange.ended.set()

    def _next_script(self, path: str) -> tuple[Step, ...]:
        scripts = self._scripts.get(path)
        if not scripts:
            return (Send(json_reply({"detail": f"No script for {path}"}, status=404)),)
        return scripts.pop(0) if len(scripts) > 1 else scripts[0]

    async def _note(self, *, opened: int = 0) -> None:
        async with self._changed:
            self.connections += opened
            self._changed.notify_all()


async def _read_request(reader: asyncio.StreamReader) -> Exchange:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, target, _version = first.split(" ")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Exchange(method, target, headers, body)


async def _play(
    steps: Iterable[Step],
    exchange: Exchange,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    for step in steps:
        match step:
            case Send(data, delay):
                await asyncio.sleep(delay)
                writer.write(data)
                exchange.sent += data
                await writer.drain()
            case Stall():
                await reader.read()
            case Reset():
                _reset(writer)
                return
            case Close():
                return


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def reply(
    body: bytes,
    *,
    status: int = 200,
    content_type: str = "text/plain",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """A whole response of known length."""
    named = {"Content-Type": content_type, "Content-Length": str(len(body))} | dict(headers or {})
    return _head(status, named | {"Connection": "close"}) + body


def json_reply(
    body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> bytes:
    """A whole JSON response."""
    return reply(
        json.dumps(body).encode(), status=status, content_type="application/json", headers=headers
    )


def stream_head(*, chunked: bool = True) -> bytes:
    """The head of an event stream; without chunks only the end of the connection ends it."""
    named = {"Content-Type": "text/event-stream; charset=utf-8", "Connection": "close"}
    return _head(200, named | ({"Transfer-Encoding": "chunked"} if chunked else {}))


def chunk(data: bytes) -> bytes:
    """`data` as one chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
DONE = b"data: [DONE]\n\n"


def message_event(
    text: str,
    *,
    message_id: str = "reply-1",
    status: str = "in_progress",
    **changes: object,
) -> bytes:
    """All of the assistant's text so far as an event; `changes` are fields of its message."""
    message = {
        "id": message_id,
        "author": {"role": "assistant", "name": None, "metadata": {}},
        "create_time": 1699178400.25,
        "update_time": None,
        "content": {"content_type": "text", "parts": [text]},
        "status": status,
        "end_turn": True if status == "finished_successfully" else None,
        "weight": 1.0,
        "metadata": {"message_type": "next", "model_slug": "model-1", "parent_id": "prompt-1"},
        "recipient": "all",
    }
    event = {"message": message | changes, "conversation_id": "conversation-1", "error": None}
    return b"data: " + json.dumps(event).encode() + b"\n\n"


def stream(*texts: str) -> list[Step]:
    """A healthy reply that grows through `texts` and ends as it should."""
    events = [message_event(text) for text in texts]
    events += [message_event(texts[-1], status="finished_successfully"), DONE]
    return [Send(stream_head()), *(Send(chunk(event)) for event in events), Send(LAST_CHUNK)]


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [
        f"HTTP/1.1 {status} Scripted",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
