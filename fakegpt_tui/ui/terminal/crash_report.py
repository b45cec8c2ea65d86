"""An app that keeps the error which ended it, for a crash report.

Mends: Textual prints a crash with local variables, which may hold tokens and prompts.
Since: Textual 8.2.8. Can go: when Textual has a public hook for what it shows of a crash.
"""

from rich.console import RenderableType
from textual.app import App
from textual.worker import WorkerFailed


class CrashReportingApp(App[None]):
    """An app that keeps the error which ended it, instead of printing it with its variables.

    After `run`, `crash` is that error, `return_code` is 1, and the terminal is as it was.
    """

    crash: BaseException | None = None

    def _handle_exception(self, error: Exception) -> None:
        if self.crash is None:
            self.crash = error.error if isinstance(error, WorkerFailed) else error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:  # noqa: ARG002 (Textual's interface)
        """End the app at once; what Textual would print may show values."""
        self._return_code = 1
        self._close_messages_no_wait()
