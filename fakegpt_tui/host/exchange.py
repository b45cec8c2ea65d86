"""Exchange: one request of a connection and its response, as an ASGI application sees them."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import unquote

from starlette.types import Message

from fakegpt_tui.host.open_connections import REFUSED
from fakegpt_tui.host.request_head import RequestHead

_LOG = logging.getLogger(__name__)

GONE: Final = "fakegpt.gone"
"""The extension of a scope that is a future, done once the client has left.

To wait for the same by `receive` takes a task of its own for each reply.
"""

_CLOSE: Final = (b"connection", b"close")
_CHUNKED: Final = (b"transfer-encoding", b"chunked")
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_MOST_UNSENT: Final = 16_384
_PING: Final = b"8\r\n: ping\n\n\r\n"
_EVENT_STREAM: Final = b"text/event-stream"
_LAST_CHUNK: Final = b"0\r\n\r\n"
_STATUS_LINES: Final = {
    each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus
}
_WITHOUT_BODY: Final = (204, 304)
_ERROR: Final = (
    b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"connection: close\r\ncontent-length: 21\r\n\r\nInternal Server Error"
)


class ClientLine(Protocol):
    """The connection under an exchange."""

    def write(self, data: bytes) -> None: ...

    async def wait_for_room(self) -> None:
        """Wait until the client has taken most of what was written."""
        ...

    def resume_reading(self) -> None:
        """Read on, where reading was paused because much of a body was not taken."""
        ...

    def end_exchange(self, *, closes: bool) -> None:
        """The response is complete."""
        ...

    def close(self) -> None:
        """End the connection once all that was written has left."""
        ...


class Exchange:
    """Hands the parts of a request on, and writes the response."""

    def __init__(self, line: ClientLine, head: RequestHead) -> None:
        self._line = line
        self._head = head
        self._changed = asyncio.Event()
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Is done once the client has left."""
        self._body: list[bytes] = []
        self._unsent: list[bytes] = []
        self._unsent_size = 0
        self._is_flush_due = False
        self._is_chunked = False
        self._is_without_body = head.method == "HEAD"
        self._is_event_stream = False
        self._awaits_continue = head.awaits_continue
        self.size = 0
        """Bytes of the body that wait to be taken."""
        self.is_whole = False
        """Has all of the request come?"""
        self.has_begun = False
        """Has anything of the response been written?"""
        self.is_complete = False
        self.closes = head.is_last

    def add(self, pieces: Sequence[bytes], *, is_whole: bool) -> None:
        """More of the request has come."""
        self._body += pieces
        self.size += sum(map(len, pieces))
        self.is_whole = is_whole
        self._changed.set()

    def leave(self) -> None:
        """The client has left: nothing more is sent to it."""
        if not self.gone.done():
            self.gone.set_result(None)
        self._changed.set()

    def end(self, task: asyncio.Future[None]) -> None:
        """See to what is left undone; an error is logged, and told as status 500."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _LOG.error("A request was not answered.", exc_info=error)
        if self.is_complete or self.gone.done():
            return
        if error is not None and not self.has_begun:
            self._unsent = [_ERROR]
        self._flush()
        self._line.close()

    def probe(self) -> bool:
        """Write what no client minds, to find out whether there is one; can that be done?"""
        if not (self.has_begun or self._unsent):
            self._line.write(b"" if self._head.is_old else _CONTINUE)
            return not self._head.is_old
        self._flush()
        if self._is_event_stream and self._is_chunked:
            self._line.write(_PING)
        return self._is_event_stream and self._is_chunked

    async def receive(self) -> Message:
        """The next part of the body, or that the client has left; `receive` of ASGI."""
        if self._awaits_continue and not self.gone.done():
            self._awaits_continue = False
            self._line.write(_CONTINUE)
        if not (self.gone.done() or self.is_complete):
            self._line.resume_reading()
            await self._changed.wait()
            self._changed.clear()
        if self.gone.done() or self.is_complete:
            return {"type": "http.disconnect"}
        body, self._body, self.size = b"".join(self._body), [], 0
        return {"type": "http.request", "body": body, "more_body": not self.is_whole}

    async def send(self, message: Message) -> None:
        """Write a part of the response; `send` of ASGI.

        What is sent before anything else gets its turn is one packet.
        """
        await self._line.wait_for_room()
        if self.gone.done() or self.is_complete:
            return
        if message["type"] == "http.response.start":
            self._begin(message["status"], list(message.get("headers", ())))
            self._flush_soon()
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if body and not self._is_without_body:
            self._add(b"%x\r\n%b\r\n" % (len(body), body) if self._is_chunked else body)
        if more:
            self._flush_soon()
            return
        if self._is_chunked and not self._is_without_body:
            self._add(_LAST_CHUNK)
        self._flush()
        self.is_complete = True
        self._changed.set()
        self._line.end_exchange(closes=self.closes)

    def _add(self, data: bytes) -> None:
        self._unsent.append(data)
        self._unsent_size += len(data)

    def _flush_soon(self) -> None:
        if self._unsent_size > _MOST_UNSENT:
            self._flush()
        elif not self._is_flush_due:
            self._is_flush_due = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        """Write what was sent so far."""
        self._is_flush_due = False
        if self._unsent and not self.gone.done():
            self.has_begun = True
            unsent, self._unsent, self._unsent_size = self._unsent, [], 0
            self._line.write(b"".join(unsent))

    def _begin(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        if self._awaits_continue and not self.is_whole:
            # A client that was not told to send the body may send another request in its place.
            self.closes = True
        self._awaits_continue = False
        if _CLOSE in headers:
            self.closes = True
        elif self.closes:
            headers.append(_CLOSE)
        self._is_event_stream = any(value.startswith(_EVENT_STREAM) for _, value in headers)
        has_none = status in _WITHOUT_BODY
        self._is_without_body = self._is_without_body or has_none
        is_framed = has_none or any(name == b"content-length" for name, _ in headers)
        if not is_framed and self._head.is_old:
            self.closes = True
        elif not is_framed:
            self._is_chunked = True
            headers.append(_CHUNKED)
        self._add(encode_head(status, headers))


def encode_head(status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The head of a response.

    Raises:
        ValueError: A header would end before its end.
    """
    lines = [b"%b: %b\r\n" % each for each in headers]
    status_line = _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status
    head = b"".join([status_line, *lines, b"\r\n"])
    ends = len(lines) + 2
    if head.count(b"\n") != ends or head.count(b"\r") != ends or b"\0" in head:
        raise ValueError("a header of a response is not valid")
    return head


