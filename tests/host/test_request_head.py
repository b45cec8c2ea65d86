"""Requests as h11 reads them: what the host takes for one is no other to a reader of its own."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from fakegpt_tui.host.request_head import MAX_HEAD
from tests.examples import examples
from tests.host.wires import WiredConnection
from tests.wire_mutations import cut_at, cuts, mutated

Headers: TypeAlias = list[tuple[bytes, bytes]]
Request: TypeAlias = tuple[bytes, bytes, Headers, bytes]
"""Method, target, headers and body."""

HOST = b"Host: a\r\n"
LINES = (
    b"GET / HTTP/1.1\r\n",
    b"POST /v1 HTTP/1.1\r\n",
    b"POST /v1?a=b HTTP/1.1\r\n",
    b"HEAD http://b/ HTTP/1.1\r\n",
    b"PUT * HTTP/1.0\r\n",
    b"GET / HTTP/1.2\r\n",
)
FIELDS = (
    b"X: a b\r\n",
    b"x:\t a \xe9 \r\n",
    b"x:\r\n",
    b"X: a\r\n b\r\n",
    b"X: a\n",
    b"X : a\r\n",
    b"Host: b\r\n",
    b"Connection: close\r\n",
    b"Connection: keep-alive, Close\r\n",
    b"Expect: 100-continue\r\n",
    b"Content-Length: 0\r\n",
    b"Content-Length: 5\r\n",
    b"content-length: 5, 5\r\n",
    b"Content-Length: 05\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"transfer-encoding: Chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
)
BODIES = (
    b"",
    b"hello",
    b"5\r\nhello\r\n0\r\n\r\n",
    b'2;a="b"\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n',
    b"5 ;a\r\nhello\r\n00\t\r\n\r\n",
    b"5\r\nhello\r\n0;a\r\nX: a\r\n\r\n",
    b"5\r\nhello\r\n0\r\nX: a\r\n b\r\ny\r\n\r\n",
)
FRAMED = (
    b"Content-Length: 5\r\n\r\nhello",
    *(b"Transfer-Encoding: chunked\r\n\r\n" + each for each in BODIES[2:]),
    b"\r\n",
)


def requests() -> st.SearchStrategy[bytes]:
    """Requests that are nearly always whole, and some that are put together at random."""
    some = st.lists(st.sampled_from(FIELDS), max_size=3).map(b"".join)
    likely = st.tuples(
        st.sampled_from(LINES[:4]), st.just(HOST), st.sampled_from(FIELDS), st.sampled_from(FRAMED)
    )
    any_one = st.tuples(
        st.sampled_from(LINES), st.just(HOST), some, st.just(b"\r\n"), st.sampled_from(BODIES)
    )
    return st.one_of(likely, likely, any_one).map(b"".join)


STREAMS = mutated(st.lists(requests(), min_size=1, max_size=4).map(b"".join))


@dataclass
class Recorder:
    """An application that remembers requests once they are whole."""

    seen: list[Request] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        target = scope["raw_path"] + (
            b"?" + scope["query_string"] if scope["query_string"] else b""
        )
        self.seen.append((scope["method"].encode(), target, normal(scope["headers"]), body))
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
        )
        await send({"type": "http.response.body"})


def normal(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers as h11 has them: codings in lower case."""
    return [
        (name, value.lower() if name == b"transfer-encoding" else value) for name, value in headers
    ]


async def read_by_host(pieces: Sequence[bytes]) -> tuple[list[Request], bool]:
    """The requests in these bytes, and whether something between or after them was refused."""
    app = Recorder()
    async with WiredConnection(app) as connection:
        for piece in pieces:
            await connection.feed(piece)
    return app.seen, b"HTTP/1.1 400" in connection.wire.sent


def read_by_h11(data: bytes) -> list[Request]:
    """The requests in these bytes, up to the first fault."""
    connection, found = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 17), []
    connection.receive_data(data)
    try:
        while isinstance(head := connection.next_event(), h11.Request):
            body = b""
            while isinstance(part := connection.next_event(), h11.Data):
                body += part.data
            if not isinstance(part, h11.EndOfMessage):
                break
            found.append((head.method, head.target, normal(head.headers), body))
            connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
            connection.send(h11.EndOfMessage())
            if connection.our_state is not h11.DONE:
                break
            connection.start_next_cycle()
    except h11.RemoteProtocolError:
        pass
    return found


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@examples(800)
@given(data=STREAMS, where=cuts)
def test_what_is_taken_for_a_request_is_the_same_to_h11_however_it_is_cut(
    runner: asyncio.Runner, data: bytes, where: list[int]
) -> None:
    whole = runner.run(read_by_host([data]))
    found, is_refused = whole
    theirs = read_by_h11(data)
    assert found == theirs[: len(found)]
    assert is_refused or len(found) == len(theirs)
    assert runner.run(read_by_host(cut_at(data, where))) == whole


@pytest.mark.parametrize("beyond", [0, 1])
@pytest.mark.parametrize("cut", range(5))
def test_the_limit_of_a_head_is_the_same_however_it_is_cut(
    runner: asyncio.Runner, beyond: int, cut: int
) -> None:
    begun = b"GET / HTTP/1.1\r\nHost: a\r\nX: "
    data = begun + b"a" * (MAX_HEAD + beyond - len(begun)) + b"\r\n\r\n"
    found, is_refused = runner.run(read_by_host([data[: len(data) - cut], data[len(data) - cut :]]))
    assert (len(found), is_refused) == (1 - beyond, bool(beyond))
