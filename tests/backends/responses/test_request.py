"""Requests of the Responses API: what is sent, and what happens when it is refused."""

import json
from dataclasses import replace
from typing import Any

from fakegpt_tui.backends.api.errors import UnsupportedParameter
from fakegpt_tui.backends.api.request_builder import RequestTarget
from fakegpt_tui.backends.api.request_variant import RequestVariant
from fakegpt_tui.backends.base import Purpose, ReplyRequest
from fakegpt_tui.backends.context_window import WindowCache
from fakegpt_tui.backends.responses import ResponseBuilder
from fakegpt_tui.domain import (
    ContextMessage,
    GenerationSettings,
    Notice,
    OriginReported,
    ReplyCut,
    ReplyEnded,
    RetryScheduled,
    Role,
    ServiceKind,
    TimeLimits,
)
from fakegpt_tui.domain.parts import Origin, TextSpan
from fakegpt_tui.domain.server_families import ANY_SERVER
from fakegpt_tui.http.clients import Transport
from tests.fault_server import LAST_CHUNK, FaultServer, Send, chunk, json_reply, stream_head
from tests.openai_server import openai_server
from tests.patience import PATIENCE
from tests.responses_server import (
    RESPONSES,
    backend_for,
    completed,
    created,
    event,
    failed,
    item_done,
    message,
    opens,
    reasoning,
    refuses,
    replies,
    response,
    says,
    service,
    stream,
    usage,
)
from tests.signed_in import ASK, Waits, events_of, read, text_of

USER, REPLY = Role.USER.value, Role.ASSISTANT.value


def bodies(server: FaultServer) -> list[dict[str, Any]]:
    return [each.json for each in server.asked(RESPONSES)]  # type: ignore[misc]


def asked(*messages: ContextMessage, **changes: Any) -> ReplyRequest:
    return ReplyRequest(messages=messages, model="model-1", **changes)


async def test_a_conversation_is_sent_whole_and_without_ids() -> None:
    path = [(Role.SYSTEM.value, "Be brief."), (USER, "A"), (REPLY, "B"), (USER, "C"), (USER, "D")]
    async with openai_server() as server:
        server.script(RESPONSES, *replies("Yes."))
        sent = asked(*(ContextMessage(*each) for each in path))
        assert text_of(await events_of(backend_for(service(server.url)), sent)) == "Yes."
    (body,) = bodies(server)
    assert body == {
        "model": "model-1",
        "instructions": "Be brief.",
        "input": [
            {"type": "message", "role": "user", "content": "A"},
            {"type": "message", "role": "assistant", "content": "B"},
            {"type": "message", "role": "user", "content": "C\n\nD"},
        ],
        "stream": True,
        "store": False,
    }


async def test_settings_and_what_the_service_has_of_its_own_are_sent() -> None:
    given = GenerationSettings(temperature=0.5, top_p=0.9, max_tokens=100)
    async with openai_server() as server:
        server.script(RESPONSES, *replies("x"))
        made = backend_for(service(server.url, web_search=True, cache="1h"))
        await events_of(made, replace(ASK, generation=given))
    (body,) = bodies(server)
    assert (body["temperature"], body["top_p"], body["max_output_tokens"]) == (0.5, 0.9, 100)
    assert body["tools"] == [{"type": "web_search"}]
    assert body["include"] == ["web_search_call.action.sources"]
    assert len(body["prompt_cache_key"]) == 32


async def test_a_reply_is_continued_by_asking_for_it() -> None:
    cut = asked(ContextMessage(USER, "A"), ContextMessage(REPLY, "B"), purpose=Purpose.CONTINUE)
    async with openai_server() as server:
        server.script(RESPONSES, *replies(" and more"))
        await events_of(backend_for(service(server.url)), cut)
    (body,) = bodies(server)
    assert [each["role"] for each in body["input"]] == ["user", "assistant", "user"]


async def test_a_response_that_is_not_streamed_is_read() -> None:
    whole = response(output=[message("All of it.")], usage=usage(7, 3))
    async with openai_server() as server:
        server.script(RESPONSES, Send(json_reply(whole)))
        events = await events_of(backend_for(service(server.url)))
    assert (text_of(events), events[-1]) == ("All of it.", ReplyEnded())


