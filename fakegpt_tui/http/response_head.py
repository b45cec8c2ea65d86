"""Response heads: status and headers of an HTTP/1.1 response, read as strictly as h11 does.

h11 takes several times as long for one, and for each stream there is one to read.
"""

import re
from typing import Final

import httpx

from fakegpt_tui.domain.fast_dataclass import dataclass

_MAX_HEAD: Final = 100 * 1024
_END: Final = re.compile(rb"\n\r?\n")
_STATUS: Final = re.compile(rb"HTTP/([0-9]\.[0-9]) ([1-9][0-9]{2})(?: ((?:[ \t]|[^\0\s])*))?")
FIELD: Final = re.compile(
    rb"([-!#$%&'*+.^_`|~0-9a-zA-Z]+):[ \t]*((?:[^\0\s]+(?:[ \t]+[^\0\s]+)*)?)[ \t]*"
)
_FOLD: Final = re.compile(rb"\r?\n[ \t]+")
"""A line that goes on in the next one, as old servers write it."""
_LENGTH: Final = re.compile(rb"[0-9]{1,20}")
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
