"""Exchanges: what a client is sent whatever an application does, and where its connection ends."""

import pytest
from starlette.types import Message, Receive, Scope, Send

from tests.host.wires import WiredConnection

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
HIDDEN = (b"x", b"a\r\nset-cookie: b")


def start(status: int = 200, *headers: tuple[bytes, bytes]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": [*headers]}


def body(data: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}


class Says:
    """An application that sends these messages, and reads no request."""

    def __init__(self, *messages: Message, error: Exception | None = None) -> None:
        self.messages, self.error = messages, error

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        for message in self.messages:
            await send(message)
        if self.error is not None:
            raise self.error


async def sent_by(app: Says, *requests: bytes) -> tuple[bytes, bool]:
    """What a client is sent for its requests, and whether its connection ends by that."""
    async with WiredConnection(app) as connection:
        for each in requests:
            await connection.feed(each)
        if app.error is not None:
            await connection.end()
        return connection.wire.sent, connection.wire.is_closed


@pytest.mark.parametrize(
    "app",
    [
        Says(start(200, HIDDEN), body(b"hello")),
        Says(error=OSError()),
    ],
    ids=["a header that would be two", "no answer"],
)
async def test_an_application_that_fails_before_its_head_is_sent_is_answered_by_500(
    app: Says,
) -> None:
    app.error = app.error or OSError()
    sent, is_closed = await sent_by(app, GET)
    assert sent.startswith(b"HTTP/1.1 500 ")
    assert (sent.count(b"HTTP/1.1"), b"hello" in sent, is_closed) == (1, False, True)


async def test_one_that_fails_after_it_leaves_a_body_that_is_not_whole() -> None:
    app = Says(start(), body(b"a" * 20_000, more=True), error=OSError())
    sent, is_closed = await sent_by(app, GET)
    assert sent.endswith(b"a\r\n")
    assert (sent.count(b"HTTP/1.1"), is_closed) == (1, True)


@pytest.mark.parametrize("status", [204, 304])
async def test_no_body_follows_where_clients_expect_none(status: int) -> None:
    sent, is_closed = await sent_by(Says(start(status), body(b"hello")), GET, GET)
    assert sent == 2 * sent[: len(sent) // 2]
    assert sent.endswith(b"\r\n\r\n")
    assert (sent.count(b"HTTP/1.1"), b"hello" in sent, is_closed) == (2, False, False)


async def test_nothing_is_sent_after_the_end() -> None:
    sent, is_closed = await sent_by(Says(start(), body(b"a"), body(b"hello")), GET, GET)
    assert (sent.count(b"HTTP/1.1 200"), b"hello" in sent, is_closed) == (2, False, False)


async def test_a_client_that_is_answered_before_it_sent_all_may_send_the_rest() -> None:
    """It could not read the answer if the connection was reset under what it sends."""
    async with WiredConnection(Says(start(413), body(b"no"))) as connection:
        await connection.feed(POST + b"Connection: close\r\n\r\nhel")
        await connection.end()
        assert b"HTTP/1.1 413 " in connection.wire.sent
        assert not connection.wire.is_closed
        await connection.feed(b"lo")
        assert connection.wire.is_closed


async def test_no_request_is_taken_for_a_body_that_a_client_was_not_told_to_send() -> None:
    async with WiredConnection(Says(start(401), body(b"no"))) as connection:
        await connection.feed(POST + b"Expect: 100-continue\r\n\r\n")
        await connection.end()
        await connection.feed(GET + GET)
    assert b"connection: close\r\n" in connection.wire.sent
    assert connection.wire.sent.count(b"HTTP/1.1") == 1
    assert connection.wire.is_closed