async def test_a_setting_that_is_refused_is_left_out_for_that_model_alone() -> None:
    words = "Unsupported parameter: 'temperature' is not supported with this model."
    warm = replace(ASK, generation=GenerationSettings(temperature=0.5, top_p=0.9))
    async with openai_server() as server:
        server.script(RESPONSES, *refuses(400, words))
        server.script(RESPONSES, *replies("x"))
        made = backend_for(service(server.url))
        told = await events_of(made, warm)
        again = await events_of(made, warm)
        await events_of(made, replace(warm, model="model-2"))
    assert [body.get("temperature") for body in bodies(server)] == [0.5, None, None, 0.5]
    assert all(body["top_p"] == 0.9 for body in bodies(server))
    assert any("temperature" in each.text for each in told if isinstance(each, Notice))
    assert not any(isinstance(each, Notice) for each in again)


async def test_what_the_program_adds_is_left_out_without_a_word() -> None:
    async with openai_server() as server:
        server.script(RESPONSES, *refuses(400, "Unknown parameter: 'store'."))
        server.script(RESPONSES, *replies("x"))
        events = await events_of(backend_for(service(server.url)))
    assert ["store" in body for body in bodies(server)] == [True, False]
    assert not any(isinstance(each, Notice) for each in events)


async def test_of_a_table_only_the_field_that_is_refused_is_left_out() -> None:
    given = GenerationSettings(effort="low", extra='{"reasoning": {"summary": "auto"}}')
    async with openai_server() as server:
        server.script(RESPONSES, *refuses(400, "Unknown parameter: 'reasoning.summary'."))
        server.script(RESPONSES, *replies("x"))
        events = await events_of(backend_for(service(server.url)), replace(ASK, generation=given))
    sent = [body["reasoning"] for body in bodies(server)]
    assert sent == [{"effort": "low", "summary": "auto"}, {"effort": "low"}]
    assert any("reasoning.summary" in each.text for each in events if isinstance(each, Notice))


async def test_a_service_elsewhere_is_asked_for_a_summary_of_its_thoughts() -> None:
    shown = await backend_for(service("https://models.example.org/v1")).preview(ASK)
    assert shown.json["reasoning"] == {"summary": "auto"}
    given = replace(ASK, generation=GenerationSettings(effort="low"))
    shown = await backend_for(service("https://models.example.org/v1")).preview(given)
    assert shown.json["reasoning"] == {"effort": "low", "summary": "auto"}


def variant_after(words: str, **settings: Any) -> tuple[dict[str, Any], str]:
    """What is sent, and told, after a service elsewhere refused the first request."""
    request = replace(ASK, generation=GenerationSettings(**settings))
    target = RequestTarget(
        "model-1", "/responses", ServiceKind.RESPONSES, ANY_SERVER, RequestVariant(),
        WindowCache(None), lambda _variant: None, set(),
    )  # fmt: skip
    transport = Transport(service("https://models.example.org/v1"))
    builder = ResponseBuilder(request, transport, target)
    refusal = UnsupportedParameter("No.")
    refusal.response_text = words
    assert builder.fall_back(refusal)
    builder.accept()
    told = " ".join(each.text for each in builder.notices if isinstance(each, Notice))
    body = builder.build().body
    assert isinstance(body, dict)
    return body, told


def test_thoughts_that_a_service_does_not_sum_up_are_no_matter_for_a_notice() -> None:
    words = "Your organization must be verified to generate reasoning summaries."
    refusal = json.dumps({"error": {"message": words, "param": "reasoning.summary"}})
    body, told = variant_after(refusal, effort="low")
    assert (body["reasoning"], told) == ({"effort": "low"}, "")
    body, told = variant_after("Argument not supported on this model: reasoning")
    assert ("reasoning" in body, told) == (False, "")
    body, told = variant_after("Unknown parameter: 'reasoning'.")
    assert ("reasoning" in body, told) == (False, "")
    body, told = variant_after("Unknown parameter: 'reasoning'.", effort="low")
    assert "reasoning" not in body
    assert "setting effort" in told


async def test_another_protocol_is_named_where_the_path_is_unknown() -> None:
    async with openai_server() as server:
        server.script(RESPONSES, Send(json_reply({"error": "Not Found"}, status=404)))
        _, error = await read(backend_for(service(server.url)))
    assert "kind" in str(error)


async def test_a_limit_that_the_stream_tells_before_a_word_is_waited_for() -> None:
    waits = Waits()
    async with openai_server() as server:
        server.script(RESPONSES, *stream(created(), failed("rate_limit_exceeded")))
        server.script(RESPONSES, *replies("x"))
        events = await events_of(backend_for(service(server.url), waits=waits))
    assert text_of(events) == "x"
    assert any(isinstance(each, RetryScheduled) for each in events)
    assert waits.seconds


