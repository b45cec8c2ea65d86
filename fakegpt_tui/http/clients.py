"""HTTP clients for one service: TLS, proxy, headers."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncGenerator, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, Protocol

import httpx

from fakegpt_tui import __version__
from fakegpt_tui.domain import ConfigError, Service
from fakegpt_tui.domain.exact_request import LastAnswer
from fakegpt_tui.http.addresses import (
    FindProxy,
    Route,
    environment_proxy,
    find_service_proxy,
    service_address,
)
from fakegpt_tui.http.certificates import load_certificates
from fakegpt_tui.http.read_ahead import PAUSE_SECONDS
from fakegpt_tui.http.senders import ClientSender, DirectSender, Sender

_LOG = logging.getLogger(__name__)


class AnswerRecord(Protocol):
    """Remembers the beginning of a response."""

    def to_answer(self) -> LastAnswer:
        """What came of it so far."""
        ...


class Transport:
    """Makes the clients of one service: a fresh one for each stream, over one TLS context.

    Fresh, because a pooled connection of httpx that is cancelled at the wrong moment never comes
    back to its pool. Reading the certificates is the slow part, and is shared.
    """

    def __init__(
        self,
        service: Service,
        *,
        find_proxy: FindProxy = environment_proxy,
        pause_seconds: float | None = None,
    ) -> None:
        """Check everything that a connection needs.

        Bytes that come within `pause_seconds` are read together; `None` is as fast as a screen.

        Raises:
            ConfigError: The address, the proxy or the certificate file cannot be used.
        """
        self.service = service
        self.address = service_address(service)
        self._proxy = find_service_proxy(service, self.address, find_proxy)
        self.route = Route(self.address.host, self._proxy.host if self._proxy else None)
        if isinstance(service.verify, str) and not Path(service.verify).exists():
            raise ConfigError(
                f"The certificate file of the service “{service.name}” does not exist."
            )
        self.pause_seconds = PAUSE_SECONDS if pause_seconds is None else pause_seconds
        self._tls: ssl.SSLContext | None = None
        self.last_answer: AnswerRecord | None = None
        """The beginning of the response that came last."""

    @asynccontextmanager
    async def client(self, *, secure: bool = False) -> AsyncGenerator[httpx.AsyncClient]:
        """A client without redirects and cookies, closed on leaving.

        With `secure` it can also speak TLS where the address of the service is not `https`.
        Connecting has its time limit here; the caller limits how long a response may take.
        """
        tls = await self._tls_context(secure=secure)
        client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(
                verify=tls,
                proxy=self._proxy.with_tls(tls) if self._proxy else None,
                trust_env=False,
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=0),
                socket_options=_KEEP_ALIVE,
            ),
            trust_env=False,
            follow_redirects=False,
            timeout=self.timeout,
        )
        client.headers.clear()  # httpx has some of its own, which the settings may leave out.
        client.headers.update(self.headers)
        connections = _OpenConnections()
        client.event_hooks = {"request": [connections.trace], "response": [self._log_response]}
        try:
            yield client
        finally:
            await _shielded(connections.close_with(client))

    async def sender(self, *, secure: bool = False) -> Sender:
        """What sends one request; where there is a proxy, by a client of httpx."""
        if self._proxy is None:
            tls = await self._tls_context(secure=secure)
            return DirectSender(tls, _KEEP_ALIVE, self._log_answer)
        return ClientSender(self.client(secure=secure))

    @cached_property
    def timeout(self) -> httpx.Timeout:
        """How long connecting and sending may take; a response has no limit here."""
        limits = self.service.limits
        return httpx.Timeout(None, connect=limits.connect, write=min(limits.idle, _WRITE_SECONDS))

    @cached_property
    def headers(self) -> httpx.Headers:
        """What every request has, changed as the settings say."""
        made = httpx.Headers({"Accept": "*/*", "Connection": "keep-alive", **self._own_headers()})
        for name, value in self.service.headers:
            if value:
                made[name] = value.reveal()
            else:
                made.pop(name, None)
        return made

    @cached_property
    def header_items(self) -> tuple[tuple[str, str], ...]:
        """The same, with names in small letters."""
        return tuple(self.headers.items())

    async def _log_response(self, response: httpx.Response) -> None:
        self._log_answer(response.request.method, response.status_code)

    def _log_answer(self, method: str, code: int) -> None:
        # Not its address, which may hold a key or the id of a conversation.
        _LOG.info("%s answered a %s with %d", self.service.name, method, code)

    def _own_headers(self) -> dict[str, str]:
        if self.service.kind.is_api:
            # Only the FakeGPT protocol was made for a browser, and expects one.
            return {"Accept-Encoding": "identity", "User-Agent": f"fakegpt-tui/{__version__}"}
        return {
            "Accept-Language": "en-US",
            "Accept-Encoding": "identity",
            "User-Agent": _USER_AGENT,
            "Referer": f"{self.address.text}/?v=2",
            "sec-ch-ua": _BRANDS,
            "sec-ch-ua-platform": '"Linux"',
            "sec-ch-ua-mobile": "?0",
        }

    async def _tls_context(self, *, secure: bool) -> ssl.SSLContext:
        speaks_tls = (
            secure
            or self.address.text.startswith("https")
            or (self._proxy is not None and self._proxy.uses_tls)
        )
        if not speaks_tls:
            return _trust_nothing()
        if self._tls is None:
            self._tls = await asyncio.to_thread(load_certificates, self.service)
        return self._tls


_WRITE_SECONDS: Final = 60.0
"""To take the next part of a request; a service that thinks has taken all of it."""

_KEEP_ALIVE: Final = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (
            ("TCP_KEEPIDLE", 30),
            ("TCP_KEEPINTVL", 10),
            ("TCP_KEEPCNT", 6),
            ("TCP_USER_TIMEOUT", 90_000),
        )
        if hasattr(socket, name)
    ),
]
"""A service may be silent for minutes, but a network that is gone is found out in two."""

_USER_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/117.0.0.0 Safari/537.36"
)
_BRANDS = '"Google Chrome";v="117", "Not;A=Brand";v="8", "Chromium";v="117"'


@cache
def _trust_nothing() -> ssl.SSLContext:
    """For clients that speak no TLS, of which each would need half a millisecond for its own."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class _OpenConnections:
    """The connections of a client. httpx loses one when a SOCKS proxy refuses."""

    def __init__(self) -> None:
        self._opened: list[_Closable] = []

    async def trace(self, request: httpx.Request) -> None:
        request.extensions["trace"] = self._record

    async def close_with(self, client: httpx.AsyncClient) -> None:
        await client.aclose()
        for connection in self._opened:
            await connection.aclose()

    async def _record(self, event: str, about: Mapping[str, Any]) -> None:
        if event.endswith(".connect_tcp.complete"):
            self._opened.append(about["return_value"])


class _Closable(Protocol):
    async def aclose(self) -> None: ...


async def _shielded(closing: Coroutine[Any, Any, None]) -> None:
    """Await `closing` to its end, even if the current task is cancelled again meanwhile."""
    await asyncio.shield(asyncio.ensure_future(closing))
