"""Asking a terminal that is quiet, with a limit of time."""

import os
import select
from collections.abc import Mapping
from time import monotonic
from typing import Final

from fakegpt_tui.terminal.answers import TerminalInfo, build_queries, parse_responses

QUERY_TIMEOUT: Final = 2.0
"""Seconds that a terminal has to answer; one on another continent needs a good part of one."""

_STRAGGLERS: Final = 0.1
"""Seconds for what a multiplexer has to ask the terminal around it."""

_SETTLING: Final = 0.5
"""Seconds for the rest of the answers, where nobody waits for them any longer."""

_CLEAN_LINE: Final = b"\r\x1b[K"
"""Takes away what a terminal shows of a question that it does not understand."""

_MOST: Final = 65536


class TerminalQuery:
    """Questions and answers over a terminal's two descriptors, to be used while it is `quiet`."""

    def __init__(self, source: int, target: int, environment: Mapping[str, str]) -> None:
        self._source = source
        self._target = target
        self._questions = build_queries(environment)
        self._received = b""

    @property
    def can_ask(self) -> bool:
        """Is this a terminal that can be asked?"""
        return bool(self._questions)

    def ask(self, patience: float = QUERY_TIMEOUT) -> TerminalInfo:
        """What the terminal answers within `patience` seconds."""
        if not self._questions:
            return TerminalInfo()
        _write(self._target, self._questions)
        try:
            return self._wait_for_responses(monotonic() + patience)
        except KeyboardInterrupt:
            # What is still on its way would be taken for what is typed next.
            self._wait_for_responses(monotonic() + _SETTLING)
            raise
        finally:
            _write(self._target, _CLEAN_LINE)

    def _wait_for_responses(self, end: float) -> TerminalInfo:
        found = TerminalInfo()
        while not found.is_complete and self._read(end - monotonic()):
            found = parse_responses(self._received)
        if found.is_complete:
            end = monotonic() + _STRAGGLERS
            while found.is_light is None and self._read(end - monotonic()):
                found = parse_responses(self._received)
        return found

    def _read(self, seconds: float) -> bool:
        if seconds <= 0 or len(self._received) > _MOST:
            return False
        if not select.select([self._source], [], [], seconds)[0]:
            return False
        data = os.read(self._source, 4096)
        self._received += data
        return bool(data)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
