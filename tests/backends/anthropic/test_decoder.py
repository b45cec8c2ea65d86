"""Streams of the Messages API, healthy and odd: what a person gets of each."""

import json
from typing import Any

import pytest

from fakegpt_tui.backends.anthropic.decoder import MessageDecoder
from fakegpt_tui.domain import (
    BadReply,
    FinishReason,
    PartAdded,
    ReplyCut,
    ToolStarted,
    UsageReported,
)
from fakegpt_tui.domain.parts import Part, ReasoningSpan, ToolCallPart, UnknownPart
from fakegpt_tui.http.sse import EventReader
from tests.anthropic_server import (
    PING,
    begins,
    block,
    delta,
    ends,
    event,
    failed,
    message,
    says,
    signs,
    starts,
    stops,
    thinks,
)
from tests.backends.decoding import Decoded
from tests.openai_server import DONE

STOP, LENGTH = FinishReason.STOP, FinishReason.LENGTH


def decoded(*pieces: bytes) -> Decoded:
    return Decoded(MessageDecoder(), *pieces)


def counts(found: Decoded) -> tuple[int | None, int | None]:
    last = [each.usage for each in found.events if isinstance(each, UsageReported)][-1]
    return last.prompt_tokens, last.output


def parts(found: Decoded) -> list[Part]:
    return [each.part for each in found.events if isinstance(each, PartAdded)]


def test_a_message_is_its_text_with_the_counts_of_its_beginning_and_its_end() -> None:
    found = decoded(
        begins(input_tokens=5, cache_read_input_tokens=2), block(0, "text", says("Hello")), ends()
    )
    assert (found.text, found.reason, counts(found)) == ("Hello", STOP, (7, 3))


def test_text_that_a_block_begins_with_is_shown() -> None:
    assert decoded(begins(), starts(text="Hel"), says("lo"), stops(), ends()).text == "Hello"


def test_thoughts_are_apart_and_their_signature_is_nothing_to_read() -> None:
    found = decoded(
        begins(), block(0, "thinking", thinks("Hm."), signs("c2ln"), signs("bg==")),
        block(1, "text", says("Yes.", 1)), ends(),
    )  # fmt: skip
    assert (found.reasoning, found.text) == ("Hm.", "Yes.")


@pytest.mark.parametrize(
    "hidden",
    [block(0, "thinking", signs("c2lnbg==")), block(0, "redacted_thinking", data="b3BhcXVl")],
)
def test_hidden_thoughts_are_told_without_a_panel(hidden: bytes) -> None:
    found = decoded(begins(), hidden, block(1, "text", says("Yes.", 1)), ends())
    assert (found.reasoning, found.text) == ("", "Yes.")
    assert parts(found) == [ReasoningSpan(0, is_redacted=True)]


def test_blocks_of_thoughts_are_paragraphs() -> None:
    found = decoded(
        begins(), block(0, "thinking", thinks("One.")), block(1, "thinking", thinks("Two.", 1)),
        block(2, "text", says("x", 2)), ends(),
    )  # fmt: skip
    assert found.reasoning == "One.\n\nTwo."


def test_pings_are_no_part_of_the_reply() -> None:
    found = decoded(PING, begins(), PING, starts(), says("a"), PING, says("b"), stops(), ends())
    assert (found.text, found.reason) == ("ab", STOP)


def test_pings_are_events_that_say_nothing() -> None:
    reader = EventReader()
    assert list(MessageDecoder().decode_all(reader.feed(PING * 3))) == []
    assert reader.count == 3


def test_an_error_after_some_text_keeps_it() -> None:
    found = decoded(begins(), starts(), says("some"), failed())
    assert found.text == "some"
    assert "Overloaded" in str(found.error)


def test_an_error_is_one_without_the_name_of_its_event() -> None:
    found = decoded(begins(), starts(), says("some"), failed().replace(b"event: error\n", b""))
    assert "Overloaded" in str(found.error)


def test_counts_that_come_again_replace_the_earlier_ones() -> None:
    early = event("message_delta", delta={"stop_reason": None}, usage={"output_tokens": 90})
    found = decoded(begins(), block(0, "text", says("x")), early, ends(output_tokens=120))
    assert counts(found) == (7, 120)


