"""Whole replies whose events say it in odd ways."""

from typing import Any

from fakegpt_tui.backends.scenarios.scenario import (
    WHOLE,
    Expectation,
    Scenario,
    encode_reply,
    final_event,
    message_event,
    moderation_event,
    normal_events,
    stream_response,
)


def _scenario(name: str, sentence: str, *pieces: bytes) -> Scenario:
    return Scenario(
        name=name,
        description=sentence,
        expectation=Expectation.WHOLE,
        responses=(stream_response(*pieces),),
    )


def _content(kind: str, *parts: object) -> dict[str, Any]:
    return {"content": {"content_type": kind, "parts": list(parts)}}


def _split_surrogate_pair() -> bytes:
    """Two events that part a surrogate pair, as JSON can."""
    first, second, *rest = encode_reply(
        message_event("Hello, w😀"), message_event(WHOLE), final_event()
    )
    return b"".join((first.replace(b"\\ude00", b""), second, *rest))


_PICTURE = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"}

CONTENTS = (
    _scenario(
        "rewritten",
        "The text becomes shorter and is rewritten while it grows.",
        *encode_reply(
            *map(message_event, ("Hello wrld, how are you", "Hello w", "Hello world", "Goodbye!!")),
            final_event(),
        ),
    ),
    _scenario(
        "two-messages",
        "The turn has two messages, one after the other.",
        *encode_reply(
            message_event("First message.", id="A"),
            final_event("First message.", id="A", end_turn=False),
            message_event("Second", id="B"),
            final_event("Second message.", id="B"),
        ),
    ),
    _scenario(
        "interleaved",
        "Two messages grow in turn, after a notice of variants.",
        *encode_reply(
            {"num_variants_in_stream": 2},
            message_event("One", id="A"),
            message_event("Two", id="B"),
            final_event("One more", id="A"),
            final_event("Two more", id="B"),
        ),
    ),
    _scenario(
        "empty-parts",
        "Some events have no parts, or none in them.",
        *encode_reply(
            message_event("Hel", content={"content_type": "text", "parts": []}),
            message_event("Hel", content={"content_type": "text"}),
            message_event("Hel", content=None),
            *normal_events(),
        ),
    ),
    _scenario(
        "several-parts",
        "The text is in two parts.",
        *encode_reply(final_event(**_content("text", WHOLE[:5], WHOLE[5:]))),
    ),
    _scenario(
        "picture",
        "A part is an object, and no text.",
        *encode_reply(final_event(**_content("multimodal_text", _PICTURE, WHOLE))),
    ),
    _scenario(
        "no-metadata",
        "Messages have no metadata, or null in it.",
        *encode_reply(
            message_event("Hel", metadata=None),
            message_event("Hello", metadata={"message_type": None}),
            final_event(metadata={}),
        ),
    ),
    _scenario(
        "bare-role",
        "Messages have their role beside the id, as in early 2023, and no status.",
        *encode_reply(
            *(
                message_event(text, author=None, role="assistant", status=None)
                for text in ("He", WHOLE)
            )
        ),
    ),
    _scenario(
        "hidden",
        "Hidden messages, and messages of and for tools, stand between.",
        *encode_reply(
            message_event("hidden", id="H", weight=0.0),
            message_event("search()", id="T", recipient="browser"),
            message_event("a page", id="P", author={"role": "tool", "name": "browser"}),
            message_event("thoughts", id="C", content={"content_type": "code", "text": "1 + 1"}),
            message_event("You are kind.", id="S", author={"role": "system"}),
            *normal_events(),
        ),
    ),
    _scenario(
        "half-character",
        "A character is cut in two between events.",
        _split_surrogate_pair(),
    ),
    _scenario(
        "not-utf8",
        "A byte that is no UTF-8 stands in a comment and in a text that is mended later.",
        b": \xff\n\n",
        *(piece.replace(b'Hel"', b'Hel\xff"') for piece in encode_reply(*normal_events())),
    ),
    _scenario(
        "controls",
        "The text has control characters that a terminal must not get.",
        *encode_reply(message_event("\x1b]52;c;eA==\x07\x1b[31m"), final_event()),
    ),
    _scenario(
        "title",
        "A title is suggested in the stream.",
        *encode_reply(
            *normal_events(),
            {"type": "title_generation", "title": "A greeting", "conversation_id": "C"},
        ),
    ),
    _scenario(
        "blocked",
        "Moderation blocks the reply after it came.",
        *encode_reply(*normal_events(), moderation_event(blocked=True)),
    ),
    _scenario(
        "max-tokens",
        "The reply ends because it became too long.",
        *encode_reply(final_event(finish="max_tokens")),
    ),
    _scenario(
        "content-filter",
        "The reply ends because of a filter.",
        *encode_reply(final_event(finish="content_filter")),
    ),
    _scenario(
        "empty-reply",
        "The reply is finished, and empty.",
        *encode_reply(final_event("")),
    ),
    _scenario(
        "variant",
        "The messages say that they are a variant.",
        *encode_reply(final_event(metadata={"message_type": "variant", "is_complete": True})),
    ),
    _scenario(
        "more-keys",
        "Events and messages have keys that nobody knows.",
        *encode_reply({**final_event(pad="AAAA", channel=None), "new": {"deep": [1]}}),
    ),
)
