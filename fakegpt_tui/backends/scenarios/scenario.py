"""What a service of this protocol may do out of the ordinary, as data that a host can play."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from fakegpt_tui.backends.scripted import Pause

CONVERSATION: Final = "/api/conversation"
EVENT_STREAM: Final = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Hang:
    """Nothing more comes until the client goes."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The connection ends here, in the middle of the response."""


ResponseChunk: TypeAlias = bytes | Pause | Hang | Disconnect


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResponse:
    """One response, byte for byte; each piece of bytes is sent on its own."""

    chunks: tuple[ResponseChunk, ...]
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("content-type", EVENT_STREAM),)


class Expectation(StrEnum):
    """What a good client makes of it."""

    WHOLE = "the whole reply"
    PARTIAL = "the beginning of the reply, and an error"
    ERROR = "an error that says why"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What the host does in place of its usual answer at `path`.

    Its `answers` are given in turn, and the last one for ever; where the host `recovers`, each is
    given once, and the usual answers follow.
    """

    name: str
    description: str
    expectation: Expectation
    responses: tuple[ScenarioResponse, ...]
    path: str = CONVERSATION
    recovers: bool = False


def stream_response(*pieces: ResponseChunk, content_type: str = EVENT_STREAM) -> ScenarioResponse:
    return ScenarioResponse(chunks=pieces, headers=(("content-type", content_type),))


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
