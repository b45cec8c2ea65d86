"""Cases of event streams: content, framing, ending."""

import json

from fakegpt_tui.domain import (
    BadReply,
    Busy,
    FinishReason,
    NotSignedIn,
    ReplyCut,
    RequestRefused,
    ServiceError,
    TimeLimits,
    Unreachable,
    Unsupported,
)
from tests.fault_server import (
    DONE,
    LAST_CHUNK,
    Close,
    Reset,
    Send,
    Stall,
    chunk,
    message_event,
    reply,
    stream_head,
)
from tests.protocol.cases import TINY, Case, chat, streamed

HEL = message_event("Hel")
HELLO = message_event("Hello")
END = message_event("Hello", status="finished_successfully")
WHOLE = HEL + HELLO + END + DONE


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def framed(ending: bytes) -> bytes:
    return WHOLE.replace(b"\n", ending)


def content(kind: str, **fields: object) -> bytes:
    return message_event("", message_id="other", content={"content_type": kind, **fields})


def growing(*texts: str, then: bytes = DONE) -> bytes:
    return b"".join(message_event(text) for text in texts) + then


def metadata(**fields: object) -> bytes:
    return message_event("Hello", metadata={"message_type": "next", **fields})


RAW = (
    'data: {"message": {"id": "a", "author": {"role": "assistant"},'
    ' "content": {"parts": ["Grüße 😀"]}}}\n\n'
).encode()
SMILE = RAW.index("😀".encode()) + 2
LONG = "A long reply. " * 20_000
HUGE = message_event("x" * 16_100_000)
SPLIT_JSON = (
    b'data: {"message":\ndata: {"id": "a", "role": "assistant",\n'
    b'data: "content": {"parts": ["Hello"]}}}\n\n'
)

