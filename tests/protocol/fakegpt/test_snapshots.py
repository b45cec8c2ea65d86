"""Of events that came together only the newest text is parsed, and no other content is lost."""

import json
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakegpt_tui.domain import (
    Notice,
    RemoteIdAssigned,
    ReplyCut,
    ReplyEnded,
    ServiceError,
    StreamEvent,
    TextDelta,
    TitleSuggested,
)
from fakegpt_tui.protocol.fakegpt import StreamDecoder
from tests.protocol.fakegpt.test_stream_decoder import text_in_order
from tests.signed_in import text_of


def message(text: str, message_id: str = "A", **changes: object) -> str:
    told = {
        "id": message_id,
        "author": {"role": "assistant"},
        "content": {"content_type": "text", "parts": [text]},
        "status": "in_progress",
        "metadata": {"message_type": "next"},
    }
    return json.dumps({"message": told | changes, "conversation_id": "C", "error": None})


def together(reader: StreamDecoder, *data: str) -> list[StreamEvent]:
    return list(reader.decode_all(("message", one) for one in data))


def test_of_texts_that_came_together_only_the_newest_is_told() -> None:
    reader = StreamDecoder()
    texts = ["One", "One and", "One and two", "One and two and three"]
    assert together(reader, *map(message, texts[:3])) == [TextDelta("One"), TextDelta(" and two")]
    assert together(reader, message(texts[3])) == [TextDelta(" and three")]


def test_the_newest_of_each_message_is_told() -> None:
    reader = StreamDecoder()
    together(reader, message("a", "A"), message("b", "B"))
    told = together(
        reader, message("aa", "A"), message("bb", "B"), message("aaa", "A"), message("bbb", "B")
    )
    assert len(told) == 2
    assert text_of([TextDelta("a\n\nb"), *told]) == "aaa\n\nbbb"


def test_nothing_of_another_kind_is_passed_over() -> None:
    reader = StreamDecoder()
    blocked = json.dumps({"moderation_response": {"blocked": True}})
    title = json.dumps({"type": "title_generation", "title": "A title"})
    told = together(reader, message("a"), message("ab"), blocked, message("abc"), title, "[DONE]")
    assert told == [
        TextDelta("a"),
        TextDelta("b"),
        Notice("The moderation of the service blocked this reply."),
        TextDelta("c"),
        TitleSuggested("A title"),
    ]
    assert reader.finish() == [ReplyEnded()]


def test_an_error_between_repeats_is_remembered() -> None:
    reader = StreamDecoder()
    error = json.dumps({"message": None, "conversation_id": "C", "error": "Boom"})
    together(reader, message("a"), message("ab"), error, message("abc"))
    with pytest.raises(ServiceError, match="Boom"):
        reader.finish()


@pytest.mark.parametrize(
    "added",
    [
        'b"]}, "status": "finished_successfully", "x": {"y": ["z',
        "b\\",
        "b\\x",
        "b\n",
        f"{'b' * 1000}\n",
        "b\\u12",
        'b", "c',
    ],
)
def test_what_only_looks_like_more_text_is_read_whole(added: str) -> None:
    first = message("a")
    second = first.replace('["a', '["a' + added)
    reader, careful = StreamDecoder(), StreamDecoder()
    told = together(reader, first, second, "[DONE]")
    expected = [
        event for one in (first, second, "[DONE]") for event in careful.decode("message", one)
    ]
    assert text_of(told) == text_of(expected)
    assert reader.finish() == careful.finish()


def test_a_change_beside_the_text_counts_though_the_text_grows_too() -> None:
    reader = StreamDecoder()
    together(reader, message("a"), message("ab", status="finished_successfully"))
    assert reader.finish() == [ReplyEnded()]
    cut = StreamDecoder()
    together(cut, message("a"), message("ab"))
    with pytest.raises(ReplyCut):
        cut.finish()


def test_a_text_that_ends_in_half_a_character_is_joined_with_the_other_half() -> None:
    reader = StreamDecoder()
    assert together(reader, message("a\ud83d")) == [TextDelta("a")]
    assert together(reader, message("a😀"), message("a😀!")) == [TextDelta("😀"), TextDelta("!")]
    assert together(reader, message("a😀!\ud83d")) == []
    assert together(reader, message("a😀!😀")) == [TextDelta("😀")]


def test_events_before_a_failure_come_before_it() -> None:
    def arriving() -> Iterator[tuple[str, str]]:
        yield "message", message("a")
        yield "message", message("ab")
        raise ReplyCut("Cut.")

    told = []
    with pytest.raises(ReplyCut):  # noqa: PT012 - what comes before it is the point
        for event in StreamDecoder().decode_all(arriving()):
            told.append(event)  # noqa: PERF402
    assert text_of(told) == "ab"


def test_the_place_of_the_newest_message_is_known() -> None:
    reader = StreamDecoder()
    assert reader.location is None
    together(reader, message("a", "A"), message("b", "B"), message("bb", "B"))
    assert reader.location == RemoteIdAssigned("C", "B")
    together(reader, message("c", "T", author={"role": "tool"}), json.dumps({"message": {"id": 5}}))
    assert reader.location == RemoteIdAssigned("C", "B")


PIECES = st.text(st.sampled_from('ab\\"]} é😀\n\ud83d\ude00'), max_size=4)


@st.composite
def replies(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Messages that mostly grow, now and then are rewritten, and may take turns."""
    texts = {"A": "", "B": ""}
    said = []
    for _ in range(draw(st.integers(1, 12))):
        message_id = draw(st.sampled_from("AAAB"))
        kept = "" if draw(st.integers(0, 9)) == 0 else texts[message_id]
        texts[message_id] = kept + draw(PIECES)
        said.append((message_id, texts[message_id]))
    return said


@settings(deadline=None)
@given(replies(), st.data(), st.booleans())
def test_however_events_come_together_the_last_text_of_each_message_is_rebuilt(
    said: Sequence[tuple[str, str]], data: st.DataObject, is_escaped: bool
) -> None:
    events = [message(text, message_id) for message_id, text in said]
    if not is_escaped:
        events = [_raw(event) for event in events]
    reader, told = StreamDecoder(), []
    while events:
        count = data.draw(st.integers(1, len(events)))
        told += together(reader, *events[:count])
        events = events[count:]
    told += together(reader, "[DONE]")
    expected = text_in_order(said)
    if expected:
        told += reader.finish()
        assert text_of(told) == "".join(
            "�" if "\ud800" <= sign < "\ue000" else sign for sign in expected
        )


def _raw(event: str) -> str:
    """`event` as a service writes it that escapes no more than it must."""
    whole = json.dumps(json.loads(event), ensure_ascii=False)
    return event if any("\ud800" <= sign < "\ue000" for sign in whole) else whole
