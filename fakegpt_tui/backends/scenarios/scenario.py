"""Scenarios: responses that a host plays, and the events that they are made of."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

from fakegpt_tui.backends.scripted import Pause

WHOLE: Final = "Hello, wörld 🙂"
PARTIAL: Final = "Hello, "
GROWING: Final = ("", "Hel", PARTIAL, "Hello, wö", WHOLE)
DONE: Final = b"data: [DONE]\n\n"

_CONVERSATION_ID: Final = "6f0c0a52-6a3b-4f55-9a31-0d7f6f5f0001"
_MESSAGE_ID: Final = "6f0c0a52-6a3b-4f55-9a31-0d7f6f5f0002"


def message_event(text: str, **changes: Any) -> dict[str, Any]:
    """An event of a reply with `text` so far; `changes` are fields of its message."""
    said = {
        "id": _MESSAGE_ID,
        "author": {"role": "assistant", "name": None, "metadata": {}},
        "create_time": 1699178400.25,
        "update_time": None,
        "content": {"content_type": "text", "parts": [text]},
        "status": "in_progress",
        "end_turn": None,
        "weight": 1.0,
        "metadata": {"message_type": "next", "model_slug": "text-davinci-002-render-sha"},
        "recipient": "all",
    }
    return {"message": said | changes, "conversation_id": _CONVERSATION_ID, "error": None}


def final_event(text: str = WHOLE, *, finish: str = "stop", **changes: Any) -> dict[str, Any]:
    """The last event of a reply."""
    metadata = {"message_type": "next", "finish_details": {"type": finish}, "is_complete": True}
    return message_event(
        text,
        **{
            "status": "finished_successfully",
            "end_turn": finish != "max_tokens",
            "metadata": metadata,
            **changes,
        },
    )


def error_event(error: object) -> dict[str, Any]:
    return {"message": None, "conversation_id": _CONVERSATION_ID, "error": error}


def moderation_event(*, blocked: bool, of_reply: bool = True) -> dict[str, Any]:
    """A verdict of moderation."""
    return {
        "conversation_id": _CONVERSATION_ID,
        "message_id": _MESSAGE_ID,
        "is_completion": of_reply,
        "moderation_response": {
            "flagged": blocked,
            "blocked": blocked,
            "moderation_id": "modr-0001",
        },
    }


def normal_events() -> list[dict[str, Any]]:
    """A normal reply, without its end marker."""
    return [
        *(message_event(text) for text in GROWING),
        final_event(),
        moderation_event(blocked=False),
    ]


def encode_event(value: object) -> bytes:
    """One server-sent event."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def encode_events(values: Iterable[object]) -> Iterator[bytes]:
    return (encode_event(value) for value in values)


def encode_reply(*values: object) -> tuple[bytes, ...]:
    """Server-sent events, and the end marker."""
    return (*encode_events(values), DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleStream:
    """A reply as the events of a protocol."""

    begun: tuple[bytes, ...]
    """Its beginning."""
    finished: tuple[bytes, ...]
    """All of it but the end marker."""
    done: bytes
    """The end marker."""
    failed: tuple[bytes, ...]
    """What tells of an error in its place."""
    noise: tuple[bytes, ...]
    """What clients pass over."""

    @property
    def reply(self) -> tuple[bytes, ...]:
        return (*self.finished, self.done)


FAKEGPT: Final = SampleStream(
    begun=(encode_event(message_event("Hel")), encode_event(message_event(PARTIAL))),
    finished=tuple(encode_events(normal_events())),
    done=DONE,
    failed=encode_reply(error_event("The model is overloaded.")),
    noise=(
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
    ),
)


CONVERSATION: Final = "/api/conversation"
EVENT_STREAM: Final = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Hang:
    """Nothing more is sent until the client disconnects."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The connection ends here, in the middle of the response."""


ResponseChunk: TypeAlias = bytes | Pause | Hang | Disconnect


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResponse:
    """One response, byte for byte; each chunk is sent by itself."""

    chunks: tuple[ResponseChunk, ...]
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("content-type", EVENT_STREAM),)


class Expectation(StrEnum):
    """What a correct client shows."""

    WHOLE = "the whole reply"
    PARTIAL = "the beginning of the reply, and an error"
    ERROR = "an error that says why"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What the host sends at `path` instead of its usual response.

    The `responses` are sent in turn, and the last one for ever; if the host `recovers`, each is
    sent once, and the usual ones follow. The `others` are the same in other protocols.
    """

    name: str
    description: str
    expectation: Expectation
    responses: tuple[ScenarioResponse, ...]
    path: str = CONVERSATION
    recovers: bool = False
    others: tuple["Scenario", ...] = ()

    @property
    def summary(self) -> str:
        """What the service does, what a correct client shows, and in which protocols."""
        where = ", in every protocol" if self.others else ""
        return f"{self.description} → {self.expectation}{where}"


def stream_scenario(
    name: str,
    description: str,
    *chunks: ResponseChunk,
    expectation: Expectation = Expectation.WHOLE,
    content_type: str = EVENT_STREAM,
) -> Scenario:
    """A scenario of one streamed response."""
    response = ScenarioResponse(chunks=chunks, headers=(("content-type", content_type),))
    return Scenario(
        name=name, description=description, expectation=expectation, responses=(response,)
    )


def json_response(
    value: object, status: int = 200, *, headers: Mapping[str, str] | None = None
) -> ScenarioResponse:
    """A response of JSON."""
    named = {"content-type": "application/json", **(headers or {})}
    return ScenarioResponse(
        chunks=(json.dumps(value).encode(),), status=status, headers=tuple(named.items())
    )


def html_response(title: str, status: int = 200) -> ScenarioResponse:
    """A response of HTML."""
    content = f"<!doctype html>\n<html><head><title>{title}</title></head><body></body></html>\n"
    return ScenarioResponse(
        chunks=(content.encode(),),
        status=status,
        headers=(("content-type", "text/html; charset=utf-8"),),
    )


def text_response(text: str, status: int) -> ScenarioResponse:
    return ScenarioResponse(
        chunks=(text.encode(),), status=status, headers=(("content-type", "text/plain"),)
    )
