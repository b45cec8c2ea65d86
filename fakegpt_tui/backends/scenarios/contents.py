"""Whole replies whose events say it in odd ways."""

from typing import Any

from fakegpt_tui.backends.scenarios.events import WHOLE, ended, finished, message, usual, verdict
from fakegpt_tui.backends.scenarios.scenario import Promise, Scenario, streamed


def _scenario(name: str, sentence: str, *pieces: bytes) -> Scenario:
    return Scenario(
        name=name, sentence=sentence, promise=Promise.WHOLE, answers=(streamed(*pieces),)
    )


def _content(kind: str, *parts: object) -> dict[str, Any]:
    return {"content": {"content_type": kind, "parts": list(parts)}}


def _half_a_character() -> bytes:
    """Two events that part a surrogate pair, as JSON can."""
    first, second, *rest = ended(message("Hello, w😀"), message(WHOLE), finished())
    return b"".join((first.replace(b"\\ude00", b""), second, *rest))


_PICTURE = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"}

CONTENTS = (
    _scenario(
        "rewritten",
        "The text becomes shorter and is rewritten while it grows.",
        *ended(
            *map(message, ("Hello wrld, how are you", "Hello w", "Hello world", "Goodbye!!")),
            finished(),
        ),
    ),
    _scenario(
        "two-messages",
        "The turn has two messages, one after the other.",
        *ended(
            message("First message.", id="A"),
            finished("First message.", id="A", end_turn=False),
            message("Second", id="B"),
            finished("Second message.", id="B"),
        ),
    ),
    _scenario(
        "interleaved",
        "Two messages grow in turn, after a notice of variants.",
        *ended(
            {"num_variants_in_stream": 2},
            message("One", id="A"),
            message("Two", id="B"),
            finished("One more", id="A"),
            finished("Two more", id="B"),
        ),
    ),
    _scenario(
        "empty-parts",
        "Some events have no parts, or none in them.",
        *ended(
            message("Hel", content={"content_type": "text", "parts": []}),
            message("Hel", content={"content_type": "text"}),
            message("Hel", content=None),
            *usual(),
        ),
    ),
    _scenario(
        "several-parts",
        "The text is in two parts.",
        *ended(finished(**_content("text", WHOLE[:5], WHOLE[5:]))),
    ),
    _scenario(
        "picture",
        "A part is an object, and no text.",
        *ended(finished(**_content("multimodal_text", _PICTURE, WHOLE))),
    ),
    _scenario(
        "no-metadata",
        "Messages have no metadata, or null in it.",
        *ended(
            message("Hel", metadata=None),
            message("Hello", metadata={"message_type": None}),
            finished(metadata={}),
        ),
    ),
    _scenario(
        "bare-role",
        "Messages have their role beside the id, as in early 2023, and no status.",
        *ended(
            *(message(text, author=None, role="assistant", status=None) for text in ("He", WHOLE))
        ),
    ),
    _scenario(
        "hidden",
        "Hidden messages, and messages of and for tools, stand between.",
        *ended(
            message("hidden", id="H", weight=0.0),
            message("search()", id="T", recipient="browser"),
            message("a page", id="P", author={"role": "tool", "name": "browser"}),
            message("thoughts", id="C", content={"content_type": "code", "text": "1 + 1"}),
            message("You are kind.", id="S", author={"role": "system"}),
            *usual(),
        ),
    ),
    _scenario(
        "half-character",
        "A character is cut in two between events.",
        _half_a_character(),
    ),
    _scenario(
        "not-utf8",
        "A byte that is no UTF-8 stands in a comment and in a text that is mended later.",
        b": \xff\n\n",
        *(piece.replace(b'Hel"', b'Hel\xff"') for piece in ended(*usual())),
    ),
    _scenario(
        "controls",
        "The text has control characters that a terminal must not get.",
        *ended(message("\x1b]52;c;eA==\x07\x1b[31m"), finished()),
    ),
    _scenario(
        "title",
        "A title is suggested in the stream.",
        *ended(
            *usual(),
            {"type": "title_generation", "title": "A greeting", "conversation_id": "C"},
        ),
    ),
    _scenario(
        "blocked",
        "Moderation blocks the reply after it came.",
        *ended(*usual(), verdict(blocked=True)),
    ),
    _scenario(
        "max-tokens",
        "The reply ends because it became too long.",
        *ended(finished(finish="max_tokens")),
    ),
    _scenario(
        "content-filter",
        "The reply ends because of a filter.",
        *ended(finished(finish="content_filter")),
    ),
    _scenario(
        "empty-reply",
        "The reply is finished, and empty.",
        *ended(finished("")),
    ),
    _scenario(
        "variant",
        "The messages say that they are a variant.",
        *ended(finished(metadata={"message_type": "variant", "is_complete": True})),
    ),
    _scenario(
        "more-keys",
        "Events and messages have keys that nobody knows.",
        *ended({**finished(pad="AAAA", channel=None), "new": {"deep": [1]}}),
    ),
)
