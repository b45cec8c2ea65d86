"""Streams in forms that no documentation has, as gateways and their libraries send them."""

import json
from typing import Any

import pytest

from fakegpt_tui.backends.anthropic.decoder import MessageDecoder
from fakegpt_tui.backends.openai.decoder import CompletionDecoder
from fakegpt_tui.domain import BadReply, FinishReason, OriginReported
from fakegpt_tui.domain.parts import Origin
from tests.anthropic_server import begins, ends, event, says, starts, stops, thinks
from tests.backends.decoding import (
    COMPLETED,
    SAID,
    Decoded,
    completion,
    data,
    message,
    piece,
    response,
)
from tests.fault_server import Send, reply
from tests.openai_server import CHAT, DONE, backend_for, openai_server, service
from tests.signed_in import outcome

STOP, LENGTH, FILTER = FinishReason.STOP, FinishReason.LENGTH, FinishReason.CONTENT_FILTER
SOURCE = {"url": "http://u", "title": "T"}


def incomplete(reason: str) -> dict[str, object]:
    why = {"status": "incomplete", "incomplete_details": {"reason": reason}}
    return {"type": "response.incomplete", "response": why}


def test_json_that_was_encoded_twice_is_read() -> None:
    """Spring and its like put quotes around a text that is JSON already."""
    spoken = [piece({"content": "Hi"}), piece({}, "stop")]
    found = Decoded(CompletionDecoder(), *data(*map(json.dumps, spoken)), b'data: "[DONE]"\n\n')
    assert (found.text, found.reason, found.error) == ("Hi", STOP, None)
    said = {"type": "response.output_text.delta", "delta": "Hi"}
    assert response(json.dumps(said), json.dumps(COMPLETED)).text == "Hi"


def test_words_in_quotes_are_no_event() -> None:
    assert completion("ping", piece({"content": "Hi"}, "stop")).notices == ""


@pytest.mark.parametrize("end", [b"[DONE]\n\n", b'data: "[DONE]"\n\n', b"data:[DONE]\n"])
def test_the_end_is_known_however_it_is_framed(end: bytes) -> None:
    found = Decoded(CompletionDecoder(), *data(piece({"content": "Hi"})), end)
    assert (found.text, found.reason, found.error) == ("Hi", STOP, None)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        *((word, STOP) for word in ("FinishReason.STOP", "FINISH_REASON_STOP", "end-turn")),
        *((word, STOP) for word in ("<|im_end|>", "<|eot_id|>", "<｜end▁of▁sentence｜>", "</s>")),
        *((word, LENGTH) for word in ("FinishReason.MAX_TOKENS", "max-tokens", "ERROR_LIMIT")),
        *((word, FILTER) for word in ("content-filter", "ERROR_TOXIC", "FINISH_REASON_SAFETY")),
    ],
)
def test_a_reason_is_one_word_however_it_is_spelled(word: str, reason: FinishReason) -> None:
    found = completion(piece({"content": "Hi"}), piece({}, word))
    assert (found.reason, found.notices, found.error) == (reason, "", None)


@pytest.mark.parametrize("name", ["reasoning_text", "thought", "thinking_content", "cot_summary"])
def test_thoughts_are_read_by_the_names_that_few_have_for_them(name: str) -> None:
    found = completion(piece({name: "Hm."}), piece({"content": "Hi"}, "stop"))
    assert (found.reasoning, found.text) == ("Hm.", "Hi")


@pytest.mark.parametrize(
    "last",
    [
        {"choices": [{"delta": {}, "finishReason": "MAX_TOKENS"}]},
        {"choices": [{"delta": {}, "finish_reason": None, "stop_reason": "max_tokens"}]},
        {"choices": [{"delta": {}, "finish_details": {"type": "max_tokens"}}]},
        {"choices": [{"delta": {}}], "finish_reason": "length"},
    ],
)
def test_a_cut_is_known_by_every_name_of_its_field(last: object) -> None:
    assert completion(piece({"content": "Hi"}), last).reason is LENGTH


