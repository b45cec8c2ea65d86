"""`/v1/messages`: replies as clients of the Messages protocol ask for them, and read them."""

import base64
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.domain import (
    BadReply,
    FinishReason,
    Model,
    NotSignedIn,
    PromptTooLong,
    RateLimited,
    ReasoningDelta,
    ReplyCut,
    ReplyEnded,
    RequestRefused,
    TextDelta,
    TextReplaced,
    Unreachable,
    Usage,
    UsageReported,
)
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.server import HostServer
from tests import anthropic_server as anthropic
from tests.attachments.examples import png
from tests.host.calls import calling, raw_head
from tests.host.keys import KEY, TEXT, new_key
from tests.host.test_completion_routes import Recorder
from tests.signed_in import Waits, read, text_of

Serve: TypeAlias = Callable[..., HostServer]

REPLY = (ReasoningDelta("hm"), TextDelta("Grü"), TextDelta("ße"), ReplyEnded())
VERSION = {"anthropic-version": "2023-06-01"}
ASKED = {
    "model": "scripted",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hi"}],
}


@asynccontextmanager
async def client_of(host: HostServer, key: str = TEXT) -> AsyncGenerator[httpx.AsyncClient]:
    async with calling(host) as client:
        client.headers.update({"x-api-key": key, **VERSION})
        yield client


async def events_of(client: httpx.AsyncClient, **changes: object) -> list[dict[str, Any]]:
    """The events of a stream."""
    asked = {**ASKED, "stream": True, **changes}
    async with client.stream("POST", "/v1/messages", json=asked) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line async for line in response.aiter_lines()]
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


async def test_a_reply_is_a_message_streamed_or_whole(
    host: Callable[..., HostServer], tmp_path: Path
) -> None:
    log = tmp_path / "access.jsonl"
    async with client_of(host(REPLY, REPLY, access_log=log)) as client:
        answer = await client.post("/v1/messages", json=ASKED)
        told = answer.json()
        assert (told["type"], told["role"], told["model"]) == ("message", "assistant", "scripted")
        assert told["content"] == [{"type": "text", "text": "Grüße"}]
        assert told["usage"] == {"input_tokens": 1, "output_tokens": 2}
        assert told["id"].startswith("msg_")
        assert answer.headers["request-id"] == answer.headers["x-request-id"]
        events = await events_of(client, thinking={"type": "adaptive"})
    assert (events[0]["type"], events[-1]["type"]) == ("message_start", "message_stop")
    deltas = [each["delta"] for each in events if each["type"] == "content_block_delta"]
    assert "".join(each.get("thinking", "") for each in deltas) == "hm"
    assert "".join(each.get("text", "") for each in deltas) == "Grüße"
    for line in map(json.loads, log.read_text().splitlines()):
        assert (line["route"], line["key"], line["model"]) == ("/v1/messages", KEY.id, "scripted")
        assert (line["outcome"], line["prompt_tokens"], line["reply_tokens"]) == ("done", 1, 2)


async def test_a_stream_that_fails_after_its_beginning_ends_with_an_error(
    host: Callable[..., HostServer],
) -> None:
    failures: tuple[tuple[Any, ...], ...] = ((BadReply("No."),), (TextReplaced(0, "z"),), ())
    async with client_of(host(*((TextDelta("x"), *each) for each in failures))) as client:
        for _ in failures:
            last = (await events_of(client))[-1]
            assert (last["type"], last["error"]["type"]) == ("error", "api_error")
            assert last["error"]["message"]


ERRORS = [
    (RequestRefused("No."), 400, "invalid_request_error"),
    (PromptTooLong("Long."), 400, "invalid_request_error"),
    (NotSignedIn("Login."), 502, "api_error"),
    (RateLimited("Wait.", retry_after=1.5), 429, "rate_limit_error"),
    (Unreachable("Gone."), 504, "timeout_error"),
    (ReplyCut("Cut."), 502, "api_error"),
]


@pytest.mark.parametrize("is_streamed", [True, False])
async def test_an_error_before_the_first_word_has_the_status_that_clients_act_upon(
    host: Callable[..., HostServer], is_streamed: bool
) -> None:
    async with client_of(host(*((error,) for error, _, _ in ERRORS))) as client:
        for error, status, kind in ERRORS:
            answer = await client.post("/v1/messages", json={**ASKED, "stream": is_streamed})
            assert answer.status_code == status
            said = {"type": kind, "message": str(error)}
            assert answer.json() == {"type": "error", "error": said}
            assert answer.headers.get("retry-after-ms") == ("1500" if status == 429 else None)


async def test_all_errors_have_the_form_that_clients_read(host: Callable[..., HostServer]) -> None:
    async with client_of(host(REPLY)) as client:
        without = {"anthropic-version": ""}
        answers = [
            await client.get("/v1/nowhere"),
            await client.get("/v1/models/nowhere"),
            await client.post("/v1/messages", json={**ASKED, "model": "nowhere"}),
            await client.get("/v1/messages"),
            await client.post("/v1/messages", content=b"{", headers={"content-type": "x/y"}),
            await client.post("/v1/messages", json=ASKED, headers={"x-api-key": "x"}),
            await client.post("/v1/messages", json=ASKED, headers={"Host": "evil.test"}),
            await client.post("/v1/messages", json=ASKED, headers=without),
            await client.post("/v1/messages/count_tokens", json=ASKED, headers=without),
        ]
    assert [answer.status_code for answer in answers] == [
        404, 404, 404, 405, 415, 401, 421, 400, 400,
    ]  # fmt: skip
    kinds = {401: "authentication_error", 404: "not_found_error"}
    for answer in answers:
        error = answer.json()
        assert error["type"] == "error"
        assert error["error"]["type"] == kinds.get(answer.status_code, "invalid_request_error")
        assert error["error"]["message"]
        assert answer.headers["request-id"]


