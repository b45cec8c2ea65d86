"""What is refused is sent in another way by every protocol, and never again unchanged."""

import json
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import pytest

from fakegpt_tui.backends.api.errors import response_error
from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.domain import (
    ContextMessage,
    FinishReason,
    GenerationSettings,
    Notice,
    RequestRefused,
    ServiceError,
    StreamEvent,
    Unreachable,
)
from tests import anthropic_server as anthropic
from tests import openai_server as openai
from tests import responses_server as responses
from tests.fault_server import FaultServer, Send, Step, json_reply
from tests.openai_server import openai_server
from tests.signed_in import read, text_of

ANSWERS: Mapping[ModuleType, tuple[str, list[Step]]] = {
    openai: (openai.CHAT, openai.replies("Hi")),
    responses: (
        responses.RESPONSES,
        openai.stream(responses.opens(), responses.says("Hi"), responses.end(FinishReason.STOP)),
    ),
    anthropic: (anthropic.MESSAGES, anthropic.replies("Hi")),
}
each_protocol = pytest.mark.parametrize(
    "protocol", ANSWERS, ids=[each.__name__.partition(".")[2] for each in ANSWERS]
)
TALK = tuple(
    ContextMessage(role, f"{turn} {'word ' * 20}")
    for turn in range(10)
    for role in ("user", "assistant")
)
REQUEST = ReplyRequest(
    messages=(ContextMessage("system", "Be kind."), *TALK, ContextMessage("user", "last")),
    model="model-1",
    generation=GenerationSettings(temperature=0.5, max_tokens=3800),
)


class Refused:
    """What came of a request that was refused once with an error."""

    def __init__(
        self, events: Sequence[StreamEvent], error: ServiceError | None, server: FaultServer
    ) -> None:
        self.error = error
        self.text = text_of(events)
        self.notices = " ".join(each.text for each in events if isinstance(each, Notice))
        asked = [each for each in server.exchanges if each.method == "POST"]
        self.bodies: list[dict[str, Any]] = [each.json for each in asked]  # type: ignore[misc]


async def refused(protocol: ModuleType, error: object, status: int = 400) -> Refused:
    path, answer = ANSWERS[protocol]
    async with openai_server() as server:
        server.script(path, Send(json_reply({"error": error}, status=status)))
        server.script(path, *answer)
        made = protocol.backend_for(protocol.service(server.url))
        events, failure = await read(made, REQUEST)
        return Refused(events, failure, server)


@each_protocol
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "System role not supported"),
        (500, "Error in the chat template: System role not supported"),
        (400, "Unknown parameter: 'instructions'."),
        (400, "system: Extra inputs are not permitted"),
        (400, "Developer messages are not supported by this model"),
    ],
)
async def test_a_system_prompt_that_is_refused_goes_before_the_first_prompt(
    protocol: ModuleType, status: int, words: str
) -> None:
    found = await refused(protocol, {"message": words}, status)
    assert found.text == "Hi"
    assert "takes no system prompt, so it was put before the first prompt" in found.notices
    first, second = found.bodies
    assert not {"instructions", "system"} & second.keys()
    spoken = second.get("messages") or second["input"]
    assert (spoken[0]["role"], spoken[0]["content"]) == ("user", f"Be kind.\n\n{TALK[0].text}")
    assert len(spoken) == len(TALK) + 1
    assert first["max_output_tokens" if protocol is responses else "max_tokens"] == 3800


FILTERS = [
    {"message": "The request was rejected as high risk.", "type": "content_filter"},
    {"message": "内容可能包含不安全或敏感内容", "code": "1301"},
    {"message": "Output blocked by content filtering policy", "type": "invalid_request_error"},
    {"message": "Content Exists Risk", "code": "invalid_request_error"},
    {"message": "It was flagged as potentially violating our usage policy", "code": "invalid"},
    {"message": "Blocked", "code": "guardrail_violation"},
    {"message": "Rejected by our safety system."},
    {"message": "The input was blocked by the Azure content filter"},
]


