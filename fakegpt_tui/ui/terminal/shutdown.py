"""Shutdown: the app ends in order on a signal, tells why it crashed, and outlives expected errors.

Mends: Textual ignores all signals but SIGINT, so that a program which they end leaves the terminal
in its modes, and nothing is saved. It prints a crash with local variables, which may hold tokens
and prompts. Workers of a screen run on while its widgets are removed, so that one which then looks
for a widget ends the program with a crash.
Since: Textual 8.2.8. Can go: when Textual ends an app in order by these signals, and has a public
hook for what it shows of a crash.
"""

import asyncio
import inspect
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from types import FrameType

from rich.console import RenderableType
from textual.app import App
from textual.await_remove import AwaitRemove
from textual.dom import DOMNode
from textual.events import ScreenResume
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker, WorkerFailed

from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.ui.terminal.output import HELD_PICTURES

if sys.platform != "win32":
    import termios

_SHUTDOWN_TIMEOUT = 5.0
"""Seconds that an orderly exit may take before the program leaves without it."""
_REPEAT_WINDOW = 1.0
"""Seconds in which a further signal is the same wish: closing a window sends SIGHUP two times, from
the terminal and from the shell, and a session's end sends SIGTERM besides."""

_MODES_OFF = (
    "\x1b[?2026l"  # no frame is half drawn
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # mouse
    "\x1b[?2004l\x1b[?1004l\x1b[?2048l\x1b[?2031l"  # pastes, reports of focus, size and background
    "\x1b[?7h"  # line wrap
    "\x1b[<u"  # kitty's keyboard; its stack belongs to the screen that is left next
    "\x1b[?1049l\x1b[0m\x1b[?25h"
)


IS_XTERM = "XTERM_VERSION" in os.environ and "TMUX" not in os.environ
ALT_AS_BEFORE = "\x1b[?1036r"
"""Has xterm tell of alt as it did before."""

_NOT_ENDING = {
    getattr(signal, f"SIG{name}", None)
    for name in (
        *("KILL", "STOP", "TSTP", "CONT", "TTIN", "TTOU"),
        *("CHLD", "URG", "WINCH", "INFO", "PIPE", "XFSZ"),
        *("SEGV", "BUS", "FPE", "ILL", "EMT"),
    )
}
"""What cannot be handled, only stops, is ignored, or is a defect below Python."""


def exit_code(number: int) -> int:
    """What a shell is told of a program that a signal ended."""
    return 128 + number


@contextmanager
def handle_signals(
    loop: asyncio.AbstractEventLoop,
    on_signal: Callable[[int], object],
    *,
    patience: float = _SHUTDOWN_TIMEOUT,
    echo: float = _REPEAT_WINDOW,
) -> Iterator[None]:
    """Handle every signal that asks a program to end while the block runs.

    The first is passed to `on_signal`, in the loop, and the process is expected to end. After
    another that comes more than `echo` seconds later, or when it still runs after `patience`
    seconds, the terminal is restored and it ends there and then: the loop may be waiting for a
    terminal that takes no more. This holds beyond the block, so that nothing interrupts what is
    closed after it. Signals that are ignored at the start (`nohup`) stay ignored.
    SIGTSTP and SIGCONT are left to the driver.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ending = _Shutdown(loop, on_signal, patience=patience, echo=echo)
    numbers = [number for number in _ending_signals() if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, ending.handle) for number in numbers}
    try:
        yield
    finally:
        if not ending.has_begun:
            for number, handler in before.items():
                signal.signal(number, handler)


def has_job_control() -> bool:
    """Is there a shell that can let the program go on after it was stopped?

    A program that leads its session was started by the terminal itself, and would hang for ever.
    """
    if sys.platform == "win32":
        return False
    return os.getsid(0) != os.getpid() and os.getsid(os.getppid()) == os.getsid(0)


def restore_terminal(descriptor: int = 2) -> None:
    """Take back every mode that Textual sets, without waiting for a terminal that takes nothing."""
    if not os.isatty(descriptor):
        return
    blocking = os.get_blocking(descriptor)
    with suppress(OSError):
        os.set_blocking(descriptor, False)
        modes = (ALT_AS_BEFORE if IS_XTERM else "") + _MODES_OFF
        os.write(descriptor, (HELD_PICTURES.free_all() + modes).encode())
    with suppress(OSError):
        # The shell uses the terminal through the same setting.
        os.set_blocking(descriptor, blocking)


class _Shutdown:
    """The way out, from the first signal on."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        on_signal: Callable[[int], object],
        *,
        patience: float,
        echo: float,
    ) -> None:
        self._loop = loop
        self._on_signal = on_signal
        self._patience = patience
        self._echo = echo
        self._restore = _terminal_restorer()
        self._first_at: float | None = None

    def handle(self, number: int, _frame: FrameType | None) -> None:
        if self._first_at is not None:
            if monotonic() - self._first_at > self._echo:
                self._leave(number)
            return
        self._first_at = monotonic()
        last_resort = threading.Timer(self._patience, self._leave, (number,))
        last_resort.daemon = True
        last_resort.start()
        self._loop.call_soon_threadsafe(self._on_signal, number)

    @property
    def has_begun(self) -> bool:
        return self._first_at is not None

    def _leave(self, number: int) -> None:
        self._restore()
        os._exit(exit_code(number))


