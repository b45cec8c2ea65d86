"""From the start of the program to the first word of the first reply: B21."""

import socket
import subprocess
import time
from collections.abc import Iterator

from tests.benchmarks.one_shot import IMPORTING_HTTPX
from tests.benchmarks.program import floor, home
from tests.benchmarks.raw_server import serving
from tests.benchmarks.rows import Row
from tests.benchmarks.starting import echo
from tests.benchmarks.watched import ALTERNATE, Watched
from tests.cli.program import COMMAND
from tests.fault_server import LAST_CHUNK, chunk, stream_head
from tests.openai_server import DONE, end, says

_WORD = "Erstes"
_CONFIG = 'service = "own"\n[services.own]\nkind = "openai"\nurl = "{url}"\nmodel = "m"\n'
_START = 1.35
_FRAME = 0.05


def measure(repeats: int) -> Iterator[Row]:
    """Type a prompt as soon as there is a screen; the server answers at once, which takes no time.

    The floor is what a start may cost, one import of httpx, and a frame.
    """
    ours: list[float] = []
    allowed: list[float] = []
    with serving(_answer) as url:
        for _ in range(repeats):
            with home() as made:
                with floor() as terminal:
                    start = echo(terminal)
                began = time.monotonic()
                subprocess.run(IMPORTING_HTTPX, env=made.environment, check=True)
                allowed.append(_START * start + time.monotonic() - began + _FRAME)
                made.configure(_CONFIG.format(url=url))
                with Watched(list(COMMAND), env=made.environment) as terminal:
                    ours.append(_first_word(terminal))
    yield Row(
        budget="B21",
        what="start to the first word of a reply",
        values=ours,
        floor=allowed,
        floor_name="1.35 F0 + httpx + frame",
        limit=1.0,
        unit="s",
    )


def _first_word(terminal: Watched) -> float:
    terminal.until_seen(ALTERNATE)
    terminal.type("Hi\r")
    return terminal.until_seen(_WORD.encode()) - terminal.began


def _answer(client: socket.socket) -> None:
    try:
        client.sendall(stream_head() + chunk(says(f"{_WORD} ")) + chunk(end()) + chunk(DONE))
        client.sendall(LAST_CHUNK)
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass
    except OSError:
        return  # The client has seen enough.