async def test_a_search_may_be_silent_for_longer_than_the_settings_allow() -> None:
    searching = event("response.web_search_call.searching", output_index=0)
    short = TimeLimits(first_event=PATIENCE, idle=0.2)
    late = opens() + says("Rain.") + completed()
    script = [Send(stream_head()), Send(chunk(created() + searching)),
              Send(chunk(late), delay=0.4), Send(LAST_CHUNK)]  # fmt: skip
    quiet = [Send(stream_head()), Send(chunk(created() + opens() + says("some"))),
             Send(chunk(completed()), delay=30)]  # fmt: skip
    async with openai_server() as server:
        server.script(RESPONSES, *script)
        server.script(RESPONSES, *quiet)
        made = backend_for(service(server.url, limits=short))
        assert text_of(await events_of(made)) == "Rain."
        came, error = await read(made)
    assert text_of(came) == "some"
    assert isinstance(error, ReplyCut)


OPAQUE = [reasoning(encrypted="b3BhcXVl"), message("B", of="msg_0")]


async def first_origin() -> Origin:
    """What is kept of a first reply with hidden thoughts."""
    made = (item_done(each, index) for index, each in enumerate(OPAQUE))
    async with openai_server() as server:
        server.script(RESPONSES, *stream(created(), *made, completed()))
        asking = backend_for(service(server.url))
        events = await events_of(asking, asked(ContextMessage(USER, "A")))
    (origin,) = [each.origin for each in events if isinstance(each, OriginReported)]
    return origin


def followed(origin: Origin, text: str = "B", first: str = "A") -> ReplyRequest:
    reply = ContextMessage(REPLY, text, parts=(TextSpan(len(text), origin),))
    return asked(ContextMessage(USER, first), reply, ContextMessage(USER, "C"))


async def test_hidden_thoughts_go_back_as_they_came_and_only_unchanged() -> None:
    origin = await first_origin()
    async with openai_server() as server:
        server.script(RESPONSES, *replies("x"))
        made = backend_for(service(server.url))
        brief = ContextMessage(Role.SYSTEM.value, "Be brief.")
        for sent in (
            followed(origin),
            followed(origin, text="edited"),
            followed(origin, first="another prompt"),
            replace(followed(origin), model="model-2"),
            replace(followed(origin), messages=(brief, *followed(origin).messages)),
        ):
            await events_of(made, sent)
        other = replace(service(server.url), name="another")
        await events_of(backend_for(other), followed(origin))
    same, *others = (body["input"] for body in bodies(server))
    assert same[1:3] == OPAQUE
    plain = {"type": "message", "role": "assistant", "content": "B"}
    assert [each[1] for each in others] == [
        plain | {"content": "edited"},
        plain,
        plain,
        plain,
        plain,
    ]


async def test_thoughts_that_were_kept_without_a_summary_go_back_with_an_empty_one() -> None:
    origin = await first_origin()
    async with openai_server() as server:
        bare = replace(origin, data=origin.data.replace('"summary": [], ', ""))
        assert bare != origin
        server.script(RESPONSES, *replies("x"))
        await events_of(backend_for(service(server.url)), followed(bare))
    assert bodies(server)[0]["input"][1]["summary"] == []


async def test_thoughts_that_are_refused_are_left_out_once_and_for_all() -> None:
    words = "Item 'rs_1' of type 'reasoning' was provided without its required following item."
    origin = await first_origin()
    async with openai_server() as server:
        server.script(RESPONSES, *refuses(400, words))
        server.script(RESPONSES, *replies("x"))
        made = backend_for(service(server.url))
        told = await events_of(made, followed(origin))
        await events_of(made, followed(origin))
    kinds = [[each["type"] for each in body["input"]] for body in bodies(server)]
    assert kinds == [["message", "reasoning", "message", "message"], *[["message"] * 3] * 2]
    assert any("did not take back" in each.text for each in told if isinstance(each, Notice))


async def test_the_path_follows_the_address() -> None:
    async with FaultServer() as server:
        server.script("/openai/v1/responses", *replies("x"))
        made = backend_for(service(f"{server.url}/openai/v1/responses"))
        assert text_of(await events_of(made)) == "x"
