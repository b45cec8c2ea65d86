"""Plain sockets: opened to a service, and a transport over them without TLS.

The transport of asyncio takes four turns of the loop before anything can be sent, and as long to
end; here a connection lives for one request.
"""

import asyncio
import os
import socket
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address
from itertools import zip_longest
from typing import Any, Final, TypeAlias

from fakegpt_tui.http.direct_connections import DirectConnection

_READ_BYTES: Final = 1 << 18
_MOST_UNSENT: Final = 1 << 16
"""Above this many bytes that the other end has not taken, the sender waits."""
_EYEBALLS_SECONDS: Final = 0.25
"""After which the next address of a name is tried, too (RFC 8305)."""

_SIX: Final = 6

SocketOptions: TypeAlias = Sequence[tuple[int, int, int]]


class PlainTransport:
    """Moves bytes between a connected socket and a connection, as a transport of asyncio does."""

    def __init__(self, opened: socket.socket, connection: DirectConnection) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = opened
        self._connection = connection
        self._unsent = bytearray()
        self._is_full = False
        self._is_closed = False
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.connection_made(self)
        self._loop.add_reader(opened, self._receive)

    def write(self, data: bytes) -> None:
        """Send now what can be sent, and the rest as there is room."""
        if self._is_closed:
            return
        if not self._unsent:
            data = data[self._send(data) :]
            if not data or self._is_closed:
                return
            self._loop.add_writer(self._socket, self._send_rest)
        self._unsent += data
        if len(self._unsent) > _MOST_UNSENT and not self._is_full:
            self._is_full = True
            self._connection.pause_writing()

    def pause_reading(self) -> None:
        """Take nothing until `resume_reading`."""
        if not self._is_closed:
            self._loop.remove_reader(self._socket)

    def resume_reading(self) -> None:
        """Take again what comes."""
        if not self._is_closed:
            self._loop.add_reader(self._socket, self._receive)

    def abort(self) -> None:
        """Close the connection at once, and tell it so in the next turn of the loop."""
        self._close(None)

    def _receive(self) -> None:
        try:
            data = self._socket.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._close(error)
            return
        if data:
            self._connection.data_received(data)
        else:
            self._close(None)

    def _send(self, data: bytes | bytearray) -> int:
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            self._close(error)
            return 0

    def _send_rest(self) -> None:
        del self._unsent[: self._send(self._unsent)]
        if self._unsent or self._is_closed:
            return
        self._loop.remove_writer(self._socket)
        if self._is_full:
            self._is_full = False
            self._connection.resume_writing()

    def _close(self, error: OSError | None) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._loop.remove_reader(self._socket)
        if self._unsent:
            self._loop.remove_writer(self._socket)
        self._socket.close()
        self._loop.call_soon(self._connection.connection_lost, error)


_Address: TypeAlias = tuple[int, Any]
"""A family, and what it calls an address."""


async def open_socket(host: str, port: int, options: SocketOptions) -> socket.socket:
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


def open_at_once(host: str, port: int, options: SocketOptions) -> socket.socket | None:
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
