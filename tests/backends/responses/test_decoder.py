"""Streams of the Responses API, healthy and odd: what a person gets of each."""

import json
from typing import Any

import pytest

from fakegpt_tui.backends.responses.decoder import ResponseDecoder
from fakegpt_tui.domain import (
    BadReply,
    FinishReason,
    PartAdded,
    RateLimited,
    ReplyCut,
    TextReplaced,
    ToolStarted,
    UsageReported,
)
from fakegpt_tui.domain.parts import Origin, ReasoningSpan, ToolCallPart, UnknownPart
from fakegpt_tui.domain.server_families import server_family
from tests.backends.decoding import Decoded
from tests.openai_server import DONE
from tests.responses_server import (
    completed,
    created,
    event,
    failed,
    incomplete,
    item_done,
    message,
    opens,
    reasoning,
    response,
    said,
    says,
    thinks,
    usage,
)

STOP, LENGTH = FinishReason.STOP, FinishReason.LENGTH


def decoded(*pieces: bytes) -> Decoded:
    return Decoded(ResponseDecoder(), *pieces)


def test_deltas_their_closing_text_and_the_response_are_one_text() -> None:
    whole = message("Grüße, 🙂!", of="msg_0")
    found = decoded(
        created(), opens(), says("Grüße"), says(", 🙂"), says("!"), said("Grüße, 🙂!"),
        item_done(whole), completed(output=[whole], usage=usage(7, 3)),
    )  # fmt: skip
    assert (found.text, found.reason) == ("Grüße, 🙂!", STOP)
    assert [each for each in found.events if isinstance(each, UsageReported)]


def test_a_text_that_comes_only_when_it_is_closed_is_shown_once() -> None:
    assert decoded(created(), opens(), said("All of it."), completed()).text == "All of it."


def test_a_closing_text_that_differs_takes_the_place_of_what_came() -> None:
    found = decoded(created(), opens(), says("Helo"), said("Hello"), completed())
    assert found.text == "Hello"
    assert any(isinstance(each, TextReplaced) for each in found.events)


def test_a_response_that_streams_nothing_is_read_from_its_end() -> None:
    output = [reasoning("Hm."), message("Here it is.")]
    found = decoded(created(), completed(output=output))
    assert (found.text, found.reasoning) == ("Here it is.", "Hm.")


def test_messages_that_arrive_in_turns_are_joined_in_the_order_of_their_indexes() -> None:
    found = decoded(
        created(), opens(0), opens(1), says("A"), says("C", 1), says("B"), says("D", 1),
        said("AB"), said("CD", 1), completed(),
    )  # fmt: skip
    assert found.text == "AB\n\nCD"


def test_a_second_message_grows_once_the_first_is_over() -> None:
    found = decoded(
        opens(0), says("A"), says("C", 1), said("A"), says("D", 1), says("E", 1), completed()
    )
    assert found.text == "A\n\nCDE"
    assert len(found.events) > 4


def test_progress_talk_is_apart_from_the_answer() -> None:
    found = decoded(
        opens(0, phase="commentary"), says("Looking."), said("Looking."),
        item_done(message("Looking.", phase="commentary")),
        opens(1, phase="final_answer"), says("Found.", 1), said("Found.", 1), completed(),
    )  # fmt: skip
    assert (found.text, found.reasoning) == ("Found.", "Looking.")


def test_parts_of_a_summary_are_paragraphs() -> None:
    found = decoded(thinks("One", 0, 0), thinks(".", 0, 0), thinks("Two.", 0, 1), completed(
        output=[reasoning("One.", "Two."), message("x")]))  # fmt: skip
    assert found.reasoning == "One.\n\nTwo."


def test_thoughts_and_their_summary_are_not_shown_twice() -> None:
    raw = event("response.reasoning_text.delta", output_index=0, content_index=0, delta="Thought.")
    item = reasoning("Summed up.") | {"content": [{"type": "reasoning_text", "text": "Thought."}]}
    found = decoded(raw, thinks("Summed up."), item_done(item), opens(1), says("x", 1), completed())
    assert found.reasoning == "Thought."


@pytest.mark.parametrize(
    "kind",
    [
        "response.reasoning_summary_text.delta",
        "response.reasoning.delta",
        "response.reasoning_summary.delta",
    ],
)
def test_thoughts_come_without_their_parts_being_told(kind: str) -> None:
    found = decoded(event(kind, output_index=0, delta="Hm."), opens(1), says("x", 1), completed())
    assert (found.reasoning, found.text) == ("Hm.", "x")


def test_hidden_thoughts_are_told() -> None:
    hidden = item_done(reasoning(encrypted="b3BhcXVl"))
    found = decoded(created(), hidden, opens(1), says("x", 1), completed())
    parts = [each.part for each in found.events if isinstance(each, PartAdded)]
    assert parts == [ReasoningSpan(0, is_redacted=True)]


