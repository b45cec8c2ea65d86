"""Senders: what sends one request of a stream, over a connection of its own or by httpx."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from typing import Protocol

import httpx

from fakegpt_tui.http.direct_connections import DirectConnection
from fakegpt_tui.http.plain_sockets import PlainTransport, SocketOptions, open_at_once, open_socket
from fakegpt_tui.http.wire_request import WireRequest


class Sender(Protocol):
    """Sends one request."""

    async def send(self, request: WireRequest) -> httpx.Response:
        """The head of the response; its body is still to come.

        Raises:
            httpx.HTTPError: There is none.
        """
        ...

    async def aclose(self) -> None:
        """End the connection."""
        ...


class DirectBody(httpx.AsyncByteStream):
    """The body of a response, as httpx has it."""

    def __init__(self, connection: DirectConnection) -> None:
        self.connection = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while pieces := await self.connection.take():
            for piece in pieces:
                yield piece

    async def aclose(self) -> None:
        """Close the connection."""
        self.connection.abort()


class DirectSender:
    """Sends over a connection of its own, which no pool keeps."""

    def __init__(
        self, tls: ssl.SSLContext, options: SocketOptions, log: Callable[[str, int], None]
    ) -> None:
        """`log` is told the method of a request, and the status of its response."""
        self._tls = tls
        self._options = options
        self._log = log
        self._connection: DirectConnection | None = None

    async def send(self, request: WireRequest) -> httpx.Response:
        """As `Sender.send`."""
        seconds = request.timeout.connect
        until = None if seconds is None else asyncio.get_running_loop().time() + seconds
        try:
            self._connection = connection = await self._connect(request.url, until)
        except TimeoutError as error:
            raise httpx.ConnectTimeout("") from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        try:
            head = await connection.send(request)
        except BaseException:
            connection.abort()
            raise
        self._log(request.method, head.status_code)
        extensions = {"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason}
        return httpx.Response(
            head.status_code,
            headers=head.headers,
            stream=DirectBody(connection),
            extensions=extensions,
        )

    async def aclose(self) -> None:
        """As `Sender.aclose`."""
        if self._connection is not None:
            self._connection.abort()

    async def _connect(self, url: httpx.URL, until: float | None) -> DirectConnection:
        is_tls = url.scheme == "https"
        host, port = url.raw_host.decode("ascii"), url.port or (443 if is_tls else 80)
        opened = open_at_once(host, port, self._options)
        async with asyncio.timeout_at(until) if opened is None or is_tls else nullcontext():
            opened = opened or await open_socket(host, port, self._options)
            return await self._begin(opened, host, is_tls=is_tls)

    async def _begin(self, opened: socket.socket, host: str, *, is_tls: bool) -> DirectConnection:
        """A connection over a socket that is connected."""
        if not is_tls and os.name == "posix":
            connection = DirectConnection()
            PlainTransport(opened, connection)
            return connection
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                DirectConnection,
                sock=opened,
                ssl=self._tls if is_tls else None,
                server_hostname=host if is_tls else None,
            )
        except BaseException:
            opened.close()
            raise
        return connection


class ClientSender:
    """Sends by a client of httpx, which knows proxies."""

    def __init__(self, client: AbstractAsyncContextManager[httpx.AsyncClient]) -> None:
        self._client = client
        self._stack = AsyncExitStack()

    async def send(self, request: WireRequest) -> httpx.Response:
        """As `Sender.send`."""
        client = await self._stack.enter_async_context(self._client)
        response = await client.send(request.to_httpx(), stream=True)
        self._stack.push_async_callback(response.aclose)
        return response

    async def aclose(self) -> None:
        """As `Sender.aclose`."""
        await self._stack.aclose()
