"""Messages as a server has them: what is read, what is refused, and how replies are written."""

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.backends.anthropic.decoder import MessageDecoder
from fakegpt_tui.domain import (
    FinishReason,
    MediaReceived,
    PartAdded,
    ReasoningDelta,
    ReplyEnded,
    StreamEvent,
    TextDelta,
    TextReplaced,
    Usage,
    UsageReported,
)
from fakegpt_tui.domain.parts import CitationPart, FilePart, ImagePart, TextSpan
from fakegpt_tui.protocol.anthropic.replies import MessageEncoder, WholeMessage
from fakegpt_tui.protocol.anthropic.requests import (
    MessageRequest,
    check_version,
    read_counted_messages,
    read_message_request,
)
from fakegpt_tui.protocol.client_protocols import InvalidClientRequest, ReplyProgress
from tests.attachments.examples import png
from tests.backends.decoding import Decoded
from tests.examples import examples

PNG = base64.b64encode(png(4, 3)).decode()
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
SCRIPT: tuple[StreamEvent, ...] = (
    ReasoningDelta("hm, "),
    ReasoningDelta("so"),
    TextDelta("Grü"),
    TextDelta("ße"),
    PartAdded(CitationPart(0, 5, "https://example.org", "Giraffes", "tall")),
    TextReplaced(5, "!"),
    UsageReported(Usage(7, 3, cache_read=2, cache_write=1, reasoning=1, tier="standard")),
    ReplyEnded(),
)


def body(*content: object, **changes: object) -> dict[str, object]:
    messages = [{"role": "user", "content": list(content) or "Hi"}]
    return {"model": "m", "max_tokens": 9, "messages": messages, **changes}


def test_messages_and_settings_are_read() -> None:
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "hm", "signature": "x"},
            {"type": "redacted_thinking", "data": "x"},
            {"type": "text", "text": "Well?", "cache_control": {"type": "ephemeral"}},
        ]},
        {"role": "user", "content": "?"},
    ]  # fmt: skip
    settings = {
        "temperature": 0.5, "top_p": 1, "top_k": 40, "stop_sequences": ["."],
        "thinking": {"type": "enabled", "budget_tokens": 2048}, "service_tier": "standard_only",
        "output_config": {"effort": "high", "format": {"type": "json_schema", "schema": {"a": 1}}},
    }  # fmt: skip
    usual = {"metadata": {"user_id": "u"}, "tools": [], "tool_choice": {"type": "none"}, "x": 1}
    system = [{"type": "text", "text": "Be brief."}]
    asked = read_message_request(body(messages=messages, system=system, **settings, **usual))
    assert [(each.role, each.text, each.parts) for each in asked.messages] == [
        ("system", "Be brief.", ()), ("user", "Hi", ()), ("assistant", "Well?", ()),
        ("user", "?", ()),
    ]  # fmt: skip
    given = asked.generation
    assert (given.temperature, given.top_p, given.top_k, given.max_tokens) == (0.5, 1, 40, 9)
    assert (given.stop, given.thinking, given.effort) == ((".",), "2048", "high")
    assert (given.service_tier, json.loads(given.schema)) == ("default", {"a": 1})
    assert (asked.model, asked.is_streamed, asked.shows_thinking) == ("m", False, True)


@pytest.mark.parametrize(
    ("thinking", "is_shown"),
    [(None, False), ({"type": "disabled"}, False), ({"type": "adaptive"}, True),
     ({"type": "adaptive", "display": "omitted"}, False)],
)  # fmt: skip
def test_thinking_is_told_to_those_who_ask_for_it(thinking: object, is_shown: bool) -> None:
    assert read_message_request(body(thinking=thinking)).shows_thinking is is_shown


