"""Scenarios of whole replies: every framing of an event stream, and every content of its events."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

from fakegpt_tui.backends.scenarios.scenario import (
    DONE,
    EVENT_STREAM,
    WHOLE,
    Expectation,
    Scenario,
    ScenarioResponse,
    encode_events,
    encode_reply,
    final_event,
    message_event,
    moderation_event,
    normal_events,
    stream_scenario,
)
from fakegpt_tui.backends.scripted import Pause

_NORMAL = encode_reply(*normal_events())
_NOISE = (
    b": a comment\n",
    b"retry: 10000\nid: 7\n\n",
    b"event: ping\ndata: 2023-11-05 10:00:00.000000\n\n",
    b"nonsense without a colon\n\n",
    b"unheard: of\n\n",
    b"data\n\n",
    b"data:\n\n",
    b"data: 5\n\ndata: null\n\ndata: true\n\n",
    b'data: "s"\n\ndata: []\n\ndata: {}\n\n',
    b"data: {broken\n\n",
    b"<html></html>\n\n",
)


def _with_line_ends(end: bytes) -> tuple[bytes, ...]:
    return tuple(piece.replace(b"\n", end) for piece in _NORMAL)


def _in_data_lines(value: object) -> bytes:
    """`value` in many data lines of one event."""
    text = json.dumps(value, indent=1)
    return "".join(f"data: {part}\n" for part in text.split("\n")).encode() + b"\n"


def _with_noise() -> tuple[bytes, ...]:
    return tuple(piece for event in _NORMAL for piece in (*_NOISE, event))


def _raw(value: object) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def bytewise(stream: bytes) -> Iterator[bytes | Pause]:
    """Byte by byte, with pauses, so that it does not arrive all at once."""
    for place in range(len(stream)):
        yield stream[place : place + 1]
        if place % 50 == 0:
            yield Pause(0.001)


FRAMINGS = (
    stream_scenario("lf", "The reply comes as it should, with line feeds.", *_NORMAL),
    stream_scenario("crlf", "Lines end in CR LF.", *_with_line_ends(b"\r\n")),
    stream_scenario("cr", "Lines end in CR alone.", *_with_line_ends(b"\r")),
    stream_scenario(
        "no-space",
        "No space follows `data:`.",
        *(piece.replace(b"data: ", b"data:", 1) for piece in _NORMAL),
    ),
    stream_scenario(
        "split-data",
        "Each event is spread over several data lines.",
        *map(_in_data_lines, normal_events()),
        DONE,
    ),
    stream_scenario(
        "no-blank-line",
        "No blank line stands between the events.",
        *(piece.replace(b"\n\n", b"\n") for piece in _NORMAL),
    ),
    stream_scenario(
        "noise", "Comments, pings, other fields and junk stand between the events.", *_with_noise()
    ),
    stream_scenario("bom", "The stream begins with a byte order mark.", b"\xef\xbb\xbf", *_NORMAL),
    stream_scenario("raw-utf8", "Text is not escaped to ASCII.", *map(_raw, normal_events()), DONE),
    stream_scenario("one-piece", "All of the stream comes at once.", b"".join(_NORMAL)),
    stream_scenario(
        "slow-drip",
        "The stream comes byte by byte.",
        *bytewise(b"".join(encode_reply(message_event("Hello"), final_event()))),
    ),
    stream_scenario(
        "long-event",
        "The reply is so long that one event has 1.2 MB.",
        *encode_reply(message_event("ü" * 200000), final_event(WHOLE)),
    ),
    stream_scenario(
        "wrong-type", "The stream is sent as text/plain.", *_NORMAL, content_type="text/plain"
    ),
    stream_scenario(
        "charset-twice",
        "The content type names its charset twice.",
        *_NORMAL,
        content_type=f"{EVENT_STREAM}; charset=utf-8; charset=utf-8",
    ),
    stream_scenario(
        "wrong-charset",
        "The content type names a charset that the stream does not have.",
        *_NORMAL,
        content_type=f"{EVENT_STREAM}; charset=utf-16",
    ),
    stream_scenario(
        "line-separators",
        "Characters that some take for line ends stand raw inside an event.",
        _raw(message_event("a\u2028b\u2029c\x85d")),
        *encode_events(normal_events()),
        DONE,
    ),
    Scenario(
        name="gzip",
        description="The stream is compressed, though no compression was requested.",
        expectation=Expectation.WHOLE,
        responses=(
            ScenarioResponse(
                chunks=(gzip.compress(b"".join(_NORMAL), mtime=0),),
                headers=(("content-type", EVENT_STREAM), ("content-encoding", "gzip")),
            ),
        ),
    ),
)


def _reply(name: str, description: str, *events: object) -> Scenario:
    return stream_scenario(name, description, *encode_reply(*events))


def _content(kind: str, *parts: object) -> dict[str, Any]:
    return {"content": {"content_type": kind, "parts": list(parts)}}


def _split_surrogate_pair() -> bytes:
    """Two events that split a surrogate pair."""
    first, second, *rest = encode_reply(
        message_event("Hello, w😀"), message_event(WHOLE), final_event()
    )
    return b"".join((first.replace(b"\\ude00", b""), second, *rest))


_PICTURE = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"}

CONTENTS = (
    _reply(
        "rewritten",
        "The text becomes shorter and is rewritten while it grows.",
        *map(message_event, ("Hello wrld, how are you", "Hello w", "Hello world", "Goodbye!!")),
        final_event(),
    ),
    _reply(
        "two-messages",
        "The turn has two messages, one after the other.",
        message_event("First message.", id="A"),
        final_event("First message.", id="A", end_turn=False),
        message_event("Second", id="B"),
        final_event("Second message.", id="B"),
    ),
    _reply(
        "interleaved",
        "Two messages grow in turn, after a notice of variants.",
        {"num_variants_in_stream": 2},
        message_event("One", id="A"),
        message_event("Two", id="B"),
        final_event("One more", id="A"),
        final_event("Two more", id="B"),
    ),
    _reply(
        "empty-parts",
        "Some events have no parts, or none in them.",
        message_event("Hel", content={"content_type": "text", "parts": []}),
        message_event("Hel", content={"content_type": "text"}),
        message_event("Hel", content=None),
        *normal_events(),
    ),
    _reply(
        "several-parts",
        "The text is in two parts.",
        final_event(**_content("text", WHOLE[:5], WHOLE[5:])),
    ),
    _reply(
        "picture",
        "A part is an object, and no text.",
        final_event(**_content("multimodal_text", _PICTURE, WHOLE)),
    ),
    _reply(
        "no-metadata",
        "Messages have no metadata, or null in it.",
        message_event("Hel", metadata=None),
        message_event("Hello", metadata={"message_type": None}),
        final_event(metadata={}),
    ),
    _reply(
        "bare-role",
        "Messages have their role beside the id, as in early 2023, and no status.",
        *(
            message_event(text, author=None, role="assistant", status=None)
            for text in ("He", WHOLE)
        ),
    ),
    _reply(
        "hidden",
        "Hidden messages, and messages of and for tools, stand between.",
        message_event("hidden", id="H", weight=0.0),
        message_event("search()", id="T", recipient="browser"),
        message_event("a page", id="P", author={"role": "tool", "name": "browser"}),
        message_event("thoughts", id="C", content={"content_type": "code", "text": "1 + 1"}),
        message_event("You are kind.", id="S", author={"role": "system"}),
        *normal_events(),
    ),
    stream_scenario(
        "half-character", "A character is cut in two between events.", _split_surrogate_pair()
    ),
    stream_scenario(
        "not-utf8",
        "A byte that is no UTF-8 stands in a comment and in a text that is mended later.",
        b": \xff\n\n",
        *(piece.replace(b'Hel"', b'Hel\xff"') for piece in encode_reply(*normal_events())),
    ),
    _reply(
        "controls",
        "The text has control characters that a terminal must not get.",
        message_event("\x1b]52;c;eA==\x07\x1b[31m"),
        final_event(),
    ),
    _reply(
        "title",
        "A title is suggested in the stream.",
        *normal_events(),
        {"type": "title_generation", "title": "A greeting", "conversation_id": "C"},
    ),
    _reply(
        "blocked",
        "Moderation blocks the reply after it came.",
        *normal_events(),
        moderation_event(blocked=True),
    ),
    _reply(
        "max-tokens", "The reply ends because it became too long.", final_event(finish="max_tokens")
    ),
    _reply(
        "content-filter",
        "The reply ends because of a filter.",
        final_event(finish="content_filter"),
    ),
    _reply("empty-reply", "The reply is finished, and empty.", final_event("")),
    _reply(
        "variant",
        "The messages say that they are a variant.",
        final_event(metadata={"message_type": "variant", "is_complete": True}),
    ),
    _reply(
        "more-keys",
        "Events and messages have unknown keys.",
        {**final_event(pad="AAAA", channel=None), "new": {"deep": [1]}},
    ),
)
