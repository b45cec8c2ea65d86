"""Wire requests: a request as it is sent, with all its headers."""

from collections.abc import AsyncIterator, Iterable
from typing import Final

import httpx

from fakegpt_tui.fast_import import dataclass, lazy_pattern

_LINE: Final = lazy_pattern(rb"[!-~]+ [!-~]+ HTTP/1\.1")
_TOKEN: Final = lazy_pattern(rb"[-!#$%&'*+.^_`|~0-9a-zA-Z]+")
_VALUE: Final = lazy_pattern(rb"(?:[^\0\s](?:[^\0\r\n\f\v]*[^\0\s])?)?")


class BodyPieces:
    """A large body, sent piece by piece: writing it at once would keep the event loop busy."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.pieces = tuple(pieces)

    def __len__(self) -> int:
        return sum(map(len, self.pieces))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request as it is sent. A request of httpx takes longer to make than to send."""

    method: str
    url: httpx.URL
    headers: list[tuple[bytes, bytes]]
    body: bytes | BodyPieces | None
    timeout: httpx.Timeout

    @property
    def pieces(self) -> tuple[bytes, ...]:
        """The body, in pieces that are written one after the other."""
        if isinstance(self.body, BodyPieces):
            return self.body.pieces
        return () if self.body is None else (self.body,)

    def to_httpx(self) -> httpx.Request:
        """The same for a client of httpx."""
        return httpx.Request(
            self.method,
            self.url,
            headers=self.headers,
            content=self.body,
            extensions={"timeout": self.timeout.as_dict()},
        )

    def encode_head(self) -> bytes:
        """The head, with the empty line after it.

        Raises:
            httpx.LocalProtocolError: It is not valid HTTP.
        """
        line = b"%b %b HTTP/1.1" % (self.method.encode("ascii"), self.url.raw_path)
        if not _LINE.fullmatch(line):
            raise httpx.LocalProtocolError("the target of the request is not valid")
        return b"".join((line, *(_header_line(*each) for each in self.headers), b"\r\n\r\n"))


def _header_line(name: bytes, value: bytes) -> bytes:
    if not (_TOKEN.fullmatch(name) and _VALUE.fullmatch(value)):
        raise httpx.LocalProtocolError("a header of the request is not valid")
    return b"\r\n" + name + b": " + value


def full_headers(
    method: str, url: httpx.URL, given: Iterable[tuple[str, str]], body: bytes | BodyPieces | None
) -> list[tuple[bytes, bytes]]:
    """All headers of a request: those given, the host before them, and the length of its body."""
    headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in given]
    if all(name.lower() != b"host" for name, _ in headers):
        headers.insert(0, (b"Host", url.netloc))
    if body is not None or method not in ("GET", "HEAD"):
        headers.append((b"Content-Length", b"%d" % len(body or b"")))
    return headers
