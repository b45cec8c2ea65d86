"""Streams that are damaged or break off: what is missing is counted, and the reason is told.

The same holds for every protocol; each is asked in its own words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from fakegpt_tui.backends.anthropic.decoder import MessageDecoder
from fakegpt_tui.backends.http_protocol import Decoder
from fakegpt_tui.backends.openai.decoder import CompletionDecoder
from fakegpt_tui.backends.responses.decoder import ResponseDecoder
from fakegpt_tui.domain import FinishReason, ReplyCut, ServiceError
from fakegpt_tui.protocol.fakegpt import StreamDecoder
from tests import anthropic_server as anthropic
from tests import openai_server as openai
from tests import responses_server as responses
from tests import signed_in as fakegpt
from tests.backends.decoding import Decoded
from tests.fault_server import Step, message_event
from tests.openai_server import openai_server, stream
from tests.signed_in import outcome, text_of

STOP, LENGTH, FILTER = FinishReason.STOP, FinishReason.LENGTH, FinishReason.CONTENT_FILTER


@dataclass(frozen=True)
class Protocol:
    """The words of a protocol: the beginning of a reply, its end, and a piece that is damaged."""

    decoder: Callable[[], Decoder]
    begin: bytes
    end: bytes
    damaged: bytes
    path: str
    backend: Callable[[str], Any]


PROTOCOLS = {
    "openai": Protocol(
        CompletionDecoder,
        openai.says("Hel"),
        openai.end() + openai.DONE,
        b'data: {"choices": [{"delta": {"content": "lo}\n\n',
        openai.CHAT,
        lambda url: openai.backend_for(openai.service(url)),
    ),
    "responses": Protocol(
        ResponseDecoder,
        responses.created() + responses.opens() + responses.says("Hel"),
        responses.end(STOP),
        b'event: response.output_text.delta\ndata: {"type": "response.output_text.delta", "del\n\n',
        responses.RESPONSES,
        lambda url: responses.backend_for(responses.service(url)),
    ),
    "anthropic": Protocol(
        MessageDecoder,
        anthropic.begins() + anthropic.starts() + anthropic.says("Hel"),
        anthropic.stops() + anthropic.ends(),
        b'event: content_block_delta\ndata: {"type": "content_block_delta", "index": 0, "de\n\n',
        anthropic.MESSAGES,
        lambda url: anthropic.backend_for(anthropic.service(url)),
    ),
    "fakegpt": Protocol(
        StreamDecoder,
        message_event("Hel"),
        openai.DONE,
        b'data: {"message": {"content": {"parts": ["Hello}\n\n',
        "/api/conversation",
        fakegpt.backend,
    ),
}
each_protocol = pytest.mark.parametrize("words", PROTOCOLS.values(), ids=PROTOCOLS)


@each_protocol
def test_a_piece_that_cannot_be_read_is_counted(words: Protocol) -> None:
    found = Decoded(words.decoder(), words.begin, words.damaged, words.end)
    assert (found.text, found.reason, found.error) == ("Hel", STOP, None)
    assert found.notices == "1 piece of the reply could not be read."


@each_protocol
def test_a_piece_that_the_cut_damaged_is_no_reason_for_it(words: Protocol) -> None:
    found = Decoded(words.decoder(), words.begin, words.damaged)
    assert isinstance(found.error, ReplyCut)
    assert str(found.error).startswith("The reply broke off before its end.")


REASONS = [
    b"data: CUDA out of memory\n\n",
    b'data: {"detail": "CUDA out of memory\n\n',
    b'event: error\ndata: {"status": "error", "detail": "CUDA out of memory"}\n\n',
]


@each_protocol
@pytest.mark.parametrize("reason", REASONS, ids=range(len(REASONS)))
def test_why_a_reply_broke_off_is_told_in_whatever_form_it_came(
    words: Protocol, reason: bytes
) -> None:
    for pieces in ((words.begin, reason), (reason,)):
        found = Decoded(words.decoder(), *pieces)
        assert isinstance(found.error, ServiceError)
        assert "CUDA out of memory" in str(found.error)


@each_protocol
async def test_a_line_of_something_else_tells_why_a_reply_broke_off(words: Protocol) -> None:
    line = b"upstream connect error\x1b[2J\n"
    steps: list[Step] = stream(words.begin, line)
    async with openai_server() as server:
        server.script(words.path, *steps)
        came, error = await outcome(words.backend(server.url))
    assert text_of(came) == "Hel"
    assert isinstance(error, ReplyCut)
    assert "before its end. The service sent: upstream connect error␛[2J" in str(error)


def test_a_snapshot_after_a_damaged_one_repeats_what_was_lost() -> None:
    words = PROTOCOLS["fakegpt"]
    pieces = (words.begin, words.damaged, message_event("Hello"), words.end)
    found = Decoded(words.decoder(), *pieces)
    assert (found.text, found.notices) == ("Hello", "")


WORDS = [
    *((word, LENGTH) for word in ("MAX_TOKENS", "Length", "max-output-tokens", "context_length")),
    *((word, FILTER) for word in ("content_filter", "SAFETY", "recitation")),
    *((word, None) for word in ("error", "abort", "network_error", "TIMEOUT", "interrupted")),
]


@pytest.mark.parametrize(("word", "reason"), WORDS)
def test_a_cut_reply_passes_for_whole_in_no_protocol(
    word: str, reason: FinishReason | None
) -> None:
    incomplete = responses.response("incomplete", incomplete_details={"reason": word})
    details = {"finish_details": {"type": word}}
    ends = {
        "openai": openai.end(word) + openai.DONE,
        "responses": responses.event("response.incomplete", response=incomplete),
        "anthropic": anthropic.ends(word),
        "fakegpt": message_event("Hello", metadata=details) + openai.DONE,
    }
    for name, words in PROTOCOLS.items():
        found = Decoded(words.decoder(), words.begin, ends[name])
        assert found.reason is reason, name
        assert (found.error is None) == (reason is not None)
        assert found.text.startswith("Hel")


@pytest.mark.parametrize("word", ["", "null", "none", None])
def test_an_incomplete_response_is_cut_whatever_else_it_says(word: str | None) -> None:
    incomplete = responses.response("incomplete", incomplete_details={"reason": word})
    end = responses.event("response.incomplete", response=incomplete)
    assert Decoded(ResponseDecoder(), PROTOCOLS["responses"].begin, end).reason is LENGTH


@pytest.mark.parametrize("status", ["failed", "CANCELLED", "expired", "error"])
def test_a_response_of_a_bad_status_broke_off(status: str) -> None:
    end = responses.event("response.completed", response=responses.response(status))
    found = Decoded(ResponseDecoder(), PROTOCOLS["responses"].begin, end)
    assert (found.text, found.reason) == ("Hel", None)
    named = "" if status == "error" else f" ({status.lower()})"
    assert str(found.error) == f"The service broke off the reply{named}."