@dataclass(frozen=True, slots=True)
class Ends:
    """Where a connection arrived, and where it came from; no address for a unix socket's other end.

    The host's end of a unix socket is its path, without a port.
    """

    server: tuple[str, int | None] | None
    client: tuple[str, int] | None
    scheme: str

    @classmethod
    def of(cls, transport: asyncio.Transport) -> "Ends":
        server, client = (transport.get_extra_info(name) for name in ("sockname", "peername"))
        return cls(
            (str(server[0]), int(server[1])) if isinstance(server, tuple) else (server or "", None),
            (str(client[0]), int(client[1])) if isinstance(client, tuple) else None,
            "https" if transport.get_extra_info("sslcontext") else "http",
        )


def build_scope(
    head: RequestHead,
    exchange: Exchange,
    ends: Ends,
    client: tuple[str, int] | None,
    *,
    is_refused: bool,
) -> dict[str, Any]:
    """The scope of a request; `client` is who stands behind the other end, or that itself."""
    raw_path, _, query = head.target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": head.version,
        "server": ends.server,
        "client": client,
        "scheme": ends.scheme,
        "method": head.method,
        "root_path": "",
        "path": unquote(raw_path.decode("ascii")),
        "raw_path": raw_path,
        "query_string": query,
        "headers": head.headers,
        "state": {REFUSED: is_refused},
        "extensions": {GONE: exchange.gone},
    }
