"""Every shape of an error body is read: the sentence is in it, wherever a service puts it."""

import json
import time

import pytest

from fakegpt_tui.backends.api.errors import response_error
from fakegpt_tui.protocol.error_body import parse_error_body
from fakegpt_tui.protocol.error_shapes import ERROR_SHAPES

WHY = "The model is not for you."


def example(path: str) -> object:
    """The smallest JSON that has the message at `path`."""
    value: object = WHY
    for step in reversed(path.split(".")):
        value = [value] if step.endswith("[]") else value
        name = step.removesuffix("[]")
        value = {"field" if name == "*" else name: value} if name else value
    return value


def said(body: object) -> str:
    return parse_error_body(json.dumps(body).encode()).text


@pytest.mark.parametrize("path", [path for path, _ in ERROR_SHAPES])
def test_a_message_is_found_in_every_shape_of_the_table(path: str) -> None:
    error = response_error(400, {}, json.dumps(example(path)).encode(), "host:1")
    assert said(example(path)) == WHY
    assert WHY in str(error)


@pytest.mark.parametrize(
    "body",
    [
        {"error": True, "message": WHY},
        {"error": 1, "reason": WHY},
        {"error": "Forbidden", "message": WHY, "statusCode": 403},
        {"error": "Bad Request", "message": [WHY], "statusCode": 400},
        {"error": "invalid_request", "error_description": WHY},
        {"success": False, "errors": [{"code": 10000, "message": WHY}], "messages": []},
        {"error_code": 336001, "error_msg": WHY},
        {"type": "about:blank", "title": "Not Found", "status": 404, "detail": WHY},
        {"error": {"code": "internal", "message": {"code": 3, "message": WHY}}},
        {"fault": {"faultstring": WHY, "detail": {"errorcode": "oauth.v2"}}},
        {"error": {"message": json.dumps({"error": {"message": WHY}})}},
        [{"error": {"code": 400, "message": WHY, "status": "INVALID_ARGUMENT", "details": []}}],
        {"error": "Not Found", "path": "/v1", "message": WHY, "timestamp": "2026-01-01"},
        {"choices": None, "base_resp": {"status_code": 1008, "status_msg": WHY}},
        {"Response": {"Error": {"Code": "AuthFailure", "Message": WHY}, "RequestId": "1"}},
        {"header": {"code": 10013, "message": WHY, "sid": "1"}},
        {"statusCode": 400, "body": json.dumps({"message": WHY})},
        {"Message": "An error has occurred.", "ExceptionMessage": WHY},
        {"code": 1, "errMsg": WHY},
        [[{"message": WHY}]],
        json.dumps({"error": {"message": WHY}}),
    ],
    ids=range(21),
)
def test_what_tells_something_is_preferred(body: object) -> None:
    assert said(body) == WHY


@pytest.mark.parametrize("raw", [WHY, json.dumps({"error": {"message": WHY}})])
def test_what_a_provider_behind_a_gateway_said_is_told_with_its_name(raw: str) -> None:
    metadata = {"raw": raw, "provider_name": "Provider 1"}
    body = {"error": {"message": "Provider returned error", "code": 429, "metadata": metadata}}
    assert said(body) == f"Provider 1: {WHY}"


def test_fields_are_named_with_what_is_wrong_with_them() -> None:
    detail = [{"loc": ["body", "seed"], "msg": "too large"}, {"loc": ["body", 0], "msg": "bad"}]
    assert said({"detail": detail}) == "body.seed: too large; body.0: bad"


def test_the_field_that_google_means_is_named() -> None:
    violations = [{"field": "contents[0].parts", "description": WHY}]
    details = [{"@type": "BadRequest", "fieldViolations": violations}]
    message = "Request contains an invalid argument."
    assert said({"error": {"message": message, "details": details}}) == f"contents[0].parts: {WHY}"


JSON = json.dumps({"error": {"message": WHY}})


@pytest.mark.parametrize(
    "body",
    [
        f"data: {JSON}\n\n",
        f"event: error\nid: 1\ndata: {JSON}\n\n",
        f": alive\n\nerror: {JSON}\n",
        f")]}}',\n{JSON}",
        f"{JSON}\n{JSON}",
        f"\ufeff{JSON}",
    ],
    ids=range(6),
)
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_a_message_is_found_however_its_json_is_framed(body: str, charset: str) -> None:
    assert parse_error_body(body.encode(charset)).text == WHY


@pytest.mark.parametrize("charset", ["gbk", "no-such-charset", "punycode"])
def test_a_charset_is_taken_from_the_headers(charset: str) -> None:
    headers = {"Content-Type": f'text/plain; charset="{charset}"'}
    shown = parse_error_body("模型".encode("gbk"), headers).text
    assert (shown == "模型") == (charset == "gbk")


@pytest.mark.parametrize(
    "headers",
    [
        {"WWW-Authenticate": f'Bearer error="invalid_token", error_description="{WHY}"'},
        {"grpc-message": WHY.replace(" ", "%20")},
        {"X-Error-Message": WHY},
    ],
)
def test_headers_tell_what_an_empty_body_does_not(headers: dict[str, str]) -> None:
    assert WHY in str(response_error(401, headers, b"", "host:1"))
    assert WHY not in str(response_error(401, headers, b"No.", "host:1"))


PAGES = [
    f"<title>Error</title><body><pre>{WHY}</pre>",
    f"<title>Bad Request (400)</title><p>{WHY}</p>",
    f"<title>HTTP Status 400 – Bad Request</title><hr><p>{WHY}</p><hr><address>x</address>",
    f"<title>{WHY}</title><body>Home Search Help</body>",
]


@pytest.mark.parametrize("page", PAGES, ids=range(4))
def test_a_page_whose_title_tells_nothing_shows_its_text(page: str) -> None:
    assert parse_error_body(page.encode()).text == WHY


@pytest.mark.parametrize(
    "piece", [b"<", b"<script>", b"<!--", b"<title>Error</title><style>", b"!"]
)
def test_a_body_takes_time_in_proportion_to_its_length(piece: bytes) -> None:
    body = piece * (60_000 // len(piece))
    started = time.process_time()
    parse_error_body(body)
    parse_error_body(b'{"error": "%b"}' % body.replace(b'"', b""))
    assert time.process_time() - started < 1


def test_a_general_word_is_better_than_nothing() -> None:
    assert said({"error": "Forbidden"}) == "Forbidden"
    assert said({"error": {"code": "no_access"}}) == "no_access"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"state": {"why": "\xc3\xbc\\u001b[2J"}}', '{"state": {"why": "ü\\u001b[2J"}}'),
        (b"<html><style>p {}</style><p>Come   back &amp; try</p>", "Come back & try"),
        (b"plain \x1b[2J words", "plain ␛[2J words"),
        (b"\xef\xbb\xbfwords", "words"),
    ],
)
def test_another_shape_shows_its_beginning_cleaned(body: bytes, shown: str) -> None:
    assert parse_error_body(body).text == shown
    assert shown in str(response_error(400, {}, body, "host:1"))


def test_a_long_body_of_another_shape_is_cut() -> None:
    assert len(said({"state": "x " * 1000})) <= 300


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"<html></html>"])
def test_an_empty_body_says_nothing(body: bytes) -> None:
    assert parse_error_body(body).text == ""


def test_a_body_of_success_that_is_no_reply_is_shown() -> None:
    error = response_error(200, {}, b'{"state": "asleep"}', "host:1")
    assert 'something that is no reply: {"state": "asleep"}' in str(error)
