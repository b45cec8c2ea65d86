"""A whole reply in every form that an event stream may take."""

import gzip
import json
from collections.abc import Iterator

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
    normal_events,
    stream_response,
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


def _scenario(
    name: str, sentence: str, *pieces: bytes | Pause, kind: str = EVENT_STREAM
) -> Scenario:
    return Scenario(
        name=name,
        description=sentence,
        expectation=Expectation.WHOLE,
        responses=(stream_response(*pieces, content_type=kind),),
    )


def _with_line_ends(end: bytes) -> tuple[bytes, ...]:
    return tuple(piece.replace(b"\n", end) for piece in _NORMAL)


def _in_data_lines(value: object) -> bytes:
    """`value` over many lines of data, which belong together."""
    text = json.dumps(value, indent=1)
    return "".join(f"data: {part}\n" for part in text.split("\n")).encode() + b"\n"


def _with_noise() -> tuple[bytes, ...]:
    return tuple(piece for event in _NORMAL for piece in (*_NOISE, event))


def _raw(value: object) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def _bytewise() -> Iterator[bytes | Pause]:
    """Byte by byte, with a pause at times so that not all of it travels together."""
    stream = b"".join(encode_reply(message_event("Hello"), final_event()))
    for place in range(len(stream)):
        yield stream[place : place + 1]
        if place % 50 == 0:
            yield Pause(0.001)


FRAMINGS = (
    _scenario("lf", "The reply comes as it should, with line feeds.", *_NORMAL),
    _scenario("crlf", "Lines end in CR LF.", *_with_line_ends(b"\r\n")),
    _scenario("cr", "Lines end in CR alone.", *_with_line_ends(b"\r")),
    _scenario(
        "no-space",
        "No space follows `data:`.",
        *(piece.replace(b"data: ", b"data:", 1) for piece in _NORMAL),
    ),
    _scenario(
        "split-data",
        "Each event is spread over several data lines.",
        *map(_in_data_lines, normal_events()),
        DONE,
    ),
    _scenario(
        "no-blank-line",
        "No blank line stands between the events.",
        *(piece.replace(b"\n\n", b"\n") for piece in _NORMAL),
    ),
    _scenario(
        "noise",
        "Comments, pings, other fields and junk stand between the events.",
        *_with_noise(),
    ),
    _scenario("bom", "The stream begins with a byte order mark.", b"\xef\xbb\xbf", *_NORMAL),
    _scenario("raw-utf8", "Text is not escaped to ASCII.", *map(_raw, normal_events()), DONE),
    _scenario("one-piece", "All of the stream comes at once.", b"".join(_NORMAL)),
    _scenario("slow-drip", "The stream comes byte by byte.", *_bytewise()),
    _scenario(
        "long-event",
        "The reply is so long that one event has 1.2 MB.",
        *encode_reply(message_event("ü" * 200_000), final_event(WHOLE)),
    ),
    _scenario("wrong-type", "The stream is sent as text/plain.", *_NORMAL, kind="text/plain"),
    _scenario(
        "charset-twice",
        "The content type names its charset twice.",
        *_NORMAL,
        kind=f"{EVENT_STREAM}; charset=utf-8; charset=utf-8",
    ),
    _scenario(
        "wrong-charset",
        "The content type names a charset that the stream does not have.",
        *_NORMAL,
        kind=f"{EVENT_STREAM}; charset=utf-16",
    ),
    _scenario(
        "line-separators",
        "Characters that some take for line ends stand raw inside an event.",
        _raw(message_event("a\u2028b\u2029c\x85d")),
        *encode_events(normal_events()),
        DONE,
    ),
    Scenario(
        name="gzip",
        description="The stream is compressed, though nobody asked for it.",
        expectation=Expectation.WHOLE,
        responses=(
            ScenarioResponse(
                chunks=(gzip.compress(b"".join(_NORMAL), mtime=0),),
                headers=(("content-type", EVENT_STREAM), ("content-encoding", "gzip")),
            ),
        ),
    ),
)