@pytest.mark.parametrize("status", [400, 403, 500, 502, 503])
def test_a_filter_is_known_by_its_code_or_its_words(status: int) -> None:
    for told in FILTERS:
        error = response_error(status, {}, json.dumps({"error": told}).encode(), "host:1")
        assert type(error) is RequestRefused
        assert "stopped the prompt with its content filter" in str(error)


@each_protocol
async def test_a_prompt_that_a_filter_stops_is_sent_once(protocol: ModuleType) -> None:
    found = await refused(protocol, FILTERS[0])
    assert "stopped the prompt with its content filter" in str(found.error)
    assert len(found.bodies) == 1


@each_protocol
@pytest.mark.parametrize(
    ("status", "words", "sent"),
    [
        (500, "BadRequestError: it is not for you", 1),
        (502, "Incorrect API key provided: •••", 1),
        (503, "Unsupported parameter: 'temperature'", 2),
        (500, "max_tokens is too large: 3800. At most 1024 are allowed.", 2),
    ],
)
async def test_what_a_gateway_passes_on_as_its_own_trouble_is_refused_none_the_less(
    protocol: ModuleType, status: int, words: str, sent: int
) -> None:
    found = await refused(protocol, {"message": words}, status)
    assert len(found.bodies) == sent
    assert found.bodies[0] != found.bodies[-1] or sent == 1
    assert (found.text, found.error is None) == (("Hi", True) if sent > 1 else ("", False))
    assert not isinstance(found.error, Unreachable)


@each_protocol
@pytest.mark.parametrize("words", ["Your account is suspended", "I cannot do this for you, Dave"])
async def test_what_says_why_and_names_no_field_is_not_asked_again(
    protocol: ModuleType, words: str
) -> None:
    found = await refused(protocol, {"message": words})
    assert words in str(found.error)
    assert len(found.bodies) == 1


@each_protocol
@pytest.mark.parametrize(
    "words",
    [
        "invalid temperature: only 1 is allowed for this model",
        "`temperature` may only be set to 1 when thinking is enabled",
        "temperature must be 1 for this model",
    ],
)
async def test_a_setting_that_may_have_one_value_is_left_out_and_told(
    protocol: ModuleType, words: str
) -> None:
    found = await refused(protocol, {"message": words})
    assert found.text == "Hi"
    assert found.bodies[0].keys() - found.bodies[1].keys() == {"temperature"}
    assert "does not take the setting temperature" in found.notices


LIMITS = [
    ("field MaxTokens invalid, should be in [1, 1024]", 1024),
    ("maxOutputTokens must be in the range 1 (inclusive) to 1025 (exclusive)", 1024),
    ("max_new_tokens (3800) exceeds model limit 1024", 1024),
    ("max_completion_tokens is too large: it may be at most 1,024", 1024),
]


@each_protocol
@pytest.mark.parametrize(("words", "limit"), LIMITS)
async def test_a_limit_is_lowered_by_whatever_name_the_error_has_for_it(
    protocol: ModuleType, words: str, limit: int
) -> None:
    found = await refused(protocol, {"message": words})
    assert found.text == "Hi"
    name = "max_output_tokens" if protocol is responses else "max_tokens"
    assert [each[name] for each in found.bodies] == [3800, limit]
    assert f"so {limit:,} was sent" in found.notices


@each_protocol
async def test_no_turn_is_left_out_while_the_limit_alone_may_be_too_much(
    protocol: ModuleType,
) -> None:
    words = "Requested tokens (4451) exceed context window of 4096"
    found = await refused(protocol, {"message": words})
    name = "input" if protocol is responses else "messages"
    assert len(found.bodies[0][name]) == len(found.bodies[1][name])
    assert "max_tokens of 3,800 does not fit, so 3," in found.notices


async def test_a_limit_that_must_be_sent_is_halved_where_nothing_tells_how_large_it_may_be() -> (
    None
):
    found = await refused(anthropic, {"message": "max_tokens is too large"})
    assert [each["max_tokens"] for each in found.bodies] == [3800, 1900]
    assert "so 1,900 was sent" in found.notices
