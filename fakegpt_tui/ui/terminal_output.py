"""Writing to a terminal that may be slow, shared or gone.

Knows nothing of this program: any driver of Textual can write to it.
"""

import os
import select

_BUFFERED_CHARACTERS = 65536
"""Characters that are not held back for the sake of one write less."""


class TerminalOutput:
    """The part of a text file that Textual's writer thread uses, and that never raises.

    A write error would end that thread, after which the app waits for ever. Nothing is left in a
    buffer for the interpreter to fail with when it exits.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._held: list[str] = []
        self._length = 0
        self._gone = False

    def fileno(self) -> int:
        return self._descriptor

    def write(self, text: str) -> int:
        self._held.append(text)
        self._length += len(text)
        if self._length >= _BUFFERED_CHARACTERS:
            self.flush()
        return len(text)

    def flush(self) -> None:
        view = memoryview("".join(self._held).encode(errors="replace"))
        self._held.clear()
        self._length = 0
        while view and not self._gone:
            try:
                view = view[os.write(self._descriptor, view) :]
            except BlockingIOError:
                # Another program made the terminal non-blocking; the setting is shared.
                select.select([], [self._descriptor], [], 1.0)
            except OSError:
                self._gone = True
