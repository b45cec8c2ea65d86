"""Decoding of recorded streams, without a server."""

import json
from collections.abc import Iterable

from fakegpt_tui.backends.anthropic.decoder import MessageDecoder
from fakegpt_tui.backends.http_protocol import Decoder
from fakegpt_tui.backends.openai.decoder import CompletionDecoder
from fakegpt_tui.backends.responses.decoder import ResponseDecoder
from fakegpt_tui.domain import (
    FinishReason,
    Notice,
    PartAdded,
    ReasoningDelta,
    ReplyEnded,
    ServiceError,
    StreamEvent,
)
from fakegpt_tui.domain.parts import CitationPart, UnknownPart
from fakegpt_tui.http.sse import EventReader
from tests.anthropic_server import begins
from tests.openai_server import DONE
from tests.signed_in import text_of


class Decoded:
    """What a decoder made of a stream."""

    def __init__(self, decoder: Decoder, *pieces: bytes) -> None:
        self.events: list[StreamEvent] = []
        self.error: ServiceError | None = None
        try:
            for event in _events(decoder, pieces):
                self.events.append(event)
        except ServiceError as error:
            self.error = error

    @property
    def text(self) -> str:
        return text_of(self.events)

    @property
    def reasoning(self) -> str:
        return "".join(each.text for each in self.events if isinstance(each, ReasoningDelta))

    @property
    def notices(self) -> str:
        return "\n".join(each.text for each in self.events if isinstance(each, Notice))

    @property
    def reason(self) -> FinishReason | None:
        last = self.events[-1] if self.events else None
        return last.reason if isinstance(last, ReplyEnded) else None

    @property
    def sources(self) -> list[CitationPart]:
        parts = [each.part for each in self.events if isinstance(each, PartAdded)]
        return [each for each in parts if isinstance(each, CitationPart)]

    @property
    def unknown(self) -> list[UnknownPart]:
        parts = [each.part for each in self.events if isinstance(each, PartAdded)]
        return [each for each in parts if isinstance(each, UnknownPart)]


def _events(decoder: Decoder, pieces: Iterable[bytes]) -> Iterable[StreamEvent]:
    reader = EventReader()
    for piece in pieces:
        yield from decoder.decode_all((each.event, each.data) for each in reader.feed(piece))
    yield from decoder.decode_all((each.event, each.data) for each in reader.finish())
    yield from decoder.finish()


SAID = {"type": "response.output_text.delta", "delta": "Hi"}
COMPLETED = {"type": "response.completed", "response": {"status": "completed"}}


def data(*values: object) -> list[bytes]:
    return [f"data: {json.dumps(value)}\n\n".encode() for value in values]


def piece(delta: object, reason: object = None) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def completion(*values: object) -> Decoded:
    return Decoded(CompletionDecoder(), *data(*values), DONE)


def response(*values: object) -> Decoded:
    return Decoded(ResponseDecoder(), *data(*values))


def message(*pieces: bytes) -> Decoded:
    return Decoded(MessageDecoder(), begins(), *pieces)