def test_a_refusal_is_told_once_and_shown() -> None:
    def refuses(text: str) -> bytes:
        return event("response.refusal.delta", output_index=0, content_index=0, delta=text)

    found = decoded(opens(), refuses("I "), refuses("won't."), completed())
    assert (found.text, found.reason) == ("I won't.", STOP)
    assert found.notices.count("refused") == 1


def test_a_refusal_that_is_not_streamed_is_told_too() -> None:
    item = message("") | {"content": [{"type": "refusal", "refusal": "No."}]}
    found = decoded(created(), completed(output=[item]))
    assert found.text == "No."
    assert "refused" in found.notices


@pytest.mark.parametrize("reason", ["max_output_tokens", None])
def test_a_reply_that_was_cut_at_its_limit_says_so(reason: str | None) -> None:
    assert decoded(opens(), says("some"), incomplete(reason)).reason is LENGTH


@pytest.mark.parametrize("thoughts", [[thinks("Hm.")], []])
def test_a_limit_that_went_into_thinking_is_told(thoughts: list[bytes]) -> None:
    found = decoded(created(), *thoughts, incomplete("max_output_tokens"))
    assert (found.error, found.reason) == (None, LENGTH)
    assert "thinking" in found.notices


def test_a_filter_that_ends_the_reply_is_told() -> None:
    found = decoded(opens(), says("some"), incomplete("content_filter"))
    assert found.reason is FinishReason.CONTENT_FILTER


def test_an_unknown_reason_is_named_and_an_incomplete_response_is_no_whole_one() -> None:
    found = decoded(opens(), says("some"), incomplete("moon_phase"))
    assert (found.text, found.reason) == ("some", None)
    assert isinstance(found.error, ReplyCut)
    assert "moon_phase" in str(found.error)


def test_a_failure_after_some_text_keeps_it() -> None:
    found = decoded(opens(), says("some"), failed(words="The line is dead."))
    assert found.text == "some"
    assert "The line is dead." in str(found.error)


def test_a_failure_without_an_error_is_one() -> None:
    gone = event("response.failed", response=response("failed"))
    assert decoded(opens(), says("some"), gone).error is not None


ERRORS = [
    event("error", code="server_error", message="It broke.", param=None, sequence_number=3),
    event("error", error={"type": "server_error", "message": "It broke."}),
    b'data: {"error": {"message": "It broke.", "code": "server_error"}}\n\n',
    b'event: error\ndata: {"message": "It broke."}\n\n',
]


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_is_one_in_whatever_form(error: bytes) -> None:
    found = decoded(opens(), says("some"), error, completed())
    assert found.text == "some"
    assert "It broke." in str(found.error)


def test_a_rate_limit_that_the_stream_tells_is_one() -> None:
    assert isinstance(decoded(created(), failed("rate_limit_exceeded")).error, RateLimited)


def test_a_stream_without_its_end_is_cut() -> None:
    found = decoded(created(), opens(), says("some"))
    assert found.text == "some"
    assert isinstance(found.error, ReplyCut)


def test_an_end_marker_of_chat_completions_changes_nothing_after_the_end() -> None:
    assert decoded(opens(), says("x"), completed(), DONE).reason is STOP


def test_an_end_marker_of_chat_completions_ends_a_reply() -> None:
    found = decoded(opens(), says("x"), DONE)
    assert (found.text, found.reason) == ("x", STOP)


@pytest.mark.parametrize("numbers", [[None, None], [5, 5], [9, 2]])
def test_the_numbers_of_events_mean_nothing(numbers: list[Any]) -> None:
    first, second = (says(text, sequence_number=at) for text, at in zip("ab", numbers, strict=True))
    assert decoded(opens(), first, second, completed()).text == "ab"


def test_an_unknown_event_is_ignored_and_an_unknown_item_shown() -> None:
    found = decoded(
        event("response.foo.bar", x=1),
        item_done({"type": "thing_call", "id": "t"}),
        opens(1),
        says("x", 1, obfuscation="aH3kq"),
        event("response.image_generation_call.partial_image", output_index=0),
        completed(),
    )
    assert (found.text, found.reason) == ("x", STOP)
    assert found.unknown == [UnknownPart("thing_call", '{"type": "thing_call", "id": "t"}')]


def searched(query: str, status: str = "completed") -> dict[str, Any]:
    action = {"type": "search", "query": query}
    return {"id": "ws_1", "type": "web_search_call", "status": status, "action": action}


def test_a_search_is_shown_as_what_it_looks_for() -> None:
    started = event("response.output_item.added", output_index=0, item=searched("", "in_progress"))
    decoder = ResponseDecoder()
    states = []
    told = []
    for piece in (started, event("response.web_search_call.searching", output_index=0)):
        told += decoder.decode_all([("message", piece.decode().split("data: ")[1])])
        states.append(decoder.is_working)
    assert told == [ToolStarted("web_search")]
    found = Decoded(decoder, item_done(searched("the weather")), opens(1), says("Rain.", 1),
                    completed())  # fmt: skip
    (call,) = [each.part for each in found.events if isinstance(each, PartAdded)]
    assert isinstance(call, ToolCallPart)
    assert (json.loads(call.arguments), call.by_service) == ({"query": "the weather"}, True)
    assert (states, decoder.is_working) == ([True, True], False)
    assert found.text == "Rain."


