"""Event streams are read the same however they are cut, and by no other line ends than theirs."""

import time
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakegpt_tui.domain import ReplyCut
from fakegpt_tui.http.sse import EventReader, EventTooLong, ServerEvent

BOM = b"\xef\xbb\xbf"


def read(pieces: Iterable[bytes]) -> list[ServerEvent]:
    reader = EventReader()
    events = [event for piece in pieces for event in reader.feed(piece)]
    return events + reader.finish()


def messages(*data: str) -> list[ServerEvent]:
    return [ServerEvent("message", text) for text in data]


VECTORS = {
    "event-data": (b"data: one\ndata: two\n\ndata: three\n\n", messages("one\ntwo", "three")),
    "format-bom": (BOM + b"data: one\n\ndata: two\n\n", messages("one", "two")),
    "format-bom-2": (BOM * 2 + b"data: lost\n\ndata: two\n\n", messages("two")),
    "format-bom inside": (b"data: one\n\n" + BOM + b"data: lost\n\n", messages("one")),
    "format-comments": (
        b"data:1\r:\x00\n:\r\ndata:2\n:" + b"long " * 500 + b"\rdata:3\n:data:no\r:\r\ndata:4\n\n",
        messages("1\n2\n3\n4"),
    ),
    "format-data-before-final-empty-line": (
        b"retry:9\ndata:one\n\ndata:two",
        messages("one", "two"),
    ),
    "format-field-data": (b"data:\n\ndata\ndata\n\ndata:last\n\n", messages("", "\n", "last")),
    "format-field-event": (
        b"event:news\ndata:1\n\ndata:2\n\n",
        [ServerEvent("news", "1"), ServerEvent("message", "2")],
    ),
    "format-field-event-empty": (b"event: \ndata:1\n\n", messages("1")),
    "event without data": (b"event:news\n\ndata:1\n\n", messages("1")),
    "format-field-id": (b"id: 7\ndata: 1\n\n", messages("1")),
    "format-field-id-2": (b"id\nid:7\ndata: 1\n\nid\ndata:2\n\n", messages("1", "2")),
    "format-field-id-null": (b"id: 7\x008\ndata: 1\n\n", messages("1")),
    "format-field-parsing": (
        b"data:\x00\ndata:  a\rData:no\ndata\x00:no\ndata:b\r\x00data:no\nda-ta:no\rdata_c\n"
        b"data:c\rdata:\r\n data:no\ndata:d\n\n",
        messages("\x00\n a\nb\nc\n\nd"),
    ),
    "format-field-retry": (b"retry:300\ndata:1\n\n", messages("1")),
    "format-field-retry-bogus": (b"retry:300ms\nretry:-5\ndata:1\n\n", messages("1")),
    "format-field-retry-empty": (b"retry\nretry:\ndata:1\n\n", messages("1")),
    "format-field-unknown": (b"data:1\n data:2\ndata\n:no\nfoo:no\ndatum:no\n\n", messages("1\n")),
    "format-leading-space": (b"data:\ta\rdata: \ndata:  b\n\n", messages("\ta\n\n b")),
    "format-newlines": (
        b"data:1\r\ndata:2\ndata:3\rdata:4\r\n\r\ndata:5\r\r",
        messages("1\n2\n3\n4", "5"),
    ),
    "format-null-character": (b"data:\x00\n\n", messages("\x00")),
    "format-utf-8": ("data:ok…😀é\n\n".encode(), messages("ok…😀é")),
    "not utf-8": (b"data:\xff\xe2\x80 \xf0\x9f\x98|\n\n", messages("�� �|")),
    "no other line ends": (
        "data:a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei\n\n".encode(),
        messages("a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei"),
    ),
    "ping": (
        b"event: ping\r\ndata: 2023-11-05 10:00:00+00:00\r\n\r\n: ping\n\ndata:1\n\n",
        [ServerEvent("ping", "2023-11-05 10:00:00+00:00"), ServerEvent("message", "1")],
    ),
    "blank lines and nothing else": (b"\n\r\n\r\r\n\n", []),
    "nothing": (b"", []),
    "JSON over several lines": (b'data: {\ndata: "a": {}\ndata: }\n\n', messages('{\n"a": {}\n}')),
    "no blank line between JSON": (
        b'data: {"a": 1}\ndata: {"a": 2}\ndata: [DONE]\n',
        messages('{"a": 1}', '{"a": 2}', "[DONE]"),
    ),
    "JSON lines": (
        b'{"a": {}}\n{"a": 2}\n\n{\n"a": {}\n}\n\n{"a": }\n"b"\n[DONE]\n',
        messages('{"a": {}}', '{"a": 2}', '{\n"a": {}\n}', '{"a": }\n"b"\n[DONE]'),
    ),
    "JSON behind an odd name": (
        BOM + b"data:1\n\n" + BOM + b'data: {"a": 2}\n\nData: {"a": 3}\n\n data : {"a": 4}\n\n'
        b"DATA:[DONE]\n",
        messages("1", '{"a": 2}', '{"a": 3}', '{"a": 4}', "[DONE]"),
    ),
    "JSON whose other lines are no fields": (
        b'data: {\n  "a": {\n  }\n}\n\ndata: {"b": "c\n\n\nd"}\n\ndata: {"e\n\n: note\nevent: x\n'
        b"data: 1\n\n",
        [
            *messages('{\n  "a": {\n  }\n}', '{"b": "c\n\n\nd"}', '{"e\n'),
            ServerEvent("x", "1"),
        ],
    ),
    "end marker among other data": (
        b"data: a\ndata: [DONE]\ndata: b\n\n",
        messages("a\n[DONE]\nb"),
    ),
}


