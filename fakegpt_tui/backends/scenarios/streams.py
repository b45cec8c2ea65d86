"""Scenarios of whole replies: every framing of an event stream, and every content of its events."""

import gzip
import json
from collections.abc import Iterable, Iterator
from typing import Any

from fakegpt_tui.backends.scenarios.scenario import (
    EVENT_STREAM,
    FAKEGPT,
    WHOLE,
    Expectation,
    SampleStream,
    Scenario,
    ScenarioResponse,
    encode_event,
    encode_reply,
    final_event,
    message_event,
    moderation_event,
    normal_events,
    stream_scenario,
)
from fakegpt_tui.backends.scripted import Pause


def framings(sample: SampleStream) -> Iterator[Scenario]:
    """One reply in every framing that a protocol may have."""
    reply, make = sample.reply, stream_scenario
    whole = b"".join(reply)
    yield make("lf", "The reply comes as it should, with line feeds.", *reply)
    yield make("crlf", "Lines end in CR LF.", *_replaced(reply, b"\n", b"\r\n"))
    yield make("cr", "Lines end in CR alone.", *_replaced(reply, b"\n", b"\r"))
    yield make("no-space", "No space follows `data:`.", *_replaced(reply, b"data: ", b"data:"))
    yield make(
        "split-data",
        "Each event is spread over several data lines.",
        *(_with_data(each, indent=1) for each in reply),
    )
    yield make(
        "noise",
        "Comments, pings, other fields and junk stand between the events.",
        *(piece for event in reply for piece in (*sample.noise, event)),
    )
    yield make("bom", "The stream begins with a byte order mark.", b"\xef\xbb\xbf", *reply)
    yield make(
        "raw-utf8",
        "Text is not escaped to ASCII.",
        *(_with_data(each, ensure_ascii=False) for each in reply),
    )
    yield make("one-piece", "All of the stream comes at once.", whole)
    yield make("slow-drip", "The stream comes byte by byte.", *_bytewise(whole))
    yield make("wrong-type", "The stream is sent as text/plain.", *reply, content_type="text/plain")
    yield make(
        "charset-twice",
        "The content type names its charset twice.",
        *reply,
        content_type=f"{EVENT_STREAM}; charset=utf-8; charset=utf-8",
    )
    yield make(
        "wrong-charset",
        "The content type names a charset that the stream does not have.",
        *reply,
        content_type=f"{EVENT_STREAM}; charset=utf-16",
    )
    headers = (("content-type", EVENT_STREAM), ("content-encoding", "gzip"))
    compressed = ScenarioResponse(chunks=(gzip.compress(whole, mtime=0),), headers=headers)
    yield Scenario(
        name="gzip",
        description="The stream is compressed, though no compression was requested.",
        expectation=Expectation.WHOLE,
        responses=(compressed,),
    )


def _replaced(stream: Iterable[bytes], old: bytes, new: bytes) -> Iterator[bytes]:
    return (piece.replace(old, new) for piece in stream)


def _with_data(event: bytes, **options: Any) -> bytes:
    """An event whose JSON is written in another way, over as many data lines as it has lines."""
    lines = []
    for line in event.decode().splitlines():
        text = line
        if line.startswith("data: {"):
            written = json.dumps(json.loads(line.removeprefix("data: ")), **options)
            text = "\n".join(f"data: {each}" for each in written.split("\n"))
        lines.append(text)
    return "\n".join([*lines, ""]).encode()


def _bytewise(stream: bytes) -> Iterator[bytes | Pause]:
    """Byte by byte, with pauses, so that it does not arrive all at once."""
    for place in range(len(stream)):
        yield stream[place : place + 1]
        if place % 50 == 0:
            yield Pause(0.001)


FRAMINGS = (
    *framings(FAKEGPT),
    stream_scenario(
        "no-blank-line",
        "No blank line stands between the events.",
        *_replaced(FAKEGPT.reply, b"\n\n", b"\n"),
    ),
    stream_scenario(
        "long-event",
        "The reply is so long that one event has 1.2 MB.",
        *encode_reply(message_event("ü" * 200000), final_event(WHOLE)),
    ),
    stream_scenario(
        "line-separators",
        "Characters that some take for line ends stand raw inside an event.",
        _with_data(encode_event(message_event("a\u2028b\u2029c\x85d")), ensure_ascii=False),
        *FAKEGPT.reply,
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
