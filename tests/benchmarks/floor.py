"""F0, the floor: an app of Textual that imports nothing but what it shows.

`python -m tests.benchmarks.floor` runs it in this terminal.
"""

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input, Static


class Bare(App[None]):
    """Twenty rows, a pane, and an input that has the focus."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "#rows { width: 30; } .pane { height: 1fr; }"

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("\n".join(f"row {number}" for number in range(20)), id="rows")
            with Vertical():
                yield self.pane()
                yield Input()

    def pane(self) -> Widget:
        return Static(classes="pane")

    def on_mount(self) -> None:
        self.query_one(Input).focus()


if __name__ == "__main__":
    Bare().run()