FRAMING = [
    Case(row="§5.1 a normal sequence", scripts=chat(streamed(HEL, HELLO, END, DONE)), text="Hello"),
    Case(row="§5.5 LF", scripts=chat(streamed(WHOLE)), text="Hello"),
    Case(row="§5.5 CRLF", scripts=chat(streamed(framed(b"\r\n"))), text="Hello"),
    Case(row="§5.5 CR only", scripts=chat(streamed(framed(b"\r"))), text="Hello"),
    Case(
        row="§5.5 a byte order mark", scripts=chat(streamed(b"\xef\xbb\xbf" + WHOLE)), text="Hello"
    ),
    Case(
        row="§5.5 data: without space",
        scripts=chat(streamed(WHOLE.replace(b"data: ", b"data:"))),
        text="Hello",
    ),
    Case(
        row="§5.5 JSON over several data lines",
        scripts=chat(streamed(SPLIT_JSON + DONE)),
        text="Hello",
    ),
    Case(
        row="§5.5 comments, retry, id, ping with a timestamp",
        scripts=chat(
            streamed(
                b": hi\nretry: 5\nid: 7\n" + HEL, b"event: ping\ndata: 2023-11-05\n\n", END + DONE
            )
        ),
        text="Hello",
    ),
    Case(
        row="§5.5 junk lines, data that is no object",
        scripts=chat(
            streamed(b'junk\n\ndata: 5\n\ndata: null\n\ndata: "s"\n\ndata: []\n\n' + WHOLE)
        ),
        text="Hello",
    ),
    Case(
        row="§5.5 [DONE], text after it",
        scripts=chat(streamed(HELLO + DONE + message_event("Hello and more"))),
        text="Hello",
    ),
    Case(
        row="§5.5 [DONE], and the connection stays open",
        scripts=chat(streamed(HELLO + DONE, then=Stall())),
        text="Hello",
    ),
    Case(
        row="§5.5 [DONE] without a line end",
        scripts=chat(streamed(HELLO + b"data: [DONE]")),
        text="Hello",
    ),
    Case(
        row="§5.5 no [DONE], last message finished", scripts=chat(streamed(HEL + END)), text="Hello"
    ),
    Case(
        row="§5.5 no [DONE], last message growing",
        scripts=chat(streamed(HEL)),
        text="Hel",
        end=ReplyCut,
        says="broke off",
    ),
    Case(
        row="§5.5 cut in the middle",
        scripts=chat(streamed(HEL, then=Close())),
        text="Hel",
        end=ReplyCut,
        says="in the middle of its answer",
    ),
    Case(
        row="§5.5 reset in the middle",
        scripts=chat([Send(stream_head()), Send(chunk(HEL)), Send(b"", 0.05), Reset()]),
        text="Hel",
        end=ReplyCut,
        says="was reset",
    ),
    Case(
        row="§5.5 cut without chunks to show it",
        scripts=chat([Send(stream_head(chunked=False)), Send(HEL), Close()]),
        text="Hel",
        end=ReplyCut,
    ),
    Case(
        row="§5.5 a character cut in two chunks",
        scripts=chat(streamed(RAW[:SMILE], RAW[SMILE:] + DONE)),
        text="Grüße 😀",
    ),
    Case(row="§5.5 several events in one chunk", scripts=chat(streamed(WHOLE)), text="Hello"),
    Case(
        row="§5.5 one event in many chunks",
        scripts=chat(streamed(*(WHOLE[n : n + 7] for n in range(0, len(WHOLE), 7)))),
        text="Hello",
    ),
    Case(
        row="§5.5 invalid UTF-8",
        scripts=chat(streamed(RAW.replace("ü".encode(), b"\xff") + DONE)),
        text="Gr�ße 😀",
    ),
    Case(
        row="§5.5 an event longer than 128 KiB",
        scripts=chat(streamed(message_event(LONG, status="finished_successfully") + DONE)),
        text=LONG,
    ),
    Case(
        row="§5.5 an event longer than 16 MB",
        scripts=chat(
            streamed(
                HEL, *(HUGE[n : n + (1 << 20)] for n in range(0, len(HUGE), 1 << 20)), then=Stall()
            )
        ),
        text="Hel",
        end=ReplyCut,
        says="more than 16,000,000 bytes",
    ),
    Case(
        row="§5.5 a wrong content type",
        scripts=chat([Send(reply(WHOLE, content_type="text/html; charset=utf-16"))]),
        text="Hello",
    ),
    Case(
        row="§5.5 bytes, but no event",
        scripts=chat([Send(stream_head()), Send(chunk(HEL)), *[Send(chunk(b"data"), 0.1)] * 20]),
        text="Hel",
        end=ReplyCut,
        says="sent no whole event",
        limits=TINY,
    ),
    Case(
        row="§5.5 pings while the service works on",
        scripts=chat(
            [
                Send(stream_head()),
                Send(chunk(HEL)),
                *[Send(chunk(b": ping\n\n"), 0.1)] * 5,
                Send(chunk(END + DONE)),
                Send(LAST_CHUNK),
            ]
        ),
        text="Hello",
        limits=TINY,
    ),
    Case(
        row="§5.5 silence after text",
        scripts=chat([Send(stream_head()), Send(chunk(HEL)), Stall()]),
        text="Hel",
        end=ReplyCut,
        says="fell silent",
        limits=TINY,
    ),
    Case(
        row="§5.5 silence from the start",
        scripts=chat([Stall()]),
        end=Unreachable,
        says="did not begin",
        limits=TINY,
    ),
    Case(
        row="§5.5 a whole that takes too long",
        scripts=chat([Send(stream_head()), *[Send(chunk(message_event("Hel")), 0.1)] * 20]),
        text="Hel",
        end=ReplyCut,
        says="longer than the 0.5 s allowed",
        limits=TimeLimits(total=0.5),
    ),
]