async def test_a_body_that_is_too_large_or_too_deep_is_refused(
    host: Callable[..., HostServer],
) -> None:
    server = host(REPLY)
    head = (f"Host: {server.base_url.removeprefix('http://')}", f"X-API-Key: {TEXT}",
            "Anthropic-Version: 2023-06-01", "Content-Type: application/json")  # fmt: skip
    for path in ("/v1/messages", "/v1/messages/count_tokens"):
        announced = (f"POST {path} HTTP/1.1", *head, "Content-Length: 40000001")
        assert (await raw_head(server, *announced)).split()[1] == "413"
        async with client_of(server) as client:
            deep = await client.post(
                path, content=b"[" * 100_000, headers={"content-type": "application/json"}
            )
        assert (deep.status_code, deep.json()["type"]) == (400, "error")


async def test_what_is_asked_reaches_the_service(host: Callable[..., HostServer]) -> None:
    backend = Recorder(Model("a/b", "Title", window=1000, max_output=100), Model("other"))
    picture = base64.b64encode(png(4, 3)).decode()
    source = {"type": "base64", "media_type": "image/png", "data": picture}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "What is this?"}]
    asked = {"max_tokens": 9, "messages": [{"role": "user", "content": content}], "system": "Be."}
    async with client_of(host(backend=backend)) as client:
        assert (await client.post("/v1/messages", json=asked)).status_code == 200
        counted = (await client.post("/v1/messages/count_tokens", json=asked)).json()
        listed = (await client.get("/v1/models?limit=1")).json()
        assert (await client.get("/v1/models/a/b")).json() == listed["data"][0]
    (request,) = backend.asked
    system, prompt = request.messages
    assert (system.role, system.text, prompt.text) == ("system", "Be.", "What is this?")
    assert request.read_blob(prompt.parts[0].blob.digest) == png(4, 3)  # type: ignore[union-attr]
    assert (request.model, request.generation.max_tokens) == ("a/b", 9)
    assert counted["is_estimate"] is True
    assert 5 < counted["input_tokens"] < 30
    assert (listed["has_more"], listed["first_id"], listed["last_id"]) == (False, "a/b", "other")
    first = listed["data"][0]
    assert (first["type"], first["display_name"]) == ("model", "Title")
    assert (first["max_input_tokens"], first["max_tokens"]) == (1000, 100)


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "any"}])
async def test_a_host_without_keys_takes_any_key_or_none(
    serve: Serve, headers: dict[str, str]
) -> None:
    async with calling(serve(REPLY)) as client:
        answer = await client.post("/v1/messages", json=ASKED, headers={**headers, **VERSION})
    assert answer.status_code == 200


async def test_limits_of_a_key_are_told_in_the_words_of_the_protocol(serve: Serve) -> None:
    key, text = new_key(requests_per_minute=60, burst=1, tokens_per_minute=6000)
    async with client_of(serve(REPLY, REPLY, keys=KeyRing([key])), text) as client:
        for _ in range(3):
            assert (await client.post("/v1/messages/count_tokens", json=ASKED)).status_code == 200
        told = await client.post("/v1/messages", json=ASKED)
        refused = await client.post("/v1/messages", json=ASKED)
    assert told.status_code == 200
    assert told.headers["anthropic-ratelimit-requests-limit"] == "60"
    assert told.headers["anthropic-ratelimit-requests-remaining"] == "0"
    assert told.headers["anthropic-ratelimit-tokens-limit"] == "6000"
    assert told.headers["anthropic-ratelimit-requests-reset"].endswith("+00:00")
    assert (refused.status_code, refused.json()["error"]["type"]) == (429, "rate_limit_error")


async def test_our_own_client_of_the_protocol_reads_models_replies_and_errors(
    host: Callable[..., HostServer],
) -> None:
    script = (ReasoningDelta("hm"), TextDelta("So."), UsageReported(Usage(7, 3)),
              ReplyEnded(FinishReason.LENGTH))  # fmt: skip
    refused = RateLimited("Wait.", retry_after=7)
    backend = ScriptedBackend(script, (refused,), models=(Model("model-1"),))
    server = host(backend=backend)
    waits = Waits()
    client = anthropic.backend_for(anthropic.service(server.base_url), key=TEXT, waits=waits)
    assert [model.id for model in await client.models()] == ["model-1"]
    came, error = await read(client)
    assert (text_of(came), error) == ("So.", None)
    assert came[-1] == ReplyEnded(FinishReason.LENGTH)
    assert any(isinstance(each, UsageReported) and each.usage.total == 10 for each in came)
    _, error = await read(client)
    await client.aclose()
    assert "The script has come to its end." in str(error)
    assert waits.seconds == [7.0]
