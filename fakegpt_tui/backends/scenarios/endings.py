"""Scenarios of replies that end in every way, early or late."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from fakegpt_tui.backends.scenarios.scenario import (
    DONE,
    FAKEGPT,
    PARTIAL,
    WHOLE,
    Disconnect,
    Expectation,
    Hang,
    ResponseChunk,
    SampleStream,
    Scenario,
    encode_reply,
    error_event,
    final_event,
    message_event,
    moderation_event,
    normal_events,
    stream_scenario,
)
from fakegpt_tui.backends.scripted import Pause

_MEGABYTE: Final = b"x" * 1_000_000
_PINGS: Final[tuple[ResponseChunk, ...]] = (b": ping\n\n", Pause(0.05)) * 4

_partial = partial(stream_scenario, expectation=Expectation.PARTIAL)
_error = partial(stream_scenario, expectation=Expectation.ERROR)


def endings(sample: SampleStream) -> Iterator[Scenario]:
    """One reply, as it ends in every protocol, early or late."""
    make, begun, finished, reply = stream_scenario, sample.begun, sample.finished, sample.reply
    yield make(
        "no-done", "The last message is finished, and the stream ends without `[DONE]`.", *finished
    )
    yield make(
        "done-unterminated",
        "The very last bytes are `[DONE]`, without a line end.",
        *finished,
        sample.done.rstrip(),
    )
    yield make("text-after-done", "More text follows after `[DONE]`.", *reply, begun[-1])
    yield make("open-after-done", "The connection stays open after `[DONE]`.", *reply, Hang())
    yield make(
        "cut-after-finish",
        "The connection breaks between the finished message and `[DONE]`.",
        *finished,
        Disconnect(),
    )
    yield make("late", "The first word takes a while, and pings fill the time.", *_PINGS, *reply)
    yield _partial(
        "unfinished", "The stream ends in the middle of the reply, as if that were its end.", *begun
    )
    yield _partial(
        "cut", "The connection breaks inside an event.", *begun, b"data: {", Disconnect()
    )
    yield _partial("stall", "After some text nothing comes any more.", *begun, Hang())
    yield _partial(
        "huge-event",
        "An event is larger than any reply: 20 MB without an end.",
        *begun,
        b'data: {"message": "',
        *[_MEGABYTE] * 20,
        Hang(),
    )
    yield _partial(
        "error-after-text",
        "After some text an event tells of an error.",
        *begun,
        *sample.failed,
    )
    yield _error("error-only", "An event tells of an error in place of a reply.", *sample.failed)
    yield _error("silent", "The response begins, and no byte follows.", Hang())
    yield _error("nothing", "There is no reply before `[DONE]`.", sample.done)
    yield _error("empty-body", "The stream ends before it begins.")
    yield _error("cut-at-once", "The connection breaks before any text.", Disconnect())


ENDINGS = (
    *endings(FAKEGPT),
    stream_scenario(
        "only-done",
        "No message is ever finished; only `[DONE]` tells the end.",
        *encode_reply(message_event(PARTIAL), message_event(WHOLE)),
    ),
    _partial(
        "interrupted",
        "The message is marked as interrupted, and `[DONE]` follows.",
        *encode_reply(
            message_event(PARTIAL),
            final_event(PARTIAL, finish="interrupted", status="finished_partial_completion"),
        ),
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
        "error-event",
        "An event of the type `error` tells of an error in place of a reply.",
        b'event: error\ndata: {"detail": "The model is overloaded."}\n\n',
    ),
    _error(
        "blocked-prompt",
        "Moderation blocks the prompt, and no reply comes.",
        *encode_reply(moderation_event(blocked=True, of_reply=False)),
    ),
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
