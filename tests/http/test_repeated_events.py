"""Repeated events: joined or not, the same text comes, however the bytes are cut."""

import json
from itertools import chain, pairwise

from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.backends.openai.decoder import CompletionDecoder
from fakegpt_tui.domain import ReasoningDelta, StreamEvent
from fakegpt_tui.http.sse import JOINED, EventReader, join_repeated
from tests.openai_server import DONE, delta, end, says
from tests.signed_in import text_of

_WORD = st.sampled_from(["word ", "a", '"', "\\", "\n", "é", "👩", "<think>", "</think>", "\x00"])
_PIECE = st.one_of(_WORD, st.text(max_size=60))
_RUN = st.builds(lambda piece, count: [says(piece)] * count, _PIECE, st.integers(1, 60))
_OTHER = st.sampled_from(
    [
        [b": alive\n\n"],
        [delta(reasoning_content="thought")] * 20,
        [delta(content="", reasoning="thought")] * 20,
        [delta(role="assistant", content="")],
        [says("half " * 30)],
        [b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\n'] * 5,
        [b'data: {"choices":[{"index":0,"delta":{"content":"crlf"}}]}\r\n\r\n'] * 9,
        [b'event: message\ndata: {"choices":[{"index":0,"delta":{"content":"named"}}]}\n\n'] * 9,
    ]
)
STREAMS = st.lists(_RUN | _OTHER, max_size=8).map(lambda runs: b"".join(chain.from_iterable(runs)))


def decoded(stream: bytes, cuts: list[float], *, joins: bool) -> tuple[str, str]:
    """The text and the thoughts of a stream that comes in parts."""
    reader, decoder = EventReader(joins_repeated=joins), CompletionDecoder()
    places = [0, *sorted(int(cut * len(stream)) for cut in cuts), len(stream)]
    events: list[StreamEvent] = []
    for begin, stop in pairwise(places):
        came = reader.feed(stream[begin:stop])
        events += decoder.decode_all((each.event, each.data) for each in came)
    events += decoder.finish()
    thoughts = (event.text for event in events if isinstance(event, ReasoningDelta))
    return text_of(events), "".join(thoughts)


@given(STREAMS, st.lists(st.floats(0, 1), max_size=4))
def test_the_same_text_comes(stream: bytes, cuts: list[float]) -> None:
    whole = says("Beginning. ") + stream + end() + DONE
    assert decoded(whole, cuts, joins=True) == decoded(whole, cuts, joins=False)


def test_tokens_that_come_together_are_one_event() -> None:
    sent = [says(f"token {number} ") for number in range(1_000)]
    (event,) = EventReader().feed(join_repeated(b"".join(sent)))
    assert event.event == JOINED
    text = "".join(f"token {number} " for number in range(1_000))
    assert json.loads(event.data)["choices"][0]["delta"]["content"] == text


def test_what_a_service_repeats_at_the_end_is_no_new_text_though_tokens_were_joined() -> None:
    text = "token and token and " * 40
    sent = says("token and ") * 80 + says(text) + end() + DONE
    assert decoded(sent, [0.5], joins=True) == (text, "")
