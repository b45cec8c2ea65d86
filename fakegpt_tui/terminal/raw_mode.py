"""Raw mode: reading a terminal key by key without echo, and restoring it afterwards."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_ENDING = 128


def owns_terminal(*descriptors: int) -> bool:
    """Are all of these a terminal that this program may ask and change?"""
    if sys.platform == "win32" or not all(os.isatty(each) for each in descriptors):
        return False
    try:
        # A program in the background is stopped when it changes the terminal.
        return all(os.tcgetpgrp(each) == os.getpgrp() for each in descriptors)
    except OSError:
        return False


if sys.platform == "win32":

    @contextmanager
    def raw_mode(descriptor: int, *, every_key: bool = False) -> Iterator[None]:
        """Change nothing: such a terminal is never asked."""
        del descriptor, every_key
        yield

else:
    import termios

    _ENDINGS = (signal.SIGTERM, signal.SIGHUP)

    @contextmanager
    def raw_mode(descriptor: int, *, every_key: bool = False) -> Iterator[None]:
        """Let what comes from the terminal be read as it comes, and be shown nowhere.

        ctrl+c and ctrl+z do what they always do, unless `every_key` is to be read. What came and
        was not read is dropped at the end, so that no answer is taken for a command. Signals that
        end a program raise `SystemExit` inside, because the terminal would stay as it is.
        """
        before = termios.tcgetattr(descriptor)
        changed = termios.tcgetattr(descriptor)
        changed[3] &= ~(termios.ECHO | termios.ICANON)
        if every_key:
            changed[0] &= ~(termios.ICRNL | termios.INLCR | termios.IXON | termios.IXOFF)
            changed[3] &= ~(termios.ISIG | termios.IEXTEN)
        caught = [each for each in _ENDINGS if signal.getsignal(each) == signal.SIG_DFL]
        for number in caught:
            signal.signal(number, _end)
        try:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, changed)
            yield
        finally:
            with suppress(termios.error):  # where the terminal is gone
                termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
            for number in caught:
                signal.signal(number, signal.SIG_DFL)

    def _end(number: int, _frame: FrameType | None) -> None:
        sys.exit(_ENDING + number)
