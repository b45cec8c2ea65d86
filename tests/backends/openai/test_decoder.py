"""Chat completions with any content: the decoder returns events or a ServiceError."""

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.backends.api.errors import response_error
from fakegpt_tui.backends.api.model_list import read_models
from fakegpt_tui.backends.openai.decoder import CompletionDecoder
from fakegpt_tui.domain import (
    BadReply,
    Model,
    ReasoningDelta,
    ReplyEnded,
    ServiceError,
    StreamEvent,
    TextDelta,
)

WORDS = st.sampled_from(
    [
        "choices", "delta", "message", "content", "index", "finish_reason", "usage", "error",
        "prompt_tokens", "completion_tokens", "reasoning", "reasoning_content", "refusal",
        "tool_calls", "function", "function_call", "name", "arguments", "text", "type", "thinking",
        "data", "models", "id", "meta", "details", "n_params", "context_length", "code", "detail",
        "object", "status", "stop", "length",
    ]
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)
DELTAS = st.fixed_dictionaries(
    {"choices": st.lists(st.dictionaries(WORDS, VALUES, max_size=3), max_size=2)},
    optional={"usage": VALUES},
)
DATA = (DELTAS | VALUES).map(json.dumps) | st.text(max_size=20) | st.just("[DONE]")


def read(events: list[tuple[str, str]]) -> list[StreamEvent]:
    reader = CompletionDecoder()
    came: list[StreamEvent] = []
    with suppress(ServiceError):
        for event, data in events:
            came += reader.decode(event, data)
        for last in reader.finish():
            came.append(last)
    return came


@given(st.lists(st.tuples(st.sampled_from(["message", "error", "ping"]), DATA), max_size=6))
def test_any_events_make_a_reply_or_a_failure(events: list[tuple[str, str]]) -> None:
    came = read(events)
    ends = [event for event in came if isinstance(event, ReplyEnded)]
    assert ends in ([], came[-1:])
    for event in came:
        if isinstance(event, TextDelta | ReasoningDelta):
            assert event.text
            event.text.encode()


@given(st.lists(st.text(min_size=1), min_size=1))
def test_any_text_comes_through(texts: list[str]) -> None:
    events = [
        ("message", json.dumps({"choices": [{"delta": {"content": text}}]})) for text in texts
    ]
    came = read([*events, ("message", "[DONE]")])
    assert "".join(event.text for event in came if isinstance(event, TextDelta)) == "".join(texts)


def piece(**delta: object) -> tuple[str, str]:
    return "message", json.dumps({"choices": [{"delta": delta}]})


@given(st.lists(st.integers(0, 5), max_size=300))
def test_calls_of_tools_are_gathered_within_bounds(indexes: list[int]) -> None:
    calls = [
        piece(tool_calls=[{"index": index, "function": {"name": "f", "arguments": "a"}}])
        for index in indexes
    ]
    came = read([*calls, ("message", "[DONE]")])
    text = "".join(event.text for event in came if isinstance(event, TextDelta))
    assert text.count("Tool call") == len(set(indexes))


@given(st.binary() | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_list_of_models_is_one_or_is_refused(body: bytes) -> None:
    try:
        models = read_models(body)
    except BadReply:
        models = ()
    assert all(isinstance(model, Model) and model.id.strip() for model in models)
    assert len({model.id for model in models}) == len(models)


def test_absurd_numbers_are_not_believed() -> None:
    absurd = {"id": "a", "meta": {"n_params": 10**400}, "context_length": 10**400}
    (model,) = read_models(json.dumps({"data": [absurd]}).encode())
    assert (model.window, model.size) == (None, "")


@given(
    st.integers(100, 599),
    st.dictionaries(st.sampled_from(["retry-after", "date", "location"]), st.text()),
    st.binary() | VALUES.map(lambda value: json.dumps(value).encode()),
)
def test_any_refusal_is_a_sentence(status: int, headers: dict[str, str], body: bytes) -> None:
    error = response_error(status, headers, body, "host:1")
    assert isinstance(error, ServiceError)
    assert "\n" not in str(error)
    assert str(error)[-1] in ".!?…。"
