"""Scenarios: unusual responses of real services, by name, to test clients with.

They are in FakeGPT's protocol, and those that others can have, too, in the protocols of APIs.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from fakegpt_tui.backends.scenarios.endings import ENDINGS, endings
from fakegpt_tui.backends.scenarios.refusals import LOGINS, REFUSALS
from fakegpt_tui.backends.scenarios.scenario import (
    SampleStream,
    Scenario,
    ScenarioResponse,
    json_response,
)
from fakegpt_tui.backends.scenarios.streams import CONTENTS, FRAMINGS, framings
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


@dataclass(frozen=True, slots=True)
class ApiDialect:
    """The words of a protocol: the events of a reply, and its errors."""

    path: str
    sample: SampleStream
    error_fields: Callable[[str, int], dict[str, object]]


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
    failed = tuple(encoder.fail(error))
    *ending, done = encoder.finish()
    finished = (*begun, *rest, *ending)
    sample = SampleStream(begun=begun, finished=finished, done=done, failed=failed, noise=_NOISE)
    return ApiDialect(path, sample, fields)


def _dialects() -> Iterator[ApiDialect]:
    asked = read_completion_request(_ASKED)
    at = 1_699_178_400
    chunks = ChunkEncoder(asked, reply_id="scenario", created_at=at, model="scripted")
    yield _dialect(COMPLETIONS, chunks, error_fields)
    question = read_message_request(_ASKED)
    events = MessageEncoder(question, reply_id="scenario", model="scripted")
    yield _dialect(MESSAGES, events, message_error_fields)


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
    for scenario in (*framings(dialect.sample), *endings(dialect.sample)):
        yield replace(scenario, path=dialect.path)
    for scenario in REFUSALS:
        if scenario.name not in _OF_FAKEGPT:
            played_all = tuple(_refused(each, dialect) for each in scenario.responses)
            yield replace(scenario, path=dialect.path, responses=played_all)


_OTHERS: Final = tuple(each for dialect in _dialects() for each in _variants(dialect))

SCENARIOS: Final[dict[str, Scenario]] = {
    scenario.name: replace(
        scenario, others=tuple(each for each in _OTHERS if each.name == scenario.name)
    )
    for scenario in (*FRAMINGS, *CONTENTS, *ENDINGS, *REFUSALS, *LOGINS)
}

__all__ = ["COMPLETIONS", "MESSAGES", "SCENARIOS", "Scenario"]
