"""Streamed replies are decoded to the exact text of the service, and to its ending."""

import json
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakegpt_tui.domain import (
    BadReply,
    Busy,
    FakeGPTError,
    FinishReason,
    Notice,
    NotSignedIn,
    PromptTooLong,
    RateLimited,
    ReplyCut,
    ReplyEnded,
    RequestRefused,
    ServiceError,
    StreamEvent,
    TextDelta,
    TextReplaced,
    TitleSuggested,
    Unsupported,
)
from fakegpt_tui.protocol.fakegpt import StreamDecoder

DONE = "[DONE]"
STOP = ReplyEnded(FinishReason.STOP)
FINISHED: dict[str, object] = {"status": "finished_successfully", "end_turn": True}


def message(text: str, message_id: str = "A", **changes: object) -> dict[str, object]:
    told = {
        "id": message_id,
        "author": {"role": "assistant", "name": None, "metadata": {}},
        "content": {"content_type": "text", "parts": [text]},
        "status": "in_progress",
        "end_turn": None,
        "weight": 1.0,
        "metadata": {"message_type": "next", "model_slug": "m"},
        "recipient": "all",
    }
    return {"message": told | changes, "conversation_id": "C", "error": None}


def parts(kind: str, *values: object) -> dict[str, object]:
    return {"content": {"content_type": kind, "parts": list(values)}}


def metadata(**changes: object) -> dict[str, object]:
    return {"metadata": {"message_type": "next", **changes}}


def data_of(event: object) -> str:
    return event if isinstance(event, str) else json.dumps(event)


def read(*events: object) -> list[StreamEvent]:
    reader = StreamDecoder()
    return [told for event in events for told in reader.decode("message", data_of(event))]


def whole(*events: object) -> list[StreamEvent]:
    reader = StreamDecoder()
    told = [told for event in events for told in reader.decode("message", data_of(event))]
    return told + reader.finish()


def text_of(events: Iterable[StreamEvent]) -> str:
    text = ""
    for event in events:
        match event:
            case TextDelta(added):
                assert added, "an empty delta"
                text += added
            case TextReplaced(keep, added):
                assert keep < len(text)
                assert (text[:keep] + added) != text, "a replacement that changes nothing"
                text = text[:keep] + added
            case _:
                pass
    return text


def test_cumulative_texts_become_what_was_added() -> None:
    echoes = [
        message("", "S", author={"role": "system"}, weight=0.0, **FINISHED),
        message("My prompt", "U", author={"role": "user"}, metadata={"message_type": None}),
    ]
    texts = [message(""), message("Hel"), message("Hello"), message("Hello")]
    moderation = {"moderation_response": {"flagged": False, "blocked": False}, "message_id": "A"}
    events = whole(*echoes, *texts, message("Hello", **FINISHED), moderation, DONE)
    assert events == [TextDelta("Hel"), TextDelta("lo"), STOP]


def test_a_rewritten_text_is_replaced_from_the_first_difference_on() -> None:
    texts = ["Hello wrld, how are you", "Hello w", "Hello world", "Goodbye, world!!", ""]
    assert read(*map(message, texts)) == [
        TextDelta("Hello wrld, how are you"),
        TextReplaced(7, ""),
        TextDelta("orld"),
        TextReplaced(0, "Goodbye, world!!"),
        TextReplaced(0, ""),
    ]


def test_a_second_message_starts_a_paragraph_and_is_counted_from_the_start_of_the_reply() -> None:
    assert read(
        message("First."),
        message("", "B"),
        message("Sec", "B"),
        message("Second", "B"),
        message("Sic", "B"),
        message("", "B"),
        message("Anew", "B"),
    ) == [
        TextDelta("First."),
        TextDelta("\n\nSec"),
        TextDelta("ond"),
        TextReplaced(9, "ic"),
        TextReplaced(6, ""),
        TextDelta("\n\nAnew"),
    ]