def test_pictures_and_documents_are_read_in_their_order() -> None:
    data = base64.b64encode(b"%PDF-1.4").decode()
    pdf = {"type": "base64", "media_type": "application/pdf", "data": data}
    asked = read_message_request(
        body(
            {"type": "text", "text": "Look: "},
            PICTURE,
            {"type": "document", "title": "a.pdf", "source": pdf},
            {"type": "document", "title": "b.txt", "source": {"type": "text", "data": "Hü"}},
            {"type": "document", "context": "Or: ", "source": {"type": "content", "content": "c"}},
            {"type": "document", "source": {"type": "content", "content": [PICTURE]}},
        )
    )
    (message,) = asked.messages
    span, picture, file, text, before, inline, again = message.parts
    assert (message.text, span) == ("Look: Or: c", TextSpan(6))
    assert isinstance(picture, ImagePart)
    assert picture == again
    assert isinstance(file, FilePart)
    assert isinstance(text, FilePart)
    assert (file.name, file.as_text, asked.blobs[file.blob.digest]) == ("a.pdf", False, b"%PDF-1.4")
    assert (text.name, text.as_text) == ("b.txt", True)
    assert asked.blobs[text.blob.digest] == "Hü".encode()
    assert (before, inline) == (TextSpan(4), TextSpan(1))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"base_url": "http://127.0.0.1:1"}, "base_url"),
        ({"api_key": "x"}, "api_key"),
        ({"extra_headers": {}}, "extra_headers"),
        ({"tools": [{"name": "a", "input_schema": {}}]}, "tools"),
        ({"tool_choice": {"type": "any"}}, "tool_choice"),
        ({"mcp_servers": [{}]}, "mcp_servers"),
        ({"container": "c"}, "container"),
        ({"inference_geo": "eu"}, "inference_geo"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"temperature": "hot"}, "temperature"),
        ({"thinking": {"type": "perhaps"}}, "thinking.type"),
        ({"output_config": {"format": {"type": "xml"}}}, "output_config.format"),
        ({"stop_sequences": ["x"] * 17}, "stop_sequences"),
        ({"model": 1}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": "x"}] * 1001}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0"),
        ({"messages": [{"role": "user", "content": None}]}, "messages.0"),
        ({"system": 7}, "system"),
        ({"system": [{"type": "image"}]}, "system"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidClientRequest) as refused:
        read_message_request(body(**changes))
    assert refused.value.param == where
    assert where in str(refused.value)


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "source": {"type": "url", "url": "http://169.254.169.254/latest"}},
        {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
        {"type": "image", "source": {"type": "base64", "data": "!!"}},
        {"type": "image", "source": {"type": "base64", "data": "SGkh"}},
        {"type": "image"},
        {"type": "document", "source": {"type": "url", "url": "file:///etc/passwd"}},
        {"type": "document", "source": {"type": "content", "content": [7]}},
        {"type": "tool_use", "id": "t", "name": "n", "input": {}},
        {"type": "tool_result", "tool_use_id": "t", "content": "x"},
        {"type": "search_result"},
        "Hi",
    ],
)
def test_no_address_is_fetched_and_what_is_no_picture_is_refused(block: object) -> None:
    with pytest.raises(InvalidClientRequest) as refused:
        read_message_request(body({"type": "text", "text": "x"}, block))
    assert refused.value.param == "messages.0"


WORDS = ("text", "image", "base64", "document", "content", "thinking", "enabled", "json_schema")
KEYS = ("type", "text", "source", "data", "content", "role", "title", "schema", "budget_tokens")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=8,
)


@examples(300)
@given(
    field=st.sampled_from(("messages", "system", "thinking", "output_config", "stop_sequences",
                           "max_tokens", "model", "tools", "tool_choice", "stream")),
    value=JSON,
)  # fmt: skip
def test_whatever_is_in_a_body_is_read_or_refused(field: str, value: object) -> None:
    for changes in ({field: value}, {"messages": [{"role": "user", "content": [value]}]}):
        with suppress(InvalidClientRequest):
            read_message_request(body(**changes))


def test_what_is_counted_needs_no_limit_of_the_reply() -> None:
    asked = {"system": "Be brief.", "messages": [{"role": "user", "content": "Hi"}]}
    assert [each.text for each in read_counted_messages(asked)] == ["Be brief.", "Hi"]


@pytest.mark.parametrize("version", ["", "2023-01-01", "latest", "2023-06-01, 2026-10-21"])
def test_a_version_is_a_date_from_the_first_on(version: str) -> None:
    check_version("2023-06-01")
    check_version("2026-10-21")
    with pytest.raises(InvalidClientRequest):
        check_version(version)


def request(*, thinks: bool) -> MessageRequest:
    return read_message_request(body(thinking={"type": "adaptive"} if thinks else None))


def streamed(*script: StreamEvent, thinks: bool = True) -> bytes:
    encoder = MessageEncoder(request(thinks=thinks), reply_id="msg_1", model="m", prompt_tokens=5)
    parts = encoder.start()
    for event in script:
        parts += encoder.encode(event)
    return b"".join([*parts, *encoder.finish()])


def whole(*script: StreamEvent, thinks: bool = True) -> dict[str, Any]:
    message = WholeMessage(request=request(thinks=thinks), reply_id="msg_1", model="m")
    progress = ReplyProgress(5)
    for event in script:
        message.add(event)
        progress.note(event)
    assert progress.reason is not None
    return message.body(progress.reason, progress.reported or Usage(5, 2))


def values(stream: bytes) -> list[dict[str, Any]]:
    """The events, each of which is named as its JSON says."""
    found = []
    for event in stream.decode().removesuffix("\n\n").split("\n\n"):
        name, data = event.split("\n")
        value = json.loads(data.removeprefix("data: "))
        assert name == f"event: {value['type']}"
        found.append(value)
    return found


