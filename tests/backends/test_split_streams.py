"""Where a stream is split makes no difference, in any protocol."""

import pytest

from fakegpt_tui.domain import StreamEvent, TextDelta
from tests.backends.decoding import Decoded
from tests.backends.recordings import DECODERS, RECORDINGS

ALL = [(kind, name) for kind, streams in RECORDINGS.items() for name in streams]


def outcome(kind: str, *pieces: bytes) -> tuple[str, str, list[StreamEvent], str]:
    found = Decoded(DECODERS[kind](), *pieces)
    rest = [each for each in found.events if not isinstance(each, TextDelta)]
    return found.text, found.reasoning, rest, str(found.error)


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_a_stream_may_be_split_at_any_byte(kind: str, name: str) -> None:
    whole = RECORDINGS[kind][name]
    expected = outcome(kind, whole)
    assert expected[3] == "None"
    for place in range(1, len(whole)):
        assert outcome(kind, whole[:place], whole[place:]) == expected, place


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_a_stream_may_come_byte_by_byte(kind: str, name: str) -> None:
    whole = RECORDINGS[kind][name]
    assert outcome(kind, *(bytes([each]) for each in whole)) == outcome(kind, whole)
