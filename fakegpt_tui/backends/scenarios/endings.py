"""Replies that end in every way, early or late."""

from functools import partial

from fakegpt_tui.backends.scenarios.scenario import (
    DONE,
    PARTIAL,
    WHOLE,
    Disconnect,
    Expectation,
    Hang,
    ResponseChunk,
    encode_event,
    encode_events,
    encode_reply,
    error_event,
    final_event,
    message_event,
    moderation_event,
    normal_events,
    stream_scenario,
)
from fakegpt_tui.backends.scripted import Pause

_BEGUN = (encode_event(message_event("Hel")), encode_event(message_event(PARTIAL)))
_PINGS: tuple[ResponseChunk, ...] = (b": ping\n\n", Pause(0.05)) * 4
_MEGABYTE = b"x" * 1_000_000


_partial = partial(stream_scenario, expectation=Expectation.PARTIAL)
_error = partial(stream_scenario, expectation=Expectation.ERROR)

ENDINGS = (
    stream_scenario(
        "no-done",
        "The last message is finished, and the stream ends without `[DONE]`.",
        *encode_events(normal_events()),
    ),
    stream_scenario(
        "only-done",
        "No message is ever finished; only `[DONE]` tells the end.",
        *encode_reply(message_event(PARTIAL), message_event(WHOLE)),
    ),
    stream_scenario(
        "done-unterminated",
        "The very last bytes are `[DONE]`, without a line end.",
        *encode_events(normal_events()),
        DONE.rstrip(),
    ),
    stream_scenario(
        "text-after-done",
        "More text follows after `[DONE]`.",
        *encode_reply(*normal_events()),
        encode_event(message_event(f"{WHOLE} and more")),
    ),
    stream_scenario(
        "open-after-done",
        "The connection stays open after `[DONE]`.",
        *encode_reply(*normal_events()),
        Hang(),
    ),
    stream_scenario(
        "cut-after-finish",
        "The connection breaks between the finished message and `[DONE]`.",
        *encode_events(normal_events()),
        Disconnect(),
    ),
    stream_scenario(
        "late",
        "The first word takes a while, and pings fill the time.",
        *_PINGS,
        *encode_reply(*normal_events()),
    ),
    _partial(
        "unfinished",
        "The stream ends in the middle of the reply, as if that were its end.",
        *_BEGUN,
    ),
    _partial("cut", "The connection breaks inside an event.", *_BEGUN, b"data: {", Disconnect()),
    _partial(
        "interrupted",
        "The message is marked as interrupted, and `[DONE]` follows.",
        *encode_reply(
            message_event(PARTIAL),
            final_event(PARTIAL, finish="interrupted", status="finished_partial_completion"),
        ),
    ),
    _partial("stall", "After some text nothing comes any more.", *_BEGUN, Hang()),
    _partial(
        "huge-event",
        "An event is larger than any reply: 20 MB without an end.",
        *_BEGUN,
        b'data: {"message": "',
        *[_MEGABYTE] * 20,
        Hang(),
    ),
    _partial(
        "error-after-text",
        "After some text an event tells of an error.",
        *encode_reply(message_event(PARTIAL), error_event("The model is overloaded.")),
    ),
    _partial(
        "capped-after-text",
        "After some text an event tells of a cap, as an object.",
        *encode_reply(
            message_event(PARTIAL),
            error_event({"message": "Enough.", "code": "model_cap_exceeded", "clears_in": 90}),
        ),
    ),
    stream_scenario(
        "error-then-answer",
        "An error is told, and then a whole reply comes.",
        *encode_reply(error_event("Something is slow today."), *normal_events()),
    ),
    _error(
        "error-only",
        "An event tells of an error in place of a reply.",
        *encode_reply(error_event("The model is overloaded.")),
    ),
    _error(
        "error-event",
        "An event of the type `error` tells of an error in place of a reply.",
        b'event: error\ndata: {"detail": "The model is overloaded."}\n\n',
    ),
    _error(
        "blocked-prompt",
        "Moderation blocks the prompt, and no reply comes.",
        *encode_reply(moderation_event(blocked=True, of_reply=False)),
    ),
    _error("silent", "The response begins, and no byte follows.", Hang()),
    _error("nothing", "There is no reply before `[DONE]`.", DONE),
    _error("empty-body", "The stream ends before it begins."),
    _error("cut-at-once", "The connection breaks before any text.", Disconnect()),
    _error(
        "only-echo",
        "The prompt is echoed, and nothing else comes before `[DONE]`.",
        *encode_reply(message_event("Hi", author={"role": "user"}, metadata={})),
    ),
    _error(
        "newer-format",
        "The stream is in the delta encoding of later years.",
        b'event: delta_encoding\ndata: "v1"\n\n',
        b'event: delta\ndata: {"p": "", "o": "add", "v": {"message": {"id": "A"}}, "c": 0}\n\n',
        b'event: delta\ndata: {"v": "Hello"}\n\n',
        DONE,
    ),
)
