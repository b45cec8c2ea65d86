"""The body of a request is JSON, however its large texts are put into it."""

import json

from fakegpt_tui.domain import ServiceError
from fakegpt_tui.http.requests import HttpRequest, PlainText


def encoded(body: dict[str, object]) -> object:
    request = HttpRequest(
        method="POST", path="/", translate_error=lambda *_: ServiceError("x"), body=body
    )
    found = request.encoded().body
    assert isinstance(found, bytes)
    return json.loads(found)


def test_plain_texts_stand_where_they_were() -> None:
    body = {
        "model": 'a "model"',
        "messages": [
            {"content": [{"url": PlainText("a", [b"data:x,", b"AA"])}, {"text": "é\n"}]},
            {"content": (PlainText("b", [b"BBBB"]), PlainText("c", []))},
        ],
        "stream": True,
    }
    assert encoded(body) == {
        "model": 'a "model"',
        "messages": [
            {"content": [{"url": "data:x,AA"}, {"text": "é\n"}]},
            {"content": ["BBBB", ""]},
        ],
        "stream": True,
    }


def test_a_body_without_plain_texts_is_as_ever() -> None:
    body: dict[str, object] = {"a": [1, None, {"b": "c"}]}
    assert encoded(body) == body
