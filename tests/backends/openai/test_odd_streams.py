"""Streams as real OpenAI-compatible servers send them, each over a socket; none loses a word."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator

import pytest

from fakegpt_tui.domain import (
    FinishReason,
    MediaReceived,
    Notice,
    PartAdded,
    PromptTooLong,
    RateLimited,
    ReasoningDelta,
    ReplyCut,
    ReplyEnded,
    RequestRefused,
    ServiceError,
    StreamEvent,
    TextDelta,
    TextReplaced,
)
from fakegpt_tui.domain.parts import CitationPart
from tests.attachments.examples import png
from tests.fault_server import (
    LAST_CHUNK,
    FaultServer,
    Reset,
    Send,
    Step,
    chunk,
    json_reply,
    reply,
    stream_head,
)
from tests.openai_server import (
    CHAT,
    DONE,
    backend_for,
    delta,
    end,
    event,
    openai_server,
    says,
    service,
    stream,
)
from tests.signed_in import outcome, read, text_of


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with openai_server() as server:
        yield server


async def reply_to(server: FaultServer, *steps: Step) -> list[StreamEvent]:
    """What comes of a whole reply."""
    server.script(CHAT, *steps)
    came, error = await read(backend_for(service(server.url)))
    assert error is None
    return came


async def error_of(server: FaultServer, *steps: Step) -> tuple[str, ServiceError]:
    """The text that came of a reply that failed, and why it did."""
    server.script(CHAT, *steps)
    came, error = await outcome(backend_for(service(server.url)))
    return text_of(came), error


def notices(events: list[StreamEvent]) -> str:
    return " ".join(each.text for each in events if isinstance(each, Notice))


def reasoning_of(events: list[StreamEvent]) -> str:
    return "".join(each.text for each in events if isinstance(each, ReasoningDelta))


def choice(index: int = 0, reason: object = None, **fields: object) -> bytes:
    return event({"choices": [{"index": index, "finish_reason": reason, **fields}]})


@pytest.mark.short_limits
@pytest.mark.parametrize("word", ["null", "None", "", "stop"])
async def test_a_finish_reason_in_every_chunk_cuts_nothing(server: FaultServer, word: str) -> None:
    """Words that come after the two seconds that the end of a reply is given count, too."""
    pieces = [delta(content=f"{place} ", reason=word) for place in range(4)]
    slow = [Send(chunk(piece), delay=0.8) for piece in pieces]
    steps = [Send(stream_head()), *slow, Send(chunk(DONE)), Send(LAST_CHUNK)]
    events = await reply_to(server, *steps)
    assert text_of(events) == "0 1 2 3 "
    assert events[-1] == ReplyEnded()


async def test_a_reason_that_text_followed_proves_nothing_of_a_reset(server: FaultServer) -> None:
    pieces = [Send(chunk(delta(content=text, reason="stop"))) for text in "abcd"]
    text, error = await error_of(server, Send(stream_head()), *pieces, Reset())
    assert text == "abcd"
    assert isinstance(error, ReplyCut)


async def test_the_index_of_a_single_choice_says_nothing(server: FaultServer) -> None:
    pieces = [choice(place, delta={"content": text}) for place, text in enumerate("abc")]
    assert text_of(await reply_to(server, *stream(*pieces, end(), DONE))) == "abc"


async def test_of_several_choices_the_first_is_read(server: FaultServer) -> None:
    both = [{"index": 1, "delta": {"content": "a"}}, {"index": 0, "delta": {"content": "b"}}]
    pieces = [event({"choices": both}), event({"choices": both[::-1]})]
    assert text_of(await reply_to(server, *stream(*pieces, end(), DONE))) == "aa"


LENGTHS = ["MAX_TOKENS", "max_output_tokens", "model_context_window_exceeded", "Length"]
FILTERS = ["sensitive", "SAFETY", "RECITATION", "prohibited_content", "blocklist", "CONTENT_FILTER"]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        *((word, FinishReason.LENGTH) for word in LENGTHS),
        *((word, FinishReason.CONTENT_FILTER) for word in FILTERS),
        *((word, FinishReason.STOP) for word in ("STOP", "tool_calls", "end_turn")),
    ],
)
async def test_finish_reasons_are_read_in_the_words_of_many_services(
    server: FaultServer, word: str, reason: FinishReason
) -> None:
    events = await reply_to(server, *stream(says("Hi"), end(word), DONE))
    assert events[-1] == ReplyEnded(reason)
    assert notices(events) == ""


BROKEN = [
    "insufficient_system_resource", "abort", "aborted", "cancelled", "network_error", "timeout",
    "time_limit", "engine_error", "MALFORMED_FUNCTION_CALL", "failed",
]  # fmt: skip


@pytest.mark.parametrize("word", BROKEN)
async def test_a_reason_that_means_a_failure_does_not_pass_for_an_end(
    server: FaultServer, word: str
) -> None:
    text, error = await error_of(server, *stream(says("Hi"), end(word), DONE))
    assert text == "Hi"
    assert f"broke off the reply ({word.lower()})" in str(error)


async def test_an_unknown_reason_ends_a_reply_and_is_told(server: FaultServer) -> None:
    events = await reply_to(server, *stream(says("Hi"), end("mo\x1b[2Jon"), DONE))
    assert "mo␛[2jon" in notices(events)


LONG = "All of this text was said before."


@pytest.mark.parametrize(
    "last",
    [
        choice(message={"role": "assistant", "content": LONG}, reason="stop"),
        choice(delta={}, message={"content": LONG}, reason="stop"),
        choice(delta={"role": "assistant", "content": LONG}, reason="stop"),
        end() + choice(message={"content": LONG}),
    ],
)
async def test_all_of_the_text_again_at_the_end_is_not_repeated(
    server: FaultServer, last: bytes
) -> None:
    pieces = [says(f"{word} ") for word in LONG.split()[:-1]] + [says("before.")]
    events = await reply_to(server, *stream(*pieces, last, DONE))
    assert text_of(events) == LONG


async def test_a_last_message_adds_what_the_pieces_lack(server: FaultServer) -> None:
    last = choice(message={"content": "Hello, you."}, reason="stop")
    assert text_of(await reply_to(server, *stream(says("Hello"), last, DONE))) == "Hello, you."


async def test_a_last_message_that_differs_takes_the_place_of_the_pieces(
    server: FaultServer,
) -> None:
    last = choice(message={"content": "Good morning."}, reason="stop")
    assert text_of(await reply_to(server, *stream(says("Hello"), last, DONE))) == "Good morning."


async def test_a_message_beside_each_piece_is_not_read_twice(server: FaultServer) -> None:
    pieces = [choice(n, delta={"content": t}, message={"content": t}) for n, t in enumerate("abc")]
    assert text_of(await reply_to(server, *stream(*pieces, end(), DONE))) == "abc"


async def test_messages_that_are_pieces_are_joined(server: FaultServer) -> None:
    pieces = [choice(message={"content": text}) for text in ("a", "a", "b")]
    assert text_of(await reply_to(server, *stream(*pieces, end(), DONE))) == "aab"


async def test_messages_that_grow_are_read_once(server: FaultServer) -> None:
    pieces = [choice(message={"content": text}) for text in ("One", "One two", "One two three")]
    assert text_of(await reply_to(server, *stream(*pieces, end(), DONE))) == "One two three"


FIRE = "CUDA is out of memory."
FIRE_JSON = json.dumps({"code": 500, "message": FIRE})
ERRORS = [
    f"error: {FIRE_JSON}\n\n".encode(),
    f"error: {FIRE}\n\n".encode(),
    json.dumps({"error": {"message": FIRE}}).encode(),
    json.dumps({"error": {"message": FIRE}}, indent=2).encode(),
    f"data: error: {FIRE}\n\n".encode(),
    f"data: [ERROR] {FIRE}\n\n".encode() + DONE,
    f"data: RuntimeError: {FIRE}\n\n".encode(),
    f"data: {FIRE}\n\n".encode(),
    f"data: {FIRE_JSON}\n\n".encode(),
    f"event: error\ndata: {FIRE_JSON}\n\n".encode(),
    event({"code": "InternalError", "message": FIRE, "request_id": "1"}),
    event({"choices": None, "base_resp": {"status_code": 1008, "status_msg": FIRE}}),
    event({"choices": [{"index": 0, "error": {"message": FIRE}, "finish_reason": "error"}]}),
    event([{"error": {"message": FIRE, "code": 500}}]),
]


@pytest.mark.parametrize("place", ["first", "later"])
@pytest.mark.parametrize("sent", ERRORS, ids=range(len(ERRORS)))
async def test_an_error_in_the_stream_is_told_in_every_form(
    server: FaultServer, sent: bytes, place: str
) -> None:
    before = [says("Hel")] if place == "later" else []
    text, error = await error_of(server, *stream(*before, sent))
    assert text == ("Hel" if before else "")
    assert FIRE in str(error)


async def test_an_error_without_a_frame_does_not_wait_for_the_end(server: FaultServer) -> None:
    sent = [Send(chunk(says("Hel"))), Send(chunk(b'error: {"message": "No."}\n'))]
    alive = [Send(chunk(b": still here\n\n"), delay=0.4) for _ in range(100)]
    text, error = await error_of(server, Send(stream_head()), *sent, *alive)
    assert (text, "No." in str(error)) == ("Hel", True)


async def test_an_error_field_of_a_small_window_is_known_as_one(server: FaultServer) -> None:
    words = "the request exceeds the available context size (2048 tokens)"
    sent = f"error: {json.dumps({'code': 400, 'message': words})}\n\n".encode()
    _, error = await error_of(server, *stream(sent))
    assert isinstance(error, PromptTooLong)


WHOLE = {"choices": [{"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}]}
BEFORE = [b"\n\n\n", b"\xef\xbb\xbf", b"   \r\n", b": wait\n\n: wait\n\n", b"\xef\xbb\xbf\n: w\n"]


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize("before", BEFORE)
async def test_a_whole_reply_is_read_after_what_keeps_a_connection_alive(
    server: FaultServer, before: bytes, size: int
) -> None:
    sent = before + json.dumps(WHOLE).encode()
    parts = [sent[start : start + size] for start in range(0, len(sent), size)]
    assert text_of(await reply_to(server, *stream(*parts))) == "Hello"


@pytest.mark.parametrize("before", BEFORE)
async def test_an_error_is_read_after_what_keeps_a_connection_alive(
    server: FaultServer, before: bytes
) -> None:
    sent = json.dumps({"error": {"message": FIRE, "code": 400}}).encode()
    _, error = await error_of(server, *stream(before, sent))
    assert FIRE in str(error)


@pytest.mark.parametrize("before", BEFORE)
async def test_a_stream_is_read_after_what_keeps_a_connection_alive(
    server: FaultServer, before: bytes
) -> None:
    sent = before + says("Hello") + end() + DONE
    parts = [sent[start : start + 3] for start in range(0, len(sent), 3)]
    assert text_of(await reply_to(server, *stream(*parts))) == "Hello"


async def test_a_whole_reply_need_not_say_why_it_ends(server: FaultServer) -> None:
    body = {"choices": [{"message": {"content": "Hello"}}]}
    events = await reply_to(server, Send(json_reply(body)))
    assert (text_of(events), events[-1]) == ("Hello", ReplyEnded())


async def test_json_with_choices_that_are_none_is_no_reply(server: FaultServer) -> None:
    body = {"choices": None, "base_resp": {"status_code": 1008, "status_msg": "No balance left"}}
    _, error = await error_of(server, Send(json_reply(body)))
    assert isinstance(error, RequestRefused)
    assert "No balance left" in str(error)


async def test_a_reply_of_one_json_value_a_line_is_read(server: FaultServer) -> None:
    pieces = [each.removeprefix(b"data: ") for each in (says("He"), says("llo"), end())]
    body = b"\n".join(pieces)
    assert text_of(await reply_to(server, Send(reply(body)))) == "Hello"


async def test_an_error_event_keeps_its_class(server: FaultServer) -> None:
    sent = event({"code": 429, "message": "Too many requests."})
    _, error = await error_of(server, *stream(says("Hel"), sent))
    assert isinstance(error, RateLimited)


async def test_data_that_is_framed_twice_is_read(server: FaultServer) -> None:
    sent = [b"data: " + each for each in (says("Hello"), end(), DONE)]
    assert text_of(await reply_to(server, *stream(*sent))) == "Hello"


async def test_control_characters_in_json_cost_no_text(server: FaultServer) -> None:
    sent = says("a\\tb\\u001bc").replace(b"\\\\t", b"\t").replace(b"\\\\u001b", b"\x1b")
    assert text_of(await reply_to(server, *stream(sent, end(), DONE))) == "a\tb\x1bc"


async def test_pieces_that_cannot_be_read_are_counted_and_told(server: FaultServer) -> None:
    broken = says("there")[:-8] + b"\n\n"
    number = delta(content=5)
    sound = delta(content=[{"type": "audio", "audio": {"data": "AAAA"}}])
    sent = [says("Hello"), broken, number, sound, says("!"), end(), DONE]
    events = await reply_to(server, *stream(*sent))
    assert text_of(events) == "Hello!"
    assert "3 pieces of the reply could not be read." in notices(events)


async def test_a_cut_reply_tells_the_pieces_that_could_not_be_read_too(server: FaultServer) -> None:
    text, error = await error_of(server, *stream(says("Hello"), says("there")[:-8] + b"\n\n"))
    assert text == "Hello"
    assert "broke off before its end. 1 piece of the reply could not be read." in str(error)


async def test_an_event_that_would_take_long_to_parse_is_told_and_the_text_before_it_kept(
    server: FaultServer,
) -> None:
    large = b'data: {"choices": [' + b"{}," * 3_000_000 + b"{}]}\n\n"
    text, error = await error_of(server, *stream(says("Hello"), large, says("never read")))
    assert text == "Hello"
    assert str(error).endswith("sent more than 100,000 values at once, which are not read.")


async def test_an_event_may_be_as_long_as_its_text_is(server: FaultServer) -> None:
    text = 'one, two, {"three"}, ' * 100_000
    assert text_of(await reply_to(server, *stream(says(text), end(), DONE))) == text


@pytest.mark.parametrize(
    "noise",
    [b"data: : PROCESSING\n\n", b"event: ping\ndata: pong\n\n", b"data: 5\n\ndata: null\n\n",
     b'data: {"type": "ping"}\n\n',
     b'event: status\ndata: {"message": "Searching the web"}\n\n',
     b"id: 1\nretry: 5\n\n", b"data:\n\n", b"nonsense\n\n"],
)  # fmt: skip
async def test_noise_is_no_piece_of_a_reply(server: FaultServer, noise: bytes) -> None:
    events = await reply_to(server, *stream(noise, says("Hi"), noise, end(), noise, DONE))
    assert (text_of(events), notices(events)) == ("Hi", "")


@pytest.mark.parametrize(
    "fields",
    [
        {"reasoning_details": [{"type": "reasoning.text", "text": "Hm"}]},
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "Hm"}]},
        {"reasoning": "Hm", "reasoning_details": [{"text": "Hm"}]},
        {"thinking_blocks": [{"type": "thinking", "thinking": "Hm"}]},
        {"thinking": "Hm"},
        {"content": [{"type": "reasoning", "text": "Hm"}]},
    ],
)
async def test_thoughts_are_read_in_every_field(
    server: FaultServer, fields: dict[str, object]
) -> None:
    events = await reply_to(server, *stream(delta(**fields), says("Hi"), end(), DONE))
    assert (reasoning_of(events), text_of(events)) == ("Hm", "Hi")


PNG = "data:image/png;base64," + b64encode(png(2, 2)).decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"images": [{"type": "image_url", "image_url": {"url": PNG}}]},
        {"content": [{"type": "image_url", "image_url": {"url": PNG}}]},
        {"images": [{"b64_json": PNG.partition(",")[2]}]},
    ],
)
async def test_a_picture_comes_with_its_bytes(
    server: FaultServer, fields: dict[str, object]
) -> None:
    events = await reply_to(server, *stream(delta(**fields), end(), DONE))
    assert MediaReceived(png(2, 2), "picture-1.png") in events
    assert text_of(events) == ""


def drawn(*urls: str) -> dict[str, object]:
    return {"images": [{"type": "image_url", "image_url": {"url": each}} for each in urls]}


OTHER = "data:image/png;base64," + b64encode(png(3, 3)).decode()
FIRST = MediaReceived(png(2, 2), "picture-1.png")
SECOND = MediaReceived(png(3, 3), "picture-2.png")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A house and a dog.", [TextDelta("A house"), FIRST, TextDelta(" and a dog."), SECOND]),
        (
            "No: a barn and a dog, which barks.",
            [
                *(TextDelta("A house"), FIRST, TextDelta(" and a dog."), SECOND),
                *(TextReplaced(0, ""), TextDelta("No: a barn and a dog, which barks.")),
                *(FIRST, SECOND),
            ],
        ),
    ],
)
async def test_pictures_stand_where_they_came_and_are_not_repeated_by_a_whole_message(
    server: FaultServer, text: str, expected: list[StreamEvent]
) -> None:
    message = event({"choices": [{"message": {"content": text, **drawn(PNG, OTHER)}}]})
    steps = [says("A house"), delta(**drawn(PNG)), says(" and a dog."), delta(**drawn(OTHER))]
    events = await reply_to(server, *stream(*steps, message, end(), DONE))
    seen = (TextDelta, TextReplaced, MediaReceived)
    assert [each for each in events if isinstance(each, seen)] == expected


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("data:image/png;base64,AAAAAAAAAAA=", "**Picture** image/png, 8 bytes"),
        ("data:image/png;base64,!", "**Picture** image/png"),
        ("https://example.org/a b.png", "**Picture** <https://example.org/a%20b.png>"),
    ],
)
async def test_a_picture_without_its_bytes_is_told(
    server: FaultServer, url: str, told: str
) -> None:
    picture = {"images": [{"type": "image_url", "image_url": {"url": url}}]}
    assert told in text_of(await reply_to(server, *stream(delta(**picture), end(), DONE)))


URL, TITLE = "https://example.org/giraffes", "Giraffes"
CITED = {"type": "url_citation", "url": URL, "title": TITLE, "start_index": 0, "end_index": 4}


@pytest.mark.parametrize(
    ("events", "place"),
    [
        ([delta(annotations=[{"type": "url_citation", "url_citation": CITED}])], (0, 4)),
        ([delta(annotations=[CITED]), delta(annotations=[CITED])], (0, 4)),
        (
            [
                event(
                    {
                        "choices": [],
                        "citations": [URL],
                        "search_results": [{"title": TITLE, "url": URL}],
                    }
                )
            ],
            (0, 0),
        ),
        (
            [event({"choices": [], "web_search": [{"title": TITLE, "link": URL, "refer": "1"}]})],
            (0, 0),
        ),
        ([delta(context={"citations": [{"title": TITLE, "url": URL}]})], (0, 0)),
        (
            [
                event(
                    {
                        "choices": [],
                        "search_info": {
                            "search_results": [{"title": TITLE, "url": URL, "index": 1}]
                        },
                    }
                )
            ],
            (0, 0),
        ),
    ],
)
async def test_sources_are_parts_and_no_text(
    server: FaultServer, events: list[bytes], place: tuple[int, int]
) -> None:
    came = await reply_to(server, *stream(says("Tall [1]"), *events, end(), DONE))
    assert text_of(came) == "Tall [1]"
    parts = [each.part for each in came if isinstance(each, PartAdded)]
    assert parts == [CitationPart(*place, URL, TITLE)]


async def test_sources_that_come_with_each_piece_are_counted_once(server: FaultServer) -> None:
    urls = [f"https://example.org/{number}" for number in range(3)]
    pieces = [
        event({"choices": [{"index": 0, "delta": {"content": "x"}}], "citations": urls})
        for _ in range(5)
    ]
    came = await reply_to(server, *stream(*pieces, end(), DONE))
    assert [each.part.url for each in came if isinstance(each, PartAdded)] == urls


@pytest.mark.parametrize("odd", [None, 7, [], [None, 7, []], {"a": 1}, [{"url": 7}], [{"url": ""}]])
async def test_odd_sources_are_none(server: FaultServer, odd: object) -> None:
    odd_event = event({"choices": [], "citations": odd, "annotations": odd})
    came = await reply_to(server, *stream(says("Hi"), odd_event, end(), DONE))
    assert not [each for each in came if isinstance(each, PartAdded)]
