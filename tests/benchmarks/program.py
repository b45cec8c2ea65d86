"""The program and the floors, started in a watched terminal."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.watched import Watched
from tests.cli.program import COMMAND, ROOT, Home

_READY = b"signed in"


@contextmanager
def hosted() -> Iterator[str]:
    """The base URL of a host that replies as prompts ask."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.host"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


@contextmanager
def home(url: str | None = None) -> Iterator[Home]:
    """A home without anything in it, that uses the service at `url`."""
    with TemporaryDirectory() as folder:
        made = Home(Path(folder))
        if url is not None:
            made.use_service(url)
        yield made


@contextmanager
def running(made: Home, *, size: tuple[int, int] = (120, 40)) -> Iterator[Watched]:
    """The program, signed in."""
    with Watched(list(COMMAND), env=made.environment, size=size) as terminal:
        terminal.until_seen(_READY)
        terminal.until_quiet()
        yield terminal


@contextmanager
def floor(name: str = "", *asked: object) -> Iterator[Watched]:
    """A floor, as soon as it is on the screen; F0 unless another is named."""
    module = f"tests.benchmarks.floor{name and '_'}{name}"
    command = [sys.executable, "-m", module, *map(str, asked)]
    with home() as made, Watched(command, env=made.environment) as terminal:
        yield terminal


def ask(terminal: Watched, shape: str, size: int, rate: float) -> None:
    """Send a prompt that asks the host for a reply."""
    terminal.paste(f"{shape} {size} {rate:g}")
    terminal.press("enter")
