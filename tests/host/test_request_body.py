import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from fakegpt_tui.host.request_body import BODY_LIMIT, read_form, read_json

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def request(*parts: bytes, kind: str | None = JSON, length: int | None = None) -> Request:
    """A request whose body arrives in `parts`."""
    headers = [] if kind is None else [(b"content-type", kind.encode())]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    queue = list(parts) or [b""]

    async def receive() -> Message:
        part = queue.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(queue)}

    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


async def status_of(reading: Any) -> int:
    with pytest.raises(HTTPException) as caught:
        await reading
    return caught.value.status_code


async def test_a_json_body_is_read_in_any_number_of_parts() -> None:
    assert await read_json(request(b'{"a":', b' "\xc3', b'\xa4"}')) == {"a": "ä"}


@pytest.mark.parametrize(
    "kind",
    [None, "text/plain", FORM, "multipart/form-data", "application/jsonp", "text/json", ""],
)
async def test_json_must_say_that_it_is(kind: str | None) -> None:
    assert await status_of(read_json(request(b"{}", kind=kind))) == 415


@pytest.mark.parametrize("kind", [JSON, f"{JSON}; charset=utf-8", "Application/JSON"])
async def test_json_may_say_so_in_any_way(kind: str) -> None:
    assert await read_json(request(b"{}", kind=kind)) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"\xef\xbb\xbf{}",
        '{"a": "ä"}'.encode("utf-16"),
        b"9" * 5000,
        b"{'a': 1}",
    ],
)
async def test_what_is_no_json_is_refused(body: bytes) -> None:
    assert await status_of(read_json(request(body))) == 400


async def test_a_body_that_announces_too_much_is_not_even_read() -> None:
    assert await status_of(read_json(request(length=BODY_LIMIT + 1))) == 413


async def test_a_body_that_grows_too_large_is_refused() -> None:
    parts = [b" " * 1_000_000] * 11
    assert await status_of(read_json(request(*parts))) == 413


async def test_a_body_of_just_the_limit_is_read() -> None:
    body = b'"' + b"x" * (BODY_LIMIT - 2) + b'"'
    assert await read_json(request(body, length=len(body))) == "x" * (BODY_LIMIT - 2)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":', '["]]]]",'])
@pytest.mark.parametrize("depth", [65, 5_000, 100_000])
async def test_a_body_that_is_nested_too_deeply_is_refused(opening: str, depth: int) -> None:
    assert await status_of(read_json(request((opening * depth).encode()))) == 400


async def test_brackets_inside_text_are_no_nesting() -> None:
    text = '[{"' * 10_000 + "\\"
    assert await read_json(request(json.dumps({"a": [text]}).encode())) == {"a": [text]}


NESTED = st.recursive(
    st.text() | st.integers(0, 9) | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=30,
)


@given(NESTED)
@settings(deadline=None)
async def test_whatever_is_not_too_deep_comes_through_unchanged(value: object) -> None:
    assert await read_json(request(json.dumps(value).encode())) == value


async def test_a_form_is_read() -> None:
    body = b"token_key=a01&session_password=k3%26v"
    assert await read_form(request(body, kind=FORM)) == {
        "token_key": "a01",
        "session_password": "k3&v",
    }


@pytest.mark.parametrize("body", [b"&".join([b"a=1"] * 11), b"\xff=1"])
async def test_a_form_of_too_many_fields_or_of_no_text_is_refused(body: bytes) -> None:
    assert await status_of(read_form(request(body, kind=FORM))) == 400


@pytest.mark.parametrize("kind", [None, JSON, "text/plain", "multipart/form-data; boundary=x"])
async def test_a_form_must_say_that_it_is(kind: str | None) -> None:
    assert await status_of(read_form(request(b"a=1", kind=kind))) == 415


@pytest.mark.parametrize("unit", [b"{},", b'"",', b"0,", b"[],", b'"a":1,'])
async def test_a_body_that_would_keep_the_others_waiting_is_refused_before_it_is_read(
    unit: bytes,
) -> None:
    body = b"[" + unit * (9_000_000 // len(unit)) + b"0]"
    assert await status_of(read_json(request(body))) == 400


async def test_a_large_body_of_text_is_read() -> None:
    text = '{[,]}\\"' * 400_000
    assert await read_json(request(json.dumps([text]).encode())) == [text]


@pytest.mark.parametrize("length", range(262_135, 262_150))
async def test_a_text_may_be_cut_anywhere_while_it_is_checked(length: int) -> None:
    value = ["a" * length + '\\"]]' * 9, "[" * 300_000]
    assert await read_json(request(json.dumps(value).encode())) == value


async def test_others_go_on_while_a_large_body_is_read() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    going_on = asyncio.create_task(others())
    body = json.dumps(["x" * 100] * 40_000).encode()
    assert len(body) < BODY_LIMIT
    await read_json(request(body))
    assert turns > 1
    going_on.cancel()


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip"])
async def test_a_compressed_body_is_refused(encoding: str) -> None:
    packed = request(b"{}")
    packed.scope["headers"].append((b"content-encoding", encoding.encode()))
    assert await status_of(read_json(packed)) == 415
