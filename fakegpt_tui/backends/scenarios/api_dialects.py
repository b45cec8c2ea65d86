"""Scenarios in the protocols of APIs: what services do in FakeGPT's protocol, done in theirs.

What only FakeGPT's protocol has, such as texts that are sent again and again, is not here.
"""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from fakegpt_tui.backends.scenarios.endings import ENDINGS
from fakegpt_tui.backends.scenarios.refusals import REFUSALS
from fakegpt_tui.backends.scenarios.scenario import (
    Disconnect,
    Hang,
    ResponseChunk,
    Scenario,
    ScenarioResponse,
    json_response,
)
from fakegpt_tui.backends.scenarios.streams import FRAMINGS, bytewise
from fakegpt_tui.backends.scripted import Pause
from fakegpt_tui.domain import FakeGPTError, ReplyEnded, ServiceError, StreamEvent, TextDelta
from fakegpt_tui.protocol.anthropic.replies import MessageEncoder, message_error_fields
from fakegpt_tui.protocol.anthropic.requests import read_message_request
from fakegpt_tui.protocol.error_body import read_error_value
from fakegpt_tui.protocol.openai import ChunkEncoder, error_fields, read_completion_request

COMPLETIONS: Final = "/v1/chat/completions"
MESSAGES: Final = "/v1/messages"

_ASKED: Final = {"max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
_OF_FAKEGPT: Final = {
    *("token-expired-once", "token-expired", "conversation-not-found", "history-disabled"),
    *("wrapped-405", "arkose", "fields", "hourly-cap", "model-cap", "hand-off"),
}
"""Refusals that mean something to clients of FakeGPT's protocol alone."""

_NOISE: Final = (
    b": a comment\n",
    b"retry: 10000\nid: 7\n\n",
    b"unheard: of\n\n",
    b"nonsense without a colon\n\n",
)
_MEGABYTE: Final = b"x" * 1_000_000


@dataclass(frozen=True, slots=True)
class ApiDialect:
    """The words of a protocol: the events of one reply, and its errors."""

    path: str
    begun: tuple[bytes, ...]
    rest: tuple[bytes, ...]
    done: bytes
    """The end marker."""
    failed: bytes
    error_fields: Callable[[str, int], dict[str, object]]

    @property
    def reply(self) -> tuple[bytes, ...]:
        return (*self.begun, *self.rest, self.done)


def _dialect(
    path: str,
    encoder: ChunkEncoder | MessageEncoder,
    fields: Callable[[str, int], dict[str, object]],
) -> ApiDialect:
    def said(*events: StreamEvent) -> tuple[bytes, ...]:
        return tuple(piece for event in events for piece in encoder.encode(event))

    begun = (*encoder.start(), *said(TextDelta("Hel"), TextDelta("lo, ")))
    rest = said(TextDelta("wö"), TextDelta("rld 🙂"), ReplyEnded())
    error: FakeGPTError = ServiceError("The model is overloaded.")
    (failed,) = encoder.fail(error)
    *ending, done = encoder.finish()
    return ApiDialect(path, begun, (*rest, *ending), done, failed, fields)


def _dialects() -> Iterator[ApiDialect]:
    asked = read_completion_request(_ASKED)
    at = 1_699_178_400
    chunks = ChunkEncoder(asked, reply_id="scenario", created_at=at, model="scripted")
    yield _dialect(COMPLETIONS, chunks, error_fields)
    question = read_message_request(_ASKED)
    events = MessageEncoder(question, reply_id="scenario", model="scripted")
    yield _dialect(MESSAGES, events, message_error_fields)


def _with_data(event: bytes, write: Callable[[Any], str]) -> bytes:
    """An event whose JSON is written in another way, over as many data lines as it has lines."""
    lines = []
    for line in event.decode().splitlines():
        is_json = line.startswith("data: {")
        text = write(json.loads(line.removeprefix("data: "))) if is_json else ""
        lines += [f"data: {each}" for each in text.split("\n")] if is_json else [line]
    return "\n".join([*lines, ""]).encode()


def _streams(dialect: ApiDialect) -> Mapping[str, tuple[ResponseChunk, ...]]:
    """The chunks of each scenario of a stream, by its name."""
    begun, reply, done = dialect.begun, dialect.reply, dialect.done
    finished = reply[:-1]
    pings: tuple[ResponseChunk, ...] = (b": ping\n\n", Pause(0.05)) * 4
    return {
        **dict.fromkeys(("lf", "wrong-type", "charset-twice", "wrong-charset"), reply),
        "crlf": tuple(piece.replace(b"\n", b"\r\n") for piece in reply),
        "cr": tuple(piece.replace(b"\n", b"\r") for piece in reply),
        "no-space": tuple(piece.replace(b"data: ", b"data:", 1) for piece in reply),
        "split-data": tuple(
            _with_data(each, lambda it: json.dumps(it, indent=1)) for each in reply
        ),
        "noise": tuple(piece for event in reply for piece in (*_NOISE, event)),
        "bom": (b"\xef\xbb\xbf", *reply),
        "raw-utf8": tuple(
            _with_data(each, lambda it: json.dumps(it, ensure_ascii=False)) for each in reply
        ),
        "one-piece": (b"".join(reply),),
        "slow-drip": tuple(bytewise(b"".join(reply))),
        "gzip": (gzip.compress(b"".join(reply), mtime=0),),
        "no-done": finished,
        "done-unterminated": (*finished, done.rstrip()),
        "text-after-done": (*reply, begun[-1]),
        "open-after-done": (*reply, Hang()),
        "cut-after-finish": (*finished, Disconnect()),
        "late": (*pings, *reply),
        "unfinished": begun,
        "cut": (*begun, b"data: {", Disconnect()),
        "stall": (*begun, Hang()),
        "huge-event": (*begun, b'data: {"message": "', *[_MEGABYTE] * 20, Hang()),
        "error-after-text": (*begun, dialect.failed),
        "error-only": (dialect.failed,),
        "silent": (Hang(),),
        "nothing": (done,),
        "empty-body": (),
        "cut-at-once": (Disconnect(),),
    }


def _refused(response: ScenarioResponse, dialect: ApiDialect) -> ScenarioResponse:
    """A refusal, whose sentence is said in the words of a protocol where it is FakeGPT's own."""
    body = b"".join(each for each in response.chunks if isinstance(each, bytes))
    if not body.startswith(b'{"detail"'):
        return response
    sentence = read_error_value(json.loads(body)).text
    headers = {name: value for name, value in response.headers if name != "content-type"}
    fields = dialect.error_fields(sentence, response.status)
    return json_response(fields, response.status, headers=headers)


def _variants(dialect: ApiDialect) -> Iterator[Scenario]:
    streams = _streams(dialect)
    for scenario in (*FRAMINGS, *ENDINGS):
        if scenario.name in streams:
            (response,) = scenario.responses
            played = replace(response, chunks=streams[scenario.name])
            yield replace(scenario, path=dialect.path, responses=(played,))
    for scenario in REFUSALS:
        if scenario.name not in _OF_FAKEGPT:
            played_all = tuple(_refused(each, dialect) for each in scenario.responses)
            yield replace(scenario, path=dialect.path, responses=played_all)


def in_all_dialects(scenario: Scenario) -> Scenario:
    """The scenario, with what it is in the protocols of APIs."""
    return replace(scenario, others=tuple(each for each in _ALL if each.name == scenario.name))


_ALL: Final = tuple(each for dialect in _dialects() for each in _variants(dialect))
