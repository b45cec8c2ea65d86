"""Response bodies: chunks, decompression, size limits."""

import zlib
from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx

from fakegpt_tui.domain import BadReply, Unsupported
from fakegpt_tui.http.clients import Route

_CHUNK_BYTES = 1 << 20
"""A compressed answer grows by this much at a time, however well it is compressed."""

_MAX_HEADERS = 256
"""More than any service has use for. Their size has its bound in the reader of HTTP, 100 kB."""


async def iter_chunks(response: httpx.Response, route: Route) -> AsyncGenerator[bytes]:
    """The bytes of an answer as they arrive.

    No compression was asked for. Some servers compress all the same; the two usual ways are read,
    in pieces of a bounded size.

    Raises:
        BadReply: What is said to be compressed is not, or the answer has absurdly many headers.
        Unsupported: It is compressed in another way.
    """
    if len(response.headers.raw) > _MAX_HEADERS:
        raise BadReply(f"The answer of {route} has absurdly many headers.")
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    async with aclosing(_raw_chunks(response)) as raw:
        if encoding in ("", "identity"):
            async for piece in raw:
                yield piece
            return
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise Unsupported(f"The service at {route} compresses its answers in an unknown way.")
        inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        try:
            async for piece in raw:
                packed = piece
                while packed and not inflate.eof:
                    yield inflate.decompress(packed, _CHUNK_BYTES)
                    packed = inflate.unconsumed_tail
        except zlib.error as error:
            raise BadReply(
                f"The answer of {route} is compressed in a way that makes no sense."
            ) from error


async def _raw_chunks(response: httpx.Response) -> AsyncGenerator[bytes]:
    async for piece in response.aiter_raw():
        yield piece


async def read_body(response: httpx.Response, route: Route, *, limit: int) -> bytes:
    """The whole answer.

    Raises:
        BadReply: It is longer than `limit` bytes.
    """
    body = bytearray()
    async with aclosing(iter_chunks(response, route)) as arriving:
        async for piece in arriving:
            body += piece
            if len(body) > limit:
                raise BadReply(f"The answer of {route} is longer than it can be.")
    return bytes(body)
