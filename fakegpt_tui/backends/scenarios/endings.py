"""Replies that end in every way, early or late."""

from fakegpt_tui.backends.scenarios.events import (
    DONE,
    PARTIAL,
    WHOLE,
    ended,
    error,
    finished,
    line,
    lines,
    message,
    usual,
    verdict,
)
from fakegpt_tui.backends.scenarios.scenario import Cut, Hang, Piece, Promise, Scenario, streamed
from fakegpt_tui.backends.scripted import Pause

_BEGUN = (line(message("Hel")), line(message(PARTIAL)))
_PINGS: tuple[Piece, ...] = (b": ping\n\n", Pause(0.05)) * 4
_MEGABYTE = b"x" * 1_000_000


def _scenario(name: str, sentence: str, promise: Promise, *pieces: Piece) -> Scenario:
    return Scenario(name=name, sentence=sentence, promise=promise, answers=(streamed(*pieces),))


ENDINGS = (
    _scenario(
        "no-done",
        "The last message is finished, and the stream ends without `[DONE]`.",
        Promise.WHOLE,
        *lines(usual()),
    ),
    _scenario(
        "only-done",
        "No message is ever finished; only `[DONE]` tells the end.",
        Promise.WHOLE,
        *ended(message(PARTIAL), message(WHOLE)),
    ),
    _scenario(
        "done-unterminated",
        "The very last bytes are `[DONE]`, without a line end.",
        Promise.WHOLE,
        *lines(usual()),
        DONE.rstrip(),
    ),
    _scenario(
        "text-after-done",
        "More text follows after `[DONE]`.",
        Promise.WHOLE,
        *ended(*usual()),
        line(message(f"{WHOLE} and more")),
    ),
    _scenario(
        "open-after-done",
        "The connection stays open after `[DONE]`.",
        Promise.WHOLE,
        *ended(*usual()),
        Hang(),
    ),
    _scenario(
        "cut-after-finish",
        "The connection breaks between the finished message and `[DONE]`.",
        Promise.WHOLE,
        *lines(usual()),
        Cut(),
    ),
    _scenario(
        "late",
        "The first word takes a while, and pings fill the time.",
        Promise.WHOLE,
        *_PINGS,
        *ended(*usual()),
    ),
    _scenario(
        "unfinished",
        "The stream ends in the middle of the reply, as if that were its end.",
        Promise.PARTIAL,
        *_BEGUN,
    ),
    _scenario(
        "cut", "The connection breaks inside an event.", Promise.PARTIAL, *_BEGUN, b"data: {", Cut()
    ),
    _scenario(
        "interrupted",
        "The message is marked as interrupted, and `[DONE]` follows.",
        Promise.PARTIAL,
        *ended(
            message(PARTIAL),
            finished(PARTIAL, finish="interrupted", status="finished_partial_completion"),
        ),
    ),
    _scenario("stall", "After some text nothing comes any more.", Promise.PARTIAL, *_BEGUN, Hang()),
    _scenario(
        "huge-event",
        "An event is larger than any reply: 20 MB without an end.",
        Promise.PARTIAL,
        *_BEGUN,
        b'data: {"message": "',
        *[_MEGABYTE] * 20,
        Hang(),
    ),
    _scenario(
        "error-after-text",
        "After some text an event tells of an error.",
        Promise.PARTIAL,
        *ended(message(PARTIAL), error("The model is overloaded.")),
    ),
    _scenario(
        "capped-after-text",
        "After some text an event tells of a cap, as an object.",
        Promise.PARTIAL,
        *ended(
            message(PARTIAL),
            error({"message": "Enough.", "code": "model_cap_exceeded", "clears_in": 90}),
        ),
    ),
    _scenario(
        "error-then-answer",
        "An error is told, and then a whole reply comes.",
        Promise.WHOLE,
        *ended(error("Something is slow today."), *usual()),
    ),
    _scenario(
        "error-only",
        "An event tells of an error in place of a reply.",
        Promise.ERROR,
        *ended(error("The model is overloaded.")),
    ),
    _scenario(
        "error-event",
        "An event of the type `error` tells of an error in place of a reply.",
        Promise.ERROR,
        b'event: error\ndata: {"detail": "The model is overloaded."}\n\n',
    ),
    _scenario(
        "blocked-prompt",
        "Moderation blocks the prompt, and no reply comes.",
        Promise.ERROR,
        *ended(verdict(blocked=True, of_reply=False)),
    ),
    _scenario("silent", "The response begins, and no byte follows.", Promise.ERROR, Hang()),
    _scenario("nothing", "There is no reply before `[DONE]`.", Promise.ERROR, DONE),
    _scenario("empty-body", "The stream ends before it begins.", Promise.ERROR),
    _scenario("cut-at-once", "The connection breaks before any text.", Promise.ERROR, Cut()),
    _scenario(
        "only-echo",
        "The prompt is echoed, and nothing else comes before `[DONE]`.",
        Promise.ERROR,
        *ended(message("Hi", author={"role": "user"}, metadata={})),
    ),
    _scenario(
        "newer-format",
        "The stream is in the delta encoding of later years.",
        Promise.ERROR,
        b'event: delta_encoding\ndata: "v1"\n\n',
        b'event: delta\ndata: {"p": "", "o": "add", "v": {"message": {"id": "A"}}, "c": 0}\n\n',
        b'event: delta\ndata: {"v": "Hello"}\n\n',
        DONE,
    ),
)
