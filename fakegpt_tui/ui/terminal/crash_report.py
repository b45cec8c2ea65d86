"""An app that keeps the error which ended it, for a crash report, and goes on after expected ones.

Mends: Textual prints a crash with local variables, which may hold tokens and prompts; and workers
of a screen run on while its widgets are removed, so that one which then looks for a widget ends
the program with a crash.
Since: Textual 8.2.8. Can go: when Textual has a public hook for what it shows of a crash.
"""

from rich.console import RenderableType
from textual.app import App
from textual.await_remove import AwaitRemove
from textual.dom import DOMNode
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import WorkerFailed

from fakegpt_tui.domain import FakeGPTError


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
    """A screen that goes on after an expected error in a handler, which would end Textual."""

    def show_error(self, error: FakeGPTError) -> None:
        """Show an expected error that a handler did not."""
        self.notify(str(error), markup=False)

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except FakeGPTError as error:
            self.show_error(error)

    async def _message_loop_exit(self) -> None:
        # What was still handled before may have started more of them.
        cancel_workers(self)
        await super()._message_loop_exit()


def cancel_workers(node: DOMNode) -> None:
    """Cancel the workers of a node and of all below it."""
    for worker in node.workers:
        if node in worker.node.ancestors_with_self:
            worker.cancel()
