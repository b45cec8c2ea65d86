"""Plain sockets: a transport over TCP without TLS, for a connection that lives for one request.

That of asyncio takes four turns of the loop before anything can be sent, and as long to end.
"""

import asyncio
import socket
from typing import Final

from fakegpt_tui.http.direct_connections import DirectConnection

_READ_BYTES: Final = 1 << 18
_MOST_UNSENT: Final = 1 << 16
"""Above this many bytes that the other end has not taken, the sender waits."""


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