TEXTS = [
    Case(
        row="§5.4 the same text again",
        scripts=chat(streamed(growing("Hello", "Hello"))),
        text="Hello",
    ),
    Case(
        row="§5.4 a text that grows", scripts=chat(streamed(growing("Hel", "Hello"))), text="Hello"
    ),
    Case(
        row="§5.5 a text that gets shorter",
        scripts=chat(streamed(growing("Hello wrld, how are you", "Hello w"))),
        text="Hello w",
    ),
    Case(
        row="§5.5 a text that is rewritten",
        scripts=chat(streamed(growing("Hello world", "Goodbye, world!!"))),
        text="Goodbye, world!!",
    ),
    Case(
        row="§5.5 a second message in the same turn",
        scripts=chat(streamed(HELLO + message_event("And more.", message_id="b") + DONE)),
        text="Hello\n\nAnd more.",
    ),
    Case(
        row="§5.2 messages that take turns",
        scripts=chat(
            streamed(
                event({"num_variants_in_stream": 2}),
                HEL
                + message_event("A", message_id="b")
                + HELLO
                + message_event("An", message_id="b"),
                DONE,
            )
        ),
        text="Hello\n\nAn",
    ),
    Case(
        row="§5.4 half a character, then the other half",
        scripts=chat(streamed(message_event("a\ud83d"), message_event("a😀b") + DONE)),
        text="a😀b",
    ),
    Case(
        row="§5.4 half a character at the end",
        scripts=chat(streamed(message_event("a\ud83d") + DONE)),
        text="a�",
    ),
    Case(
        row="§5.5 empty parts, no parts",
        scripts=chat(streamed(content("text", parts=[]) + content("text") + WHOLE)),
        text="Hello",
    ),
    Case(
        row="§5.5 an object among the parts",
        scripts=chat(
            streamed(
                content("multimodal_text", parts=["See", {"content_type": "image_x"}, {}]) + DONE
            )
        ),
        text="See\n[image]\n[attachment]",
    ),
    Case(
        row="§5.5 empty deltas",
        scripts=chat(streamed(growing("", "Hello", "Hello", then=END + DONE))),
        text="Hello",
    ),
]

MESSAGES = [
    Case(
        row=f"§5.3 role {role} is no reply",
        scripts=chat(streamed(message_event("No", message_id="b", author={"role": role}) + WHOLE)),
        text="Hello",
    )
    for role in ("system", "user", "tool", "critic", "root")
]
MESSAGES += [
    Case(
        row=f"§5.3 content {kind} is no reply",
        scripts=chat(streamed(content(kind, text="No", parts=["No"], result="No") + WHOLE)),
        text="Hello",
    )
    for kind in (
        "code", "execution_output", "stderr", "system_error", "tether_browsing_display",
        "tether_browsing_code", "tether_quote", "user_editable_context", "model_editable_context",
        "system_message", "system_content",
    )
]  # fmt: skip
MESSAGES += [
    Case(
        row=f"§5.3 {name}",
        scripts=chat(streamed(message_event("Hello", **changes) + DONE)),
        text="Hello",
    )
    for name, changes in {
        "a bare role": {"author": None, "role": "assistant"},
        "no recipient": {"recipient": None},
        "message_type null": {"metadata": {"message_type": None}},
        "no metadata": {"metadata": None},
        "message_type variant": {"metadata": {"message_type": "variant"}},
        "message_type continue": {"metadata": {"message_type": "continue"}},
        "no status": {"status": None},
    }.items()
]
MESSAGES += [
    Case(
        row="§5.3 a message to a tool",
        scripts=chat(streamed(message_event("No", message_id="b", recipient="browser") + WHOLE)),
        text="Hello",
    ),
    Case(
        row="§5.3 a message of no weight",
        scripts=chat(streamed(message_event("No", message_id="b", weight=0.0) + WHOLE)),
        text="Hello",
    ),
    Case(
        row="§5.3 more messages of the turn follow, but none does",
        scripts=chat(
            streamed(message_event("Hello", status="finished_successfully", end_turn=False))
        ),
        text="Hello",
        end=ReplyCut,
    ),
    Case(
        row="§5.3 finished by length (max_tokens)",
        scripts=chat(streamed(metadata(finish_details={"type": "max_tokens"}) + DONE)),
        text="Hello",
        end=FinishReason.LENGTH,
    ),
    Case(
        row="§5.3 finished by the content filter",
        scripts=chat(streamed(metadata(finish_details={"type": "content_filter"}) + DONE)),
        text="Hello",
        end=FinishReason.CONTENT_FILTER,
    ),
    Case(
        row="§4.4 interrupted",
        scripts=chat(streamed(metadata(finish_details={"type": "interrupted"}) + DONE)),
        text="Hello",
        end=ReplyCut,
    ),
    Case(
        row="§4.4 a partial completion",
        scripts=chat(streamed(message_event("Hello", status="finished_partial_completion") + DONE)),
        text="Hello",
        end=ReplyCut,
    ),
]

