"""Replies that end in every way, early or late."""

from fakegpt_tui.backends.scenarios.scenario import (
    DONE,
    PARTIAL,
    WHOLE,
    Disconnect,
    Expectation,
    Hang,
    ResponseChunk,
    Scenario,
    encode_event,
    encode_events,
    encode_reply,
    error_event,
    final_event,
    message_event,
    moderation_event,
    normal_events,
    stream_response,
)
from fakegpt_tui.backends.scripted import Pause

_BEGUN = (encode_event(message_event("Hel")), encode_event(message_event(PARTIAL)))
_PINGS: tuple[ResponseChunk, ...] = (b": ping\n\n", Pause(0.05)) * 4
_MEGABYTE = b"x" * 1_000_000


def _scenario(name: str, sentence: str, promise: Expectation, *pieces: ResponseChunk) -> Scenario:
    return Scenario(
        name=name, description=sentence, expectation=promise, responses=(stream_response(*pieces),)
    )


ENDINGS = (
    _scenario(
        "no-done",
        "The last message is finished, and the stream ends without `[DONE]`.",
        Expectation.WHOLE,
        *encode_events(normal_events()),
    ),
    _scenario(
        "only-done",
        "No message is ever finished; only `[DONE]` tells the end.",
        Expectation.WHOLE,
        *encode_reply(message_event(PARTIAL), message_event(WHOLE)),
    ),
    _scenario(
        "done-unterminated",
        "The very last bytes are `[DONE]`, without a line end.",
        Expectation.WHOLE,
        *encode_events(normal_events()),
        DONE.rstrip(),
    ),
    _scenario(
        "text-after-done",
        "More text follows after `[DONE]`.",
        Expectation.WHOLE,
        *encode_reply(*normal_events()),
        encode_event(message_event(f"{WHOLE} and more")),
    ),
    _scenario(
        "open-after-done",
        "The connection stays open after `[DONE]`.",
        Expectation.WHOLE,
        *encode_reply(*normal_events()),
        Hang(),
    ),
    _scenario(
        "cut-after-finish",
        "The connection breaks between the finished message and `[DONE]`.",
        Expectation.WHOLE,
        *encode_events(normal_events()),
        Disconnect(),
    ),
    _scenario(
        "late",
        "The first word takes a while, and pings fill the time.",
        Expectation.WHOLE,
        *_PINGS,
        *encode_reply(*normal_events()),
    ),
    _scenario(
        "unfinished",
        "The stream ends in the middle of the reply, as if that were its end.",
        Expectation.PARTIAL,
        *_BEGUN,
    ),
    _scenario(
        "cut",
        "The connection breaks inside an event.",
        Expectation.PARTIAL,
        *_BEGUN,
        b"data: {",
        Disconnect(),
    ),
    _scenario(
        "interrupted",
        "The message is marked as interrupted, and `[DONE]` follows.",
        Expectation.PARTIAL,
        *encode_reply(
            message_event(PARTIAL),
            final_event(PARTIAL, finish="interrupted", status="finished_partial_completion"),
        ),
    ),
    _scenario(
        "stall", "After some text nothing comes any more.", Expectation.PARTIAL, *_BEGUN, Hang()
    ),
    _scenario(
        "huge-event",
        "An event is larger than any reply: 20 MB without an end.",
        Expectation.PARTIAL,
        *_BEGUN,
        b'data: {"message": "',
        *[_MEGABYTE] * 20,
        Hang(),
    ),
    _scenario(
        "error-after-text",
        "After some text an event tells of an error.",
        Expectation.PARTIAL,
        *encode_reply(message_event(PARTIAL), error_event("The model is overloaded.")),
    ),
    _scenario(
        "capped-after-text",
        "After some text an event tells of a cap, as an object.",
        Expectation.PARTIAL,
        *encode_reply(
            message_event(PARTIAL),
            error_event({"message": "Enough.", "code": "model_cap_exceeded", "clears_in": 90}),
        ),
    ),
    _scenario(
        "error-then-answer",
        "An error is told, and then a whole reply comes.",
        Expectation.WHOLE,
        *encode_reply(error_event("Something is slow today."), *normal_events()),
    ),
    _scenario(
        "error-only",
        "An event tells of an error in place of a reply.",
        Expectation.ERROR,
        *encode_reply(error_event("The model is overloaded.")),
    ),
    _scenario(
        "error-event",
        "An event of the type `error` tells of an error in place of a reply.",
        Expectation.ERROR,
        b'event: error\ndata: {"detail": "The model is overloaded."}\n\n',
    ),
    _scenario(
        "blocked-prompt",
        "Moderation blocks the prompt, and no reply comes.",
        Expectation.ERROR,
        *encode_reply(moderation_event(blocked=True, of_reply=False)),
    ),
    _scenario("silent", "The response begins, and no byte follows.", Expectation.ERROR, Hang()),
    _scenario("nothing", "There is no reply before `[DONE]`.", Expectation.ERROR, DONE),
    _scenario("empty-body", "The stream ends before it begins.", Expectation.ERROR),
    _scenario(
        "cut-at-once", "The connection breaks before any text.", Expectation.ERROR, Disconnect()
    ),
    _scenario(
        "only-echo",
        "The prompt is echoed, and nothing else comes before `[DONE]`.",
        Expectation.ERROR,
        *encode_reply(message_event("Hi", author={"role": "user"}, metadata={})),
    ),
    _scenario(
        "newer-format",
        "The stream is in the delta encoding of later years.",
        Expectation.ERROR,
        b'event: delta_encoding\ndata: "v1"\n\n',
        b'event: delta\ndata: {"p": "", "o": "add", "v": {"message": {"id": "A"}}, "c": 0}\n\n',
        b'event: delta\ndata: {"v": "Hello"}\n\n',
        DONE,
    ),
)
