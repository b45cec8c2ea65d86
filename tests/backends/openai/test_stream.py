"""Replies of an OpenAI-compatible service over real sockets, in every known form."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import replace
from random import Random

import pytest

from fakegpt_tui.backends.base import Purpose, ReplyRequest
from fakegpt_tui.domain import (
    BadReply,
    ContextMessage,
    FinishReason,
    GenerationSettings,
    Notice,
    ReasoningDelta,
    ReplyCut,
    ReplyEnded,
    RequestRefused,
    StreamEvent,
    TextDelta,
    TimeLimits,
    Usage,
    UsageReported,
)
from tests.fault_server import (
    LAST_CHUNK,
    FaultServer,
    Reset,
    Send,
    Stall,
    chunk,
    json_reply,
    stream_head,
)
from tests.openai_server import (
    CHAT,
    DONE,
    KEY,
    backend_for,
    delta,
    end,
    event,
    openai_server,
    refuses,
    replies,
    says,
    service,
    stream,
    usage,
)
from tests.patience import PATIENCE
from tests.signed_in import ASK, events_of, outcome, read, text_of


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with openai_server() as server:
        yield server


async def body_of(server: FaultServer, count: int = 1) -> dict[str, object]:
    body = (await server.arrived(CHAT, count)).json
    assert isinstance(body, dict)
    return body


def with_whole_texts(events: Iterable[StreamEvent]) -> list[StreamEvent]:
    """`events` as if all texts that follow each other had come together."""
    found: list[StreamEvent] = []
    for each in events:
        if isinstance(each, TextDelta) and found and isinstance(found[-1], TextDelta):
            found[-1] = TextDelta(found[-1].text + each.text)
        else:
            found.append(each)
    return found


async def test_a_reply_comes_as_text_and_an_end(server: FaultServer) -> None:
    server.script(CHAT, *replies("Hel", "lo"))
    events = await events_of(backend_for(service(server.url)))
    assert with_whole_texts(events) == [TextDelta("Hello"), ReplyEnded()]


async def test_texts_that_come_together_are_one_event(server: FaultServer) -> None:
    many = b"".join(map(says, "abcdefghij" * 100))
    server.script(CHAT, Send(stream_head() + chunk(many + end() + DONE) + LAST_CHUNK))
    events = await events_of(backend_for(service(server.url)))
    assert text_of(events) == "abcdefghij" * 100
    assert len(events) < 100


async def test_a_request_carries_the_key_and_the_turns(server: FaultServer) -> None:
    server.script(CHAT, *replies("Hi"))
    path = (
        ContextMessage("system", "S"),
        ContextMessage("user", "A"),
        ContextMessage("assistant", "B"),
        ContextMessage("user", "C"),
    )
    await events_of(backend_for(service(server.url)), ReplyRequest(messages=path, model="m"))
    asked = await server.arrived(CHAT)
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["accept-encoding"] == "identity"
    assert "referer" not in asked.headers
    assert asked.headers["user-agent"].startswith("fakegpt-tui/")
    assert asked.json == {
        "model": "m",
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [
            {"role": "system", "content": "S"},
            {"role": "user", "content": "A"},
            {"role": "assistant", "content": "B"},
            {"role": "user", "content": "C"},
        ],
    }


async def test_without_a_key_none_is_sent(server: FaultServer) -> None:
    server.script(CHAT, *replies("Hi"))
    await events_of(backend_for(service(server.url), key=None))
    assert "authorization" not in (await server.arrived(CHAT)).headers


async def test_an_address_with_a_path_is_taken_as_it_is(server: FaultServer) -> None:
    server.script("/api/v9/chat/completions", *replies("Hi"))
    assert text_of(await events_of(backend_for(service(f"{server.url}/api/v9")))) == "Hi"


async def test_neighbours_of_one_role_are_sent_as_one_turn(server: FaultServer) -> None:
    """Replies that failed leave two prompts in a row, which many chat templates refuse."""
    server.script(CHAT, *replies("Hi"))
    path = (ContextMessage("user", "A"), ContextMessage("tool", "B"))
    await events_of(backend_for(service(server.url)), replace(ASK, messages=path))
    assert (await body_of(server))["messages"] == [{"role": "user", "content": "A\n\nB"}]


async def test_half_a_surrogate_pair_in_a_prompt_can_be_sent(server: FaultServer) -> None:
    server.script(CHAT, *replies("Hi"))
    path = (ContextMessage("user", "a\ud83d"),)
    asked = ReplyRequest(messages=path, model="\udcff")
    assert await events_of(backend_for(service(server.url)), asked)


async def test_the_settings_of_the_conversation_are_sent(server: FaultServer) -> None:
    server.script(CHAT, *replies("Hi"))
    settings = GenerationSettings(
        temperature=0.0, top_p=0.5, max_tokens=7, seed=0, stop=("END", "\n")
    )
    await events_of(backend_for(service(server.url)), replace(ASK, generation=settings))
    sent = await body_of(server)
    names = ("temperature", "top_p", "max_tokens", "seed", "stop")
    assert [sent[name] for name in names] == [0.0, 0.5, 7, 0, ["END", "\n"]]


async def test_thoughts_refusals_and_numbers_are_told_apart(server: FaultServer) -> None:
    server.script(
        CHAT,
        *stream(
            delta(reasoning_content="Hm", reasoning="Hm"),
            delta(reasoning=", well."),
            delta(content=None, refusal="I "),
            delta(refusal="won't."),
            end(),
            usage(5, 7),
            DONE,
        ),
    )
    events = await events_of(backend_for(service(server.url)))
    assert [each for each in with_whole_texts(events) if not isinstance(each, Notice)] == [
        ReasoningDelta("Hm"),
        ReasoningDelta(", well."),
        TextDelta("I won't."),
        UsageReported(Usage(5, 7)),
        ReplyEnded(),
    ]
    assert sum(isinstance(each, Notice) for each in events) == 1


async def test_content_in_parts_is_read(server: FaultServer) -> None:
    thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]
    text = [{"type": "text", "text": "He"}, {"type": "text", "text": "llo"}]
    server.script(CHAT, *stream(delta(content=thinking), delta(content=text), end(), DONE))
    events = await events_of(backend_for(service(server.url)))
    assert events == [ReasoningDelta("Hm"), TextDelta("Hello"), ReplyEnded()]


async def test_calls_of_tools_are_shown_and_not_lost(server: FaultServer) -> None:
    first = {
        "index": 0,
        "id": "c",
        "type": "function",
        "function": {"name": "look", "arguments": ""},
    }
    pieces = [{"index": 0, "function": {"arguments": part}} for part in ('{"q": "', '```"}')]
    server.script(
        CHAT,
        *stream(*(delta(tool_calls=[call]) for call in [first, *pieces]), end("tool_calls"), DONE),
    )
    events = await events_of(backend_for(service(server.url)))
    assert "Tool call** `look`" in text_of(events)
    assert '````json\n{"q": "```"}\n````' in text_of(events)
    assert events[-1] == ReplyEnded()


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", FinishReason.STOP),
        ("length", FinishReason.LENGTH),
        ("max_tokens", FinishReason.LENGTH),
        ("content_filter", FinishReason.CONTENT_FILTER),
        ("eos_token", FinishReason.STOP),
    ],
)
async def test_the_service_says_why_it_ends(
    server: FaultServer, word: str, reason: FinishReason
) -> None:
    server.script(CHAT, *stream(says("Hi"), end(word), DONE))
    assert (await events_of(backend_for(service(server.url))))[-1] == ReplyEnded(reason)


@pytest.mark.parametrize(
    "sent",
    [
        [says("Hello"), end()],  # neither numbers nor [DONE]
        [says("Hello"), DONE],  # no reason
        [b": OPENROUTER PROCESSING\n\n", says("Hello"), b":\n\n", end(), DONE],
        [says("Hello").replace(b"data: ", b"data:"), end().replace(b"data: ", b"data:")],
        [event({"choices": []}), says("Hello"), end(), event({"choices": None}), DONE],
        [says("Hello").replace(b"\n", b"\r\n"), end().replace(b"\n", b"\r\n"), DONE],
        [delta(content=""), says("Hello"), delta(content=None, reason="stop")],
        [says("Hello")[:-1], end()[:-1], DONE],  # no blank lines
        [says("Hello"), event({"usage": {"prompt_tokens": None}}), end(), DONE],
        [says("Hello"), b"event: ping\ndata: pong\n\n", end(), DONE],
    ],
)
async def test_servers_that_leave_things_out_are_understood(
    server: FaultServer, sent: list[bytes]
) -> None:
    server.script(CHAT, *stream(*sent))
    events = await events_of(backend_for(service(server.url)))
    assert events == [TextDelta("Hello"), ReplyEnded()]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
async def test_no_cut_of_the_bytes_makes_a_difference(server: FaultServer, size: int) -> None:
    whole = says("Grüße 🙂\u2028") + end() + usage(1, 2) + DONE
    parts = [whole[start : start + size] for start in range(0, len(whole), size)]
    server.script(CHAT, *stream(*parts))
    events = await events_of(backend_for(service(server.url)))
    assert events == [TextDelta("Grüße 🙂\u2028"), UsageReported(Usage(1, 2)), ReplyEnded()]


async def test_halves_of_a_character_are_joined(server: FaultServer) -> None:
    server.script(CHAT, *stream(says("a\ud83d"), says("\ude42"), says("\ud83d"), end(), DONE))
    assert text_of(await events_of(backend_for(service(server.url)))) == "a🙂\ufffd"


async def test_a_service_that_does_not_stream_is_read_at_once(server: FaultServer) -> None:
    message = {"role": "assistant", "content": "Hello"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    numbers = {"prompt_tokens": 1, "completion_tokens": 2}
    server.script(CHAT, Send(json_reply({"choices": [choice], "usage": numbers})))
    events = await events_of(backend_for(service(server.url)))
    assert events == [TextDelta("Hello"), UsageReported(Usage(1, 2)), ReplyEnded()]


async def test_a_service_that_says_why_it_ends_need_not_hang_up(server: FaultServer) -> None:
    sent = chunk(says("Hi") + end())
    alive = [Send(chunk(b": still here\n\n"), delay=0.4) for _ in range(100)]
    server.script(CHAT, Send(stream_head()), Send(sent), *alive)
    async with asyncio.timeout(PATIENCE):
        events = await events_of(backend_for(service(server.url)))
    assert events == [TextDelta("Hi"), ReplyEnded()]
    await server.idle()


async def test_a_reset_after_the_reason_takes_nothing_away(server: FaultServer) -> None:
    server.script(CHAT, Send(stream_head()), Send(chunk(says("Hi") + end())), Reset())
    assert (await events_of(backend_for(service(server.url))))[-1] == ReplyEnded()


async def test_a_stream_without_an_end_is_cut(server: FaultServer) -> None:
    server.script(CHAT, *stream(says("Hel"), says("lo")))
    came, failure = await outcome(backend_for(service(server.url)))
    assert text_of(came) == "Hello"
    assert isinstance(failure, ReplyCut)


async def test_a_call_of_a_tool_that_was_cut_is_still_shown(server: FaultServer) -> None:
    call = {"index": 0, "function": {"name": "look", "arguments": "{"}}
    server.script(CHAT, *stream(delta(tool_calls=[call])))
    came, failure = await outcome(backend_for(service(server.url)))
    assert "look" in text_of(came)
    assert isinstance(failure, ReplyCut)


@pytest.mark.parametrize("sent", [[end(), DONE], [DONE], [delta(content=""), end()]])
async def test_a_reply_without_text_is_an_error(server: FaultServer, sent: list[bytes]) -> None:
    server.script(CHAT, *stream(*sent))
    came, failure = await outcome(backend_for(service(server.url)))
    assert came == []
    assert isinstance(failure, BadReply)


async def test_thoughts_that_use_up_the_limit_are_a_reply(server: FaultServer) -> None:
    server.script(CHAT, *stream(delta(reasoning="Hm"), end("length"), DONE))
    events = await events_of(backend_for(service(server.url)))
    assert (events[0], events[-1]) == (ReasoningDelta("Hm"), ReplyEnded(FinishReason.LENGTH))


async def test_leaving_a_reply_ends_the_request(server: FaultServer) -> None:
    server.script(CHAT, Send(stream_head()), Send(chunk(says("Hel"))), Stall())
    async with aclosing(backend_for(service(server.url)).stream(ASK)) as events:
        assert await anext(events) == TextDelta("Hel")
    await server.idle()


@pytest.mark.parametrize("twice", [False, True])
async def test_a_hundred_cancels_at_any_turn_leave_no_connection(
    server: FaultServer, twice: bool
) -> None:
    texts = [Send(chunk(says("x"))) for _ in range(40)]
    server.script(CHAT, Send(stream_head()), *texts, Stall())
    chance = Random(11)
    for _ in range(100):
        task = asyncio.create_task(read(backend_for(service(server.url))))
        for _turn in range(chance.randrange(60)):
            await asyncio.sleep(0)
        task.cancel()
        if twice:
            await asyncio.sleep(0)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    gc.collect()
    await server.idle()


async def test_a_silent_service_is_given_up(server: FaultServer) -> None:
    server.script(CHAT, Send(stream_head()), Send(chunk(says("Hel"))), Stall())
    limits = TimeLimits(connect=1, first_event=5, idle=0.1)
    came, failure = await outcome(backend_for(service(server.url, limits=limits)))
    assert text_of(came) == "Hel"
    assert isinstance(failure, ReplyCut)


async def test_a_field_that_a_server_refuses_is_left_out_from_then_on(server: FaultServer) -> None:
    server.script(CHAT, *refuses(400, "Unrecognized request argument: stream_options"))
    server.script(CHAT, *replies("Hi"))
    made = backend_for(service(server.url))
    assert text_of(await events_of(made)) == "Hi"
    assert text_of(await events_of(made)) == "Hi"
    assert ["stream_options" in json.loads(each.body) for each in server.asked(CHAT)] == [
        True,
        False,
        False,
    ]


async def test_a_limit_goes_by_its_newer_name_where_that_is_wanted(server: FaultServer) -> None:
    server.script(CHAT, *refuses(400, "Use 'max_completion_tokens' instead of 'max_tokens'."))
    server.script(CHAT, *replies("Hi"))
    limited = replace(ASK, generation=GenerationSettings(max_tokens=9))
    assert text_of(await events_of(backend_for(service(server.url)), limited)) == "Hi"
    sent = await body_of(server, 2)
    assert (sent["max_completion_tokens"], "max_tokens" in sent) == (9, False)


CUT_OFF = ReplyRequest(
    messages=(
        ContextMessage("user", "Tell"),
        ContextMessage("assistant", "Once upon a time there"),
    ),
    model="m",
    purpose=Purpose.CONTINUE,
)


async def test_continuing_asks_for_the_rest(server: FaultServer) -> None:
    server.script(CHAT, *replies(" was", " a king."))
    events = await events_of(backend_for(service(server.url)), CUT_OFF)
    assert text_of(events) == " was a king."
    sent = (await body_of(server))["messages"]
    assert isinstance(sent, list)
    assert [each["role"] for each in sent] == ["user", "assistant", "user"]


async def test_a_service_that_can_is_given_the_reply_to_go_on_from(server: FaultServer) -> None:
    server.script(CHAT, *replies(" was"))
    await events_of(backend_for(service(server.url, prefill=True)), CUT_OFF)
    sent = await body_of(server)
    messages = sent["messages"]
    assert isinstance(messages, list)
    assert messages[-1] == {"role": "assistant", "content": "Once upon a time there"}
    assert (sent["continue_final_message"], sent["add_generation_prompt"]) == (True, False)


@pytest.mark.parametrize("said", [["Once upon", " a time", " there was"], ["a time there", " was"]])
async def test_what_a_continuation_repeats_is_left_out(
    server: FaultServer, said: list[str]
) -> None:
    server.script(CHAT, *replies(*said))
    events = await events_of(backend_for(service(server.url)), CUT_OFF)
    assert text_of(events) == " was"


async def test_continuing_a_reply_that_never_came_is_asking_again(server: FaultServer) -> None:
    server.script(CHAT, *replies("Hi"))
    nothing = replace(CUT_OFF, messages=CUT_OFF.messages[:1])
    assert text_of(await events_of(backend_for(service(server.url)), nothing)) == "Hi"
    assert (await body_of(server))["messages"] == [{"role": "user", "content": "Tell"}]


async def test_without_a_model_the_first_of_the_service_is_asked(server: FaultServer) -> None:
    server.script(CHAT, *replies("Hi"))
    made = backend_for(service(server.url, model=""))
    await events_of(made, replace(ASK, model=""))
    assert (await body_of(server))["model"] == "model-1"


async def test_an_error_inside_the_stream_keeps_what_came(server: FaultServer) -> None:
    failure = event({"error": {"message": "The GPU is on fire.", "code": 500}})
    server.script(CHAT, *stream(says("Hel"), failure, says("lo"), end(), DONE))
    came, error = await read(backend_for(service(server.url)))
    assert text_of(came) == "Hel"
    assert "The GPU is on fire." in str(error)
    assert not any(isinstance(each, ReplyEnded) for each in came)


@pytest.mark.parametrize(
    "sent",
    [
        event({"error": "The GPU is on fire."}),
        event({"object": "error", "message": "The GPU is on fire.", "code": 500}),
        event({"detail": "The GPU is on fire."}),
        b"event: error\n" + event("The GPU is on fire."),
        b"event: error\ndata: The GPU is on fire.\n\n",
    ],
)
async def test_every_form_of_an_error_in_the_stream_is_read(
    server: FaultServer, sent: bytes
) -> None:
    server.script(CHAT, *stream(sent, DONE))
    came, error = await outcome(backend_for(service(server.url)))
    assert came == []
    assert "The GPU is on fire." in str(error)


async def test_json_that_says_it_is_a_stream_is_read_as_json(server: FaultServer) -> None:
    refusal = b'{"error": {"message": "Nobody is at home."}}'
    server.script(CHAT, Send(stream_head()), Send(chunk(refusal)), Send(LAST_CHUNK))
    _, error = await outcome(backend_for(service(server.url)))
    assert "Nobody is at home." in str(error)


async def test_a_service_that_ends_for_an_error_without_a_word_of_it_is_told(
    server: FaultServer,
) -> None:
    server.script(CHAT, *stream(says("Hel"), end("error"), DONE))
    came, error = await outcome(backend_for(service(server.url)))
    assert came == [TextDelta("Hel")]
    assert "broke off" in str(error)


async def test_a_page_in_place_of_a_stream_is_told(server: FaultServer) -> None:
    server.script(CHAT, Send(json_reply({"message": "Nobody is at home."})))
    _, error = await outcome(backend_for(service(server.url)))
    assert isinstance(error, RequestRefused)
    assert "Nobody is at home." in str(error)
