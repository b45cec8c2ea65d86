"""A terminal that notes when each byte came, and what the program in it has used."""

import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.terminal import Terminal

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_POLL = 0.0005
ALTERNATE = b"\x1b[?1049h"


class Watched(Terminal):
    """A terminal without a screen: an emulator would take the time that is to be measured."""

    def __init__(
        self, command: Sequence[str], *, env: dict[str, str], size: tuple[int, int] = (120, 40)
    ) -> None:
        self.began = time.monotonic()
        self.output = bytearray()
        self.arrivals: list[tuple[float, int]] = []
        super().__init__(command, env=env, size=size)

    def _feed(self, data: bytes) -> None:
        self.output += data
        self.arrivals.append((time.monotonic(), len(self.output)))

    def until(self, holds: Callable[[], bool], timeout: float = 60.0) -> float:
        """Wait until something is so; when it was found to be.

        Raises:
            TimeoutError: It never was.
        """
        deadline = time.monotonic() + timeout
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(bytes(self.output[-500:]))
            time.sleep(_POLL)
        return time.monotonic()

    def until_seen(self, wanted: bytes, *, after: int = 0, timeout: float = 60.0) -> float:
        """Wait until bytes came, beyond the first `after` of all; when they did."""
        self.until(lambda: self.output.find(wanted, after) >= 0, timeout)
        return self.arrived(self.output.find(wanted, after) + len(wanted))

    def until_quiet(self, seconds: float = 0.3, timeout: float = 60.0) -> float:
        """Wait until nothing came for a while; when the last byte did."""
        self.until(lambda: bool(self.arrivals) and self._silence() >= seconds, timeout)
        return self.arrivals[-1][0]

    def until_paused(self, after: int, seconds: float = 0.03, timeout: float = 10.0) -> float:
        """Wait until something came beyond `after` bytes and then nothing; when the last did."""
        self.until(lambda: len(self.output) > after and self._silence() >= seconds, timeout)
        return self.arrivals[-1][0]

    def arrived(self, count: int) -> float:
        """When the first `count` bytes were there."""
        return next(at for at, length in self.arrivals if length >= count)

    def stamps(self, letter: str) -> dict[int, float]:
        """Times that the host wrote behind a letter, and when each was shown first."""
        found: dict[int, float] = {}
        # A copy, because what a search looks at cannot grow.
        seen = bytes(self.output)
        for match in re.finditer(rb"%s(\d{10,})%s" % (letter.encode(), letter.encode()), seen):
            found.setdefault(int(match[1]), self.arrived(match.end()))
        return found

    @property
    def cpu(self) -> float:
        """Seconds of processor time that the program has used."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def megabytes(self) -> float:
        """The memory that the program has to itself."""
        resident, shared = map(int, self._proc("statm").split()[1:3])
        return (resident - shared) * _PAGE / 1e6

    def _silence(self) -> float:
        return time.monotonic() - self.arrivals[-1][0]

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self.process.pid}/{name}").read_text()
