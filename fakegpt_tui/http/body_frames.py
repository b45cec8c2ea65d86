"""Body frames: where the body of an HTTP/1.1 response ends, and which bytes belong to it."""

import re
from typing import Final, Protocol

import httpx

from fakegpt_tui.http.response_head import FIELD, ResponseHead

_MAX_LINE: Final = 16 * 1024
"""Of a line with a size, and of all lines after the last chunk."""

_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,16})(?:;[^\r\n]*)?[ \t]*")
_TOO_LONG: Final = "a line between chunks is too long"
_CUT: Final = "peer closed connection without sending complete message body"


class Body(Protocol):
    """How a body is framed: what of the bytes belongs to it, and where it ends."""

    is_whole: bool
    rest: bytes
    """What came after its end."""

    def feed(self, data: bytes) -> list[bytes]:
        """The bytes of the body in `data`.

        Raises:
            httpx.RemoteProtocolError: The frame is broken.
        """
        ...

    def cut(self) -> str:
        """What to say when the connection ends now; empty if the body is whole by that."""
        ...


class CountedBody:
    """A body of a length that was told."""

    def __init__(self, length: int) -> None:
        self._length = self._left = length
        self.is_whole = not length
        self.rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        piece, self.rest = data[: self._left], data[self._left :]
        self._left -= len(piece)
        self.is_whole = not self._left
        return [piece] if piece else []

    def cut(self) -> str:
        got = self._length - self._left
        return "" if self.is_whole else f"{_CUT} (received {got} bytes, expected {self._length})"


class UnframedBody:
    """A body that ends with its connection."""

    is_whole = False
    rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        return [data] if data else []

    def cut(self) -> str:
        return ""


class ChunkedBody:
    """A body in chunks, each after a line with its size. What follows the last one is dropped."""

    def __init__(self) -> None:
        self.is_whole = False
        self.rest = b""
        self._rest = b""
        self._left = 0
        self._is_after_chunk = False
        self._is_after_last = False
        self._trailer_size = 0

    def feed(self, data: bytes) -> list[bytes]:
        if self._rest:
            data = self._rest + data
        pieces: list[bytes] = []
        at, length = 0, len(data)
        while at < length and not self.is_whole:
            if self._left:
                piece = data[at : at + self._left]
                pieces.append(piece)
                at += len(piece)
                self._left -= len(piece)
                self._is_after_chunk = not self._left
                continue
            end = data.find(b"\r\n", at)
            if end < 0:
                break
            self._take_line(data[at:end])
            at = end + 2
        if self.is_whole:
            self._rest, self.rest = b"", data[at:]
        else:
            self._rest = data[at:]
        if len(self._rest) > _MAX_LINE + 1:  # Half of the line's end may be here.
            raise httpx.RemoteProtocolError(_TOO_LONG)
        return pieces

    def cut(self) -> str:
        return "" if self.is_whole else f"{_CUT} (incomplete chunked read)"

    def _take_line(self, line: bytes) -> None:
        if len(line) + self._trailer_size > _MAX_LINE:
            raise httpx.RemoteProtocolError(_TOO_LONG)
        if self._is_after_last:
            if line and not FIELD.fullmatch(line):
                raise httpx.RemoteProtocolError("illegal line after the last chunk")
            self._trailer_size += len(line)
            self.is_whole = not line
        elif self._is_after_chunk:
            if line:
                raise httpx.RemoteProtocolError("a chunk is longer than its size says")
            self._is_after_chunk = False
        elif size := _SIZE.fullmatch(line):
            self._left = int(size[1], 16)
            self._is_after_last = not self._left
        else:
            raise httpx.RemoteProtocolError("illegal chunk header")


def body_of(head: ResponseHead, *, is_without: bool) -> Body:
    """The frame of the body."""
    if is_without or head.status_code in (204, 304):
        return CountedBody(0)
    if head.is_chunked:
        return ChunkedBody()
    return UnframedBody() if head.length is None else CountedBody(head.length)
