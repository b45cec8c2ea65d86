"""Direct connections: what of a response is its body, however it is framed, cut and broken."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

import httpx
import pytest

from fakegpt_tui.http.direct_connections import PacedBody
from fakegpt_tui.http.senders import DirectBody, DirectSender
from fakegpt_tui.http.wire_request import WireRequest, full_headers
from fakegpt_tui.http.wire_response import ChunkedBody
from tests.host.calls import NO_TLS
from tests.patience import PATIENCE
from tests.ports import free_port

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"
CHUNKS = b'5\r\nhello\r\n6;name="v"\r\n, host\r\n0\r\ntrailer: x\r\n\r\n'


Answer: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[httpx.URL]:
    """The address of a server that answers so, and then ends the connection."""
    answers: set[asyncio.Task[None]] = set()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        answers.add(task)
        with suppress(OSError, asyncio.IncompleteReadError):
            try:
                await answer(reader, writer)
            finally:
                writer.close()
                await writer.wait_closed()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        yield httpx.URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        if answers:
            await asyncio.wait(answers, timeout=PATIENCE)


@asynccontextmanager
async def answering(*pieces: bytes, reads_body: bool = True) -> AsyncIterator[httpx.URL]:
    """The address of a server that sends `pieces` one by one, and then ends the connection."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        if not reads_body:
            await reader.read()

    async with serving(answer) as url:
        yield url


def direct_sender() -> DirectSender:
    return DirectSender(NO_TLS, (), lambda _method, _status: None)


@asynccontextmanager
async def opened(
    url: httpx.URL, **given: object
) -> AsyncIterator[tuple[httpx.Response, DirectBody]]:
    """A response whose head has come, and its body."""
    method, body = str(given.pop("method", "GET")), given.pop("content", None)
    assert body is None or isinstance(body, bytes)
    headers = full_headers(method, url, given.pop("headers", ()), body)  # type: ignore[arg-type]
    assert not given
    request = WireRequest(method, url, headers, body, httpx.Timeout(PATIENCE))
    async with asyncio.timeout(PATIENCE):
        response = await direct_sender().send(request)
        assert isinstance(response.stream, DirectBody)
        try:
            yield response, response.stream
        finally:
            await response.aclose()


async def fetch(url: httpx.URL, **given: object) -> tuple[httpx.Response, bytes]:
    async with opened(url, **given) as (response, body):
        return response, b"".join([piece async for piece in body])