@pytest.mark.parametrize(
    "word", ["NOT_FINISHED", "FINISH_REASON_UNSPECIFIED", "in_progress", "nil"]
)
def test_a_word_that_says_that_a_reply_goes_on_is_no_end(word: str) -> None:
    decoder = CompletionDecoder()
    list(decoder.decode("message", json.dumps(piece({"content": "Hi"}, word))))
    assert decoder.grace is None


def test_a_reason_that_comes_with_text_leaves_time_for_more() -> None:
    """Some services send one with every piece, and the second may take longer than two seconds."""
    decoder = CompletionDecoder()
    list(decoder.decode("message", json.dumps(piece({"content": "Hi"}, "stop"))))
    with_text = decoder.grace
    list(decoder.decode("message", json.dumps(piece({}, "stop"))))
    assert (with_text, decoder.grace) == (20, 2)


CUT_WORDS = [("MAX_TOKENS", LENGTH), ("token_limit", LENGTH), ("content_filter", FILTER)]


@pytest.mark.parametrize(("word", "reason"), CUT_WORDS)
def test_a_cut_reply_is_known_in_every_protocol(word: str, reason: FinishReason) -> None:
    assert message(says("Hi"), ends(word)).reason is reason
    assert response(SAID, incomplete(word)).reason is reason


@pytest.mark.parametrize("word", ["error", "network_error", "cancelled"])
def test_a_failure_that_a_word_tells_is_no_end_in_any_protocol(word: str) -> None:
    for found in (message(says("Hi"), ends(word)), response(SAID, incomplete(word))):
        assert (found.text, found.reason) == ("Hi", None)
        assert "broke off the reply" in str(found.error)


@pytest.mark.parametrize(
    "fields", [{"error": {"code": 0, "message": ""}}, {"error": ""}, {"code": 0, "message": "ok"}]
)
def test_an_error_that_is_none_ends_nothing(fields: dict[str, object]) -> None:
    found = completion(piece({"content": "He"}) | fields, piece({"content": "llo"}, "stop"))
    assert (found.text, found.reason, found.error) == ("Hello", STOP, None)
    assert completion({"code": 200, "msg": "ok"}, piece({"content": "Hi"})).text == "Hi"


@pytest.mark.parametrize(
    "spoken", [piece({"audio": {"transcript": "Hi"}}), piece({"text": "Hi"}),
               {"choices": [{"message": "Hi"}]}]
)  # fmt: skip
def test_words_are_read_wherever_they_stand(spoken: object) -> None:
    assert completion(spoken, piece({}, "stop")).text == "Hi"


@pytest.mark.parametrize(
    "fields",
    [
        {"sources": [{"source": {"name": "T", "url": "http://u"}}]},
        {"vertex_ai_grounding_metadata": [{"groundingChunks": [{"web": {"uri": "http://u"}}]}]},
        {"choices": [{"delta": {}, "citations": [{"url": "http://u"}]}]},
        {"documents": [{"title": "T", "url": "http://u"}]},
        {"executed_tools": [{"type": "a"}, {"search_results": {"results": [SOURCE]}}]},
    ],
)
def test_sources_are_found_wherever_they_stand(fields: dict[str, object]) -> None:
    found = completion(piece({"content": "Hi"}), {"choices": []} | fields, piece({}, "stop"))
    assert [each.url for each in found.sources] == ["http://u"]


SPOKEN = {"type": "response.output_text.delta", "delta": "Hi"}
ANNOTATED = {"type": "output_text", "text": "Hi", "annotations": [SOURCE]}


def completed(**fields: object) -> dict[str, object]:
    return {"type": "response.completed", "response": {"status": "completed"} | fields}


