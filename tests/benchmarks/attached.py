"""Typing while a picture of 20 MB is attached and sent: B24."""

import os
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.program import home
from tests.benchmarks.rows import Row, p95
from tests.benchmarks.watched import Watched
from tests.cli.program import COMMAND, ROOT

_LETTERS = "ЖИЛПУФЦЧШЩЭЮЯбгджзий"
_KEYS = 40
_GAP = 0.033
"""Seconds, as of a key that is held."""
_EDGE = 2_580
"""Of a square of noise that is 20 MB as it is stored."""
_CONFIGURATION = """service = "models"
[services.models]
kind = "openai"
url = "{url}/v1"
model = "model-1"
"""
_PIECE = 1 << 16
_UPLOAD = 4_000_000
"""Bytes a second that a service takes, as over a line at home: loopback is over in ten letters."""
_EVENT = 'data: {{"choices": [{{"delta": {{"content": "{0}"}}, "finish_reason": {1}}}]}}\n\n'


def measure(repeats: int) -> Iterator[Row]:
    """The time from a key to its letter, in a quiet program and in one that has much to read.

    It is that of all letters together: the slowest of one picture's would be the measure else.
    """
    idle: list[float] = []
    busy: list[float] = []
    with TemporaryDirectory() as folder, served() as url:
        picture = Path(folder) / "noise.png"
        picture.write_bytes(_noise(_EDGE))
        small = Path(folder) / "small.png"
        small.write_bytes(_noise(4))
        for _ in range(repeats):
            with home() as made:
                made.configure(_CONFIGURATION.format(url=url))
                with Watched(list(COMMAND), env=made.environment) as terminal:
                    terminal.until_seen(b"sends")
                    _ask_first(terminal, small)
                    idle += _typed(terminal, lambda: False)
                    busy += _typed_while_sending(terminal, picture)
    yield Row(
        budget="B24",
        what="a key while 20 MB are attached and sent, p95",
        values=[p95(busy)],
        floor=[p95(idle)],
        floor_name="idle",
        limit=2,
        unit="ms",
    )


def _ask_first(terminal: Watched, picture: Path) -> None:
    """Have a reply to a small picture: what is imported for one comes once."""
    terminal.until_quiet()
    terminal.paste(f"/attach {picture}")
    terminal.press("enter")
    terminal.until_seen(b"small.png \xc2\xb7")
    terminal.press("enter")
    terminal.until_seen(b"welcome")
    terminal.until_quiet()


def _typed_while_sending(terminal: Watched, picture: Path) -> list[float]:
    """Milliseconds until each letter was shown, from the command to the reply."""
    terminal.press("ctrl+u")
    before = len(terminal.output)
    terminal.paste(f"/attach {picture}")
    terminal.press("enter")

    def has(what: bytes) -> bool:
        return terminal.output.find(what, before) >= 0

    attaching = _typed(terminal, lambda: has(b"noise.png \xc2\xb7"))
    terminal.until(lambda: has(b"noise.png \xc2\xb7"))
    terminal.press("enter")
    sending = _typed(terminal, lambda: has(b"received"), keys=10 * _KEYS)
    terminal.until(lambda: has(b"received"))
    return attaching + sending


def _typed(terminal: Watched, is_over: Callable[[], bool], keys: int = _KEYS) -> list[float]:
    """Milliseconds until each letter was shown."""
    times: list[float] = []
    for number in range(keys):
        if is_over():
            break
        letter = _LETTERS[number % len(_LETTERS)]
        time.sleep(_GAP)
        before, pressed = len(terminal.output), time.monotonic()
        terminal.type(letter)
        times.append(1000 * (terminal.until_seen(letter.encode(), after=before) - pressed))
    return times


def _noise(edge: int) -> bytes:
    """A square picture that cannot be compressed."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + os.urandom(3 * edge) for _ in range(edge))
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


class _Model(BaseHTTPRequestHandler):
    """Takes whatever it is sent, and says so of a large picture."""

    def do_GET(self) -> None:
        self._answer("application/json", b'{"data": [{"id": "model-1"}]}')

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        for start in range(0, length, _PIECE):
            time.sleep(len(self.rfile.read(min(_PIECE, length - start))) / _UPLOAD)
        said = "received" if length > 1_000_000 else "welcome"
        events = _EVENT.format(said, "null") + _EVENT.format("", '"stop"') + "data: [DONE]\n\n"
        self._answer("text/event-stream", events.encode())

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    """The address of a model in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.attached"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", 0), _Model) as server:
        sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()