def test_messages_that_grow_in_turns_keep_their_places() -> None:
    assert read(
        message("One"), message("Two", "B"), message("One and", "A"), message("Two too", "B")
    ) == [
        TextDelta("One"),
        TextDelta("\n\nTwo"),
        TextReplaced(3, " and\n\nTwo"),
        TextDelta(" too"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"author": {"role": "user"}},
        {"author": {"role": "system"}},
        {"author": {"role": "tool", "name": "browser"}},
        {"author": {"role": "critic"}},
        {"author": None, "metadata": None},
        {"recipient": "browser"},
        {"weight": 0.0},
        {"weight": 0},
        metadata(message_type="system_hint"),
        {"content": {"content_type": "code", "language": "python", "text": "secret()"}},
        {"content": {"content_type": "execution_output", "text": "secret"}},
        {"content": {"content_type": "tether_quote", "parts": ["secret"]}},
        {"content": {"content_type": "text", "parts": []}},
        {"content": {"content_type": "text", "parts": None}},
        {"content": {"content_type": "text"}},
        {"content": None},
        {"content": "secret"},
    ],
    ids=lambda changes: f"{changes!r:.60}",
)
def test_only_what_the_assistant_says_to_a_person_is_the_reply(changes: dict[str, object]) -> None:
    assert read(message("secret", **changes)) == []
    assert read(message("Hi"), message("secret", **changes)) == [TextDelta("Hi")]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        metadata(message_type="variant"),
        metadata(message_type="continue"),
        metadata(message_type=None),
        {"metadata": None},
        {"metadata": {}},
        {"recipient": None},
        {"weight": None},
        {"author": None, "role": "assistant"},
        {"author": None},
        {"status": None, "end_turn": None},
        {"content": {"parts": ["Hi"]}},
        {"content": {"content_type": None, "parts": ["Hi"]}},
        {"id": None},
        {"id": 7},
    ],
    ids=lambda changes: f"{changes!r:.60}",
)
def test_the_reply_is_found_in_the_forms_of_many_services(changes: dict[str, object]) -> None:
    assert whole(message("Hi", **changes), DONE) == [TextDelta("Hi"), STOP]


def test_parts_that_are_no_text_leave_a_sign() -> None:
    image = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"}
    assert read(message("", **parts("multimodal_text", "See:", image, {"x": 1}, None, "!"))) == [
        TextDelta("See:\n[image]\n[attachment]\n!")
    ]
    assert read(message("", **parts("text", image, "a", 5, "b"))) == [TextDelta("[image]ab")]


@pytest.mark.parametrize(
    "noise",
    ["", "5", "null", '"s"', "[]", "{}", "{", "junk", "[" * 50_000, '{"num_variants_in_stream": 2}',
     '{"message": null}', '{"message": 5}', '{"message": {}}', '{"message": []}', '{"error": ""}',
     '{"moderation_response": null}', '{"type": "title_generation"}',
     '{"type": "title_generation", "title": " "}'],
    ids=lambda noise: noise[:40],
)  # fmt: skip
def test_noise_between_the_events_does_no_harm(noise: str) -> None:
    assert whole(noise, message("Hi"), noise, DONE) == [TextDelta("Hi"), STOP]


def test_pings_are_not_data() -> None:
    assert StreamDecoder().decode("ping", data_of(message("Hi"))) == []


def test_nothing_counts_after_the_end_marker() -> None:
    reader = StreamDecoder()
    reader.decode("message", data_of(message("Hi")))
    assert not reader.done
    assert reader.decode("message", " [DONE]\n") == []
    assert reader.done
    assert reader.decode("message", data_of(message("Hi there"))) == []
    assert reader.finish() == [STOP]


def test_half_a_character_waits_for_its_other_half() -> None:
    half, full = "one \ud83d", "one 😀 two"
    assert read(message(half)) == [TextDelta("one ")]
    assert read(message(half), message(full)) == [TextDelta("one "), TextDelta("😀 two")]
    assert whole(message(half), DONE) == [TextDelta("one "), TextDelta("�"), STOP]
    assert whole(message("\ud83d"), DONE) == [TextDelta("�"), STOP]
    assert whole(message(half, **FINISHED)) == [TextDelta("one "), TextDelta("�"), STOP]


def test_half_a_character_inside_a_text_is_shown_as_unreadable() -> None:
    assert read(message("a\ude00b"), message("a\ude00bc\ud83dd")) == [
        TextDelta("a�b"),
        TextDelta("c�d"),
    ]


