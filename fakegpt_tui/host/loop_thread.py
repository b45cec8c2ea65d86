"""Loop thread: an event loop in a thread of its own, for a host inside another program."""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

_T = TypeVar("_T")

_log = logging.getLogger("fakegpt_tui.host")


class LoopThread:
    """An event loop in a thread that does not keep the process alive, and takes no signals."""

    def __init__(self, name: str) -> None:
        ready: Future[asyncio.AbstractEventLoop] = Future()
        self._thread = threading.Thread(target=_run, args=(ready,), name=name, daemon=True)
        self._thread.start()
        self._loop = ready.result()

    def call(self, work: Coroutine[Any, Any, _T], *, seconds: float | None = None) -> _T:
        """The result of `work`, which runs there; its exceptions are raised here.

        Raises:
            TimeoutError: It took longer than `seconds`.
        """
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def stop(self, *, patience: float) -> None:
        """Cancel what still runs; a thread that does not end within `patience` is left behind."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(patience)


def _run(ready: Future[asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_exception_handler(_log_error)
        ready.set_result(loop)
        loop.run_forever()


def _log_error(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what asyncio would print to standard error, over the screen."""
    _log.error("%s", context["message"], exc_info=context.get("exception"))
