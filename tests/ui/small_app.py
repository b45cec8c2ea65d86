"""Small apps for a real terminal; the first argument says which."""

import asyncio
import signal
import sys
import termios
from collections.abc import Sequence
from pathlib import Path

from textual.app import App, ComposeResult
from textual.content import Content
from textual.events import Key, Paste, Resize
from textual.filter import LineFilter
from textual.widgets import (
    Button,
    Collapsible,
    DataTable,
    Input,
    Label,
    Log,
    Markdown,
    OptionList,
    RichLog,
    Static,
    TextArea,
)

from fakegpt_tui.cli.log import describe_crash
from fakegpt_tui.ui.terminal.driver import ResizedApp, TolerantDriver
from fakegpt_tui.ui.terminal.line_filters import SafeLineFilter
from fakegpt_tui.ui.terminal.output import write_to_terminal
from fakegpt_tui.ui.terminal.shutdown import CrashReportingApp, exit_code, handle_signals

HOSTILE = (
    "A\x1b]52;c;aGVsbG8=\x07B\x1b]0;title\x1b\\C\x1b[6nD\x1b[2JE\x9b5nF\x9d0;x\x9cG\x7fH"
    "\u202eI\u2066J\x1bP+q544e\x1b\\K\x1b(0L\x1bcM\x85N\x07O\x1b]8;;http://x\x1b\\P"
)


class SmallApp(ResizedApp, CrashReportingApp):
    """Takes part in all that the driver, the filter, the crash report and the signals do."""

    ENABLE_COMMAND_PALETTE = False
    patience = 2.0
    CSS = "Screen { layout: vertical; } Static, Label { height: auto; }"

    def __init__(self) -> None:
        super().__init__(driver_class=TolerantDriver)
        self._safe = SafeLineFilter()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._safe]

    async def run_async(self, **options) -> None:
        with handle_signals(
            asyncio.get_running_loop(), self.received, patience=self.patience, echo=0.2
        ):
            await super().run_async(**options)

    def received(self, number: int) -> None:
        self.exit(return_code=exit_code(number))


class Keys(SmallApp):
    """Shows the keys that come."""

    BINDINGS = [("ctrl+q", "nothing"), ("ctrl+c", "nothing")]

    def compose(self) -> ComposeResult:
        self._count = 0
        self._names: list[str] = []
        yield Static("ready", id="keys", markup=False)

    def action_nothing(self) -> None:
        """The fuzz must not quit."""

    async def action_quit(self) -> None:
        """The fuzz must not quit."""

    async def on_key(self, event: Key) -> None:
        await self.pressed(event)

    async def pressed(self, event: Key) -> None:
        if event.key == "f2":
            write_to_terminal(self, "\x1b]52;c;b3Vycw==\x07")
        self.show(f"{event.key}={event.character!a}")

    def on_paste(self, event: Paste) -> None:
        self.show(f"paste={event.text!a}")

    def show(self, name: str) -> None:
        self._count += 1
        self._names = [*self._names[-7:], name[:60]]
        self.query_one(Static).update(Content(f"{self._count}: " + " ".join(self._names)))


class Stubborn(Keys):
    """Ignores what it is asked to do."""

    patience = 600.0

    def received(self, number: int) -> None:
        self.show(f"received={signal.Signals(number).name}")


class Stuck(Keys):
    """Its loop never comes back."""

    async def pressed(self, event: Key) -> None:
        self.show(event.key)
        self.call_after_refresh(self.hang)

    def hang(self) -> None:
        while True:
            pass


class Flooding(Keys):
    """Draws more than a terminal holds that does not read; the last resort is far away."""

    patience = 600.0

    async def pressed(self, event: Key) -> None:
        self.show(f"flood {event.key}")
        self._number = 0
        self.set_interval(0.01, self.draw)

    def draw(self) -> None:
        self._number += 1
        sign = chr(ord("a") + self._number % 26)
        self.query_one(Static).update(Content(f"flood {self._number} " + sign * 1500))