BLOCKED = {"flagged": True, "blocked": True, "moderation_id": "m"}
KINDS = [
    Case(
        row="§5.2 moderation, nothing blocked",
        scripts=chat(streamed(HELLO + event({"moderation_response": {"blocked": False}}) + DONE)),
        text="Hello",
    ),
    Case(
        row="§5.5 moderation blocked the reply",
        scripts=chat(
            streamed(HELLO + event({"is_completion": True, "moderation_response": BLOCKED}) + DONE)
        ),
        text="Hello",
        says="blocked this reply",
    ),
    Case(
        row="§5.2 moderation blocked the prompt, after text",
        scripts=chat(
            streamed(HELLO + event({"is_completion": False, "moderation_response": BLOCKED}) + DONE)
        ),
        text="Hello",
        says="blocked this prompt",
    ),
    Case(
        row="§5.2 moderation blocked the prompt, before text",
        scripts=chat(
            streamed(event({"is_completion": False, "moderation_response": BLOCKED}) + DONE)
        ),
        end=RequestRefused,
        says="blocked this prompt",
    ),
    Case(
        row="§5.2 type moderation (2024)",
        scripts=chat(streamed(HELLO + event({"type": "moderation", "blocked": True}) + DONE)),
        text="Hello",
        says="blocked this reply",
    ),
    Case(
        row="§5.2 type title_generation",
        scripts=chat(
            streamed(HELLO + event({"type": "title_generation", "title": "Greetings"}) + DONE)
        ),
        text="Hello",
        says="title 'Greetings'",
    ),
    Case(
        row="§5.2 a variants notice",
        scripts=chat(streamed(event({"num_variants_in_stream": 1}) + WHOLE)),
        text="Hello",
    ),
    Case(
        row="§5.2 a newer format (delta)",
        scripts=chat(
            streamed(
                b'event: delta_encoding\ndata: "v1"\n\n',
                b'event: delta\ndata: {"v": "x"}\n\n',
                DONE,
            )
        ),
        end=Unsupported,
        says="newer format",
    ),
    Case(
        row="§5.2 a newer format beside text",
        scripts=chat(streamed(event({"type": "other"}) + event({"v": "x", "o": "add"}) + WHOLE)),
        text="Hello",
    ),
    Case(
        row="§5.5 an error after text",
        scripts=chat(streamed(HEL + event({"message": None, "error": "Something broke"}) + DONE)),
        text="Hel",
        end=ServiceError,
        says="Something broke",
    ),
    Case(
        row="§5.5 an error and nothing else",
        scripts=chat(streamed(event({"message": None, "error": "Something broke"}) + DONE)),
        end=ServiceError,
        says="Something broke",
    ),
    Case(
        row="§5.2 an error that is an object",
        scripts=chat(
            streamed(event({"error": {"message": "Something broke", "code": "x"}}) + DONE)
        ),
        end=ServiceError,
        says="Something broke",
    ),
    Case(
        row="§5.6 an error before a whole reply",
        scripts=chat(streamed(event({"message": None, "error": "Something broke"}) + WHOLE)),
        text="Hello",
    ),
    Case(
        row="§5.6 an error that means busy, before text",
        scripts=chat(
            streamed(event({"error": "Only one message at a time."}) + DONE), streamed(WHOLE)
        ),
        end=Busy,
        says="another prompt",
    ),
    Case(
        row="§5.6 an error that means signed out, after text",
        scripts=chat(streamed(HEL + event({"error": {"code": "token_expired"}}) + DONE)),
        text="Hel",
        end=NotSignedIn,
    ),
    Case(
        row="§5.6 an answer that is empty and finished",
        scripts=chat(streamed(message_event("", status="finished_successfully") + DONE)),
    ),
    Case(
        row="§5.6 [DONE] and no word",
        scripts=chat(streamed(message_event("") + DONE)),
        end=BadReply,
        says="without a word",
    ),
    Case(
        row="§5.6 nothing at all",
        scripts=chat([Send(stream_head()), Send(LAST_CHUNK)]),
        end=ReplyCut,
        says="before a word",
    ),
]

STREAMS = [*FRAMING, *TEXTS, *MESSAGES, *KINDS]