@pytest.mark.parametrize(
    "pieces",
    [
        (HEAD + b"content-length: 11\r\n\r\n", b"hello, ", b"host", b"and more"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n" + CHUNKS,),
        (HEAD, b"transfer-encoding: chunked\r\n\r\n", *(bytes([each]) for each in CHUNKS)),
        (HEAD + b"\r\nhello", b", host"),
        (b"HTTP/1.0 200 OK\r\n\r\nhello, host",),
        (b"HTTP/1.1 200 OK\ncontent-length:\r\n 11, 11\nx: a\n\nhello, host",),
        (b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", HEAD + b"\r\nhello, host"),
    ],
    ids=[
        "counted",
        "chunked",
        "byte by byte",
        "until the end",
        "HTTP/1.0",
        "lines",
        "hints before it",
    ],
)
async def test_a_body_ends_where_its_frame_says(pieces: tuple[bytes, ...]) -> None:
    async with answering(*pieces) as url:
        response, body = await fetch(url)
    assert (response.status_code, body) == (200, b"hello, host")


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ((), "disconnected without"),
        ((b"HTTP/1.1 200",), "disconnected without"),
        ((HEAD + b"content-length: 11\r\n\r\nhello",), "received 5 bytes, expected 11"),
        ((HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nhel",), "incomplete chunked"),
        ((HEAD + b"transfer-encoding: chunked\r\n\r\nfive\r\nhello",), "illegal chunk header"),
        ((HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\nhello\r\n",), "longer than its size"),
        ((HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"1" * 40_000,), "too long"),
        ((b"SSH-2.0-OpenSSH\r\n\r\n",), "illegal status line"),
        ((HEAD + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello",), "Content-Length"),
        ((HEAD + b"x: " + b"y" * 200_000,), "too long"),
        ((HEAD + b"content-length: 0x5\r\n\r\nhello",), "Content-Length"),
        ((HEAD + 2 * b"transfer-encoding: chunked\r\n" + b"\r\n",), "Transfer-Encoding"),
        ((HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n",), "Transfer-Encoding"),
        ((HEAD + b"x y: z\r\n\r\n",), "illegal header line"),
        ((b"HTTP/1.1 101 Switching Protocols\r\n\r\n",), "another protocol"),
    ],
)
async def test_what_is_no_whole_response_is_an_error(pieces: tuple[bytes, ...], said: str) -> None:
    async with answering(*pieces) as url:
        with pytest.raises(httpx.RemoteProtocolError, match=said):
            await fetch(url)


async def test_an_answer_to_a_request_that_is_still_sent_is_read() -> None:
    """As 413 is to one that is too large: the server has said all, and reads no more."""
    refusal = b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno"
    async with answering(refusal, reads_body=False) as url:
        response, body = await fetch(url, method="POST", content=b"x" * 8_000_000)
    assert (response.status_code, body) == (413, b"no")


async def test_a_large_body_arrives_whole_at_a_server_that_takes_its_time() -> None:
    sent = bytes(range(256)) * 20_000

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        came = await reader.readexactly(len(sent))
        found = b"same" if came == sent and b"content-length: 5120000" in head.lower() else b"else"
        writer.write(HEAD + b"content-length: 4\r\n\r\n" + found)

    async with serving(answer) as url:
        assert (await fetch(url, method="POST", content=sent))[1] == b"same"


async def test_a_server_that_takes_nothing_is_given_up() -> None:
    async def answer(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await is_over.wait()

    is_over = asyncio.Event()
    async with serving(answer) as url:
        body = b"x" * 20_000_000
        headers = full_headers("POST", url, (), body)
        request = WireRequest("POST", url, headers, body, httpx.Timeout(PATIENCE, write=0.05))
        with pytest.raises(httpx.WriteTimeout):
            await direct_sender().send(request)
        is_over.set()


@pytest.mark.parametrize("name", ["x\r\ny", "x y", ""])
async def test_headers_cannot_carry_others(name: str) -> None:
    async with answering(HEAD + b"\r\n") as url:
        for header in ((name, "value"), ("name", "a\r\nb: c"), ("name", "a\nb"), ("n", "a\0")):
            with pytest.raises(httpx.LocalProtocolError):
                await fetch(url, headers=[header])


async def test_of_the_addresses_of_a_name_the_first_that_answers_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with answering(HEAD + b"\r\nhello") as url:
        nobody, port = free_port(), url.port
        found = [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", nobody, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", nobody)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
        ]
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolves(found))
        _, body = await fetch(url.copy_with(host="chat.test"))
        assert body == b"hello"
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolves(found[:2]))
        with pytest.raises(httpx.ConnectError) as caught:
            await fetch(url.copy_with(host="chat.test"))
    reasons = caught.value.__cause__.__cause__  # type: ignore[union-attr]
    assert isinstance(reasons, ExceptionGroup)
    assert len(reasons.exceptions) == 2


async def test_the_body_is_read_no_further_than_there_is_room() -> None:
    sent = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"content-length: 20000000\r\n\r\n" + b"x" * 20_000_000)
        await writer.drain()
        sent.set()

    async with serving(answer) as url, opened(url) as (_, body):
        first = sum(map(len, await body.connection.take()))
        await body.connection.pause(PATIENCE)  # It ends where no more is read.
        second = sum(map(len, await body.connection.take()))
        assert first + second < 4_000_000
        assert not sent.is_set()
        rest = [piece async for piece in body]
    assert first + second + sum(map(len, rest)) == 20_000_000


async def test_after_the_first_words_what_comes_in_a_pause_is_taken_together() -> None:
    go_on = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 9)
        await go_on.wait()
        for _ in range(20):
            writer.write(b"1\r\nb\r\n")
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(b"0\r\n\r\n")

    async with serving(answer) as url, opened(url) as (_, arriving):
        body = PacedBody(arriving.connection, pause_seconds=10 * PATIENCE)
        first = 0
        while first < 9:
            await body.rest()
            first += len(await body.take())
        go_on.set()
        await body.rest()  # The end of the response ends the pause.
        assert b"".join(await body.take()) == b"b" * 20


def test_chunks_are_found_wherever_their_bytes_are_cut() -> None:
    for cut in range(1, len(CHUNKS)):
        body = ChunkedBody()
        found = [*body.feed(CHUNKS[:cut]), *body.feed(CHUNKS[cut:])]
        assert (b"".join(found), body.is_whole) == (b"hello, host", True)


@pytest.mark.parametrize("cut", range(6))
@pytest.mark.parametrize(
    "begun", [b"1;", b"0\r\n" + b"b: c\r\n" * 9 + b"x: "], ids=["size", "trailer"]
)
def test_lines_between_chunks_are_too_long_however_they_are_cut(begun: bytes, cut: int) -> None:
    sent = begun + b"a" * 20_000 + b"\r\n\r\n"
    body = ChunkedBody()
    with pytest.raises(httpx.RemoteProtocolError, match="too long"):
        list(map(body.feed, (sent[: len(sent) - cut], sent[len(sent) - cut :])))


def test_lines_after_the_last_chunk_are_too_long_together() -> None:
    body = ChunkedBody()
    with pytest.raises(httpx.RemoteProtocolError, match="too long"):
        body.feed(b"0\r\n" + b"a: b\r\n" * 5_000)


def resolves(found: list[object]) -> Callable[..., object]:
    async def getaddrinfo(*_: object, **__: object) -> list[object]:
        return found

    return getaddrinfo
