"""The terminal driver: Textual's own, with input and output that no terminal can break.

Mends: Textual ends, hangs or starts a second time where the terminal sends bytes that are not
UTF-8, hangs up, blocks, or was taken by SIGSTOP and given back by SIGCONT. It draws nothing where
the terminal has its old size again, which has lost what did not fit meanwhile, and leaves a screen
at an older size that is laid out while the terminal is resized, or is resized twice at once.
Since: Textual 8.2.8. Can go: when its Linux driver passes `tests/ui/terminal/test_driver.py`.
"""

import asyncio
import os
import selectors
import signal
import sys
import threading
from array import array
from codecs import getincrementaldecoder
from contextlib import suppress
from typing import Any

from rich.console import RenderableType
from textual import constants, events
from textual.app import App
from textual.driver import Driver
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen

from fakegpt_tui.ui.terminal.width_detection import (
    CellReported,
    ask_cell,
    remeasure_all,
    takes_questions,
)

if sys.platform == "win32":
    from textual.drivers.windows_driver import WindowsDriver as TolerantDriver
else:
    import fcntl
    import termios

    from textual.drivers import linux_driver
    from textual.drivers.linux_driver import LinuxDriver

    from fakegpt_tui.ui.terminal.input_parser import TolerantParser
    from fakegpt_tui.ui.terminal.output import (
        HELD_PICTURES,
        StallTolerantWriter,
        TerminalOutput,
        forget_pictures,
    )
    from fakegpt_tui.ui.terminal.shutdown import ALT_AS_BEFORE, IS_XTERM, exit_code

    _POLL = 0.1
    """Seconds between looks at whether input should end."""
    _MOST_CELLS = 1000
    """In a row and in a column; a pseudo-terminal may claim 65,535, which would take gigabytes."""
    _CONTROL_CHARACTERS = 6
    """Where `tcgetattr` has them."""
    _WATCH_BACKGROUND = "\x1b]11;?\x1b\\\x1b[?2031h"
    """Asks for the colour of the background, and to be told when it is changed."""
    _FORGET_BACKGROUND = "\x1b[?2031l"
    _ESCAPE_FOR_ALT = "\x1b[?1036s\x1b[?1036h"
    """Keeps how xterm tells of alt, and has it send ESC, where it would type another letter."""
    _KITTY_FLAGS = "\x1b[>25u"
    """What Textual asks of a keyboard: each key in full, with the text that it types."""
    _KITTY_FLAGS_AND_ALTERNATES = "\x1b[>29u"
    """The same, with the key of the Latin layout, by which commands are known in the others."""

    class TolerantDriver(LinuxDriver):
        """Reads any bytes, and outlives a terminal that is gone or busy.

        A terminal that is closed ends the app as SIGHUP does, also where that signal is ignored or
        goes to others: without its terminal the app can do nothing.
        """

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.has_quick_escape = False
            if self._file is not None:
                # It is all of a file that the writer thread uses.
                self._file = TerminalOutput(self._file.fileno())  # type: ignore[assignment]
            # Of no size, Textual asks the terminal by another way.
            self._size = self._size or self._get_terminal_size()

        def _get_terminal_size(self) -> tuple[int, int]:
            """The size of the terminal, up to a limit, as some report an absurd one."""
            width, height = super()._get_terminal_size()
            return min(width, _MOST_CELLS), min(height, _MOST_CELLS)

        def process_message(self, message: Message) -> None:
            if isinstance(message, events.Resize) and max(message.size) > _MOST_CELLS:
                size = Size(*(min(each, _MOST_CELLS) for each in message.size))
                message = events.Resize(size, size)
            super().process_message(message)

        def start_application_mode(self) -> None:
            # Textual makes its thread by this name of its module.
            setattr(linux_driver, "WriterThread", self._writer)  # noqa: B010
            super().start_application_mode()  # type: ignore[no-untyped-call]
            loop = asyncio.get_running_loop()
            signal.signal(
                signal.SIGWINCH,
                lambda *_: asyncio.run_coroutine_threadsafe(self._report_size(), loop),
            )
            if takes_questions(os.environ):
                self.write(_WATCH_BACKGROUND)
            if IS_XTERM:
                self.write(_ESCAPE_FOR_ALT)

        async def _report_size(self) -> None:
            """Report the size that the terminal has by now.

            Textual reads it while it handles the signal, which another one may interrupt, so that
            the older of two sizes would be reported last.
            """
            if not self._in_band_window_resize:
                size = Size(*self._get_terminal_size())
                self._app.post_message(events.Resize(size, size))

        def _writer(self, file: Any) -> StallTolerantWriter:
            """What writes from a thread; a terminal that takes nothing stops only the picture."""
            return StallTolerantWriter(file, lambda: self._app.call_later(self._redraw))

        def _redraw(self) -> None:
            self.write(HELD_PICTURES.abort())
            forget_pictures(self._app)

        def stop_application_mode(self) -> None:
            """Leave the terminal as it was, without pictures of which none can be seen."""
            self.write(HELD_PICTURES.free_all())
            if IS_XTERM:
                self.write(ALT_AS_BEFORE)
            if takes_questions(os.environ):
                self.write(_FORGET_BACKGROUND)
            super().stop_application_mode()

        def write(self, data: str) -> None:
            if data == _KITTY_FLAGS:
                data = _KITTY_FLAGS_AND_ALTERNATES
            # While the app is suspended the queue is not emptied, and it holds thirty writes.
            if self._writer_thread is None or self._writer_thread.is_alive():
                super().write(data)

        def _sigcont_application(self, *_: object) -> None:
            """Go on. Textual starts a second time here, whether it was stopped before or not."""
            if not self._auto_restart:
                return
            if self._must_signal_resume:
                self.resume_application_mode()
            elif self._has_terminal():
                # Stopped by SIGSTOP, without notice: a shell has had the terminal meanwhile.
                self.suspend_application_mode()
                self.resume_application_mode()

        def resume_application_mode(self) -> None:
            """Draw everything, too: an app that keeps its size would draw what changes next."""
            super().resume_application_mode()
            self._app.call_later(self._redraw)

        def _has_terminal(self) -> bool:
            """Is there still one? A terminal that hangs up sends SIGCONT too."""
            try:
                termios.tcgetattr(self.fileno)
            except termios.error:
                return False
            return True

        def run_input_thread(self) -> None:
            """Read until the app is done with its input, or the terminal is."""
            typed_before = self._count_waiting()
            parser = TolerantParser(self._debug, erase=self._erase_character())
            decode = getincrementaldecoder("utf-8")(errors="replace").decode
            with selectors.SelectSelector() as selector:
                selector.register(self.fileno, selectors.EVENT_READ)
                while not self.exit_event.is_set():
                    parser.has_quick_escape = self.has_quick_escape
                    patience = parser.timeout
                    if selector.select(_POLL if patience is None else min(_POLL, patience)):
                        data = self._read()
                        if data == b"":
                            self._input_ended()
                            return
                        data, typed_before = _with_enter(data or b"", typed_before), 0
                        for message in parser.feed(decode(data)):
                            self.process_message(message)
                    for message in parser.tick():
                        self.process_message(message)

        def _count_waiting(self) -> int:
            """How many bytes can be read: what was typed before the terminal was asked for keys."""
            waiting = array("i", [0])
            with suppress(OSError):
                fcntl.ioctl(self.fileno, termios.FIONREAD, waiting)
            return waiting[0]

        def _erase_character(self) -> str:
            """What the backspace key sends, as far as the terminal says so."""
            try:
                erase = termios.tcgetattr(self.fileno)[_CONTROL_CHARACTERS][termios.VERASE]
            except termios.error:
                return ""
            return bytes(erase).decode("latin-1")

        def _read(self) -> bytes | None:
            """What there is to read; `None` if that was a mistake, nothing at the end."""
            try:
                return os.read(self.fileno, 4096)
            except BlockingIOError:
                return None
            except OSError:
                return b""  # the other side of the terminal is closed

        def _input_ended(self) -> None:
            if not self.input_tty or self.exit_event.is_set():
                return
            if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
                self._app.call_later(self._app.exit, return_code=exit_code(signal.SIGHUP))
            else:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGHUP)

        def _run_input_thread(self) -> None:
            try:
                self.run_input_thread()
            except BaseException as error:  # noqa: BLE001 (a bug here must end the app, not its input)
                self._app.call_later(self._app._handle_exception, error)  # noqa: SLF001 (see above)


