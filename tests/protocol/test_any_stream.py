"""Any stream, in any framing and batches, rebuilds the last text of each message."""

import asyncio
import json
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import ServiceError, StreamEvent
from fakegpt_tui.http.sse import EventReader
from fakegpt_tui.protocol.fakegpt import StreamDecoder
from tests.examples import examples
from tests.fault_server import FaultServer, Send, message_event
from tests.protocol.cases import CHAT, streamed
from tests.signed_in import backend, read, text_of

Said = Sequence[tuple[str, str]]
"""Messages by their ids, and all of their text each time."""

SIGNS = st.text(st.sampled_from('ab \n"\\]}{é你😀\ud83d\ude00'), max_size=6)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
BETWEEN = st.sampled_from([b"", b"", b": ping\n\n", b"event: ping\ndata: 1\n\n", b"data: 5\n\n"])


@st.composite
def replies(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Messages that mostly grow; now and then one is rewritten, or another one has its turn."""
    texts = {"A": "", "B": "", "C": ""}
    said = []
    for _ in range(draw(st.integers(1, 15))):
        message_id = draw(st.sampled_from("AAAAABC"))
        is_rewritten = draw(st.integers(0, 7)) == 0
        texts[message_id] = ("" if is_rewritten else texts[message_id]) + draw(SIGNS)
        said.append((message_id, texts[message_id]))
    return said


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[tuple[str, str]], list[bytes]]:
    """What is said, and its stream, cut into pieces."""
    said = draw(replies())
    is_escaped, has_space, end = draw(st.booleans()), draw(st.booleans()), draw(ENDS)
    events = [message_event(text, message_id=message_id) for message_id, text in said]
    if not is_escaped:
        events = [_unescaped(event) for event in events]
    stream = b"".join(event + draw(BETWEEN) for event in events) + b"data: [DONE]\n\n"
    if not has_space:
        stream = stream.replace(b"data: {", b"data:{")
    stream = stream.replace(b"\n", end)
    cuts = draw(st.lists(st.integers(0, len(stream)), max_size=12))
    pieces = [stream[one:other] for one, other in pairwise([0, *sorted(cuts), len(stream)])]
    return said, [piece for piece in pieces if piece]


def _unescaped(event: bytes) -> bytes:
    whole = json.dumps(json.loads(event[len(b"data: ") :]), ensure_ascii=False)
    try:
        return b"data: " + whole.encode() + b"\n\n"
    except UnicodeEncodeError:
        return event


def last_texts(said: Said) -> str:
    """The last text of each message, in the order in which their texts began."""
    last: dict[str, str] = {}
    begun: dict[str, None] = {}
    for message_id, text in said:
        last[message_id] = json.loads(json.dumps(text))
        # Half a surrogate pair is held back, and so begins nothing before its other half comes.
        if len(last[message_id]) > 1 or not "\ud800" <= last[message_id] < "\udc00":
            begun.update({message_id: None} if last[message_id] else {})
    whole = "\n\n".join(filter(None, (last[each] for each in begun | dict.fromkeys(last))))
    return "".join("�" if "\ud800" <= sign < "\ue000" else sign for sign in whole)


@examples(300)
@given(streams(), st.data())
def test_any_stream_read_in_any_batches_rebuilds_the_last_texts(
    stream: tuple[Said, list[bytes]], data: st.DataObject
) -> None:
    said, pieces = stream
    server_events, reader = EventReader(), StreamDecoder()
    told: list[StreamEvent] = []
    while pieces:
        count = data.draw(st.integers(1, len(pieces)))
        batch = [event for piece in pieces[:count] for event in server_events.feed(piece)]
        told += reader.decode_all((event.event, event.data) for event in batch)
        pieces = pieces[count:]
    try:
        told += reader.finish()
    except ServiceError:
        assert last_texts(said) == ""
    assert text_of(told) == last_texts(said)


@examples(40)
@given(streams(), st.booleans())
def test_any_stream_over_a_socket_rebuilds_the_last_texts(
    stream: tuple[Said, list[bytes]], is_slow: bool
) -> None:
    said, pieces = stream

    async def told() -> str:
        async with FaultServer() as server:
            head, *chunks = streamed(*pieces)
            between = [Send(b"")] if is_slow else []
            server.script(CHAT, head, *(step for each in chunks for step in (each, *between)))
            events, _ = await read(backend(server.url))
            return text_of(events)

    assert asyncio.run(told()) == last_texts(said)
