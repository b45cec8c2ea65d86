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
class Cut:
    """The connection ends here, in the middle of the response."""


Piece: TypeAlias = bytes | Pause | Hang | Cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response, byte for byte; each piece of bytes is sent on its own."""

    pieces: tuple[Piece, ...]
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("content-type", EVENT_STREAM),)


class Promise(StrEnum):
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
    sentence: str
    promise: Promise
    answers: tuple[Answer, ...]
    path: str = CONVERSATION
    recovers: bool = False


def streamed(*pieces: Piece, content_type: str = EVENT_STREAM) -> Answer:
    return Answer(pieces=pieces, headers=(("content-type", content_type),))


def told(value: object, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Answer:
    """A response of JSON."""
    named = {"content-type": "application/json", **(headers or {})}
    return Answer(pieces=(json.dumps(value).encode(),), status=status, headers=tuple(named.items()))


def page(title: str, status: int = 200) -> Answer:
    """A response of HTML."""
    content = f"<!doctype html>\n<html><head><title>{title}</title></head><body></body></html>\n"
    return Answer(
        pieces=(content.encode(),),
        status=status,
        headers=(("content-type", "text/html; charset=utf-8"),),
    )


def plain(text: str, status: int) -> Answer:
    return Answer(pieces=(text.encode(),), status=status, headers=(("content-type", "text/plain"),))
