"""Long work: what is said while something runs that may take long, and stopping it."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from fakegpt_tui.ui.bindings import first_key
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from textual.worker import Worker


class WorkRunner(Protocol):
    """Runs something in a worker, and shows notices."""

    def work(self, work: Awaitable[object], *, group: str) -> "Worker[None]": ...
    def notify(self, sentence: str, *, while_true: Callable[[], bool] | None = None) -> None: ...


class LongWork:
    """Runs one thing after the other; a notice stays until it has ended, and says what stops it."""

    def __init__(self, window: WorkRunner, state: ChatState, status: StatusBar) -> None:
        self._window = window
        self._state = state
        self._status = status
        self._worker: Worker[None] | None = None

    def run(self, work: Awaitable[object], *, group: str, said: str) -> None:
        """Run something, about which there is something to be said meanwhile."""
        worker = self._worker = self._window.work(work, group=group)
        key = first_key("chat.stop", self._state.keys)
        told = f"{said}; {key} stops it." if key else f"{said}."
        self._window.notify(told, while_true=lambda: not worker.is_finished)
        self._status.keep_notice()

    def is_running(self) -> bool:
        return self._worker is not None and not self._worker.is_finished

    def stop(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None
