"""Decompression of responses: gzip and deflate in every form in which servers send them."""

import zlib
from collections.abc import Iterator
from typing import Final

_GZIP_NAMES: Final = ("gzip", "x-gzip")
_OTHER_NAMES: Final = ("br", "zstd", "compress", "x-compress", "dcb", "dcz")
"""Compressions that this program cannot undo. What is no compression at all, as a charset that a
server puts into the wrong header, says nothing about the body."""

_GZIP_MAGIC: Final = b"\x1f\x8b"
_CLEAR_FROM: Final = 64
"""Bytes; a shorter beginning of plain text may look like deflate without a head."""

_GZIP_BITS: Final = zlib.MAX_WBITS | 16
_CHUNK_BYTES: Final = 1 << 20
"""Decompressed at a time, however well the response is compressed."""


class UnknownCompression(Exception):
    """The body is compressed in a way, or in several, that cannot be undone: `names`."""

    def __init__(self, names: str) -> None:
        super().__init__(names)
        self.names = names


class Inflater:
    """Decompresses a body, in chunks of bounded size.

    A body of several gzip members is read whole, deflate with and without its head, and a body that
    is not compressed although its header says so as it is.
    """

    def __init__(self, content_encoding: str) -> None:
        """`content_encoding` is the header of the response.

        Raises:
            UnknownCompression: It cannot be decompressed.
        """
        names = [name.strip().lower() for name in content_encoding.split(",")]
        known = [name for name in names if name in (*_GZIP_NAMES, "deflate", *_OTHER_NAMES)]
        if len(known) > 1 or (known and known[0] in _OTHER_NAMES):
            raise UnknownCompression(", ".join(known))
        self._kind = ("gzip" if known[0] in _GZIP_NAMES else "deflate") if known else ""
        self._beginning = b""
        self._is_over = False
        self._inflate: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The decompressed bytes of `data`.

        Raises:
            zlib.error: They are damaged.
        """
        if not self._kind:
            yield data
            return
        if self._inflate is None:
            data = self._beginning + data
            if len(data) < len(_GZIP_MAGIC) or (self._is_unclear(data) and len(data) < _CLEAR_FROM):
                self._beginning = data
                return
            self._choose(data)
        yield from self._unpack(data)

    def finish(self) -> Iterator[bytes]:
        """What was too short to show how it is compressed.

        Raises:
            zlib.error: It is damaged.
        """
        if self._kind and self._inflate is None and self._beginning:
            if len(self._beginning) < len(_GZIP_MAGIC):
                self._kind = ""
            else:
                self._choose(self._beginning)
            yield from self._unpack(self._beginning)

    def _is_unclear(self, data: bytes) -> bool:
        """Is there no head, so that only the bytes themselves tell deflate from plain text?"""
        has_head = data.startswith(_GZIP_MAGIC) or _has_zlib_head(data)
        return self._kind == "deflate" and not has_head

    def _choose(self, data: bytes) -> None:
        """Choose the form that `data` begins in."""
        if self._kind == "gzip":
            if data.startswith(_GZIP_MAGIC):
                self._inflate = zlib.decompressobj(wbits=_GZIP_BITS)
            else:
                self._kind = ""
        elif data.startswith(_GZIP_MAGIC):
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
                self._is_over = not _GZIP_MAGIC.startswith(data[: len(_GZIP_MAGIC)])
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