def test_half_a_character_of_an_earlier_message_settles_in_its_place() -> None:
    events = whole(message("a\ud83d"), message("b\ud83d", "B"), DONE)
    assert text_of(events) == "a�\n\nb�"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (FINISHED, FinishReason.STOP),
        ({"status": "finished_successfully"}, FinishReason.STOP),
        ({"end_turn": True}, FinishReason.STOP),
        (metadata(is_complete=True), FinishReason.STOP),
        (metadata(finish_details={"type": "stop", "stop": "<|im_end|>"}), FinishReason.STOP),
        (metadata(finish_details={"type": "max_tokens"}), FinishReason.LENGTH),
        (
            {**metadata(finish_details={"type": "max_tokens"}), "end_turn": False},
            FinishReason.LENGTH,
        ),
        (metadata(finish_details={"type": "content_filter"}), FinishReason.CONTENT_FILTER),
    ],
    ids=lambda value: f"{value!r:.70}",
)
@pytest.mark.parametrize("text", ["Hi", ""])
@pytest.mark.parametrize("tail", [[], [DONE]], ids=["cut", "done"])
def test_a_finished_message_ends_the_reply_and_tells_why(
    changes: dict[str, object], reason: FinishReason, text: str, tail: Sequence[str]
) -> None:
    events = whole(message("H"), message(text, **changes), *tail)
    assert text_of(events) == text
    assert events[-1] == ReplyEnded(reason)


@pytest.mark.parametrize(
    ("changes", "is_whole_when_done"),
    [
        ({}, True),
        ({"status": "finished_successfully", "end_turn": False}, True),
        (metadata(finish_details={"type": "interrupted"}), False),
        ({"status": "finished_partial_completion"}, False),
    ],
    ids=["growing", "more follows", "interrupted", "partial"],
)
def test_a_message_without_its_end_needs_the_end_marker(
    changes: dict[str, object], is_whole_when_done: bool
) -> None:
    with pytest.raises(ReplyCut, match="broke off"):
        whole(message("Hi", **changes))
    if is_whole_when_done:
        assert whole(message("Hi", **changes), DONE)[-1] == STOP
    else:
        with pytest.raises(ReplyCut):
            whole(message("Hi", **changes), DONE)


def test_the_newest_message_decides_whether_the_reply_is_whole() -> None:
    with pytest.raises(ReplyCut):
        whole(message("One", **FINISHED), message("Tw", "B"))
    assert whole(message("One"), message("Two", "B", **FINISHED))[-1] == STOP


@pytest.mark.parametrize(
    ("events", "kind", "part"),
    [
        ([], ReplyCut, "before a word"),
        ([message("")], ReplyCut, "before a word"),
        ([DONE], BadReply, "without a word"),
        ([message(""), DONE], BadReply, "without a word"),
        ([{"v": "Hel", "p": "/x", "o": "append"}, DONE], Unsupported, "newer format"),
        ([{"type": "resume_conversation_token", "token": "x"}], Unsupported, "newer format"),
        ([{"moderation_response": {"blocked": True}}, DONE], RequestRefused, "moderation"),
        ([message("Hi"), {"message": None, "error": "Boom"}], ServiceError, "Boom"),
        ([message("Hi"), {"message": None, "error": "Boom"}, DONE], ServiceError, "Boom"),
        ([{"error": {"message": "Boom", "code": None}}, DONE], ServiceError, "Boom"),
        ([{"message": None, "error": True}, DONE], ServiceError, "broke off"),
        ([{"detail": "Boom"}], ServiceError, "Boom"),
        ([{"code": 500, "message": "Boom"}], ServiceError, "Boom"),
        ([message("", **FINISHED), {"error": "Boom"}], ServiceError, "Boom"),
        ([message("Hi", error="x"), {"error": "Boom\x1b\n"}], ServiceError, "Boom␛."),
        ([{"error": {"code": "token_expired"}}], NotSignedIn, "token_expired"),
        ([{"error": "Only one message at a time."}], Busy, "another prompt"),
        ([{"error": {"code": "model_cap_exceeded", "clears_in": 60}}], RateLimited, "60 seconds"),
        ([{"error": {"code": "message_length_exceeds_limit"}}], PromptTooLong, "so long"),
    ],
    ids=lambda value: f"{value!r:.60}",
)
def test_what_did_not_end_well_is_told(
    events: list[object], kind: type[FakeGPTError], part: str
) -> None:
    with pytest.raises(ServiceError) as failure:
        whole(*events)
    assert type(failure.value) is kind
    assert part in str(failure.value)


@pytest.mark.parametrize("event", ["delta", "delta_encoding"])
def test_a_newer_format_is_known_by_the_names_of_its_events(event: str) -> None:
    reader = StreamDecoder()
    reader.decode(event, '"v1"')
    with pytest.raises(Unsupported):
        reader.finish()


