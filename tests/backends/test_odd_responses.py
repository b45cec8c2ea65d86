"""Responses that are not quite what HTTP or their head says: told once, with what to do."""

import gzip

import pytest

from fakegpt_tui.backends.api.errors import response_error
from fakegpt_tui.domain import BadReply, NotSignedIn
from tests.fault_server import Send, reply
from tests.openai_server import CHAT, backend_for, openai_server, service
from tests.signed_in import outcome


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("HTTP/1.1 200 OK\r\n" + "Transfer-Encoding: chunked\r\n" * 2, "frames its answer twice"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n", "its answer twice"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n", "has to say “chunked”"),
        ("HTTP/1.1 200 OK\r\nno colon\r\n", "a header that HTTP does not allow"),
        ("ICY 200 OK\r\n", "something that is not HTTP"),
    ],
)
async def test_an_answer_that_is_not_quite_http_is_told_and_not_asked_for_again(
    head: str, told: str
) -> None:
    async with openai_server() as server:
        server.script(CHAT, Send(f"{head}\r\n".encode()))
        _, error = await outcome(backend_for(service(server.url)))
        assert len(server.asked(CHAT)) == 1
    assert isinstance(error, BadReply)
    assert told in str(error)


async def test_what_cannot_be_decompressed_is_told_with_what_it_means() -> None:
    packed, brotli = gzip.compress(b"data: [DONE]\n\n"), b"\x0b\x02\x80canary\x03" * 9
    async with openai_server() as server:
        server.script(CHAT, Send(reply(brotli, status=401, headers={"Content-Encoding": "br"})))
        server.script(CHAT, Send(reply(packed)))
        refused = (await outcome(backend_for(service(server.url))))[1]
        unsaid = (await outcome(backend_for(service(server.url))))[1]
    assert isinstance(refused, NotSignedIn)
    assert "as br, though it was asked not to" in str(refused)
    assert "compresses its reply and does not say so; turn compression off" in str(unsaid)


@pytest.mark.parametrize("body", [b"", b"{}", b"null"])
def test_a_refusal_without_a_reason_says_where_to_look(body: bytes) -> None:
    error = response_error(400, {}, body, "host:1")
    told = "The service at host:1 refused the request and does not say why. /request, or ask"
    assert str(error).startswith(told)


async def test_the_words_beside_a_status_are_told_where_there_is_no_body() -> None:
    async with openai_server() as server:
        for words in (b"Canary not loaded", b"Not Found"):
            server.script(CHAT, Send(b"HTTP/1.1 404 %b\r\nContent-Length: 0\r\n\r\n" % words))
        backend = backend_for(service(server.url))
        told = [str((await outcome(backend))[1]) for _ in range(2)]
    assert told[0].count("(404 Not Found): Canary not loaded.") == 1
    assert told[1].count("(404 Not Found). Check") == 1