@pytest.mark.parametrize(
    "values",
    [
        [{"type": "response.output_text.annotation.added", "annotation": SOURCE}],
        [
            {
                "type": "response.output_text.annotation.added",
                "annotation": {"type": "url_citation", "url_citation": SOURCE},
            }
        ],
        [{"type": "response.output_text.annotation.added", "annotation": "http://u"}],
        [{"type": "response.output_text.done", "text": "Hi", "annotations": [SOURCE]}],
        [{"type": "response.content_part.done", "part": ANNOTATED}],
        [completed(citations=["http://u"])],
        [completed(output=[{"type": "message", "content": [ANNOTATED]}])],
        [completed(output=[{"type": "search_results", "results": [SOURCE]}])],
    ],
    ids=range(8),
)
def test_sources_of_a_response_are_found_wherever_they_stand(values: list[object]) -> None:
    found = response(SPOKEN, *values, completed())
    assert (found.text, found.error, found.unknown) == ("Hi", None, [])
    assert [each.url for each in found.sources] == ["http://u"]


CITED = event("content_block_delta", index=0, delta={"type": "citations_delta", "citation": SOURCE})


@pytest.mark.parametrize(
    "pieces",
    [
        [starts(), says("Hi"), CITED, ends()],
        [
            starts(),
            says("Hi"),
            stops(),
            event("message_delta", delta={"stop_reason": "end_turn"}, citations=["http://u"]),
        ],
        [starts(0, "text", text="Hi", citations=["http://u"]), stops(), ends()],
    ],
    ids=["a block that never stops", "beside the reason", "by their address alone"],
)
def test_sources_of_a_message_are_found_wherever_they_stand(pieces: list[bytes]) -> None:
    found = message(*pieces)
    assert (found.text, found.reason) == ("Hi", STOP)
    assert [each.url for each in found.sources] == ["http://u"]


def test_a_source_without_an_address_has_none() -> None:
    found = completion(piece({"content": "Hi"}) | {"citations": [{"title": "A book"}]})
    assert [(each.url, each.title) for each in found.sources] == [("", "A book")]


@pytest.mark.parametrize("thoughts", [[], [piece({"reasoning_content": "Hm."})]])
def test_a_limit_that_left_no_room_for_an_answer_names_the_setting(thoughts: list[object]) -> None:
    """Some services hide what the model thought."""
    found = completion(*thoughts, piece({"content": ""}, "length"))
    assert (found.reason, found.error) == (LENGTH, None)
    assert "A higher max_tokens" in found.notices


def test_a_filter_of_the_reply_is_not_called_one_of_the_prompt() -> None:
    told = {"code": "data_inspection_failed", "message": "Output data may contain violence."}
    found = completion(piece({"content": "Hi"}), told)
    assert "stopped the reply with its content filter: Output" in str(found.error)


def test_thoughts_alone_are_a_reply_where_no_reason_is_given() -> None:
    assert completion(piece({"reasoning_content": "Hm."})).error is None
    assert message(thinks("Hm."), ends(None)).error is None


def test_a_choice_of_another_shape_is_read_or_counted() -> None:
    assert completion(piece("Hi", "stop")).text == "Hi"
    found = completion(
        piece({"content": "Hi"}, "stop"), {"choices": {"delta": {"content": "lost"}}}
    )
    assert found.notices == "1 piece of the reply could not be read."


FOREIGN: list[dict[str, Any]] = [
    {"message": {"content": "canary"}, "done": False},
    {"candidates": [{"content": {"parts": [{"text": "canary"}]}}]},
    {"output": {"text": "canary"}},
    {"data": piece({"content": "canary"})},
]


@pytest.mark.parametrize("value", FOREIGN)
def test_a_reply_in_another_form_is_shown_as_it_came(value: dict[str, Any]) -> None:
    for found in (completion(value), response(value, COMPLETED), message(*data(value), ends())):
        assert isinstance(found.error, BadReply)
        assert "canary" in str(found.error)
        assert "url" in str(found.error)


@pytest.mark.parametrize("body", [b"canary, not a reply", b'"canary"', b"canary\n\nmore\n"])
async def test_a_text_in_place_of_a_stream_is_shown_as_it_came(body: bytes) -> None:
    async with openai_server() as server:
        server.script(CHAT, Send(reply(b": a comment\nid: 1\n" + body)))
        error = (await outcome(backend_for(service(server.url))))[1]
    assert isinstance(error, BadReply)
    assert "no reply: " in str(error)
    assert "canary" in str(error)


