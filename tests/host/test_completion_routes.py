"""`/v1`: models and chat completions, as clients of the OpenAI protocol read them."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from typing import TypeAlias

import httpx
import pytest

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.scripted import Gate, ScriptedBackend, Step
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
    ServiceError,
    StreamEvent,
    TextDelta,
    TextReplaced,
    Unreachable,
    Usage,
    UsageReported,
)
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.server import HostServer
from tests.host.calls import calling, until
from tests.host.keys import KEY, TEXT, new_key
from tests.patience import PATIENCE

Serve: TypeAlias = Callable[..., HostServer]

REPLY: tuple[Step, ...] = (TextDelta("Grü"), TextDelta("ße"), ReplyEnded())


def body(**changes: object) -> dict[str, object]:
    return {"model": "scripted", "messages": [{"role": "user", "content": "Hi"}], **changes}


def client_of(host: HostServer) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"{host.base_url}/v1",
        headers={"Authorization": f"Bearer {TEXT}"},
        trust_env=False,
        timeout=PATIENCE,
    )


async def events_of(response: httpx.Response) -> list[str]:
    lines = [line async for line in response.aiter_lines() if line]
    assert all(line.startswith("data: ") for line in lines)
    return [line.removeprefix("data: ") for line in lines]


async def stream(host: HostServer, **changes: object) -> list[str]:
    async with (
        client_of(host) as client,
        client.stream("POST", "/chat/completions", json=body(stream=True, **changes)) as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        return await events_of(response)


async def test_a_reply_is_a_completion(host: Callable[..., HostServer]) -> None:
    async with client_of(host(REPLY)) as client:
        answer = (await client.post("/chat/completions", json=body())).json()
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "scripted"
    assert answer["choices"][0]["message"]["content"] == "Grüße"
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


async def test_a_reply_is_streamed_in_chunks_with_one_head(host: Callable[..., HostServer]) -> None:
    *chunks, done = await stream(host(REPLY))
    assert done == "[DONE]"
    values = [json.loads(chunk) for chunk in chunks]
    assert len({(v["id"], v["created"], v["model"], v["object"]) for v in values}) == 1
    assert values[0]["object"] == "chat.completion.chunk"
    deltas = [value["choices"][0]["delta"] for value in values]
    assert deltas[0]["role"] == "assistant"
    assert "".join(delta.get("content", "") for delta in deltas) == "Grüße"
    assert deltas[-1] == {}
    reasons = [value["choices"][0]["finish_reason"] for value in values]
    assert [reason for reason in reasons if reason] == ["stop"]
    assert all("usage" not in value for value in values)


@pytest.mark.parametrize("options", [{"include_usage": True}, {"include_usage": False}, {}, None])
async def test_usage_has_a_chunk_of_its_own_and_only_where_it_is_asked_for(
    host: Callable[..., HostServer], options: dict[str, bool] | None
) -> None:
    script = (TextDelta("x"), UsageReported(Usage(7, 3)), ReplyEnded(FinishReason.LENGTH))
    *chunks, done = await stream(host(script), stream_options=options)
    assert done == "[DONE]"
    last = json.loads(chunks[-1])
    if options == {"include_usage": True}:
        assert last["choices"] == []
        assert last["usage"] == {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    else:
        assert last["choices"][0]["finish_reason"] == "length"


async def test_an_empty_reply_has_a_beginning_and_an_end(host: Callable[..., HostServer]) -> None:
    first, last, done = await stream(host((ReplyEnded(),)))
    assert json.loads(first)["choices"][0]["delta"]["role"] == "assistant"
    assert (json.loads(last)["choices"][0]["finish_reason"], done) == ("stop", "[DONE]")


async def test_reasoning_and_added_text_are_deltas(host: Callable[..., HostServer]) -> None:
    script = (ReasoningDelta("hm"), TextDelta("ab"), TextReplaced(2, "c"), ReplyEnded())
    deltas = [
        json.loads(chunk)["choices"][0]["delta"] for chunk in (await stream(host(script)))[:-1]
    ]
    assert {"reasoning_content": "hm"} in deltas
    assert "".join(delta.get("content", "") for delta in deltas) == "abc"


async def test_a_reply_that_is_sent_whole_may_be_rewritten_on_its_way(
    host: Callable[..., HostServer],
) -> None:
    script = (TextDelta("abx"), TextReplaced(2, "c"), TextDelta("d"), ReplyEnded())
    async with client_of(host(script)) as client:
        answer = await client.post("/chat/completions", json=body())
    assert answer.json()["choices"][0]["message"]["content"] == "abcd"


@pytest.mark.parametrize("failure", [(BadReply("No."),), (TextReplaced(0, "z"), ReplyEnded()), ()])
async def test_a_stream_that_fails_after_its_beginning_has_an_error_and_no_end_marker(
    host: Callable[..., HostServer], failure: tuple[Step, ...]
) -> None:
    *_, last = await stream(host((TextDelta("x"), *failure)))
    assert json.loads(last)["error"]["type"] == "server_error"
    assert json.loads(last)["error"]["message"]


@pytest.mark.parametrize("is_streamed", [True, False])
@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (RequestRefused("No."), 400, "invalid_request_error"),
        (PromptTooLong("Long."), 400, "invalid_request_error"),
        (NotSignedIn("Login."), 502, "server_error"),
        (RateLimited("Wait.", retry_after=1.5), 429, "rate_limit_error"),
        (Unreachable("Gone."), 504, "server_error"),
        (ReplyCut("Cut."), 502, "server_error"),
    ],
)
async def test_an_error_before_the_first_word_has_the_status_that_clients_act_upon(
    host: Callable[..., HostServer],
    error: ServiceError,
    status: int,
    kind: str,
    is_streamed: bool,
) -> None:
    async with client_of(host((error,))) as client:
        answer = await client.post("/chat/completions", json=body(stream=is_streamed))
    assert answer.status_code == status
    assert answer.json()["error"]["type"] == kind
    assert answer.json()["error"]["message"] == str(error)
    if status == 429:
        assert answer.headers["retry-after"] == "2"
        assert answer.headers["retry-after-ms"] == "1500"


FOREIGN = ["api_base", "base_url", "api_key", "headers", "extra_headers", "custom_llm_provider"]


@pytest.mark.parametrize(
    "changes",
    [
        *({name: "http://127.0.0.1:1"} for name in FOREIGN),
        {"n": 2},
        {"tools": [{"type": "function"}]},
        {"audio": {"voice": "x"}},
        {"response_format": {"type": "xml"}},
        {"response_format": {"type": "json_schema", "json_schema": {}}},
        {"reasoning_effort": "very much"},
        {"thinking": {"type": "perhaps"}},
        {"top_k": 0.5},
        {"service_tier": ["flex"]},
        {"stream_options": {"include_usage": True}},
        {"messages": []},
        {"messages": "Hi"},
        {"messages": [{"role": "user"}]},
        {"messages": [{"role": "tool", "content": "x"}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]},
        {"messages": [{"role": "assistant", "content": "", "tool_calls": [{}]}]},
        {"temperature": 3},
        {"temperature": "hot"},
        {"max_tokens": 0},
        {"stop": [1]},
        {"model": 1},
        {"model": "x" * 300},
    ],
)
async def test_a_request_that_cannot_be_done_is_refused(
    host: Callable[..., HostServer], changes: dict[str, object]
) -> None:
    async with client_of(host(REPLY)) as client:
        answer = await client.post("/chat/completions", json=body(**changes))
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert next(iter(changes)) in (answer.json()["error"]["param"] or "")


class Recorder(ScriptedBackend):
    """Keeps the requests."""

    def __init__(self, *models: Model) -> None:
        super().__init__(*[REPLY] * 9, models=models or (Model("scripted"),))
        self.asked: list[ReplyRequest] = []

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        self.asked.append(request)
        async for event in super().stream(request):
            yield event


async def test_messages_and_settings_reach_the_service(serve: Serve) -> None:
    backend = Recorder()
    parts = [{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": parts},
        {"role": "assistant", "content": None},
        {"role": "user", "content": "?"},
    ]
    settings = {"temperature": 0.5, "top_p": 1, "max_completion_tokens": 9, "seed": 3, "stop": ".",
                "reasoning_effort": "high", "top_k": 40, "logit_bias": {"1": 2}}  # fmt: skip
    async with client_of(serve(backend=backend, keys=KeyRing([KEY]), secret_path=False)) as client:
        unknown = {"x_unknown": 1, "user": "u", "tools": None, "n": 1}
        sent = body(messages=messages, **settings, **unknown)
        assert (await client.post("/chat/completions", json=sent)).status_code == 200
    (asked,) = backend.asked
    texts = [(message.role, message.text) for message in asked.messages]
    assert texts[:2] == [("system", "Be brief."), ("user", "Hi")]
    assert texts[2:] == [("assistant", ""), ("user", "?")]
    given = asked.generation
    assert (given.temperature, given.top_p, given.max_tokens) == (0.5, 1, 9)
    assert (given.seed, given.stop) == (3, (".",))
    assert (given.effort, given.top_k) == ("high", 40)
    assert json.loads(given.extra) == {"logit_bias": {"1": 2}}


@pytest.mark.parametrize("name", ["a/b:c", "größe"])
async def test_models_are_listed_and_found_whatever_their_names(serve: Serve, name: str) -> None:
    backend = Recorder(Model(name), Model("other"))
    async with client_of(serve(backend=backend, keys=KeyRing([KEY]), secret_path=False)) as client:
        listed = (await client.get("/models")).json()
        assert [model["id"] for model in listed["data"]] == [name, "other"]
        assert listed["data"][0].keys() == {"id", "object", "created", "owned_by"}
        assert (await client.get(f"/models/{name}")).json() == listed["data"][0]
        for unknown in (
            await client.get("/models/nowhere"),
            await client.post("/chat/completions", json=body(model="nowhere")),
        ):
            assert unknown.status_code == 404
            assert unknown.json()["error"]["code"] == "model_not_found"
        assert (await client.post("/chat/completions", json=body(model=None))).status_code == 200
    assert backend.asked[-1].model == name


async def test_all_errors_have_the_form_that_clients_read(host: Callable[..., HostServer]) -> None:
    async with client_of(host(REPLY)) as client:
        answers = [
            await client.get("/nowhere"),
            await client.get("/models/"),
            await client.get("/chat/completions"),
            await client.post("/chat/completions", content=b"{", headers={"content-type": "x/y"}),
            await client.get("/models", headers={"Authorization": "Bearer x"}),
            await client.get("/models", headers={"Host": "evil.test"}),
        ]
    assert [answer.status_code for answer in answers] == [404, 404, 405, 415, 401, 421]
    for answer in answers:
        assert answer.json()["error"].keys() == {"message", "type", "param", "code"}


class Watched(ScriptedBackend):
    """Tells when a stream was closed."""

    def __init__(self, *script: Step) -> None:
        super().__init__(script)
        self.is_asked = self.is_closed = False

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        self.is_asked = True
        try:
            async for event in super().stream(request):
                yield event
        finally:
            self.is_closed = True


@pytest.mark.parametrize("is_streamed", [True, False])
@pytest.mark.parametrize("script", [(Gate(),), (TextDelta("x"), Gate())])
async def test_the_service_is_left_as_soon_as_the_client_leaves(
    serve: Serve, script: tuple[Step, ...], is_streamed: bool
) -> None:
    backend = Watched(*script)
    server = serve(backend=backend, keys=KeyRing([KEY]), secret_path=False)
    async with client_of(server) as client:
        sent = body(stream=is_streamed)
        asking = asyncio.create_task(client.post("/chat/completions", json=sent))
        await until(lambda: backend.is_asked)
        asking.cancel()
        await asyncio.wait([asking])
    await until(lambda: backend.is_closed)


async def test_the_budget_of_a_key_says_that_asking_again_does_not_help(serve: Serve) -> None:
    key, text = new_key(tokens_per_day=10, tokens_per_minute=0)
    async with calling(serve(REPLY, keys=KeyRing([key]))) as client:
        headers = {"x-api-key": text}
        answer = await client.post("/v1/chat/completions", json=body(), headers=headers)
    assert answer.status_code == 429
    assert answer.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer anything"}, {"x-api-key": "x"}])
async def test_a_host_without_keys_takes_any_key_or_none(
    serve: Serve, headers: dict[str, str]
) -> None:
    async with calling(serve(REPLY)) as client:
        answer = await client.post("/v1/chat/completions", json=body(), headers=headers)
        assert answer.status_code == 200
        assert (await client.get("/api/models", headers=headers)).status_code == 401
