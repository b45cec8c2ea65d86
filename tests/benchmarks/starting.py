"""Coming and going: B1, B12 and B16."""

import time
from collections.abc import Iterator

from tests.benchmarks.program import ask, floor, home, hosted, running
from tests.benchmarks.rows import Row
from tests.benchmarks.watched import ALTERNATE, Watched
from tests.cli.program import COMMAND

_LETTER = "Ж"
_SETTLING_SECONDS = 4.0
_IDLE_SECONDS = 4.0
_KEY_SECONDS = 0.01


def measure(repeats: int) -> Iterator[Row]:
    """Start, idle and end, the program and the empty app in turns."""
    starts: list[float] = []
    floor_starts: list[float] = []
    ends: list[float] = []
    floor_ends: list[float] = []
    loads: list[float] = []
    bytes_idle: list[float] = []
    with hosted() as url:
        for _ in range(repeats):
            with floor() as terminal:
                floor_starts.append(echo(terminal))
                terminal.until_quiet()
                floor_ends.append(_leave(terminal))
            with home(url) as made:
                with Watched(list(COMMAND), env=made.environment) as terminal:
                    starts.append(echo(terminal))
                with running(made) as terminal:
                    load, count = _idle(terminal)
                    loads.append(load)
                    bytes_idle.append(count)
                    ends.append(_leave_while_streaming(terminal))
    yield Row(
        budget="B1",
        what="start to the echo of a key, empty store",
        values=starts,
        floor=floor_starts,
        floor_name="F0",
        limit=1.35,
        unit="s",
    )
    yield Row(budget="B12", what="idle: processor", values=loads, limit=1.0, unit="%")
    yield Row(
        budget="B12", what="idle: bytes to the terminal", values=bytes_idle, limit=200, unit="B/s"
    )
    yield Row(
        budget="B16",
        what="ctrl+q while 8 replies stream, to the shell",
        values=ends,
        floor=floor_ends,
        floor_name="F0",
        limit=1.5,
        unit="s",
    )


def echo(terminal: Watched) -> float:
    """Seconds from the start of a program until it shows a letter that is typed all the time."""
    terminal.until_seen(ALTERNATE)
    first_screen = len(terminal.output)

    def echoes() -> bool:
        terminal.type(_LETTER)
        time.sleep(_KEY_SECONDS)
        return terminal.output.find(_LETTER.encode(), first_screen) >= 0

    terminal.until(echoes)
    return terminal.until_seen(_LETTER.encode(), after=first_screen) - terminal.began


def _idle(terminal: Watched) -> tuple[float, float]:
    """Percent of a processor, and bytes a second."""
    # What the first seconds do at leisure is no part of it: importing, and looking for servers.
    time.sleep(_SETTLING_SECONDS)
    cpu, count = terminal.cpu, len(terminal.output)
    time.sleep(_IDLE_SECONDS)
    load = 100 * (terminal.cpu - cpu) / _IDLE_SECONDS
    return load, (len(terminal.output) - count) / _IDLE_SECONDS


def stream_in_eight(terminal: Watched, rate: float = 100) -> None:
    """Have eight conversations stream, the last of them in sight."""
    for number in range(8):
        if number:
            before = len(terminal.output)
            terminal.press("ctrl+n")
            terminal.until_seen(b"A new conversation", after=before)
        ask(terminal, "prose", 60_000, rate)
        terminal.until(lambda number=number: len(terminal.stamps("S")) > number)


def _leave_while_streaming(terminal: Watched) -> float:
    stream_in_eight(terminal)
    return _leave(terminal)


def _leave(terminal: Watched) -> float:
    """Seconds from ctrl+q until the program is no more."""
    asked = time.monotonic()
    terminal.press("ctrl+q")
    terminal.process.wait(30)
    return time.monotonic() - asked
