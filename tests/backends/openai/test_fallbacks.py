"""What a service or model refuses is sent in another way, or left out; never again unchanged."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from fakegpt_tui.backends.base import Purpose, ReplyRequest
from fakegpt_tui.domain import (
    ContextMessage,
    GenerationSettings,
    Notice,
    PromptTooLong,
    RequestRefused,
    StreamEvent,
)
from tests.fault_server import FaultServer, Send, Step, json_reply
from tests.openai_server import (
    CHAT,
    MODELS,
    backend_for,
    event,
    lists,
    openai_server,
    refuses,
    replies,
    service,
    stream,
)
from tests.signed_in import events_of, outcome, text_of

SYSTEM = ReplyRequest(
    messages=(ContextMessage("system", "Be kind."), ContextMessage("user", "Hello?")),
    model="model-1",
)
SETTINGS = GenerationSettings(temperature=0.5, top_p=0.9, max_tokens=100, seed=1, stop=("END",))
SET = replace(SYSTEM, generation=SETTINGS)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with openai_server() as server:
        yield server


def bodies(server: FaultServer) -> list[dict[str, Any]]:
    return [body for each in server.asked(CHAT) if isinstance(body := each.json, dict)]


def notices(events: Sequence[StreamEvent]) -> str:
    return " ".join(each.text for each in events if isinstance(each, Notice))


async def after(
    server: FaultServer, refusal: Sequence[Step], request: ReplyRequest = SYSTEM
) -> list[StreamEvent]:
    """What comes of a request that is refused once."""
    server.script(CHAT, *refusal)
    server.script(CHAT, *replies("Hi"))
    events = await events_of(backend_for(service(server.url)), request)
    assert text_of(events) == "Hi"
    assert bodies(server)[0] != bodies(server)[1]
    return events


STREAM_OPTIONS = "Unrecognized request argument supplied: stream_options"


@pytest.mark.parametrize(
    "refusal",
    [
        *(refuses(status, STREAM_OPTIONS) for status in (400, 403, 422, 500)),
        stream(event({"error": {"message": STREAM_OPTIONS, "code": 400}})),
        stream(event({"error": {"message": STREAM_OPTIONS}})),
        [Send(json_reply({"error": {"message": STREAM_OPTIONS}}))],
        refuses(400),
    ],
    ids=range(8),
)
async def test_stream_options_are_left_out_however_they_are_refused(
    server: FaultServer, refusal: list[Step]
) -> None:
    await after(server, refusal)
    assert ["stream_options" in body for body in bodies(server)] == [True, False]


ROLES = [
    (400, "System role not supported"),
    (500, "Error in the chat template: System role not supported"),
    (400, "Unsupported value: 'messages[0].role' does not support 'system' with this model."),
    (400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
    (500, "Conversation roles must alternate user/assistant/user/assistant/..."),
    (400, "Only user and assistant roles are supported!"),
]


@pytest.mark.parametrize(("status", "words"), ROLES)
async def test_a_system_prompt_that_is_refused_goes_before_the_first_prompt(
    server: FaultServer, status: int, words: str
) -> None:
    server.script(CHAT, *refuses(status, words))
    server.script(CHAT, *replies("Hi"))
    made = backend_for(service(server.url))
    events = await events_of(made, SYSTEM)
    assert "no system prompt" in notices(events)
    assert bodies(server)[1]["messages"] == [{"role": "user", "content": "Be kind.\n\nHello?"}]
    again = await events_of(made, SYSTEM)
    assert (len(bodies(server)), notices(again)) == (3, "")


@pytest.mark.parametrize("name", ["temperature", "top_p", "seed", "stop"])
@pytest.mark.parametrize(
    "form",
    [
        "Unsupported value: '{}' does not support this with this model.",
        "Unsupported parameter: '{}' is not supported with this model.",
        "body.{}: Extra inputs are not permitted",
        "`{}` is deprecated for this model.",
    ],
)
async def test_a_setting_that_is_refused_is_left_out_and_told(
    server: FaultServer, name: str, form: str
) -> None:
    events = await after(server, refuses(400, form.format(name)), SET)
    first, second = bodies(server)
    assert first.keys() - second.keys() == {name}
    assert f"does not take the setting {name}" in notices(events)


async def test_a_setting_that_the_error_names_as_its_parameter_is_left_out(
    server: FaultServer,
) -> None:
    error = {"message": "Unsupported value.", "param": "stop", "code": "unsupported_value"}
    await after(server, [Send(json_reply({"error": error}, status=400))], SET)
    assert "stop" not in bodies(server)[1]


async def test_a_field_inside_a_table_is_left_out_and_the_others_are_sent(
    server: FaultServer,
) -> None:
    asked = replace(SYSTEM, generation=GenerationSettings(extra='{"reasoning": {"a": 1, "b": 2}}'))
    events = await after(server, refuses(400, "Unknown parameter: 'reasoning.a'."), asked)
    assert bodies(server)[1]["reasoning"] == {"b": 2}
    assert "setting reasoning.a" in notices(events)


async def test_a_value_that_is_refused_is_left_out_and_another_value_is_sent(
    server: FaultServer,
) -> None:
    words = "Unsupported value: 'reasoning_effort' does not support 'none' with this model."
    server.script(CHAT, *refuses(400, words))
    server.script(CHAT, *replies("Hi"))
    made = backend_for(service(server.url))
    for effort in ("none", "none", "low"):
        asked = replace(SYSTEM, generation=GenerationSettings(effort=effort))
        events = await events_of(made, asked)
    sent = [body.get("reasoning_effort") for body in bodies(server)]
    assert sent == ["none", None, None, "low"]
    assert notices(events) == ""


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
            "max_completion_tokens",
        ),
        ("Unknown field max_tokens; use max_output_tokens", "max_output_tokens"),
        ("Unrecognized argument: max_tokens", "max_completion_tokens"),
        ("Unknown option: max_tokens. Did you mean num_predict?", "num_predict"),
    ],
)
async def test_the_name_of_the_limit_is_learned_from_a_refusal(
    server: FaultServer, words: str, name: str
) -> None:
    asked = replace(SYSTEM, generation=GenerationSettings(max_tokens=9))
    await after(server, refuses(400, words), asked)
    assert (bodies(server)[1].get("max_tokens"), bodies(server)[1][name]) == (None, 9)


async def test_names_of_the_limit_are_tried_once_each(server: FaultServer) -> None:
    names = ("max_tokens", "max_completion_tokens")
    for here, there in (names, names[::-1], names, names[::-1]):
        server.script(CHAT, *refuses(400, f"The {here} is odd; take {there}."))
    asked = replace(SYSTEM, generation=GenerationSettings(max_tokens=9))
    with pytest.raises(RequestRefused):
        await events_of(backend_for(service(server.url)), asked)
    assert len(bodies(server)) == 2


async def test_what_the_server_is_known_to_ignore_is_said_once() -> None:
    async with FaultServer() as ollama:
        ollama.script(MODELS, *lists({"id": "m", "owned_by": "library"}))
        ollama.script(CHAT, *replies("Hi"))
        made = backend_for(service(ollama.url, model=""))
        asked = replace(SYSTEM, model="", generation=GenerationSettings(num_ctx=8192))
        first, second = await events_of(made, asked), await events_of(made, asked)
    assert "Ollama is known to ignore the setting num_ctx." in notices(first)
    assert notices(second) == ""


async def test_of_two_settings_that_exclude_each_other_one_is_sent(server: FaultServer) -> None:
    words = "`temperature` and `top_p` cannot both be specified for this model."
    await after(server, refuses(400, words), SET)
    assert ("temperature" in bodies(server)[1], "top_p" in bodies(server)[1]) == (True, False)


async def test_what_one_model_refuses_is_sent_to_another(server: FaultServer) -> None:
    server.script(CHAT, *refuses(400, "Unsupported parameter: 'temperature'"))
    server.script(CHAT, *replies("Hi"))
    made = backend_for(service(server.url))
    for model in ("a", "a", "b"):
        await events_of(made, replace(SET, model=model))
    assert ["temperature" in each for each in bodies(server)] == [True, False, False, True]


async def test_a_prefill_that_is_refused_becomes_a_prompt(server: FaultServer) -> None:
    server.script(CHAT, *refuses(400, "Unknown field: continue_final_message"))
    server.script(CHAT, *replies(" more"))
    path = (ContextMessage("user", "A"), ContextMessage("assistant", "B"))
    request = ReplyRequest(messages=path, model="m", purpose=Purpose.CONTINUE)
    await events_of(backend_for(service(server.url, prefill=True)), request)
    assert "continue_final_message" not in bodies(server)[1]


FILTERS = [
    {"code": "content_filter", "message": "The response was filtered.", "param": "prompt"},
    {"code": None, "message": "No.", "innererror": {"code": "ResponsibleAIPolicyViolation"}},
    {"code": "content_policy_violation", "message": "Rejected."},
]


@pytest.mark.parametrize("error", FILTERS)
async def test_a_prompt_that_a_filter_stops_is_sent_once(
    server: FaultServer, error: dict[str, object]
) -> None:
    server.script(CHAT, Send(json_reply({"error": error}, status=400)))
    _, failure = await outcome(backend_for(service(server.url)))
    assert isinstance(failure, RequestRefused)
    assert "content filter" in str(failure)
    assert len(bodies(server)) == 1


@pytest.mark.parametrize(
    "words",
    ["The model 'x' does not exist.", "temperature must be at most 2", "messages: too many images"],
)
async def test_what_would_change_nothing_is_not_asked_again(
    server: FaultServer, words: str
) -> None:
    server.script(CHAT, *refuses(400, words))
    await outcome(backend_for(service(server.url)))
    assert len(bodies(server)) == 1


LONG_TALK = tuple(
    ContextMessage(role, f"{turn} {'word ' * 20}")
    for turn in range(10)
    for role in ("user", "assistant")
)
TALK = ReplyRequest(
    messages=(*LONG_TALK, ContextMessage("user", "last")),
    model="model-1",
    generation=GenerationSettings(max_tokens=3800),
)
ROOM = [
    "This model's maximum context length is 4096 tokens. However, you requested 4451 tokens (651 in"
    " the messages, 3800 in the completion). Please reduce the length of the messages.",
    "'max_tokens' or 'max_completion_tokens' is too large: 3800. This model's maximum context"
    " length is 4096 tokens and your request has 651 input tokens (3800 > 4096 - 651).",
    "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested"
    " 4451 tokens: 651 tokens from the input messages and 3800 tokens for the completion.",
    "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 651 `inputs` tokens and 3800",
    "input length and `max_tokens` exceed context limit: 651 + 3800 > 4096, decrease `max_tokens`",
]


@pytest.mark.parametrize("words", ROOM, ids=range(len(ROOM)))
async def test_a_limit_that_leaves_no_room_is_lowered_and_no_turn_left_out(
    server: FaultServer, words: str
) -> None:
    events = await after(server, refuses(400, words), TALK)
    first, second = bodies(server)
    assert second["messages"] == first["messages"]
    assert second["max_tokens"] == 4096 - 651
    assert "A max_tokens of 3,800 does not fit, so 3,445 was sent." in notices(events)


async def test_a_window_that_was_told_limits_the_next_reply_at_once(server: FaultServer) -> None:
    server.script(CHAT, *refuses(400, ROOM[0]))
    server.script(CHAT, *replies("Hi"))
    made = backend_for(service(server.url))
    await events_of(made, TALK)
    assert "does not fit" in notices(await events_of(made, TALK))
    assert len(bodies(server)) == 3
    assert len(bodies(server)[2]["messages"]) == len(TALK.messages)


LARGEST = [
    "max_tokens is too large: 3800. This model supports at most 1024 completion tokens.",
    "max_tokens: 3800 > 1024, which is the maximum allowed number of output tokens",
    "Invalid max_tokens value, the valid range of max_tokens is [1, 1024]",
    "`max_tokens` must be less than or equal to `1024`, the maximum value for `max_tokens`",
    "Range of max_tokens should be [1, 1024]",
]


@pytest.mark.parametrize("words", LARGEST, ids=range(len(LARGEST)))
async def test_a_limit_above_the_largest_is_lowered_from_then_on(
    server: FaultServer, words: str
) -> None:
    server.script(CHAT, *refuses(400, words))
    server.script(CHAT, *replies("Hi"))
    made = backend_for(service(server.url))
    for _ in range(2):
        assert "so 1,024 was sent" in notices(await events_of(made, TALK))
    assert [each["max_tokens"] for each in bodies(server)] == [3800, 1024, 1024]


async def test_a_limit_that_is_too_large_without_a_number_is_left_out(server: FaultServer) -> None:
    events = await after(server, refuses(400, "max_tokens is too large."), TALK)
    assert "max_tokens" not in bodies(server)[1]
    assert "so it was not sent" in notices(events)


async def test_too_many_tokens_a_minute_are_no_small_window(server: FaultServer) -> None:
    words = "Request too large on tokens per minute (TPM): Limit 6000, Requested 9000"
    server.script(CHAT, *refuses(413, words, code="rate_limit_exceeded"))
    _, error = await outcome(backend_for(service(server.url)))
    assert isinstance(error, PromptTooLong)
    assert "per minute" in str(error)
    assert len(bodies(server)) == 1