@pytest.mark.parametrize(("stream", "events"), VECTORS.values(), ids=VECTORS.keys())
def test_the_rules_of_event_streams(stream: bytes, events: list[ServerEvent]) -> None:
    assert read([stream]) == events
    assert read(stream[index : index + 1] for index in range(len(stream))) == events


LINES = st.sampled_from(
    [b"data: one", b"data:two", b"data", b"data: {}", b"data: [DONE]", b"event: news", b"event",
     b": note", b"id: 1", b"retry: 5", b"", b"", b"data: \xe2\x80\xa8\xf0\x9f\x98\x80", b"\xff",
     BOM + b"data: x", b"data: " + b"long" * 20]
)  # fmt: skip
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
STREAMS = st.lists(st.tuples(LINES, ENDS).map(b"".join), max_size=20).map(b"".join) | st.binary()


@settings(deadline=None)
@given(STREAMS, st.data())
def test_any_cut_of_a_stream_gives_the_same_events(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    edges = [0, *cuts, len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(edges)]
    assert read(pieces) == read([stream])


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))), ENDS)
def test_what_was_written_is_what_is_read(texts: list[str], end: bytes) -> None:
    stream = b"".join(b"data: " + text.encode() + end + end for text in texts)
    assert read([stream]) == messages(*texts)


def test_the_end_marker_is_told_at_its_own_line_end() -> None:
    reader = EventReader()
    assert reader.feed(b"data: [DONE]") == []
    assert reader.feed(b"\n") == messages("[DONE]")
    assert reader.feed(b"\n") == []


def test_a_line_of_json_is_told_at_its_own_line_end() -> None:
    reader = EventReader()
    assert reader.feed(b'{"a": {}}') == []
    assert reader.feed(b"\n") == messages('{"a": {}}')
    assert reader.feed(b"\n") == []


def test_a_carriage_return_ends_its_line_before_anything_follows() -> None:
    reader = EventReader()
    assert reader.feed(b"data: 1\r\r") == messages("1")
    assert reader.feed(b"\n") == []
    assert reader.feed(b"\ndata: 2\n\n") == messages("2")


def test_a_line_end_cut_in_two_ends_one_line() -> None:
    reader = EventReader()
    assert reader.feed(b"data: 1\r") == []
    assert reader.feed(b"\n") == []
    assert reader.feed(b"\n") == messages("1")


@pytest.mark.parametrize(
    "flood",
    [b"data: " + b"x" * 200, b": " + b"x" * 200, b"x" * 200, b"data: x\n" * 20, b"data\n" * 30],
    ids=["data", "comment", "field", "many lines", "many empty lines"],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_an_endless_event_is_refused_and_what_came_before_it_is_kept(
    flood: bytes, size: int
) -> None:
    stream = b"data: kept\n\n" + flood
    reader, events = EventReader(max_event_bytes=100), []
    with pytest.raises(EventTooLong, match="100 bytes") as refusal:  # noqa: PT012 - it raises late
        for start in range(0, len(stream), size):
            events += reader.feed(stream[start : start + size])
        reader.finish()
    assert isinstance(refusal.value, ReplyCut)
    assert events == messages("kept")
    with pytest.raises(EventTooLong):
        reader.feed(b"\n\ndata: never\n\n")
    with pytest.raises(EventTooLong):
        reader.finish()


def test_the_limit_is_one_of_each_event_not_of_the_stream() -> None:
    reader = EventReader(max_event_bytes=100)
    events = reader.feed(b": ping\n" * 1000 + (b"data: " + b"x" * 80 + b"\n\n") * 100)
    assert len(events) == 100


def test_the_cost_is_linear_in_the_bytes() -> None:
    def seconds(length: int) -> float:
        event = b"data: " + b"x" * length + b"\n\n"
        started = time.process_time()
        read(event[start : start + 512] for start in range(0, len(event), 512))
        return time.process_time() - started

    short = min(seconds(3_900_000) for _ in range(4))
    long = min(seconds(15_600_000) for _ in range(3))
    assert long < 3 * 4 * short