def test_a_search_that_failed_is_told() -> None:
    found = decoded(item_done(searched("x", "failed")), opens(1), says("y", 1), completed())
    assert "search" in found.notices


def cites(url: str, end: int) -> bytes:
    citation = {
        "type": "url_citation",
        "start_index": 0,
        "end_index": end,
        "url": url,
        "title": "T",
    }
    return event("response.output_text.annotation.added", output_index=0, annotation=citation)


def test_sources_are_told_once_each_wherever_they_point() -> None:
    url = "https://example.org/a"
    found = decoded(opens(), says("x"), *[cites(url, 5_000)] * 5, completed())
    assert [(each.url, each.title) for each in found.sources] == [(url, "T")]


@pytest.mark.parametrize("details", [{}, {"input_tokens_details": None}, usage(7, 3)])
def test_token_counts_are_read_with_and_without_details(details: dict[str, Any]) -> None:
    counts = {"input_tokens": 7, "output_tokens": 3} | details
    found = decoded(opens(), says("x"), completed(usage=counts))
    (reported,) = [each.usage for each in found.events if isinstance(each, UsageReported)]
    assert (reported.prompt_tokens, reported.output) == (7, 3)
    assert reported.cache_read == (None if not details.get("input_tokens_details") else 0)


def test_zeros_of_a_server_that_counts_nothing_of_the_kind_are_unknown() -> None:
    stream = (opens(), says("x"), completed(usage=usage(7, 3)))
    unknown = server_family("http://127.0.0.1:11434").responses.uncounted
    for uncounted, expected in (((), (0, 0)), (unknown, (None, None))):
        found = Decoded(ResponseDecoder(uncounted=uncounted), *stream)
        (told,) = [each.usage for each in found.events if isinstance(each, UsageReported)]
        assert (told.cache_read, told.reasoning) == expected


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"input_tokens": "12", "output_tokens": 3}, (12, None, 3, None)),
        ({"input_tokens": True, "output_tokens": 3}, (None, None, 3, None)),
        ({"input_tokens": -1, "output_tokens": 3}, (None, None, 3, None)),
        ({"input_tokens": 10, "output_tokens": 3,
          "input_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 1}}, (1, 8, 3, None)),
        ({"input_tokens": 2, "output_tokens": 3,
          "input_tokens_details": {"cached_tokens": 8}}, (2, 8, 3, None)),
        ({"input_tokens": 2, "output_tokens": 3,
          "output_tokens_details": {"reasoning_tokens": 9}}, (2, None, 12, 9)),
    ],
)  # fmt: skip
def test_token_counts_are_made_disjoint_or_unknown(
    counts: dict[str, Any], expected: tuple[int | None, ...]
) -> None:
    found = decoded(opens(), says("x"), completed(usage=counts, service_tier="flex"))
    (told,) = [each.usage for each in found.events if isinstance(each, UsageReported)]
    assert (told.fresh, told.cache_read, told.output, told.reasoning) == expected
    assert told.tier == "flex"


def test_what_failed_or_was_cut_has_no_counts() -> None:
    for last in (failed(), b""):
        found = decoded(created(), opens(), says("x"), last)
        assert not [each for each in found.events if isinstance(each, UsageReported)]


def test_a_function_call_is_shown_as_what_it_is() -> None:
    call = {"type": "function_call", "id": "f", "name": "lookup", "arguments": '{"a": 1}'}
    assert "`lookup`" in decoded(created(), item_done(call), completed()).text


def test_half_a_character_waits_for_the_other_half() -> None:
    assert decoded(opens(), says("\ud83d"), says("\ude00"), completed()).text == "😀"
    assert decoded(opens(), says("a\ud83d"), completed()).text == "a\ufffd"


def test_a_reply_without_a_word_is_none() -> None:
    assert isinstance(decoded(created(), completed()).error, BadReply)


def test_searches_of_the_web_are_counted() -> None:
    used = {"web_search": {"num_requests": 2}}
    found = decoded(opens(), says("x"), completed(usage=usage(7, 3), tool_usage=used))
    (reported,) = [each.usage for each in found.events if isinstance(each, UsageReported)]
    assert reported.searches == 2


def test_of_reasoning_that_is_encrypted_step_by_step_the_last_is_kept() -> None:
    kept: list[list[dict[str, Any]]] = []

    def save(items: list[dict[str, Any]]) -> Origin:
        kept.append(items)
        return Origin("responses", "s", "m", "{}")

    first, last = (reasoning(encrypted=each) for each in ("Zmlyc3Q=", "bGFzdA=="))
    added = event("response.output_item.added", output_index=0, item=first)
    decoder = ResponseDecoder(save_state=save)
    found = Decoded(
        decoder, created(), added, item_done(last), says("Hi", 1), completed(output=[first])
    )
    assert found.text == "Hi"
    assert [item["encrypted_content"] for item in kept[-1]] == ["bGFzdA=="]
