"""Raw requests: what a proxy and the host could read in two ways is refused, and nothing else."""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.domain import ReplyEnded, StreamEvent, TextDelta
from fakegpt_tui.host.server import HostServer
from tests.patience import PATIENCE

BODY = b'{"model": "scripted", "messages": [{"role": "user", "content": "Hi"}]}'
SIZE = len(BODY)
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (SIZE, BODY)
START = b"POST /v1/chat/completions HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
COUNTED = b"Content-Length: %d\r\n\r\n" % SIZE + BODY
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
STATUS = re.compile(rb"HTTP/1\.1 (\d+)")


class Endless(ScriptedBackend):
    """Has an answer for every request."""

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        self.requests.append(request)
        yield TextDelta("Hello")
        yield ReplyEnded()


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[HostServer, Endless]]:
    backend = Endless()
    with HostServer(backend, secret_path=False) as host:
        yield host, backend


@asynccontextmanager
async def asking(
    host: HostServer, sent: bytes
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection over which raw bytes were sent; there is a limit to how long it is open."""
    address = urlsplit(host.base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(sent.replace(b"HOST", address.netloc.encode()))
    async with asyncio.timeout(PATIENCE):
        yield reader, writer
    writer.close()


async def exchange(host: HostServer, sent: bytes) -> list[int]:
    """The statuses of all answers to raw bytes, up to the end of the connection."""
    came = b""
    async with asking(host, sent) as (reader, _):
        try:
            while part := await reader.read(65536):
                came += part
        except ConnectionError:
            pass  # What was sent beyond the refusal is not read.
    return [int(each) for each in STATUS.findall(came)]


REFUSED = {
    "two frames": START + b"Content-Length: 5\r\n" + CHUNKED + CHUNKS,
    "two frames, turned": START + b"Transfer-Encoding: chunked\r\n" + COUNTED,
    "two lengths": START + b"Content-Length: 5\r\n" + COUNTED,
    "two codings": START + b"Transfer-Encoding: chunked\r\n" + CHUNKED + CHUNKS,
    "signed length": START + b"Content-Length: +%d\r\n\r\n" % SIZE + BODY,
    "hexadecimal length": START + b"Content-Length: 0x4a\r\n\r\n" + BODY,
    "negative length": START + b"Content-Length: -1\r\n\r\n" + BODY,
    "space before the colon": START + b"Content-Length : %d\r\n\r\n" % SIZE + BODY,
    "space before another": START + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKS,
    "unknown coding": START + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKS,
    "coding before chunked": START + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS,
    "coding after chunked": START + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKS,
    "identity": START + b"Transfer-Encoding: identity\r\n" + COUNTED,
    "vertical tab": START + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNKS,
    "chunks in 1.0": START.replace(b"1.1", b"1.0", 1) + CHUNKED + CHUNKS,
    "folded line": START + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKS,
    "folded by a tab": START + b"X: a\r\n\tb\r\n" + COUNTED,
    "line feeds alone": (START + COUNTED).replace(b"\r\n", b"\n"),
    "one line feed": START + b"X: a\nTransfer-Encoding: chunked\r\n" + COUNTED,
    "carriage return": START + b"X: a\rTransfer-Encoding: chunked\r\n" + COUNTED,
    "two hosts": START + b"Host: HOST\r\n" + COUNTED,
    "the same length twice": START + b"Content-Length: %d\r\n" % SIZE + COUNTED,
    "NUL": START + b"X: a\0b\r\n" + COUNTED,
    "no name": START + b": a\r\n" + COUNTED,
    "no host": START.replace(b"Host: HOST\r\n", b"") + COUNTED,
    "space before the method": b" " + START + COUNTED,
    "space in the method": START.replace(b"POST", b"PO ST") + COUNTED,
    "version 1.2": START.replace(b"1.1", b"1.2", 1) + COUNTED,
    "version 9.9": START.replace(b"1.1", b"9.9", 1) + COUNTED,
    "prefixed chunk size": START + CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n",
    "negative chunk size": START + CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n",
    "bad end of a chunk": START + CHUNKED + b"5\r\nhelloXX0\r\n\r\n",
    "one line feed after the last chunk": START + CHUNKED + CHUNKS[:-2] + b"X: a\n\r\n\r\n",
    "huge chunk size": START + CHUNKED + b"f" * 40 + b"\r\nhello",
    "a header of a megabyte": START + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_request_that_others_could_read_in_another_way_is_refused_and_ends_its_connection(
    served: tuple[HostServer, Endless], name: str
) -> None:
    host, backend = served
    before = len(backend.requests)
    hidden = b"GET /healthz HTTP/1.1\r\nHost: HOST\r\n\r\n"
    assert await exchange(host, REFUSED[name] + hidden) == [400]
    assert len(backend.requests) == before


@pytest.mark.parametrize("cut", range(1, 6))
async def test_it_is_refused_wherever_the_network_cuts_it(
    served: tuple[HostServer, Endless], cut: int
) -> None:
    host, _ = served
    rest = b"\r\n \tb\r\n"
    async with asking(host, START + b"X: a") as (reader, writer):
        for part in (b"", rest[:cut], rest[cut:]):
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        assert (await reader.readuntil(b"\r\n")).split()[1] == b"400"


ANSWERED = {
    "a length": (START + COUNTED, [200]),
    "chunks": (START + CHUNKED + CHUNKS, [200]),
    "a trailer": (START + CHUNKED + CHUNKS[:-2] + b"Host: evil.example\r\n\r\n", [200]),
    "300 headers": (START + b"".join(b"X%d: a\r\n" % n for n in range(300)) + COUNTED, [200]),
    "one after the other": (START + COUNTED + START + COUNTED, [200, 200]),
    "a body that nobody reads": (START.replace(b"/v1/c", b"/nowhere/c", 1) + COUNTED, [404]),
    "such a body in chunks": (START.replace(b"POST", b"PATCH", 1) + CHUNKED + CHUNKS, [405]),
    "a wish to continue": (START + b"Expect: 100-continue\r\n" + COUNTED, [100, 200]),
    "line feeds in a body": (
        START + b"Content-Length: %d\r\n\r\n" % (SIZE + 2) + b"\n " + BODY,
        [200],
    ),
    "a wish for HTTP/2": (START + b"Connection: Upgrade\r\nUpgrade: h2c\r\n" + COUNTED, [200]),
    "another address": (START.replace(b"/v1", b"http://evil.example/v1", 1) + COUNTED, [404]),
}


@pytest.mark.parametrize("name", ANSWERED)
async def test_all_others_are_answered_one_after_the_other(
    served: tuple[HostServer, Endless], name: str
) -> None:
    host, _ = served
    sent, statuses = ANSWERED[name]
    last = b"GET /healthz HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"
    assert await exchange(host, sent + last) == [*statuses, 200]


@pytest.mark.parametrize("name", ["x-request-id", "x-forwarded-for", "user-agent"])
async def test_what_looks_like_the_end_of_a_header_stays_in_it(
    served: tuple[HostServer, Endless], name: str
) -> None:
    host, _ = served
    odd = name.encode() + b": a\\r\\nset-cookie: b%0d%0ac\r\nConnection: close\r\n"
    async with asking(host, START + odd + COUNTED) as (reader, _):
        head, _, _ = (await reader.read()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"set-cookie" not in head
