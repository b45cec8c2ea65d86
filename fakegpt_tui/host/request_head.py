"""Request heads: what precedes the body of an HTTP/1.1 request, read so that it has one meaning.

What a proxy could read in another way is no request: lines that end with a line feed alone or go on
in the next one, two lengths, a length beside chunks, other codings (RFC 9112).
"""

import re
from dataclasses import dataclass
from typing import Final

from fakegpt_tui.http.response_head import FIELD

MAX_HEAD: Final = 65_536
_END: Final = b"\r\n\r\n"
_LINE: Final = re.compile(rb"([-!#$%&'*+.^_`|~0-9a-zA-Z]+) ([!-~]+) HTTP/(1\.[01])")
_LENGTH: Final = re.compile(rb"[0-9]{1,20}")
_FIRST_PRINTABLE: Final = 0x21


class InvalidHead(Exception):
    """Bytes that are no request, or could be several."""


@dataclass(slots=True, kw_only=True)
class RequestHead:
    """The head of one request. Names of headers are lower-case."""

    method: str
    target: bytes
    version: str
    headers: list[tuple[bytes, bytes]]
    length: int | None = None
    is_chunked: bool = False
    is_last: bool = False
    """Does the connection end with the answer?"""
    awaits_continue: bool = False

    @property
    def is_old(self) -> bool:
        """Is it of a version without chunks?"""
        return self.version < "1.1"


def find_head(received: bytes, start: int = 0) -> tuple[bytes, bytes] | None:
    """The head and what follows it, once it is whole; before `start` there is no end of it.

    Raises:
        InvalidHead: It is too long, or cannot become one.
    """
    end = received.find(_END, max(start - 3, 0))
    if 0 <= end <= MAX_HEAD:
        return received[:end], received[end + len(_END) :]
    begun = received[:MAX_HEAD]
    # A line that goes on in the next one, or ends with a line feed alone, is refused at once.
    is_odd = _is_odd(begun, max(start - 3, 0))
    if (
        end > MAX_HEAD
        or len(received) >= MAX_HEAD + len(_END)
        or received[0] < _FIRST_PRINTABLE
        or is_odd
    ):
        raise InvalidHead
    return None


_ODD_LINE = re.compile(rb"\n(?:[ \t]|(?<!\r\n))")
"""It begins with the line feed, for which `re` searches ten times as fast as for a choice."""


def _is_odd(head: bytes, start: int) -> bool:
    return _ODD_LINE.search(head, start) is not None


def read_head(head: bytes) -> RequestHead:
    """The request of these bytes, without the empty line.

    Raises:
        InvalidHead: They are none.
    """
    first, *lines = head.split(b"\r\n")
    line = _LINE.fullmatch(first)
    if line is None:
        raise InvalidHead
    version = line[3].decode()
    found = RequestHead(method=line[1].decode(), target=line[2], version=version, headers=[])
    found.is_last, hosts = found.is_old, 0
    for each in lines:
        field = FIELD.fullmatch(each)
        if field is None:
            raise InvalidHead
        name, value = field[1].lower(), field[2]
        found.headers.append((name, value))
        if name == b"host":
            hosts += 1
        elif reads := _MEANINGS.get(name):
            reads(found, value)
    is_double = found.is_chunked and (found.is_old or found.length is not None)
    if is_double or hosts > 1 or not (hosts or found.is_old):
        raise InvalidHead
    return found


def _read_length(head: RequestHead, value: bytes) -> None:
    if head.length is not None or not _LENGTH.fullmatch(value):
        raise InvalidHead
    head.length = int(value)


def _read_coding(head: RequestHead, value: bytes) -> None:
    if head.is_chunked or value.lower() != b"chunked":
        raise InvalidHead
    head.is_chunked = True


def _read_connection(head: RequestHead, value: bytes) -> None:
    head.is_last = head.is_last or b"close" in _items(value)


def _read_expectation(head: RequestHead, value: bytes) -> None:
    head.awaits_continue = not head.is_old and b"100-continue" in _items(value)


def _items(value: bytes) -> list[bytes]:
    return [each.strip() for each in value.lower().split(b",")]


_MEANINGS: Final = {
    b"content-length": _read_length,
    b"transfer-encoding": _read_coding,
    b"connection": _read_connection,
    b"expect": _read_expectation,
}
"""What headers change in how a request is read."""
