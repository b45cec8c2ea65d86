"""Processes under load: started on a core of their own, and what they have used so far."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cli.program import ROOT

_SERVER_CORE, _CLIENT_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class Measured:
    """A process, as the kernel accounts for it."""

    pid: int
    said: tuple[str, ...]

    def cpu(self) -> float:
        """Seconds of processor time of all its threads."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        return sum(int((each / "schedstat").read_text().split()[0]) for each in tasks) / 1e9

    def rss(self) -> int:
        """Bytes in memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self) -> int:
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())


@contextmanager
def started(module: str, *arguments: str, is_server: bool = True) -> Iterator[Measured]:
    """A module of this folder, once it has said where it is; it ends with its standard input."""
    with subprocess.Popen(
        [sys.executable, "-m", f"tests.load.{module}", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        pin(process.pid, _SERVER_CORE if is_server else _CLIENT_CORE)
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield Measured(process.pid, tuple(process.stdout.readline().split()))
        finally:
            process.stdin.close()
            process.wait()


def pin(pid: int, core: int) -> None:
    """Keep a process on one core, where there are two."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(pid, {core})
