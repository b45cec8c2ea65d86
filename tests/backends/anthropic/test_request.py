"""Requests of the Messages API: what is sent, and what happens when it is refused."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from fakegpt_tui.backends.base import Purpose, ReplyRequest
from fakegpt_tui.domain import (
    ContextMessage,
    GenerationSettings,
    Notice,
    OriginReported,
    PromptTooLong,
    ReplyEnded,
    RequestRefused,
    Role,
    UsageReported,
)
from fakegpt_tui.domain.parts import Origin, TextSpan
from tests.anthropic_server import (
    KEY,
    MESSAGES,
    MODELS,
    backend_for,
    begins,
    block,
    delta,
    ends,
    failed,
    lists,
    refuses,
    replies,
    says,
    service,
    signs,
    stream,
    thinks,
)
from tests.fault_server import FaultServer, Send, Stall, chunk, json_reply, reply, stream_head
from tests.openai_server import lists as openai_lists
from tests.openai_server import openai_server
from tests.patience import PATIENCE
from tests.signed_in import ASK, Waits, events_of, outcome, read, text_of

USER, REPLY = Role.USER.value, Role.ASSISTANT.value


def bodies(server: FaultServer) -> list[dict[str, Any]]:
    return [each.json for each in server.asked(MESSAGES)]  # type: ignore[misc]


def asked(*messages: ContextMessage, **changes: Any) -> ReplyRequest:
    return ReplyRequest(messages=messages, model="model-1", **changes)


async def test_a_conversation_is_sent_whole() -> None:
    path = [(Role.SYSTEM.value, "Be brief."), (USER, "A"), (REPLY, "B"), (USER, "C"), (USER, "D"),
            (REPLY, " "), (Role.SYSTEM.value, "And kind.")]  # fmt: skip
    async with openai_server() as server:
        server.script(MESSAGES, *replies("Yes."))
        sent = asked(*(ContextMessage(*each) for each in path))
        assert text_of(await events_of(backend_for(service(server.url)), sent)) == "Yes."
    (exchange,) = server.asked(MESSAGES)
    assert exchange.json == {
        "model": "model-1",
        "system": "Be brief.\n\nAnd kind.",
        "messages": [
            {"role": "user", "content": "A"},
            {"role": "assistant", "content": "B"},
            {"role": "user", "content": "C\n\nD"},
        ],
        "stream": True,
        "max_tokens": 4096,
    }
    assert exchange.headers["x-api-key"] == KEY
    assert exchange.headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in exchange.headers


async def test_the_key_goes_where_the_settings_say() -> None:
    async with openai_server() as server:
        server.script(MESSAGES, *replies("x"))
        made = service(server.url, key_header="authorization", api_version="2026-10-21")
        await events_of(backend_for(made))
    (exchange,) = server.asked(MESSAGES)
    assert exchange.headers["authorization"] == f"Bearer {KEY}"
    assert exchange.headers["anthropic-version"] == "2026-10-21"


@pytest.mark.parametrize(("listed", "sent"), [(8_000, 8_000), (64_000, 32_000), (None, 4_096)])
async def test_the_limit_is_what_the_list_of_models_allows(listed: int | None, sent: int) -> None:
    async with FaultServer() as server:
        server.script(MODELS, *lists({"id": "model-1", "max_tokens": listed}))
        server.script(MESSAGES, *replies("x"))
        made = backend_for(service(server.url))
        await events_of(made)
        await events_of(made, replace(ASK, generation=GenerationSettings(max_tokens=50)))
    assert [body["max_tokens"] for body in bodies(server)] == [sent, 50]


@pytest.mark.parametrize(
    ("cache", "sent"),
    [("", None), ("off", None), ("5m", {"type": "ephemeral"}),
     ("1h", {"type": "ephemeral", "ttl": "1h"})],
)  # fmt: skip
async def test_the_cache_is_asked_for(cache: str, sent: object) -> None:
    async with openai_server() as server:
        server.script(MESSAGES, *replies("x"))
        await events_of(backend_for(service(server.url, cache=cache, web_search=True)))
    (body,) = bodies(server)
    assert body.get("cache_control") == sent
    assert body["tools"][0]["name"] == "web_search"


@pytest.mark.parametrize(
    ("failure", "tries"),
    [
        (refuses(429, "Slow down.", "rate_limit_error", retry_after="3"), 2),
        (refuses(529, "Overloaded", "overloaded_error"), 2),
        (stream(begins(), failed()), 2),
        (refuses(402, "No money.", "billing_error"), 1),
    ],
)
async def test_what_passes_is_waited_for(failure: list[Any], tries: int) -> None:
    waits = Waits()
    async with openai_server() as server:
        server.script(MESSAGES, *failure)
        server.script(MESSAGES, *replies("x"))
        _, error = await read(backend_for(service(server.url), waits=waits))
    assert len(bodies(server)) == tries
    assert (error is None) == (tries == 2)
    assert len(waits.seconds) == tries - 1


async def test_a_named_wait_is_kept() -> None:
    waits = Waits()
    async with openai_server() as server:
        server.script(MESSAGES, *refuses(429, "Slow.", "rate_limit_error", retry_after="3"))
        server.script(MESSAGES, *replies("x"))
        await events_of(backend_for(service(server.url), waits=waits))
    assert waits.seconds == [3.0]


async def test_a_spending_limit_is_not_waited_for() -> None:
    details = {"error_code": "enforced_spend_limit_reached"}
    error = {"type": "rate_limit_error", "message": "Limit reached.", "details": details}
    async with openai_server() as server:
        server.script(MESSAGES, Send(json_reply({"type": "error", "error": error}, status=429)))
        _, failure = await outcome(backend_for(service(server.url)))
    assert isinstance(failure, RequestRefused)
    assert len(bodies(server)) == 1


async def test_a_request_that_the_edge_finds_too_large_is_too_long() -> None:
    page = reply(b"<html><title>413 Too Large</title></html>", status=413, content_type="text/html")
    async with openai_server() as server:
        server.script(MESSAGES, Send(page))
        _, failure = await outcome(backend_for(service(server.url)))
    assert isinstance(failure, PromptTooLong)


async def test_a_setting_that_is_refused_is_left_out() -> None:
    async with openai_server() as server:
        server.script(MESSAGES, *refuses(400, "temperature: Extra inputs are not permitted"))
        server.script(MESSAGES, *replies("x"))
        warm = replace(ASK, generation=GenerationSettings(temperature=0.5))
        events = await events_of(backend_for(service(server.url)), warm)
    assert ["temperature" in body for body in bodies(server)] == [True, False]
    assert any("temperature" in each.text for each in events if isinstance(each, Notice))


async def test_a_reply_that_may_not_be_prefilled_is_asked_for() -> None:
    words = "This model does not support assistant message prefill; end with a user message."
    cut = asked(ContextMessage(USER, "A"), ContextMessage(REPLY, "B "), purpose=Purpose.CONTINUE)
    async with openai_server() as server:
        server.script(MESSAGES, *refuses(400, words))
        server.script(MESSAGES, *replies("C"))
        made = backend_for(service(server.url, prefill=True))
        assert text_of(await events_of(made, cut)) == "C"
    first, second = (body["messages"] for body in bodies(server))
    assert first[-1] == {"role": "assistant", "content": "B"}
    assert [each["role"] for each in second] == ["user", "assistant", "user"]


SIGNED = (
    begins(),
    block(0, "thinking", thinks("Hm."), signs("c2ln")),
    block(1, "text", says("B", 1)),
    ends(),
)
KEPT = [{"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}, {"type": "text", "text": "B"}]


async def first_origin() -> Origin:
    """What is kept of a first reply with signed thoughts."""
    async with openai_server() as server:
        server.script(MESSAGES, *stream(*SIGNED))
        made = backend_for(service(server.url))
        events = await events_of(made, asked(ContextMessage(USER, "A")))
    (origin,) = [each.origin for each in events if isinstance(each, OriginReported)]
    return origin


def followed(origin: Origin, text: str = "B", first: str = "A") -> ReplyRequest:
    said = ContextMessage(REPLY, text, parts=(TextSpan(len(text), origin),))
    return asked(ContextMessage(USER, first), said, ContextMessage(USER, "C"))


async def test_signed_thoughts_go_back_as_they_came_and_only_unchanged() -> None:
    origin = await first_origin()
    async with openai_server() as server:
        server.script(MESSAGES, *replies("x"))
        made = backend_for(service(server.url))
        for sent in (
            followed(origin),
            followed(origin, text="edited"),
            followed(origin, first="Z"),
        ):
            await events_of(made, sent)
    same, edited, other = (body["messages"][1:2] for body in bodies(server))
    assert same == [{"role": "assistant", "content": KEPT}]
    assert edited == [{"role": "assistant", "content": "edited"}]
    assert other == [{"role": "assistant", "content": "B"}]


async def test_hidden_thoughts_go_back_as_they_came() -> None:
    hidden = {"type": "redacted_thinking", "data": "b3BhcXVl"}
    script = (begins(), block(0, "redacted_thinking", data="b3BhcXVl"),
              block(1, "text", says("B", 1)), ends())  # fmt: skip
    async with openai_server() as server:
        server.script(MESSAGES, *stream(*script))
        server.script(MESSAGES, *replies("x"))
        made = backend_for(service(server.url))
        events = await events_of(made, asked(ContextMessage(USER, "A")))
        (origin,) = [each.origin for each in events if isinstance(each, OriginReported)]
        await events_of(made, followed(origin))
    assert bodies(server)[1]["messages"][1]["content"] == [hidden, {"type": "text", "text": "B"}]


async def test_a_signature_that_is_refused_is_left_out_once_and_for_all() -> None:
    words = "messages.1.content.0: Invalid `signature` in `thinking` block"
    origin = await first_origin()
    async with openai_server() as server:
        server.script(MESSAGES, *refuses(400, words))
        server.script(MESSAGES, *replies("x"))
        made = backend_for(service(server.url))
        told = await events_of(made, followed(origin))
        await events_of(made, followed(origin))
    contents = [body["messages"][1]["content"] for body in bodies(server)]
    assert contents == [KEPT, "B", "B"]
    assert any("did not take back" in each.text for each in told if isinstance(each, Notice))


CALL = {"id": "srv_1", "name": "web_search", "input": {}}
ASKED = delta("input_json_delta", partial_json='{"query": "q"}')
SEARCH = block(0, "server_tool_use", ASKED, **CALL)
PAUSED = stream(begins(), SEARCH, block(1, "text", says("Some. ", 1)), ends("pause_turn"))


async def test_a_reply_that_pauses_goes_on_as_one() -> None:
    async with openai_server() as server:
        server.script(MESSAGES, *PAUSED)
        server.script(MESSAGES, *stream(begins(), block(0, "text", says("More.")), ends()))
        events = await events_of(backend_for(service(server.url)))
    assert text_of(events) == "Some. \n\nMore."
    assert [each for each in events if isinstance(each, ReplyEnded)] == [events[-1]]
    last = [each.usage for each in events if isinstance(each, UsageReported)][-1]
    assert (last.prompt_tokens, last.output) == (14, 6)
    first, second = bodies(server)
    assert second["messages"][-1] == {
        "role": "assistant",
        "content": [
            {
                "type": "server_tool_use",
                "id": "srv_1",
                "name": "web_search",
                "input": {"query": "q"},
            },
            {"type": "text", "text": "Some. "},
        ],
    }
    assert second["messages"][:-1] == first["messages"]


async def test_a_reply_that_pauses_again_and_again_is_ended() -> None:
    async with openai_server() as server:
        server.script(MESSAGES, *PAUSED)
        events = await events_of(backend_for(service(server.url)))
    assert len(bodies(server)) == 6
    assert isinstance(events[-1], ReplyEnded)
    assert any("paused" in each.text for each in events if isinstance(each, Notice))


async def test_a_paused_reply_can_be_stopped_in_between() -> None:
    async with openai_server() as server:
        server.script(MESSAGES, *PAUSED)
        server.script(MESSAGES, Send(stream_head()), Send(chunk(begins())), Stall())
        async with aclosing(backend_for(service(server.url)).stream(ASK)) as events:
            came = [each async for each in _until_text(events)]
            reading = asyncio.create_task(anext(events))
            await server.arrived(MESSAGES, 2)
            reading.cancel()
            await asyncio.wait([reading], timeout=PATIENCE)
        await server.idle()
    assert text_of(came) == "Some. "


async def _until_text(events: Any) -> Any:
    async for each in events:
        yield each
        if isinstance(each, UsageReported):
            return


async def test_a_pause_that_fails_is_tried_again() -> None:
    async with openai_server() as server:
        server.script(MESSAGES, *PAUSED)
        server.script(MESSAGES, *refuses(529, "Overloaded", "overloaded_error"))
        server.script(MESSAGES, *stream(begins(), block(0, "text", says("More.")), ends()))
        events = await events_of(backend_for(service(server.url)))
    assert text_of(events) == "Some. \n\nMore."


async def test_all_pages_of_the_list_of_models_are_read() -> None:
    async with FaultServer() as server:
        for page, more in (("a", True), ("b", True), ("c", False)):
            server.script(MODELS, *lists({"id": page, "max_input_tokens": 200_000}, more=more))
        models = await backend_for(service(server.url, model="")).models()
    assert [(each.id, each.title, each.window) for each in models] == [
        ("a", "A", 200_000), ("b", "B", 200_000), ("c", "C", 200_000)]  # fmt: skip
    assert [each.query.get("after_id") for each in server.asked(MODELS)] == [None, ["a"], ["b"]]


async def test_a_page_that_repeats_its_cursor_is_the_last() -> None:
    async with FaultServer() as server:
        server.script(MODELS, *lists({"id": "a"}, more=True))
        assert [each.id for each in await backend_for(service(server.url, model="")).models()] == [
            "a"
        ]
    assert len(server.asked(MODELS)) == 2


async def test_a_list_in_the_form_of_openai_is_read() -> None:
    async with FaultServer() as server:
        server.script(MODELS, *openai_lists({"id": "a"}, {"id": "b"}))
        models = await backend_for(service(server.url, model="")).models()
    assert [each.id for each in models] == ["a", "b"]


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("", "/v1/messages"),
        ("/anthropic", "/anthropic/v1/messages"),
        ("/api/v1", "/api/v1/messages"),
        ("/v1/messages", "/v1/messages"),
    ],
)
async def test_the_path_follows_the_address(base: str, path: str) -> None:
    async with FaultServer() as server:
        server.script(path, *replies("x"))
        assert text_of(await events_of(backend_for(service(f"{server.url}{base}")))) == "x"


async def test_another_protocol_is_named_where_the_path_is_unknown() -> None:
    async with openai_server() as server:
        _, error = await read(backend_for(service(server.url)))
    assert "kind" in str(error)


@pytest.mark.parametrize(
    ("refusal", "then"),
    [
        (
            "adaptive thinking is not supported on this model",
            {"type": "enabled", "budget_tokens": 2048, "display": "summarized"},
        ),
        ("thinking.display: Extra inputs are not permitted", {"type": "adaptive"}),
        ("thinking: Extra inputs are not permitted", None),
    ],
)
async def test_thinking_is_asked_for_as_the_model_takes_it(refusal: str, then: object) -> None:
    thinking = replace(ASK, generation=GenerationSettings(thinking="on"))
    async with openai_server() as server:
        server.script(MESSAGES, *refuses(400, refusal))
        server.script(MESSAGES, *replies("x"))
        await events_of(backend_for(service(server.url)), thinking)
    first, second = (body.get("thinking") for body in bodies(server))
    assert first == {"type": "adaptive", "display": "summarized"}
    assert second == then


async def test_the_limit_is_lowered_to_what_the_model_takes_but_never_left_out() -> None:
    words = "max_tokens: 9000 > 8192, which is the maximum allowed number of output tokens"
    long = replace(ASK, generation=GenerationSettings(max_tokens=9_000))
    async with openai_server() as server:
        server.script(MESSAGES, *refuses(400, words))
        server.script(MESSAGES, *refuses(400, "max_tokens: is too large"))
        server.script(MESSAGES, *replies("x"))
        await events_of(backend_for(service(server.url)), long)
    assert [body["max_tokens"] for body in bodies(server)] == [9_000, 8_192, 4_096]
