"""Decompression of responses: gzip and deflate in every form in which servers send them."""

import zlib
from collections.abc import Iterator
from typing import Final

_GZIP_NAMES: Final = ("gzip", "x-gzip")
_OTHER_NAMES: Final = ("br", "zstd", "compress", "x-compress", "dcb", "dcz")
"""Compressions that this program cannot undo. What is no compression at all, as a charset that a
server puts into the wrong header, says nothing about the body."""

_TEXT: Final = frozenset(b"\t\r\n" + bytes(range(0x20, 0x7F)))
_TEXT_BYTES: Final = 16
"""No compressed body begins with so many characters of plain text."""

GZIP_MAGIC: Final = b"\x1f\x8b"
_CLEAR_FROM: Final = 64
"""Bytes; a shorter beginning of plain text may look like deflate without a head."""

_GZIP_BITS: Final = zlib.MAX_WBITS | 16
_MOST_LAYERS: Final = 3
_CHUNK_BYTES: Final = 1 << 20
"""Decompressed at a time, however well the response is compressed."""


class UnknownCompression(Exception):
    """The body is compressed in a way that cannot be undone, which has a `name`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Inflater:
    """Decompresses a body, in chunks of bounded size.

    A body of several gzip members is read whole, deflate with and without its head, and a body that
    is not compressed although its header says so as it is. What is compressed several times is
    undone from the last.
    """

    def __init__(self, content_encoding: str) -> None:
        """`content_encoding` is the header of the response."""
        names = [name.partition(";")[0].strip().lower() for name in content_encoding.split(",")]
        known = [name for name in names if name in (*_GZIP_NAMES, "deflate", *_OTHER_NAMES)]
        *before, name = known[-_MOST_LAYERS:] or [""]
        self._inner = Inflater(", ".join(before)) if before else None
        self._kind = "gzip" if name in _GZIP_NAMES else name
        self._beginning = b""
        self._is_over = False
        self._inflate: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The decompressed bytes of `data`.

        Raises:
            UnknownCompression: They cannot be decompressed.
            zlib.error: They are damaged.
        """
        for piece in self._feed(data):
            yield from (piece,) if self._inner is None else self._inner.feed(piece)

    def _feed(self, data: bytes) -> Iterator[bytes]:
        if not self._kind:
            yield data
            return
        if self._inflate is None:
            data = self._beginning + data
            if len(data) < self._bytes_to_choose(data):
                self._beginning = data
                return
            self._choose(data)
        yield from self._unpack(data)

    def finish(self) -> Iterator[bytes]:
        """What was too short to show how it is compressed.

        Raises:
            UnknownCompression: It cannot be decompressed.
            zlib.error: It is damaged.
        """
        for piece in self._finish():
            yield from (piece,) if self._inner is None else self._inner.feed(piece)
        if self._inner is not None:
            yield from self._inner.finish()

    def _finish(self) -> Iterator[bytes]:
        if self._kind and self._inflate is None and self._beginning:
            if len(self._beginning) < len(GZIP_MAGIC):
                self._kind = ""
            else:
                self._choose(self._beginning)
            yield from self._unpack(self._beginning)

    def _bytes_to_choose(self, data: bytes) -> int:
        """How many bytes show how the body is compressed; only a head shows it at once."""
        if self._kind in _OTHER_NAMES:
            return _TEXT_BYTES
        if len(data) < len(GZIP_MAGIC) or self._kind == "gzip":
            return len(GZIP_MAGIC)
        has_head = data.startswith(GZIP_MAGIC) or _has_zlib_head(data)
        return 0 if has_head else _CLEAR_FROM

    def _choose(self, data: bytes) -> None:
        """Choose the form that `data` begins in."""
        if self._kind in _OTHER_NAMES:
            if not _TEXT.issuperset(data[:_TEXT_BYTES]):
                raise UnknownCompression(self._kind)
            self._kind = ""
        elif self._kind == "gzip":
            if data.startswith(GZIP_MAGIC):
                self._inflate = zlib.decompressobj(wbits=_GZIP_BITS)
            else:
                self._kind = ""
        elif data.startswith(GZIP_MAGIC):
            self._inflate = zlib.decompressobj(wbits=_GZIP_BITS)
        elif _has_zlib_head(data):
            self._inflate = zlib.decompressobj()
        elif _is_raw_deflate(data):
            self._inflate = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        else:
            self._kind = ""

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        if self._inflate is None:
            yield data
            return
        while data and not self._is_over:
            if self._inflate.eof:
                # Another gzip member; anything else after the end is no part of the body.
                self._is_over = not GZIP_MAGIC.startswith(data[: len(GZIP_MAGIC)])
                self._inflate = zlib.decompressobj(wbits=_GZIP_BITS)
                continue
            piece = self._inflate.decompress(data, _CHUNK_BYTES)
            if piece:
                yield piece
            data = self._inflate.unused_data or self._inflate.unconsumed_tail


def _has_zlib_head(data: bytes) -> bool:
    return data[0] & 0x0F == zlib.DEFLATED and (data[0] << 8 | data[1]) % 31 == 0


def _is_raw_deflate(data: bytes) -> bool:
    try:
        zlib.decompressobj(wbits=-zlib.MAX_WBITS).decompress(data, _CHUNK_BYTES)
    except zlib.error:
        return False
    return True
