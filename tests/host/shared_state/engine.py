"""A server of Valkey or Redis for tests: on a unix socket in a folder, with nothing kept."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, TypeVar

_T = TypeVar("_T")

PROGRAM = shutil.which("valkey-server") or shutil.which("redis-server") or ""
PATIENCE = 30.0


class Engine:
    """A server process; what it holds is gone when it ends."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.socket = folder / "engine.sock"
        self.url = f"unix://{self.socket}"
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                *(PROGRAM, "--port", "0", "--unixsocket", str(self.socket)),
                *("--save", "", "--appendonly", "no", "--dir", str(self._folder)),
                *self._options,
            ],
            stdout=subprocess.DEVNULL,
        )
        deadline = monotonic() + PATIENCE
        while not self._answers():
            assert monotonic() < deadline, "the engine did not start"
            assert self._process.poll() is None, "the engine ended"

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        status = Path(f"/proc/{self._process.pid}/stat")
        while status.exists() and status.read_text().rpartition(")")[2].split()[0] != "T":
            pass

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def ask(self, *words: str) -> bytes:
        """The raw answer to a command."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(os.fspath(self.socket))
            parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
            connection.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
            return connection.recv(65536)

    def _answers(self) -> bool:
        try:
            return self.ask("PING") == b"+PONG\r\n"
        except OSError:
            return False


@contextmanager
def running_engine(*options: str) -> Iterator[Engine]:
    with TemporaryDirectory(prefix="engine-") as folder:
        engine = Engine(Path(folder), *options)
        try:
            engine.start()
            yield engine
        finally:
            engine.kill()


async def apart(work: Coroutine[Any, Any, _T]) -> _T:
    """The result of `work`, which runs as a request does: it knows of no other that has waited."""
    return await asyncio.create_task(work, context=Context())
