"""A whole reply in every form that an event stream may take."""

import gzip
import json
from collections.abc import Iterator

from fakegpt_tui.backends.scenarios.events import (
    DONE,
    WHOLE,
    ended,
    finished,
    lines,
    message,
    usual,
)
from fakegpt_tui.backends.scenarios.scenario import (
    EVENT_STREAM,
    Answer,
    Promise,
    Scenario,
    streamed,
)
from fakegpt_tui.backends.scripted import Pause

_USUAL = ended(*usual())
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
        sentence=sentence,
        promise=Promise.WHOLE,
        answers=(streamed(*pieces, content_type=kind),),
    )


def _with_line_ends(end: bytes) -> tuple[bytes, ...]:
    return tuple(piece.replace(b"\n", end) for piece in _USUAL)


def _in_data_lines(value: object) -> bytes:
    """`value` over many lines of data, which belong together."""
    text = json.dumps(value, indent=1)
    return "".join(f"data: {part}\n" for part in text.split("\n")).encode() + b"\n"


def _noisy() -> tuple[bytes, ...]:
    return tuple(piece for event in _USUAL for piece in (*_NOISE, event))


def _raw(value: object) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def _bytewise() -> Iterator[bytes | Pause]:
    """Byte by byte, with a pause at times so that not all of it travels together."""
    stream = b"".join(ended(message("Hello"), finished()))
    for place in range(len(stream)):
        yield stream[place : place + 1]
        if place % 50 == 0:
            yield Pause(0.001)


FRAMINGS = (
    _scenario("lf", "The reply comes as it should, with line feeds.", *_USUAL),
    _scenario("crlf", "Lines end in CR LF.", *_with_line_ends(b"\r\n")),
    _scenario("cr", "Lines end in CR alone.", *_with_line_ends(b"\r")),
    _scenario(
        "no-space",
        "No space follows `data:`.",
        *(piece.replace(b"data: ", b"data:", 1) for piece in _USUAL),
    ),
    _scenario(
        "split-data",
        "Each event is spread over several data lines.",
        *map(_in_data_lines, usual()),
        DONE,
    ),
    _scenario(
        "no-blank-line",
        "No blank line stands between the events.",
        *(piece.replace(b"\n\n", b"\n") for piece in _USUAL),
    ),
    _scenario(
        "noise",
        "Comments, pings, other fields and junk stand between the events.",
        *_noisy(),
    ),
    _scenario("bom", "The stream begins with a byte order mark.", b"\xef\xbb\xbf", *_USUAL),
    _scenario("raw-utf8", "Text is not escaped to ASCII.", *map(_raw, usual()), DONE),
    _scenario("one-piece", "All of the stream comes at once.", b"".join(_USUAL)),
    _scenario("slow-drip", "The stream comes byte by byte.", *_bytewise()),
    _scenario(
        "long-event",
        "The reply is so long that one event has 1.2 MB.",
        *ended(message("ü" * 200_000), finished(WHOLE)),
    ),
    _scenario("wrong-type", "The stream is sent as text/plain.", *_USUAL, kind="text/plain"),
    _scenario(
        "charset-twice",
        "The content type names its charset twice.",
        *_USUAL,
        kind=f"{EVENT_STREAM}; charset=utf-8; charset=utf-8",
    ),
    _scenario(
        "wrong-charset",
        "The content type names a charset that the stream does not have.",
        *_USUAL,
        kind=f"{EVENT_STREAM}; charset=utf-16",
    ),
    _scenario(
        "line-separators",
        "Characters that some take for line ends stand raw inside an event.",
        _raw(message("a\u2028b\u2029c\x85d")),
        *lines(usual()),
        DONE,
    ),
    Scenario(
        name="gzip",
        sentence="The stream is compressed, though nobody asked for it.",
        promise=Promise.WHOLE,
        answers=(
            Answer(
                pieces=(gzip.compress(b"".join(_USUAL), mtime=0),),
                headers=(("content-type", EVENT_STREAM), ("content-encoding", "gzip")),
            ),
        ),
    ),
)
