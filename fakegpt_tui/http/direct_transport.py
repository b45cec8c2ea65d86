"""Direct transport: httpx without its pool, for services without a proxy."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import nullcontext
from functools import lru_cache
from ipaddress import ip_address
from itertools import zip_longest
from typing import Any, Final, TypeAlias

import httpx

from fakegpt_tui.http.direct_connections import DirectConnection
from fakegpt_tui.http.plain_sockets import PlainTransport
from fakegpt_tui.http.wire_request import WireRequest

_EYEBALLS_SECONDS: Final = 0.25
"""After which the next address of a name is tried, too (RFC 8305)."""

_SIX: Final = 6

SocketOptions: TypeAlias = Sequence[tuple[int, int, int]]


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


class DirectTransport:
    """Opens a connection for each request, and pools nothing."""

    def __init__(self, tls: ssl.SSLContext, options: SocketOptions = ()) -> None:
        self._tls = tls
        self._options = options

    async def send(self, request: WireRequest) -> httpx.Response:
        """Send a request, and read the head of its response.

        Raises:
            httpx.HTTPError: The connection failed, or its other end does not speak HTTP.
        """
        seconds = request.timeout.connect
        until = None if seconds is None else asyncio.get_running_loop().time() + seconds
        try:
            connection = await self._connect(request.url, until)
        except TimeoutError as error:
            raise httpx.ConnectTimeout("") from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        try:
            head = await connection.send(request)
        except BaseException:
            connection.abort()
            raise
        extensions = {"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason}
        return httpx.Response(
            head.status_code,
            headers=head.headers,
            stream=DirectBody(connection),
            extensions=extensions,
        )

    async def _connect(self, url: httpx.URL, until: float | None) -> DirectConnection:
        is_tls = url.scheme == "https"
        host, port = url.raw_host.decode("ascii"), url.port or (443 if is_tls else 80)
        opened = _open_at_once(host, port, self._options)
        async with asyncio.timeout_at(until) if opened is None or is_tls else nullcontext():
            opened = opened or await _open_socket(host, port, self._options)
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


_Address: TypeAlias = tuple[int, Any]
"""A family, and what it calls an address."""


async def _open_socket(host: str, port: int, options: SocketOptions) -> socket.socket:
    """A connected socket: of the addresses of a name, the first that takes the connection.

    asyncio can do so, too, but before Python 3.12 it drops the kinds of the errors.

    Raises:
        OSError: None does; its causes are the reasons of all.
    """
    addresses = await _resolve(host, port)
    if len(addresses) == 1:
        return await _open_one(addresses[0], options)
    trying: set[asyncio.Task[socket.socket]] = set()
    reasons: list[OSError] = []
    try:
        while addresses or trying:
            if addresses:
                trying.add(asyncio.create_task(_open_one(addresses.pop(0), options)))
            done, trying = await asyncio.wait(
                trying,
                timeout=_EYEBALLS_SECONDS if addresses else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                match task.exception():
                    case None:
                        return task.result()
                    case OSError() as reason:
                        reasons.append(reason)
                    case other:
                        raise other
    finally:
        _give_up(trying)
    raise OSError("no address took the connection") from ExceptionGroup("reasons", reasons)


def _give_up(trying: set[asyncio.Task[socket.socket]]) -> None:
    for task in trying:
        task.cancel()
        task.add_done_callback(_close_late)


def _close_late(task: asyncio.Task[socket.socket]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


@lru_cache(maxsize=100)
def _family_of(host: str) -> int:
    """The family of an address; 0 for a name, and for an address with a zone."""
    try:
        version = ip_address(host).version
    except ValueError:
        return 0
    if "%" in host:
        return 0
    return socket.AF_INET6 if version == _SIX else socket.AF_INET


async def _resolve(host: str, port: int) -> list[_Address]:
    """The addresses of a name, of the two families in turn."""
    if family := _family_of(host):
        return [(family, (host, port))]
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    first = [each for each in found if each[0] == found[0][0]]
    others = [each for each in found if each[0] != found[0][0]]
    mixed = [each for pair in zip_longest(first, others) for each in pair if each is not None]
    return [(family, address) for family, _, _, _, address in mixed]


async def _open_one(address: _Address, options: SocketOptions) -> socket.socket:
    family, where = address
    opened = _new_socket(family, options)
    try:
        await asyncio.get_running_loop().sock_connect(opened, where)
    except BaseException:
        opened.close()
        raise
    return opened


def _open_at_once(host: str, port: int, options: SocketOptions) -> socket.socket | None:
    """A connected socket to a service on this machine, if it takes the connection at once.

    The kernel says that it is under way all the same, and to wait for its event takes as long as
    all else. Elsewhere than on Unix, asyncio wants to begin itself.

    Raises:
        OSError: It refuses the connection.
    """
    if not (os.name == "posix" and _is_loopback(host)):
        return None
    opened = _new_socket(_family_of(host), options)
    try:
        opened.connect((host, port))
    except BlockingIOError:
        if not _is_connected(opened):
            opened.close()
            return None
    except BaseException:
        opened.close()
        raise
    return opened


def _is_connected(opened: socket.socket) -> bool:
    try:
        opened.getpeername()
    except OSError:
        return False
    return True


@lru_cache(maxsize=100)
def _is_loopback(host: str) -> bool:
    return _family_of(host) != 0 and ip_address(host).is_loopback


def _new_socket(family: int, options: SocketOptions) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setblocking(False)
    for option in options:
        made.setsockopt(*option)
    return made
