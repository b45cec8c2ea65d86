"""Terminal output: a file that never raises, control sequences, and immediate repaint.

Mends: a write error ends Textual's writer thread, after which the app waits for ever; a terminal
that takes nothing stops the whole app after thirty writes; a letter that is typed while something
else changes waits for the next tick but one of Textual's clock; an app has no public way to write a
control sequence.
Since: Textual 8.2.8. Can go: with a writer thread that survives errors, a public way to draw what
has changed, and a public way to write that tells when it is done.
"""

import os
import select
from collections.abc import Callable, Collection
from time import monotonic
from typing import Any, Final

from rich.console import RenderableType
from textual._compositor import LayoutUpdate
from textual.app import App
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread
from textual.screen import Screen
from textual.widget import Widget

PICTURE_META: Final = "picture"
"""What the style of the cells of a picture has its number by."""
_BUFFERED_CHARACTERS = 65536
"""Characters that are held back to save a write."""
_STALL = 0.5
"""Seconds in which a terminal that is well takes something."""
_MOST_QUEUED = 2000
"""Writes that may wait, however fast they come."""
_GOODBYE = 0.3
"""Seconds that the end of the program waits for a terminal to take what is left."""


class TerminalOutput:
    """The part of a text file that Textual's writer thread uses; it never raises.

    Nothing is left in a buffer for the interpreter to fail with when it exits.
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


class StallTolerantWriter(WriterThread):
    """A writer thread that leaves out what a terminal does not take, and never makes the app wait.

    Frames build on each other, so after one is left out nothing is written until all that waits is
    taken; then `on_recovery` is called, in this thread, to have everything drawn again.
    """

    def __init__(self, file: Any, on_recovery: Callable[[], object] = lambda: None) -> None:
        super().__init__(file)
        self._queue.maxsize = 0
        self._on_recovery = on_recovery
        self._taken_at = monotonic()
        self.is_stalled = False

    def write(self, text: str) -> None:
        waiting = self._queue.qsize()
        if not waiting:
            self._taken_at = max(self._taken_at, monotonic())
        elif waiting > MAX_QUEUED_WRITES and (
            waiting > _MOST_QUEUED or monotonic() - self._taken_at > _STALL
        ):
            self.is_stalled = True
        if not self.is_stalled:
            self._queue.put(text)

    def run(self) -> None:
        while (text := self._queue.get()) is not None:
            self._file.write(text)
            if not self._queue.qsize():
                self._file.flush()
                if self.is_stalled:
                    self.is_stalled = False
                    self._on_recovery()
            self._taken_at = monotonic()
        self._file.flush()

    def stop(self) -> None:
        """Stop the thread; one that the terminal keeps is left behind."""
        self._queue.put(None)
        self.join(_GOODBYE)
        while self.is_alive() and monotonic() - self._taken_at < _STALL:
            self.join(_GOODBYE)


def write_to_terminal(app: App[Any], data: str) -> bool:
    """Write a control sequence between two frames; `False` where there is no terminal."""
    driver = app._driver  # noqa: SLF001 (see above)
    if driver is None or driver.is_headless:
        return False
    driver.write(data)
    return True


def tmux_passthrough(sequence: str) -> str:
    """`sequence` for the terminal around tmux, which hands it on if `allow-passthrough` is set."""
    return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\"


class HeldPictures:
    """The pictures that the terminal holds for this process, by their numbers.

    Of one that is still being sent, or was given up, no cells are drawn. One that was given up is
    taken back once the cells that were there before have been drawn over, which the frame says
    that was written.
    """

    def __init__(self) -> None:
        self._whole: set[int] = set()
        self.given_up: set[int] = set()
        """Those of which there may still be cells on the screen."""
        self._drawn_over: set[int] = set()
        self._unfinished = 0
        self.changes = 0
        """How often it has become other pictures."""

    def __contains__(self, number: object) -> bool:
        """Can its cells be drawn?"""
        return number in self._whole

    def __bool__(self) -> bool:
        return bool(self._whole or self._unfinished or self.given_up or self._drawn_over)

    @property
    def is_sending(self) -> bool:
        """Is one on its way? No other command may come in between."""
        return bool(self._unfinished)

    def begin(self, number: int) -> None:
        """A picture is being sent."""
        self._unfinished = number

    def is_being_sent(self, number: int) -> bool:
        """Was it not freed meanwhile?"""
        return bool(number) and self._unfinished == number

    def finish(self, number: int) -> None:
        """All of it was sent."""
        self._unfinished = 0
        self._whole.add(number)
        self.changes += 1

    def give_up(self, *numbers: int) -> None:
        """Draw the pictures of these numbers no more; without numbers, all pictures."""
        given_up = self._whole & (set(numbers) if numbers else self._whole)
        self._whole -= given_up
        self.given_up |= given_up
        self.changes += bool(given_up)

    def draw_over(self, seen: Collection[int] = ()) -> None:
        """All of the screen was written, on which these are `seen`."""
        drawn_over = self.given_up.difference(seen)
        self.given_up -= drawn_over
        self._drawn_over |= drawn_over

    def free_drawn_over(self) -> str:
        """The sequence that deletes overdrawn pictures; empty while a picture is being sent."""
        if self.is_sending:
            return ""
        sequence = "".join(map(_deletion, sorted(self._drawn_over)))
        self._drawn_over.clear()
        return sequence

    def abort(self) -> str:
        """The sequence that breaks off the picture that is being sent; empty if there is none."""
        if not self._unfinished:
            return ""
        from fakegpt_tui.pictures.protocols import ABORT  # noqa: PLC0415 - with pictures

        number, self._unfinished = self._unfinished, 0
        return graphics_command(ABORT) + _deletion(number)

    def free_all(self) -> str:
        """What has the terminal forget all pictures at once."""
        aborted = self.abort()
        self.give_up()
        self.draw_over()
        return aborted + self.free_drawn_over()


def _deletion(number: int) -> str:
    from fakegpt_tui.pictures.protocols import delete_kitty  # noqa: PLC0415 - with pictures

    return graphics_command(delete_kitty(number))


HELD_PICTURES: Final = HeldPictures()
"""Terminals know pictures by numbers that are unique among all programs."""


def graphics_command(command: bytes) -> str:
    """A command of kitty's protocol for the terminal, or for that around tmux."""
    sequence = command.decode("ascii")
    return tmux_passthrough(sequence) if os.environ.get("TMUX") else sequence


