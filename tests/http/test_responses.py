"""Response bodies: size limits and compression."""

import gzip
import zlib
from collections.abc import AsyncIterator

import pytest

from fakegpt_tui.domain import BadReply, Unsupported
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.responses import iter_chunks, read_body
from tests.fault_server import FaultServer, Send, reply
from tests.signed_in import service


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


async def body(server: FaultServer, content: bytes, encoding: str, *, limit: int = 1000) -> bytes:
    server.script("/", Send(reply(content, headers={"Content-Encoding": encoding})))
    return await read(server, limit=limit)


async def read(server: FaultServer, *, limit: int = 1000) -> bytes:
    transport = Transport(service(server.url))
    async with (
        transport.client() as client,
        client.stream("GET", transport.address.url("/")) as response,
    ):
        return await read_body(response, transport.route, limit=limit)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"hello", "identity"),
        (gzip.compress(b"hello"), "gzip"),
        (gzip.compress(b"hello"), "X-GZIP"),
        (zlib.compress(b"hello"), "deflate"),
        (zlib.compress(b"hello")[2:-4], "deflate"),
        (gzip.compress(b"hello"), "deflate"),
        (gzip.compress(b"hel") + gzip.compress(b"") + gzip.compress(b"lo"), "gzip"),
        (gzip.compress(b"hello") + b"\0" * 100, "gzip"),
        (gzip.compress(b"hello"), "identity, gzip"),
        (b"hello", "gzip"),
        (b"hello", "deflate"),
        (b"hello", "utf-8"),
        (b"hello", "none"),
        (b"hello", "chunked"),
        (b"hello", "br"),
        (gzip.compress(b"hello"), "gzip;q=1.0"),
        (gzip.compress(gzip.compress(b"hello")), "gzip, gzip"),
        (zlib.compress(gzip.compress(b"hello")), "gzip, deflate"),
        (b"", "gzip"),
        (b"", "br"),
    ],
    ids=range(20),
)
@pytest.mark.parametrize("size", [1, 2, 100])
async def test_a_body_is_read_whole_however_it_is_compressed(
    server: FaultServer, content: bytes, encoding: str, size: int
) -> None:
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    head = reply(b"", headers={"Content-Encoding": encoding, "Content-Length": f"{len(content)}"})
    server.script("/", Send(head), *map(Send, parts))
    assert await read(server) == (b"hello" if content else b"")


async def test_a_bomb_comes_in_pieces_that_can_be_held(server: FaultServer) -> None:
    bomb = gzip.compress(b"\0" * 20_000_000)
    server.script("/", Send(reply(bomb, headers={"Content-Encoding": "gzip"})))
    transport = Transport(service(server.url))
    async with (
        transport.client() as client,
        client.stream("GET", transport.address.url("/")) as response,
    ):
        sizes = [len(piece) async for piece in iter_chunks(response, transport.route)]
    assert sum(sizes) == 20_000_000
    assert max(sizes) <= 1 << 20


async def test_a_bomb_is_not_unpacked_to_its_end(server: FaultServer) -> None:
    with pytest.raises(BadReply):
        await body(server, gzip.compress(b"\0" * 50_000_000), "gzip")


async def test_a_body_may_be_as_long_as_the_limit(server: FaultServer) -> None:
    assert len(await body(server, b"x" * 1000, "identity", limit=1000)) == 1000


async def test_a_body_that_is_longer_is_refused(server: FaultServer) -> None:
    with pytest.raises(BadReply):
        await body(server, b"x" * 1001, "identity", limit=1000)


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "br, gzip"])
async def test_a_compression_that_cannot_be_read_is_named(
    server: FaultServer, encoding: str
) -> None:
    packed = b"\x0b\x02\x80hello\x03" * 9
    packed = gzip.compress(packed) if "gzip" in encoding else packed
    name = encoding.partition(",")[0]
    with pytest.raises(Unsupported, match=f"as {name}, .*turn compression off"):
        await body(server, packed, encoding)


async def test_a_damaged_body_is_told(server: FaultServer) -> None:
    with pytest.raises(BadReply):
        await body(server, gzip.compress(b"hello")[:-8] + b"12345678", "gzip")


async def test_absurdly_many_headers_are_refused(server: FaultServer) -> None:
    server.script("/", Send(reply(b"", headers={f"X-{number}": "1" for number in range(1000)})))
    transport = Transport(service(server.url))
    async with (
        transport.client() as client,
        client.stream("GET", transport.address.url("/")) as response,
    ):
        with pytest.raises(BadReply, match="too many headers"):
            await read_body(response, transport.route, limit=1000)
