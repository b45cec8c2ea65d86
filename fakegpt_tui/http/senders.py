"""Senders: what sends one request of a stream, over a connection of its own or by httpx."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Protocol

import httpx

from fakegpt_tui.http.direct_transport import DirectTransport
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


class DirectSender:
    """Sends over a connection of its own."""

    def __init__(self, transport: DirectTransport, log: Callable[[str, int], None]) -> None:
        """`log` is told the method of a request, and the status of its response."""
        self._transport = transport
        self._log = log
        self._response: httpx.Response | None = None

    async def send(self, request: WireRequest) -> httpx.Response:
        """As `Sender.send`."""
        self._response = await self._transport.send(request)
        self._log(request.method, self._response.status_code)
        return self._response

    async def aclose(self) -> None:
        """As `Sender.aclose`."""
        if self._response is not None:
            await self._response.aclose()


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
