"""Asking a terminal that is quiet, with a limit of time."""

import os
import select
from collections.abc import Mapping
from time import monotonic
from typing import Final

from fakegpt_tui.terminal.answers import Answers, answers, questions

PATIENCE: Final = 2.0
"""Seconds that a terminal has to answer; one on another continent needs a good part of one."""

_STRAGGLERS: Final = 0.1
"""Seconds for what a multiplexer has to ask the terminal around it."""

_SETTLING: Final = 0.5
"""Seconds for the rest of the answers, where nobody waits for them any longer."""

_CLEAN_LINE: Final = b"\r\x1b[K"
"""Takes away what a terminal shows of a question that it does not understand."""

_MOST: Final = 65536


class Conversation:
    """Questions and answers over a terminal's two descriptors, to be used while it is `quiet`."""

    def __init__(self, source: int, target: int, environment: Mapping[str, str]) -> None:
        self._source = source
        self._target = target
        self._questions = questions(environment)
        self._said = b""

    @property
    def was_asked(self) -> bool:
        """Is this a terminal that can be asked?"""
        return bool(self._questions)

    def ask(self, patience: float = PATIENCE) -> Answers:
        """What the terminal answers within `patience` seconds."""
        if not self._questions:
            return Answers()
        _write(self._target, self._questions)
        try:
            return self._heard(monotonic() + patience)
        except KeyboardInterrupt:
            # What is still on its way would be taken for what is typed next.
            self._heard(monotonic() + _SETTLING)
            raise
        finally:
            _write(self._target, _CLEAN_LINE)

    def _heard(self, end: float) -> Answers:
        found = Answers()
        while not found.is_whole and self._read(end - monotonic()):
            found = answers(self._said)
        if found.is_whole:
            end = monotonic() + _STRAGGLERS
            while found.is_light is None and self._read(end - monotonic()):
                found = answers(self._said)
        return found

    def _read(self, seconds: float) -> bool:
        if seconds <= 0 or len(self._said) > _MOST:
            return False
        if not select.select([self._source], [], [], seconds)[0]:
            return False
        data = os.read(self._source, 4096)
        self._said += data
        return bool(data)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
