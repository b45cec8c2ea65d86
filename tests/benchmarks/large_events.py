"""Typing while one event brings 2 or 10 MB of text, or 10 MB of more values than are read: B8."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress

from tests.benchmarks.keys import type_letters
from tests.benchmarks.program import home
from tests.benchmarks.raw_server import serving
from tests.benchmarks.rows import Row
from tests.benchmarks.watched import Watched
from tests.cli.program import COMMAND
from tests.fault_server import DONE, LAST_CHUNK, chunk, stream_head
from tests.openai_server import end, says

_PARAGRAPH = "word and\n\n"
_OBJECTS = b"{}," * 3_333_333
_CONFIG = 'service = "own"\n[services.own]\nkind = "openai"\nurl = "{url}"\nmodel = "m"\n'
_SECONDS_BEFORE = 0.5
_MOST_MILLISECONDS = 250.0
"""No key may wait longer, though the events are longer than any that a service would send."""


def measure(repeats: int) -> Iterator[Row]:
    """The longest time from a key to its letter while the event comes and is shown."""
    for kind in ("2 MB of text", "10 MB of text", "10 MB of objects"):
        with serving(_answer, kind) as url:
            values = [_longest(url) for _ in range(repeats)]
        what = f"a key while {kind} come in one event, worst"
        yield Row(budget="B8", what=what, values=values, limit=_MOST_MILLISECONDS, unit="ms")


def _longest(url: str) -> float:
    with home() as made:
        made.configure(_CONFIG.format(url=url))
        with Watched(list(COMMAND), env=made.environment) as terminal:
            terminal.until_seen(b"answers, at")
            terminal.until_quiet()
            terminal.paste("words")
            terminal.press("enter")
            terminal.until_seen(b"First")
            return max(type_letters(terminal))


def _answer(client: socket.socket, kind: str) -> None:
    client.sendall(stream_head() + chunk(says("First ")))
    time.sleep(_SECONDS_BEFORE)
    objects = b'data: {"choices": [' + _OBJECTS + b"{}]}\n\n"
    text = _PARAGRAPH * (int(kind.split(maxsplit=1)[0]) * 1_000_000 // len(_PARAGRAPH))
    event = says(text) if kind.endswith("text") else objects
    with suppress(OSError):  # The client has seen enough.
        client.sendall(chunk(event) + chunk(end() + DONE) + LAST_CHUNK)
        while client.recv(65536):
            pass


if __name__ == "__main__":
    for row in measure(3):
        print(row.line())  # noqa: T201 - what it is for
