"""PROXY protocol: who is at the other end of a balancer that hands on bytes, not requests.

Versions 1 and 2 of https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt. The header precedes
all else of a connection, and what does not begin with one is refused.
"""

import re
import struct
from ipaddress import ip_address
from typing import Final, TypeAlias

from fakegpt_tui.host.request_head import InvalidHead

_Peer: TypeAlias = tuple[str, int]

_MAX_LINE: Final = 107
_LINE: Final = re.compile(
    rb"PROXY (?:UNKNOWN[^\r\n]*|(TCP[46]) (\S+) (\S+) ([0-9]{1,5}) ([0-9]{1,5}))"
)
_SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
_FIXED: Final = len(_SIGNATURE) + 4
_LOCAL, _PROXY = 0x20, 0x21
_WIDTHS: Final = {0x11: 4, 0x21: 16}
"""Bytes of an address of TCP over versions four and six."""
_LAST_PORT: Final = 65_535


def read_proxy_header(received: bytes) -> tuple[_Peer | None, bytes] | None:
    """Who has connected to the balancer, and what follows the header, once that is whole.

    It is `None` where the balancer asks for itself, as it does to see how the host is.

    Raises:
        InvalidHead: There is no such header.
    """
    if _SIGNATURE.startswith(received[: len(_SIGNATURE)]):
        return _read_binary(received)
    line, end, rest = received[: _MAX_LINE + 2].partition(b"\r\n")
    if not end:
        if len(received) > _MAX_LINE or not b"PROXY ".startswith(received[:6]):
            raise InvalidHead
        return None
    found = _LINE.fullmatch(line)
    if found is None:
        raise InvalidHead
    rest = received[len(line) + 2 :]
    return (_peer(*found.groups()) if found[1] else None), rest


def _read_binary(received: bytes) -> tuple[_Peer | None, bytes] | None:
    if len(received) < _FIXED:
        return None
    command, family, length = struct.unpack_from("!BBH", received, len(_SIGNATURE))
    if command not in (_LOCAL, _PROXY):
        raise InvalidHead
    if len(received) < _FIXED + length:
        return None
    block, rest = received[_FIXED : _FIXED + length], received[_FIXED + length :]
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
