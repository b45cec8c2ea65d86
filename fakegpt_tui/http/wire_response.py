"""Wire responses: the head of an HTTP/1.1 response and the frame of its body, read like h11.

It is as strict as h11, which takes several times as long: each stream has a head to read, and each
piece of a reply a frame.
"""

from typing import Final, Protocol

import httpx

from fakegpt_tui.fast_import import dataclass, lazy_pattern

_MAX_HEAD: Final = 100 * 1024
_END: Final = lazy_pattern(rb"\n\r?\n")
_STATUS: Final = lazy_pattern(rb"HTTP/([0-9]\.[0-9]) ([1-9][0-9]{2})(?: ((?:[ \t]|[^\0\s])*))?")
FIELD: Final = lazy_pattern(
    rb"([-!#$%&'*+.^_`|~0-9a-zA-Z]+):[ \t]*((?:[^\0\s]+(?:[ \t]+[^\0\s]+)*)?)[ \t]*"
)
_FOLD: Final = lazy_pattern(rb"\r?\n[ \t]+")
"""A line that goes on in the next one, as old servers write it."""
_LENGTH: Final = lazy_pattern(rb"[0-9]{1,20}")
_TOO_LONG: Final = "the head of the response is too long"
_FIRST_FINAL: Final = 200
_SWITCHING: Final = 101


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """What precedes the body of a response, and how that is framed."""

    status_code: int
    http_version: bytes
    reason: bytes
    headers: list[tuple[bytes, bytes]]
    is_chunked: bool
    length: int | None


class HeadReader:
    """Reads the head of one response, however it is cut; heads that only hint are skipped."""

    def __init__(self) -> None:
        self._received = b""

    def feed(self, data: bytes) -> tuple[ResponseHead, bytes] | None:
        """The head and what follows it in `data`, once it is whole.

        Raises:
            httpx.RemoteProtocolError: It is not valid HTTP, or tells several lengths.
        """
        start = max(len(self._received) - 2, 0)
        received = self._received + data if self._received else data
        while end := _END.search(received, start):
            if end.start() > _MAX_HEAD:
                raise httpx.RemoteProtocolError(_TOO_LONG)
            head = _parse(received[: end.start()])
            received, start = received[end.end() :], 0
            if head.status_code >= _FIRST_FINAL:
                return head, received
        if len(received) > _MAX_HEAD + 2:  # Most of the empty line may be here.
            raise httpx.RemoteProtocolError(_TOO_LONG)
        self._received = received
        return None


def _parse(head: bytes) -> ResponseHead:
    first, _, rest = head.partition(b"\n")
    status = _STATUS.fullmatch(first.removesuffix(b"\r"))
    if status is None:
        raise httpx.RemoteProtocolError("illegal status line")
    if b"\n " in rest or b"\n\t" in rest:
        rest = _FOLD.sub(b" ", rest)
    headers, is_chunked, length = [], False, None
    for line in rest.split(b"\n") if rest else ():
        field = FIELD.fullmatch(line.removesuffix(b"\r"))
        if field is None:
            raise httpx.RemoteProtocolError("illegal header line")
        name, value = field.groups()
        headers.append((name, value))
        match name.lower():
            case b"transfer-encoding":
                is_chunked = _read_coding(value, is_repeated=is_chunked)
            case b"content-length":
                length = _read_length(value, length)
            case _:
                pass
    code = int(status[2])
    if code == _SWITCHING:
        raise httpx.RemoteProtocolError("the server changes to another protocol")
    size = None if length is None else int(length)
    return ResponseHead(code, status[1], status[3] or b"", headers, is_chunked, size)


def _read_coding(value: bytes, *, is_repeated: bool) -> bool:
    if is_repeated:
        raise httpx.RemoteProtocolError("multiple Transfer-Encoding headers")
    if value.lower() != b"chunked":
        raise httpx.RemoteProtocolError("only Transfer-Encoding: chunked is supported")
    return True


def _read_length(value: bytes, before: bytes | None) -> bytes:
    """The length of the body; a list of the same number is that number."""
    found = {each.strip() for each in value.split(b",")}
    text = found.pop()
    if found or not _LENGTH.fullmatch(text) or before not in (None, text):
        raise httpx.RemoteProtocolError("conflicting or bad Content-Length")
    return text


_MAX_LINE: Final = 16 * 1024
"""Of a line with a size, and of all lines after the last chunk."""

_SIZE: Final = lazy_pattern(rb"([0-9A-Fa-f]{1,16})(?:;[^\r\n]*)?[ \t]*")
_LINE_TOO_LONG: Final = "a line between chunks is too long"
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
            raise httpx.RemoteProtocolError(_LINE_TOO_LONG)
        return pieces

    def cut(self) -> str:
        return "" if self.is_whole else f"{_CUT} (incomplete chunked read)"

    def _take_line(self, line: bytes) -> None:
        if len(line) + self._trailer_size > _MAX_LINE:
            raise httpx.RemoteProtocolError(_LINE_TOO_LONG)
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