class Suspended(Keys):
    """Goes on drawing while another program has the terminal."""

    async def pressed(self, event: Key) -> None:
        with self.suspend():
            for number in range(200):
                self.query_one(Static).update(f"unseen {number}")
                await asyncio.sleep(0)
                self.bell()
        self.show(event.key)


class ResizedDriver(TolerantDriver):
    """Has the terminal resized once more, to 70 × 20, while its size of 60 columns is read."""

    def _get_terminal_size(self) -> tuple[int, int]:
        size = super()._get_terminal_size()
        if size[0] == 60:
            termios.tcsetwinsize(0, (20, 70))
        return size


class Resized(Keys):
    """Says in which size it is when a key comes."""

    def __init__(self) -> None:
        super().__init__()
        self.driver_class = ResizedDriver

    def on_resize(self, event: Resize) -> None:
        self.show(f"{event.size.width}×{event.size.height}")

    async def pressed(self, event: Key) -> None:
        self.show(f"{event.key} in {self.size.width}×{self.size.height}")


class TalkativeError(Exception):
    """Knows how to show itself, which Textual prefers to a traceback."""

    def __rich__(self) -> str:
        return "canary-in-a-self-portrait"


class Crashing(Keys):
    """Has secrets in its variables and its messages when it ends."""

    async def pressed(self, event: Key) -> None:
        token = "canary-in-a-variable"
        if event.key == "w":
            self.run_worker(self.work(token))
            return
        if event.key == "r":
            raise TalkativeError(token)
        try:
            {}[f"canary-in-a-cause {token}"]
        except KeyError as error:
            raise ValueError(f"canary-in-a-message {token}") from error

    async def work(self, token: str) -> None:
        raise RuntimeError(f"canary-in-a-worker {token}")


class Sinks(SmallApp):
    """Shows hostile text in many widgets, as text from a forgetful author would be."""

    def compose(self) -> ComposeResult:
        text = HOSTILE
        self.title = text
        static = Static(Content(text), classes="framed")
        static.border_title = Content(text)
        static.styles.border = ("solid", "red")
        yield static
        yield Label(text, markup=False)
        yield Markdown(
            f"**{text}** `{text}`\n\n```\n{text}\n```\n\n| a | b |\n|-|-|\n| {text} | x |"
        )
        yield Input(text)
        yield Input(placeholder=text)
        yield TextArea(text)
        yield OptionList(Content(text))
        table: DataTable[Content] = DataTable()
        table.add_column(Content(text))
        table.add_row(Content(text))
        yield table
        yield RichLog()
        yield Log()
        yield Button(Content(text))
        yield Collapsible(title="x")
        yield Static(Content("the end"))

    def on_mount(self) -> None:
        for widget in self.query("Markdown, TextArea, OptionList, DataTable, RichLog, Log"):
            widget.styles.height = 4
        self.query_one(RichLog).write(HOSTILE)
        self.query_one(Log).write(HOSTILE)
        self.notify(HOSTILE, title=HOSTILE, markup=False)
        self.query_one(Label).tooltip = Content(HOSTILE)


class Unfiltered(Sinks):
    """The same without the second wall."""

    def get_line_filters(self) -> Sequence[LineFilter]:
        return super().get_line_filters()[:-1]


def main() -> None:
    kinds: dict[str, type[App[None]]] = {
        kind.__name__: kind
        for kind in (
            Keys,
            Stubborn,
            Stuck,
            Flooding,
            Suspended,
            Resized,
            Crashing,
            Sinks,
            Unfiltered,
        )
    }
    app = kinds[sys.argv[1]]()
    app.run()
    if isinstance(app, CrashReportingApp) and app.crash is not None:
        sys.stderr.write(describe_crash(app.crash, folder=Path(sys.argv[2])) + "\n")
    sys.exit(app.return_code or 0)


if __name__ == "__main__":
    main()
