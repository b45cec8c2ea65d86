"""The body of a request is JSON, however its large texts are put into it."""

import json

import httpx

from fakegpt_tui.domain import Service, ServiceError, ServiceKind
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.requests import HttpRequest, PlainText, http_request


async def encoded(body: dict[str, object]) -> object:
    """The body as a server reads it, of as many bytes as were told to come."""
    request = HttpRequest(
        method="POST", path="/", translate_error=lambda *_: ServiceError("x"), body=body
    )
    transport = Transport(Service(name="x", kind=ServiceKind.OPENAI, url="http://127.0.0.1"))
    sent = http_request(transport, request.encoded(), {}, httpx.URL("http://127.0.0.1/"))
    # A body is read again where a request is sent again.
    for _ in range(2):
        found = b"".join(sent.pieces)
        assert (b"Content-Length", str(len(found)).encode()) in sent.headers
    again = sent.to_httpx()
    assert (again.headers.raw, await again.aread()) == (sent.headers, found)
    return json.loads(found)


async def test_plain_texts_stand_where_they_were() -> None:
    body = {
        "model": 'a "model"',
        "messages": [
            {"content": [{"url": PlainText("a", [b"data:x,", b"AA"])}, {"text": "é\n"}]},
            {"content": (PlainText("b", [b"BBBB"]), PlainText("c", []))},
        ],
        "stream": True,
    }
    assert await encoded(body) == {
        "model": 'a "model"',
        "messages": [
            {"content": [{"url": "data:x,AA"}, {"text": "é\n"}]},
            {"content": ["BBBB", ""]},
        ],
        "stream": True,
    }


async def test_a_body_without_plain_texts_is_as_ever() -> None:
    body: dict[str, object] = {"a": [1, None, {"b": "c"}]}
    assert await encoded(body) == body


async def test_a_long_text_is_sent_in_pieces() -> None:
    body: dict[str, object] = {"text": "é" * 700_000}
    assert await encoded(body) == body