def forget_pictures(app: App[Any]) -> None:
    """Have everything drawn again, which sends all pictures anew, and the old ones forgotten."""
    HELD_PICTURES.give_up()
    app.refresh(layout=True, repaint=True)


class OverlaidApp(App[None]):
    """An app whose screen may write over what was just drawn, and which frees pictures.

    Such a screen has a method `sequence_over`. Its argument is the rows that were drawn, or `None`
    for all rows.
    """

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        writer = getattr(self._driver, "_writer_thread", None)
        is_stalled = isinstance(writer, StallTolerantWriter) and writer.is_stalled
        if HELD_PICTURES.given_up and not self._batch_count and not is_stalled:
            self._free_pictures(renderable)
        self._write_over(screen, renderable)

    def _free_pictures(self, renderable: RenderableType | None) -> None:
        """Have pictures forgotten of which this frame leaves nothing; only a whole one says so."""
        if isinstance(renderable, LayoutUpdate):
            HELD_PICTURES.draw_over(_seen_pictures(renderable))
            write_to_terminal(self, HELD_PICTURES.free_drawn_over())
        elif renderable is not None:
            self.refresh()

    def _write_over(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        sequence_over = getattr(screen, "sequence_over", None)
        if renderable is None or sequence_over is None or screen is not self.screen:
            return
        spans = getattr(renderable, "spans", None)
        drawn = None if spans is None else {span[0] for span in spans}
        if over := sequence_over(drawn):
            write_to_terminal(self, over)


def _seen_pictures(frame: LayoutUpdate) -> set[int]:
    """The pictures of which a frame has cells."""
    from fakegpt_tui.pictures.protocols import PLACEHOLDER  # noqa: PLC0415 - with pictures

    return {
        style.meta[PICTURE_META]
        for line in frame.strips
        for strip in line
        for text, style, _ in strip
        if text.startswith(PLACEHOLDER) and style is not None and PICTURE_META in style.meta
    }


def repaint_now(screen: Screen[Any], urgent: Widget | None = None) -> bool:
    """Draw what has changed, if the focused widget or an urgent one is part of it; was it?

    To be called by `on_idle`. What else has changed waits for Textual's clock, up to a frame.
    """
    is_due = not screen._dirty_widgets.isdisjoint((screen.focused, urgent))  # noqa: SLF001 (see above)
    if is_due:
        screen._on_timer_update()  # noqa: SLF001 (what Textual's clock calls)
    return is_due
