"""Responses as h11 reads them: what is taken for one has the same head and body there."""

from collections.abc import Iterable
from typing import TypeAlias

import h11
import httpx
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.http.wire_response import HeadReader, body_of
from tests.examples import examples
from tests.wire_mutations import cut_at, cuts, mutated

Headers: TypeAlias = list[tuple[bytes, bytes]]

LINES = (
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 404 Not \xe9 Found\r\n",
    b"HTTP/1.0 200 \r\n",
    b"HTTP/1.1 500\n",
    b"HTTP/1.1 204 No Content\r\n",
    b"HTTP/1.1 304 Not Modified\r\n",
    b"HTTP/1.1 099 Odd\r\n",
)
BEFORE = (b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n")
FIELDS = (
    b"X: a b\r\n",
    b"x:\t a \xe9 \n",
    b"x:\r\n",
    b"X: a\r\n \r\n\t b\r\n",
    b"X : a\r\n",
    b"Content-Length: 5, 5\r\n",
    b"Content-Length: 05\r\n",
    b"content-length: 0\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
)
ENDS = (
    b"\r\nhello",
    b"Content-Length: 5\r\n\r\nhello, host",
    b"content-length: 5\n\nhel",
    b"Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b'Transfer-Encoding: chunked\r\n\r\n2;a="b"\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n',
    b"Transfer-Encoding: chunked\r\n\r\n5 ;a\r\nhello\r\n00\t\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: a\r\ny\r\n\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhel",
)
STREAMS = mutated(
    st.tuples(
        st.sampled_from(BEFORE),
        st.sampled_from(LINES),
        st.lists(st.sampled_from(FIELDS), max_size=2).map(b"".join),
        st.sampled_from(ENDS),
    ).map(b"".join)
)


def normal(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers as h11 has them, but the length, of which it keeps one."""
    lower = [(name.lower(), value) for name, value in headers]
    return [
        (name, value.lower() if name == b"transfer-encoding" else value)
        for name, value in lower
        if name != b"content-length"
    ]


def read_here(pieces: list[bytes], method: str) -> tuple[object, ...] | None:
    """Head, body and whether that is whole; `None` if it is no response."""
    reader, head, body, came = HeadReader(), None, None, b""
    try:
        for piece in pieces:
            if body is not None:
                came += b"".join(body.feed(piece))
            elif found := reader.feed(piece):
                head, rest = found
                body = body_of(head, is_without=method == "HEAD")
                came += b"".join(body.feed(rest))
    except httpx.RemoteProtocolError:
        return None
    if head is None or body is None:
        return None
    headers = normal(head.headers)
    return head.status_code, head.http_version, head.reason, headers, came, not body.cut()


def read_by_h11(data: bytes, method: str) -> tuple[object, ...] | None:
    """The same of h11; what breaks off after the head is not whole."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 17)
    connection.send(h11.Request(method=method, target="/", headers=[("host", "a")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    try:
        while isinstance(head := connection.next_event(), h11.InformationalResponse):
            pass
    except h11.RemoteProtocolError:
        return None
    if not isinstance(head, h11.Response):
        return None
    came = b""
    try:
        while not isinstance(part := connection.next_event(), h11.EndOfMessage):
            if isinstance(part, h11.Data):
                came += part.data
            else:
                connection.receive_data(b"")
    except h11.RemoteProtocolError:
        part = None
    headers = normal(head.headers)
    return head.status_code, head.http_version, head.reason, headers, came, part is not None


@examples(800)
@given(data=STREAMS, where=cuts, method=st.sampled_from(("GET", "HEAD")))
def test_what_is_taken_for_a_response_is_the_same_to_h11_however_it_is_cut(
    data: bytes, where: list[int], method: str
) -> None:
    whole = read_here([data], method)
    assert whole in (None, read_by_h11(data, method))
    assert read_here(cut_at(data, where), method) == whole