@pytest.mark.parametrize("usage", [None, {}])
def test_counts_that_are_missing_at_the_end_are_those_of_the_beginning(usage: object) -> None:
    last = event("message_delta", delta={"stop_reason": "end_turn"}, usage=usage)
    found = decoded(begins(), block(0, "text", says("x")), last, event("message_stop"))
    assert found.reason is STOP
    assert counts(found) == (7, None)


def test_a_message_without_a_reason_to_end_is_whole_if_it_has_text() -> None:
    stop = event("message_stop")
    assert decoded(begins(), block(0, "text", says("x")), stop).reason is STOP
    assert isinstance(decoded(begins(), stop).error, BadReply)


def test_a_message_that_told_its_reason_is_whole() -> None:
    last = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 3})
    assert decoded(begins(), block(0, "text", says("x")), last).reason is STOP


def test_a_message_that_stops_within_a_block_is_cut() -> None:
    found = decoded(begins(), starts(), says("some"))
    assert found.text == "some"
    assert isinstance(found.error, ReplyCut)


def test_a_limit_that_went_into_thinking_is_told() -> None:
    found = decoded(begins(), block(0, "thinking", thinks("Hm.")), ends("max_tokens"))
    assert (found.error, found.reason) == (None, LENGTH)
    assert "thinking" in found.notices


@pytest.mark.parametrize(
    ("details", "said"),
    [
        (None, "refused"),
        ({"category": "cyber", "explanation": "It may do harm."}, "(cyber): It may do harm."),
        ({"category": None, "explanation": None}, "Change the prompt"),
    ],
)
def test_a_refusal_keeps_the_text_and_says_why(details: object, said: str) -> None:
    found = decoded(begins(), block(0, "text", says("some")), ends("refusal", details))
    assert (found.text, found.reason) == ("some", FinishReason.CONTENT_FILTER)
    assert said in found.notices


def test_a_full_window_is_told() -> None:
    end = ends("model_context_window_exceeded")
    found = decoded(begins(), block(0, "text", says("some")), end)
    assert found.reason is LENGTH
    assert "window is full" in found.notices


def test_a_pause_ends_nothing_but_the_last_one_allowed() -> None:
    paused = (begins(), block(0, "text", says("some")), ends("pause_turn"))
    decoder = MessageDecoder()
    found = Decoded(decoder, *paused)
    assert (found.error, found.reason) == (None, None)
    assert decoder.paused is not None
    assert decoder.paused.content == ({"type": "text", "text": "some"},)
    last = Decoded(MessageDecoder(may_pause=False), *paused)
    assert last.reason is STOP
    assert "paused" in last.notices


def search(*pieces: str) -> bytes:
    deltas = (delta("input_json_delta", partial_json=each) for each in pieces)
    return block(0, "server_tool_use", *deltas, id="srv_1", name="web_search", input={})


@pytest.mark.parametrize(
    ("pieces", "query"),
    [(['{"query": "a\\', 'u00fc b"}'], "aü b"), (["{broken"], "{broken"), ([], "")],
)
def test_a_search_is_shown_as_what_it_looks_for(pieces: list[str], query: str) -> None:
    found = decoded(begins(), search(*pieces), block(1, "text", says("x", 1)), ends())
    (call,) = parts(found)
    assert isinstance(call, ToolCallPart)
    shown = json.loads(call.arguments)["query"] if query == "aü b" else call.arguments
    assert (shown, call.by_service, found.text) == (query, True, "x")


def test_a_search_may_take_its_time() -> None:
    decoder = MessageDecoder()
    opened = starts(0, "server_tool_use", id="s", name="web_search", input={})
    told = list(decoder.decode_all([("message", opened.decode().split("data: ")[1])]))
    assert (told, decoder.is_working) == ([ToolStarted("web_search")], True)
    result = starts(1, "web_search_tool_result", tool_use_id="s", content=[])
    list(decoder.decode_all([("message", result.decode().split("data: ")[1])]))
    assert not decoder.is_working


def test_a_search_that_failed_is_told_and_the_reply_goes_on() -> None:
    error = {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}
    result = block(1, "web_search_tool_result", tool_use_id="srv_1", content=error)
    found = decoded(begins(), search(), result, block(2, "text", says("x", 2)), ends())
    assert (found.text, found.reason) == ("x", STOP)
    assert "as often as it may" in found.notices