def test_a_stream_has_one_block_after_the_other() -> None:
    events = values(streamed(*SCRIPT))
    assert [each["type"].removeprefix("content_block_") for each in events] == [
        "message_start", "start", "delta", "delta", "stop",
        "start", "delta", "delta", "delta", "delta", "stop", "message_delta", "message_stop",
    ]  # fmt: skip
    assert [each["index"] for each in events if "index" in each] == [0] * 4 + [1] * 6
    begun = events[0]["message"]
    assert (begun["id"], begun["model"], begun["stop_reason"]) == ("msg_1", "m", None)
    assert (begun["content"], begun["usage"]) == ([], {"input_tokens": 5, "output_tokens": 0})
    assert events[-2]["delta"]["stop_reason"] == "end_turn"
    assert events[-2]["usage"] == {
        "input_tokens": 7,
        "output_tokens": 3,
        "cache_read_input_tokens": 2,
        "cache_creation_input_tokens": 1,
        "output_tokens_details": {"thinking_tokens": 1},
        "service_tier": "standard",
    }


@pytest.mark.parametrize("thinks", [True, False])
def test_our_own_client_reads_what_was_said_streamed_or_whole(thinks: bool) -> None:
    told = json.dumps(whole(*SCRIPT, thinks=thinks)).encode()
    read = [
        Decoded(MessageDecoder(), streamed(*SCRIPT, thinks=thinks)),
        Decoded(MessageDecoder(), b"data: " + told + b"\n\n"),
    ]
    for each in read:
        assert each.error is None
        assert (each.text, each.reasoning) == ("Grüße!", "hm, so" if thinks else "")
        (cited,) = each.sources
        assert (cited.url, cited.title, cited.quote) == ("https://example.org", "Giraffes", "tall")
        usage = next(event.usage for event in each.events if isinstance(event, UsageReported))
        assert (usage.fresh, usage.output, usage.cache_read, usage.reasoning) == (7, 3, 2, 1)
    assert [block["type"] for block in whole(*SCRIPT, thinks=thinks)["content"]] == (
        ["thinking", "text"] if thinks else ["text"]
    )


def test_a_picture_of_a_model_stands_where_it_was_said() -> None:
    script = (TextDelta("Tall"), MediaReceived(png(4, 3)), TextDelta("Short"), ReplyEnded())
    blocks = whole(*script)["content"]
    assert blocks == [{"type": "text", "text": "Tall"}, PICTURE, {"type": "text", "text": "Short"}]
    replaced = whole(*script[:-1], TextReplaced(5, "y"), ReplyEnded())["content"]
    assert replaced == [*blocks[:2], {"type": "text", "text": "Sy"}]
    for told in (streamed(*script), b"data: " + json.dumps(whole(*script)).encode() + b"\n\n"):
        read = Decoded(MessageDecoder(), told)
        assert [event.data for event in read.events if isinstance(event, MediaReceived)] == [
            png(4, 3)
        ]
        assert read.text.split() == ["Tall", "Short"]


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        (FinishReason.STOP, "end_turn"),
        (FinishReason.LENGTH, "max_tokens"),
        (FinishReason.CONTENT_FILTER, "refusal"),
    ],
)
def test_why_a_reply_ended_is_told(reason: FinishReason, word: str) -> None:
    script = (TextDelta("So"), ReplyEnded(reason))
    ends = [values(streamed(*script))[-2]["delta"], whole(*script)]
    for end in ends:
        assert (end["stop_reason"], end["stop_sequence"]) == (word, None)
        assert (end["stop_details"] is None) is (word != "refusal")


def test_a_reply_that_is_sent_whole_may_be_rewritten_in_any_block() -> None:
    before = (TextDelta("ab"), ReasoningDelta("hm"), TextDelta("cd"))
    for keep, blocks in (
        (4, ["ab", "hm", "cdX"]),
        (3, ["ab", "hm", "cX"]),
        (2, ["ab", "hm", "X"]),
        (1, ["aX"]),
    ):
        told = whole(*before, TextReplaced(keep, "X"), ReplyEnded())["content"]
        assert [block[block["type"]] for block in told] == blocks


def test_an_empty_reply_has_no_blocks_and_an_estimate_of_its_tokens() -> None:
    assert [each["type"] for each in values(streamed(ReplyEnded()))] == [
        "message_start", "message_delta", "message_stop",
    ]  # fmt: skip
    empty = whole(ReplyEnded())
    assert (empty["content"], empty["usage"]) == ([], {"input_tokens": 5, "output_tokens": 2})


def test_a_reply_without_an_end_ends_with_an_error() -> None:
    last = values(streamed(TextDelta("So")))[-1]
    assert (last["type"], last["error"]["type"]) == ("error", "api_error")
    assert "broke off" in str(Decoded(MessageDecoder(), streamed(TextDelta("So"))).error)
