"""Request heads: what precedes the body of an HTTP/1.1 request, read so that it has one meaning.

What a proxy could read in another way is no request: lines that end with a line feed alone or go on
in the next one, two lengths, a length beside chunks, other codings (RFC 9112). Before
the first head a balancer that hands on bytes, not requests, tells who asks, by the PROXY protocol:
versions 1 and 2 of https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt.
"""

import re
import struct
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, TypeAlias

from fakegpt_tui.http.wire_response import FIELD

MAX_HEAD: Final = 65_536
_END: Final = b"\r\n\r\n"
_LINE: Final = re.compile(rb"([-!#$%&'*+.^_`|~0-9a-zA-Z]+) ([!-~]+) HTTP/(1\.[01])")
_LENGTH: Final = re.compile(rb"[0-9]{1,20}")
_FIRST_PRINTABLE: Final = 0x21
_ODD_LINE: Final = re.compile(rb"\n(?:[ \t]|(?<!\r\n))")
"""It begins with the line feed, for which `re` searches ten times as fast as for a choice."""


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


def find_head(received: bytes, start: int) -> tuple[bytes, bytes] | None:
    """The head and what follows it, once it is whole; before `start` there is no end of it.

    Raises:
        InvalidHead: It is too long, or cannot become one.
    """
    end = received.find(_END, max(start - 3, 0))
    if 0 <= end <= MAX_HEAD:
        return received[:end], received[end + len(_END) :]
    begun = received[:MAX_HEAD]
    # A line that goes on in the next one, or ends with a line feed alone, is refused at once.
    is_odd = _ODD_LINE.search(begun, max(start - 3, 0)) is not None
    if (
        end > MAX_HEAD
        or len(received) >= MAX_HEAD + len(_END)
        or received[0] < _FIRST_PRINTABLE
        or is_odd
    ):
        raise InvalidHead
    return None


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


_Peer: TypeAlias = tuple[str, int]

_MAX_PROXY_LINE: Final = 107
_PROXY_LINE: Final = re.compile(
    rb"PROXY (?:UNKNOWN[^\r\n]*|(TCP[46]) (\S+) (\S+) ([0-9]{1,5}) ([0-9]{1,5}))"
)
_SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
_FIXED_BYTES: Final = len(_SIGNATURE) + 4
_LOCAL, _PROXY = 0x20, 0x21
_WIDTHS: Final = {0x11: 4, 0x21: 16}
"""Bytes of an address of TCP over versions four and six."""
_LAST_PORT: Final = 65_535


def read_proxy_header(received: bytes) -> tuple[_Peer | None, bytes] | None:
    """Who has connected to the balancer, and what follows the header, once that is whole.

    The header precedes all else of a connection, and what does not begin with one is refused. Who
    has connected is `None` where the balancer asks for itself, as it does to see how the host is.

    Raises:
        InvalidHead: There is no such header.
    """
    if _SIGNATURE.startswith(received[: len(_SIGNATURE)]):
        return _read_binary(received)
    line, end, rest = received[: _MAX_PROXY_LINE + 2].partition(b"\r\n")
    if not end:
        if len(received) > _MAX_PROXY_LINE or not b"PROXY ".startswith(received[:6]):
            raise InvalidHead
        return None
    found = _PROXY_LINE.fullmatch(line)
    if found is None:
        raise InvalidHead
    rest = received[len(line) + 2 :]
    return (_peer(*found.groups()) if found[1] else None), rest


def _read_binary(received: bytes) -> tuple[_Peer | None, bytes] | None:
    if len(received) < _FIXED_BYTES:
        return None
    command, family, length = struct.unpack_from("!BBH", received, len(_SIGNATURE))
    if command not in (_LOCAL, _PROXY):
        raise InvalidHead
    if len(received) < _FIXED_BYTES + length:
        return None
    block, rest = received[_FIXED_BYTES : _FIXED_BYTES + length], received[_FIXED_BYTES + length :]
    if command == _LOCAL:
        return None, rest
    width = _WIDTHS.get(family)
    if width is None:
        return None, rest  # no TCP, or what is not said
    if length < 2 * width + 4:
        raise InvalidHead
    port: int = struct.unpack_from("!H", block, 2 * width)[0]
    return (str(ip_address(block[:width])), port), rest


def _peer(family: bytes, source: bytes, target: bytes, port: bytes, to_port: bytes) -> _Peer:
    try:
        addresses = [ip_address(each.decode("ascii")) for each in (source, target)]
    except ValueError as error:
        raise InvalidHead from error
    is_odd = any(f"TCP{each.version}".encode() != family for each in addresses)
    if is_odd or max(int(port), int(to_port)) > _LAST_PORT:
        raise InvalidHead
    return str(addresses[0]), int(port)
