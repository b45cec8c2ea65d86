"""The stream of a host has the form that every known client reads."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakegpt_tui.domain import (
    ContextMessage,
    FinishReason,
    MediaReceived,
    Notice,
    PartAdded,
    RateLimited,
    ReplyCut,
    ReplyEnded,
    RetryScheduled,
    ServiceError,
    StreamEvent,
    TextDelta,
    TextReplaced,
    TitleSuggested,
)
from fakegpt_tui.domain.parts import CitationPart
from fakegpt_tui.http.sse import EventReader
from fakegpt_tui.protocol.fakegpt import (
    PING,
    ConversationAction,
    ConversationRequest,
    StreamDecoder,
    StreamEncoder,
)
from tests.attachments.examples import png
from tests.signed_in import text_of


def request(
    *,
    prompt: str = "Hé",
    action: ConversationAction = ConversationAction.NEXT,
    conversation_id: str | None = None,
) -> ConversationRequest:
    return ConversationRequest(
        action=action,
        messages=(ContextMessage("user", prompt),)
        if action is not ConversationAction.CONTINUE
        else (),
        model='m"\\',
        message_id="U",
        parent_message_id="P",
        conversation_id=conversation_id,
        history_disabled=True,
    )


def writer(asked: ConversationRequest | None = None) -> StreamEncoder:
    return StreamEncoder(
        asked or request(),
        conversation_id="C",
        reply_id='A"parts": [""]',
        created_at=datetime(2023, 11, 5, tzinfo=UTC),
    )


def written(*events: StreamEvent) -> list[bytes]:
    one = writer()
    return [*one.start(), *(line for event in events for line in one.encode(event)), *one.finish()]


def value_of(line: bytes) -> dict[str, dict[str, object]]:
    value: dict[str, dict[str, object]] = json.loads(line.removeprefix(b"data: "))
    return value


def read(stream: bytes, *cuts: int) -> list[StreamEvent]:
    reader, replies = EventReader(), StreamDecoder()
    edges = [0, *sorted(cuts), len(stream)]
    server_events = [
        event for start, end in pairwise(edges) for event in reader.feed(stream[start:end])
    ] + reader.finish()
    events = [told for event in server_events for told in replies.decode(event.event, event.data)]
    return events + replies.finish()


def test_every_line_has_the_form_that_old_clients_insist_on() -> None:
    lines = written(TextDelta("é\u2028\x7f\n"), TextReplaced(1, "😀"), ReplyEnded())
    *messages, moderation, end = lines
    assert end == b"data: [DONE]\n\n"
    for line in messages:
        assert line.startswith(b'data: {"message": {"id": ')
        assert list(value_of(line)) == ["message", "conversation_id", "error"]
    assert moderation.startswith(b'data: {"conversation_id": "C", "message_id": ')
    for line in lines:
        assert line.isascii()
        assert line.endswith(b"\n\n")
        assert line.count(b"\n") == 2
        assert b"\r" not in line


def test_a_new_conversation_opens_with_echoes_of_system_and_user() -> None:
    system, user, reply = [value_of(line)["message"] for line in writer().start()]
    assert system["author"] == {"role": "system", "name": None, "metadata": {}}
    assert (system["weight"], system["end_turn"]) == (0.0, True)
    assert (user["id"], user["content"]) == ("U", {"content_type": "text", "parts": ["Hé"]})
    assert user["metadata"] == {"timestamp_": "absolute", "message_type": None}
    assert reply["content"] == {"content_type": "text", "parts": [""]}
    assert reply["status"] == "in_progress"


@pytest.mark.parametrize(
    ("asked", "roles"),
    [
        (request(conversation_id="C"), ["assistant"]),
        (request(action=ConversationAction.CONTINUE, conversation_id="C"), ["assistant"]),
        (request(action=ConversationAction.CONTINUE), ["system", "assistant"]),
        (request(action=ConversationAction.VARIANT), ["system", "user", "assistant"]),
    ],
)
def test_only_a_new_conversation_is_echoed(asked: ConversationRequest, roles: list[str]) -> None:
    messages = [value_of(line)["message"] for line in writer(asked).start()]
    assert [message["author"]["role"] for message in messages] == roles  # type: ignore[index]
    assert messages[-1]["metadata"]["message_type"] == asked.action  # type: ignore[index]


def test_a_picture_has_a_line_where_it_came_and_sources_stand_below_the_end() -> None:
    picture = MediaReceived(png(4, 3), "cat\x1b.png")
    source = PartAdded(CitationPart(0, 4, "https://example.org", "Giraffes"))
    line = "[▣ cat␛.png · PNG 4×3 · 71 B · not carried by this protocol]"

    def told(*events: StreamEvent) -> str:
        *_, last, _, _ = written(*events, ReplyEnded())
        (text,) = value_of(last)["message"]["content"]["parts"]  # type: ignore[index]
        return str(text).strip()

    cited = told(TextDelta("Tall"), picture, source, TextDelta("!"))
    assert cited == f"Tall\n\n{line}\n\n!\n\n[1] Giraffes · https://example.org"
    assert told(picture) == line
    # What the service takes back counts its own text alone.
    assert told(TextDelta("Ab"), picture, TextDelta("cd"), TextReplaced(3, "e")) == (
        f"Ab\n\n{line}\n\nce"
    )
    assert told(TextDelta("Abc"), picture, picture, TextReplaced(1, "")) == (
        f"A\n\n{line}\n\n\n\n{line}"
    )


def test_all_of_the_text_is_in_every_event_and_the_last_one_ends_it() -> None:
    lines = written(TextDelta("Hel"), TextDelta("lo\\"), TextReplaced(1, "i"), ReplyEnded())
    messages = [value_of(line)["message"] for line in lines[2:-2]]
    assert [message["content"]["parts"] for message in messages] == [  # type: ignore[index]
        [""], ["Hel"], ["Hello\\"], ["Hi"], ["Hi"]
    ]  # fmt: skip
    assert {message["id"] for message in messages} == {'A"parts": [""]'}
    assert (messages[-1]["status"], messages[-1]["end_turn"]) == ("finished_successfully", True)
    assert messages[-1]["metadata"] == {
        "finish_details": {"type": "stop", "stop_tokens": [100260]},
        "is_complete": True,
        "message_type": "next",
        "model_slug": 'm"\\',
        "parent_id": "U",
    }


@pytest.mark.parametrize("reason", FinishReason)
def test_a_client_learns_why_the_reply_ended(reason: FinishReason) -> None:
    stream = b"".join(written(TextDelta("Hi"), ReplyEnded(reason)))
    assert read(stream) == [TextDelta("Hi"), ReplyEnded(reason)]


def test_an_empty_reply_is_a_reply() -> None:
    assert read(b"".join(written(ReplyEnded()))) == [ReplyEnded()]


def test_a_title_is_passed_on_and_what_the_protocol_has_no_word_for_is_not() -> None:
    assert writer().encode(Notice("Careful.")) == []
    assert writer().encode(RetryScheduled(1, 2, 0.5, "Busy.")) == []
    stream = b"".join(written(TitleSuggested("A títle"), TextDelta("Hi"), ReplyEnded()))
    assert read(stream) == [TitleSuggested("A títle"), TextDelta("Hi"), ReplyEnded()]


def test_a_reply_that_failed_says_so_and_keeps_its_text() -> None:
    one = writer()
    lines = [*one.start(), *one.encode(TextDelta("Hi")), *one.fail(ReplyCut("It broke."))]
    assert value_of(lines[-2]) == {
        "message": None,
        "conversation_id": "C",
        "error": "It broke.",
        "code": "reply_cut",
    }
    assert lines[-2].startswith(b'data: {"message": null')
    assert lines[-1] == b"data: [DONE]\n\n"
    with pytest.raises(ServiceError, match="It broke"):
        read(b"".join(lines))


def test_a_failure_keeps_its_kind_where_its_words_tell() -> None:
    one = writer()
    with pytest.raises(RateLimited):
        read(b"".join(one.fail(RateLimited("Too many requests."))))


def test_a_reply_without_its_end_is_told_as_cut() -> None:
    with pytest.raises(ServiceError, match="broke off before its end"):
        read(b"".join(written(TextDelta("Hi"))))


def test_a_ping_is_no_event() -> None:
    lines = written(TextDelta("Hi"), ReplyEnded())
    assert read(PING + PING.join(lines)) == [TextDelta("Hi"), ReplyEnded()]


CHANGES = st.lists(
    st.builds(TextDelta, st.text(min_size=1))
    | st.builds(TextReplaced, st.integers(0, 30), st.text()),
    max_size=10,
)


@settings(deadline=None)
@given(CHANGES, st.sampled_from(FinishReason), st.data())
def test_what_a_backend_says_is_what_a_client_hears(
    changes: list[StreamEvent], reason: FinishReason, data: st.DataObject
) -> None:
    stream = b"".join(written(*changes, ReplyEnded(reason)))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=5))
    events = read(stream, *cuts)
    assert text_of(events) == text_of(changes)
    assert events[-1] == ReplyEnded(reason)
    assert events.count(events[-1]) == 1


TEXTS = st.lists(
    st.tuples(st.sampled_from("AB"), st.text(st.sampled_from('a"\\{}\n\r\u2028é😀'), max_size=9)),
    min_size=1,
    max_size=8,
)
FRAMES = st.fixed_dictionaries(
    {
        "ascii": st.booleans(),
        "indent": st.sampled_from([None, 1]),
        "field": st.sampled_from([b"data: ", b"data:"]),
        "end": st.sampled_from([b"\n", b"\r\n", b"\r"]),
        "before": st.sampled_from([b"", b"\xef\xbb\xbf"]),
        "between": st.sampled_from([b"", b": note", b"retry: 5", b"id: 1", b"event: message"]),
    }
)


def framed(value: object, frame: dict[str, object]) -> bytes:
    text = value
    if not isinstance(text, str):
        text = json.dumps(value, ensure_ascii=bool(frame["ascii"]), indent=frame["indent"])  # type: ignore[arg-type]
    end, field, between = frame["end"], frame["field"], frame["between"]
    assert isinstance(end, bytes)
    assert isinstance(field, bytes)
    assert isinstance(between, bytes)
    lines = [between] * bool(between) + [field + line.encode() for line in text.split("\n")]
    return b"".join(line + end for line in [*lines, b""])


@settings(deadline=None)
@given(TEXTS, FRAMES, st.data())
def test_any_frame_and_any_cut_rebuild_the_last_text_of_each_message(
    updates: list[tuple[str, str]], frame: dict[str, object], data: st.DataObject
) -> None:
    values = [
        {"message": {"id": name, "author": {"role": "assistant"}, "content": {"parts": [text]}}}
        for name, text in updates
    ]
    values[-1]["message"]["status"] = "finished_successfully"
    before = frame["before"]
    assert isinstance(before, bytes)
    stream = before + b"".join(framed(value, frame) for value in [*values, "[DONE]"])
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6))
    expected = "\n\n".join(filter(None, dict(updates).values()))
    events = read(stream, *cuts)
    assert text_of(events) == expected
    assert events[-1] == ReplyEnded()


def test_a_long_reply_is_not_escaped_over_and_over() -> None:
    def seconds(action: Callable[[], object]) -> float:
        started = time.perf_counter()
        action()
        return time.perf_counter() - started

    one, text = writer(), "é" * 1_000_000
    one.encode(TextDelta(text))
    writing = min(seconds(lambda: one.encode(TextDelta("é"))) for _ in range(20))
    escaping = min(seconds(lambda: json.dumps(text)) for _ in range(5))
    assert writing < escaping / 3