class ResizedApp(App[None]):
    """An app that is drawn in the size of its terminal, and its pictures in that of its cells."""

    _is_fitting = False

    def on_resize(self, event: events.Resize) -> None:
        """Draw all anew in the size that is drawn already; in any other that is done anyway."""
        ask_cell(self)
        if self.screen_stack and self.screen.outer_size == event.size:
            self.refresh()

    def on_cell_reported(self, report: CellReported) -> None:
        """Lay pictures out anew where cells have another shape than they were taken to have."""
        from fakegpt_tui.ui.terminal.graphics import use_told_cell  # noqa: PLC0415 - with the answer

        if use_told_cell(report.width, report.height):
            remeasure_all(self)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        if screen.outer_size != self.size and not self._is_fitting:
            self._is_fitting = True
            self.call_later(self._fit_screen)

    def _fit_screen(self) -> None:
        """Lay the screen out in the size of the terminal, after it was drawn in another one.

        What its own layout posts, for an older size, replaces what the terminal has told since.
        """
        self.screen._screen_resized(self.size)  # noqa: SLF001 (see above)
        self._is_fitting = False


def _with_enter(data: bytes, typed_before: int) -> bytes:
    """`data`, whose first bytes were typed before the terminal was asked for keys.

    It made a line feed of Enter. One at their end is the key; within them it is text.
    """
    if data[:typed_before].endswith(b"\n"):
        return data[: typed_before - 1] + b"\r" + data[typed_before:]
    return data


def set_quick_escape(app: App[Any], has_quick_escape: bool) -> None:
    """Read a letter that comes soon after an ESC, but not with it, as a key of its own, or not.

    With the terminal's own word for esc, as in kitty's protocol, nothing has to be told apart.
    """
    setattr(app._driver, "has_quick_escape", has_quick_escape)  # noqa: B010, SLF001 (see above)


def driver_class() -> type[Driver] | None:
    """What to pass as `App(driver_class=…)`: `None` where another was asked for by environment."""
    return None if constants.DRIVER else TolerantDriver
