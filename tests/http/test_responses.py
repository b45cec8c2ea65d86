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
    ],
    ids=["plain", "gzip", "x-gzip", "deflate"],
)
async def test_a_body_is_read_whole(server: FaultServer, content: bytes, encoding: str) -> None:
    assert await body(server, content, encoding) == b"hello"


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


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "rot13"])
async def test_an_unknown_packing_is_said(server: FaultServer, encoding: str) -> None:
    with pytest.raises(Unsupported):
        await body(server, b"hello", encoding)


async def test_what_is_not_packed_as_it_says_is_bad(server: FaultServer) -> None:
    with pytest.raises(BadReply):
        await body(server, b"hello", "gzip")


async def test_absurdly_many_headers_are_refused(server: FaultServer) -> None:
    server.script("/", Send(reply(b"", headers={f"X-{number}": "1" for number in range(1000)})))
    transport = Transport(service(server.url))
    async with (
        transport.client() as client,
        client.stream("GET", transport.address.url("/")) as response,
    ):
        with pytest.raises(BadReply, match="too many headers"):
            await read_body(response, transport.route, limit=1000)