def test_one_protocol_in_place_of_another_is_told() -> None:
    found = message(*data(piece({"content": "canary"}, "stop")), DONE)
    assert isinstance(found.error, BadReply)
    assert "canary" in str(found.error)


@pytest.mark.parametrize("index", [{}, {"index": "0"}, {"index": None}])
def test_blocks_of_a_message_need_no_numbers(index: dict[str, object]) -> None:
    text = {"type": "text", "text": ""}
    deltas = [{"type": "text_delta", "text": "Hel"}, {"text": "lo"}]
    found = message(
        event("content_block_start", content_block=text, **index),
        *(event("content_block_delta", delta=each, **index) for each in deltas),
        event("content_block_stop", **index),
        ends(),
    )
    assert (found.text, found.reason, found.error) == ("Hello", STOP, None)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("text", {}), ("thinking", {}), ("tool_use", {"id": "t", "name": "f", "input": {}})],
)
def test_what_comes_in_a_block_of_another_kind_makes_blocks_of_its_own(
    kind: str, fields: dict[str, object]
) -> None:
    """What goes back to the service has to be what the service would have sent."""
    kept: list[list[dict[str, object]]] = []

    def keep(items: list[dict[str, object]]) -> Origin | None:
        kept.append(items)
        return None

    pieces = [starts(0, kind, **fields), thinks("Hm."), says("Yes."), stops(), ends()]
    found = Decoded(MessageDecoder(save_state=keep), begins(), *pieces)
    assert found.reasoning == "Hm."
    assert found.text.startswith("Yes.")
    assert not any(isinstance(each, OriginReported) for each in found.events)
    own = {"text": "text", "thinking": "thinking"}
    for block in kept[0]:
        others = set(own) - {block["type"]}
        assert not others & block.keys()
    said = [(each["type"], each[own[str(each["type"])]]) for each in kept[0] if each["type"] in own]
    assert sorted(map(str, said)) == ["('text', 'Yes.')", "('thinking', 'Hm.')"]


def test_text_that_a_response_tells_only_at_the_end_of_a_part_is_read() -> None:
    part = {"type": "output_text", "text": "Hi"}
    assert response({"type": "response.content_part.done", "part": part}, COMPLETED).text == "Hi"
    said = {"type": "response.output_text.delta", "delta": "Hi"}
    done = {"type": "response.output_text.done", "text": "Hi"}
    both = response(said, done, {"type": "response.content_part.done", "part": part}, COMPLETED)
    assert both.text == "Hi"
    thought = {"type": "reasoning_text", "text": "Hm."}
    assert not response({"type": "response.content_part.done", "part": thought}, COMPLETED).text


def test_text_of_a_response_that_is_an_object_or_beside_its_output_is_read() -> None:
    said = {"type": "response.output_text.delta", "delta": {"text": "Hi"}}
    assert response(said, COMPLETED).text == "Hi"
    whole = {"status": "completed", "output": [], "output_text": "Hi"}
    assert response({"type": "response.completed", "response": whole}).text == "Hi"


def test_deltas_of_a_later_version_are_shown_or_counted() -> None:
    text = event("content_block_delta", index=0, delta={"type": "output_text_delta", "text": "Hi"})
    assert message(starts(), text, stops(), ends()).text == "Hi"
    later = [
        event("content_block_delta", index=0, delta={"type": "map_delta", "place": place})
        for place in ("Ber", "lin")
    ]
    shown = message(starts(0, "map"), *later, stops(), starts(1), says("Hi", 1), stops(1), ends())
    assert [(each.kind, "Berlin" in each.data) for each in shown.unknown] == [("map", True)]
    lost = message(later[0], starts(1), says("Hi", 1), stops(1), ends())
    assert (lost.text, lost.notices) == ("Hi", "1 piece of the reply could not be read.")