def test_an_error_event_that_is_not_json_is_told() -> None:
    reader = StreamDecoder()
    reader.decode("error", "The engine is on fire")
    with pytest.raises(ServiceError, match="on fire"):
        reader.finish()


def test_a_finished_text_outweighs_an_error() -> None:
    error = {"message": None, "error": "Boom"}
    assert whole(message("Hi"), error, message("Hi!", **FINISHED), DONE)[-1] == STOP
    assert whole(message("Hi", **FINISHED), error, DONE)[-1] == STOP


def test_what_moderation_blocked_is_noticed_once() -> None:
    reply = {"moderation_response": {"blocked": True, "flagged": True}, "is_completion": True}
    prompt = {
        "type": "moderation",
        "moderation_response": {"blocked": True},
        "is_completion": False,
    }
    events = whole(message("Hi"), reply, reply, prompt, DONE)
    assert events == [
        TextDelta("Hi"),
        Notice("The moderation of the service blocked this reply."),
        Notice("The moderation of the service blocked this prompt."),
        STOP,
    ]


def test_a_title_is_suggested() -> None:
    title = {"type": "title_generation", "title": " A \ud83d title ", "conversation_id": "C"}
    assert read(title) == [TitleSuggested("A � title")]


def test_absurdly_many_messages_are_refused() -> None:
    reader = StreamDecoder()
    with pytest.raises(BadReply, match="too many"):  # noqa: PT012 - it takes many
        for number in range(100_000):
            reader.decode("message", data_of(message("x", str(number))))


def text_in_order(said: Sequence[tuple[str, str]]) -> str:
    """The last text of each message, in the order in which their texts began."""
    # JSON joins two halves that follow each other, so the model does it too.
    joined = [(name, json.loads(json.dumps(text))) for name, text in said]
    # Half a character at the end is no text before the end of all.
    whole = [name for name, text in joined if text and (text[1:] or not _is_first_half(text))]
    last = dict(joined)
    return "\n\n".join(last[name] for name in dict.fromkeys([*whole, *last]) if last[name])


def _is_first_half(sign: str) -> bool:
    return "\ud800" <= sign < "\udc00"


def test_a_message_that_begins_empty_stands_where_its_text_began() -> None:
    assert text_in_order([("A", ""), ("B", "b"), ("A", "a")]) == "b\n\na"
    reader = StreamDecoder()
    said = [("A", ""), ("B", "b"), ("A", "Hel"), ("A", "Hello")]
    told = [
        event
        for name, text in said
        for event in reader.decode("message", data_of(message(text, name)))
    ]
    assert told == [TextDelta("b"), TextDelta("\n\nHel"), TextDelta("lo")]


TEXTS = st.text(st.sampled_from("ab\n é😀\ud83d\ude00"), max_size=8)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABC"), TEXTS), max_size=12), st.booleans())
def test_what_is_told_rebuilds_the_last_text_of_each_message(
    updates: list[tuple[str, str]], finished: bool
) -> None:
    expected = text_in_order(updates)
    end = message(updates[-1][1], updates[-1][0], **FINISHED) if finished and updates else DONE
    reader = StreamDecoder()
    events = [
        told
        for event in [*(message(text, message_id) for message_id, text in updates), end]
        for told in reader.decode("message", data_of(event))
    ]
    text_of(events).encode()
    if not expected and not (finished and updates):
        with pytest.raises(ServiceError):
            reader.finish()
        return
    events += reader.finish()
    assert text_of(events) == "".join("�" if "\ud800" <= c < "\ue000" else c for c in expected)
    assert events[-1] == STOP


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["message", "content", "parts", "content_type", "author", "role", "metadata", "id",
                 "error", "detail", "moderation_response", "blocked", "type", "title", "code",
                 "finish_details", "message_type", "status", "end_turn", "clears_in"]
            ),
            inner | st.sampled_from(["assistant", "text", "next"]),
            max_size=5,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["message", "error", "delta", "x"]), JSON | TEXTS)))
def test_any_events_end_in_an_end_or_a_service_error(
    events: list[tuple[str, object]],
) -> None:
    reader = StreamDecoder()
    text_of(told for event, value in events for told in reader.decode(event, data_of(value)))
    try:
        told = reader.finish()
    except ServiceError as error:
        assert str(error)  # noqa: PT017 - either way is right
    else:
        assert isinstance(told[-1], ReplyEnded)