def test_text_before_and_after_a_search_are_paragraphs() -> None:
    first = block(0, "text", says("Let me see."))
    found = decoded(begins(), first, search(), block(2, "text", says("Rain.", 2)), ends())
    assert found.text == "Let me see.\n\nRain."


def cites(index: int, url: str) -> bytes:
    place = {"type": "web_search_result_location", "url": url, "title": "T", "cited_text": "q"}
    return delta("citations_delta", index, citation=place | {"encrypted_index": "ZW5j"})


def test_sources_are_told_once_each_even_before_their_text() -> None:
    url = "https://example.org/a"
    found = decoded(
        begins(), block(0, "text", cites(0, url), says("It rains."), cites(0, url)),
        block(1, "text", cites(1, url), says(" A lot.", 1)), ends(),
    )  # fmt: skip
    assert found.text == "It rains. A lot."
    assert [(each.url, each.title, each.quote) for each in found.sources] == [(url, "T", "q")]


def test_blocks_with_gaps_and_deltas_of_blocks_that_never_began_are_text() -> None:
    found = decoded(begins(), block(0, "text", says("a")), says("b", 2), thinks("Hm.", 4), ends())
    assert (found.text, found.reasoning) == ("ab", "Hm.")


def test_an_unknown_event_is_ignored_an_unknown_block_shown_and_a_reason_named() -> None:
    found = decoded(
        begins(), event("sparkle", x=1), block(0, "hologram", delta("hologram_delta", data="x")),
        block(1, "text", delta("style_delta", 1, style="bold"), says("x", 1)), ends("full_moon"),
    )  # fmt: skip
    assert (found.text, found.reason) == ("x", STOP)
    assert "full_moon" in found.notices
    assert found.unknown == [UnknownPart("hologram", '{"type": "hologram", "data": "x"}')]


def test_the_call_of_a_tool_is_shown_as_what_it_is() -> None:
    call = block(0, "tool_use", delta("input_json_delta", partial_json='{"a": 1}'),
                 id="t", name="lookup", input={})  # fmt: skip
    assert "`lookup`" in decoded(begins(), call, ends("tool_use")).text


def test_a_message_that_is_not_streamed_is_read() -> None:
    whole: dict[str, Any] = message(
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "text", "text": "All of it."},
        reason="end_turn",
    )
    found = decoded(f"data: {json.dumps(whole)}\n\n".encode(), DONE)
    assert (found.text, found.reasoning, found.reason) == ("All of it.", "Hm.", STOP)


def test_half_a_character_waits_for_the_other_half() -> None:
    found = decoded(begins(), block(0, "text", says("\ud83d"), says("\ude00")), ends())
    assert found.text == "😀"


def test_what_was_cached_is_counted_apart() -> None:
    found = decoded(
        begins(input_tokens=5, cache_read_input_tokens=2, cache_creation_input_tokens=3),
        block(0, "text", says("x")), ends(),
    )  # fmt: skip
    (usage,) = [each.usage for each in found.events if isinstance(each, UsageReported)]
    assert (usage.fresh, usage.cache_read, usage.cache_write, usage.output) == (5, 2, 3, 3)
    assert (usage.reasoning, usage.served_model) == (None, "model-1")


def test_what_a_cache_keeps_for_an_hour_is_counted_as_a_part_of_it() -> None:
    kept = {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 2}
    found = decoded(
        begins(input_tokens=5, cache_creation_input_tokens=3, cache_creation=kept),
        block(0, "text", says("x")), ends(),
    )  # fmt: skip
    (usage,) = [each.usage for each in found.events if isinstance(each, UsageReported)]
    assert (usage.prompt_tokens, usage.cache_write, usage.cache_write_long) == (8, 3, 2)


def test_searches_of_the_web_are_counted() -> None:
    found = decoded(
        begins(input_tokens=5, server_tool_use={"web_search_requests": 2}),
        block(0, "text", says("x")), ends(),
    )  # fmt: skip
    (usage,) = [each.usage for each in found.events if isinstance(each, UsageReported)]
    assert usage.searches == 2