def _ending_signals() -> set[int]:
    """The signals that end a program, but for those that the processor raises.

    Python's handlers do not run while that repeats the instruction that failed.
    """
    if sys.platform == "win32":
        return {signal.SIGTERM, signal.SIGBREAK}
    return {int(each) for each in signal.valid_signals() if each not in _NOT_ENDING}


def _terminal_restorer() -> Callable[[], None]:
    """A function that gives the terminal the line modes it has now, and takes back Textual's."""
    if sys.platform == "win32":
        return restore_terminal
    try:
        line_modes = termios.tcgetattr(0)
    except termios.error:
        return restore_terminal

    def restore() -> None:
        restore_terminal()
        with suppress(termios.error):
            termios.tcsetattr(0, termios.TCSANOW, line_modes)

    return restore


class CrashReportingApp(App[None]):
    """An app that keeps the error which ended it, instead of printing it with its variables.

    After `run`, `crash` is that error, `return_code` is 1, and the terminal is as it was.
    """

    crash: BaseException | None = None

    def show_error(self, error: FakeGPTError) -> None:
        """Show an expected error that a worker did not handle."""
        self.notify(str(error), markup=False)

    def _handle_exception(self, error: Exception) -> None:
        if isinstance(error, WorkerFailed) and isinstance(error.error, FakeGPTError):
            self.show_error(error.error)
            return
        if self.crash is None:
            self.crash = error.error if isinstance(error, WorkerFailed) else error
        super()._handle_exception(error)

    def _prune(self, *nodes: Widget, parent: DOMNode | None = None) -> AwaitRemove:
        for node in nodes:
            cancel_workers(node)
        return super()._prune(*nodes, parent=parent)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:  # noqa: ARG002 (Textual's interface)
        """End the app at once; what Textual would print may show values."""
        self._return_code = 1
        self._close_messages_no_wait()


class TolerantScreen(Screen[None]):
    """A screen that goes on after an expected error in a handler, which would end Textual.

    Nor does it drop a selection on esc, and then do what else the key is for, or give a new screen
    its styles twice: as of Textual 8.2.8.
    """

    _key_escape = None  # type: ignore[assignment]  # no handler

    def _on_screen_resume(self, event: ScreenResume) -> None:
        """Leave the styles as they are where all widgets have just been given theirs."""
        event.refresh_styles = event.refresh_styles and self.stack_updates > 0

    def show_error(self, error: FakeGPTError) -> None:
        """Show an expected error that a handler did not."""
        self.notify(str(error), markup=False)

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except FakeGPTError as error:
            self.show_error(error)

    async def _message_loop_exit(self) -> None:
        # What was still handled before may have started more of them, which begin first.
        await asyncio.sleep(0)
        cancel_workers(self)
        await super()._message_loop_exit()


def cancel_workers(node: DOMNode) -> None:
    """Cancel the workers of a node and of all below it.

    Those that have not begun are left, because what they were to run would never be awaited.
    """
    for worker in node.workers:
        if node in worker.node.ancestors_with_self and _has_begun(worker):
            worker.cancel()


def _has_begun(worker: Worker[object]) -> bool:
    work = worker._work  # noqa: SLF001 - there is no public name for it
    return not inspect.iscoroutine(work) or inspect.getcoroutinestate(work) != inspect.CORO_CREATED
