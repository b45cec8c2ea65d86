"""Crash reports: the types of errors and the places they passed, without any values.

Mends: Textual prints a crash with local variables, which may hold tokens and prompts. A report
shows the messages of `FakeGPTError` alone, which are written for people.
Since: Textual 8.2.8. Can go: when Textual has a public hook for what it shows of a crash.
"""

import os
import platform
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import textual
from rich.console import RenderableType
from textual.app import App
from textual.worker import WorkerFailed

from fakegpt_tui import __version__
from fakegpt_tui.domain import FakeGPTError, SaveError
from fakegpt_tui.text import safe_line

_SHOWN_FRAMES = 40
"""Of each error; the middle of a deeper recursion says nothing."""
_MOST_ERRORS = 20


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


def describe_crash(error: BaseException, *, folder: Path) -> str:
    """Write a report into `folder`, and say in a few lines what happened and where it is."""
    try:
        where = (
            f"A report without any of your data is in {write_crash_report(error, folder=folder)}"
        )
    except SaveError as trouble:
        where = str(trouble)
    return f"fakegpt-tui ended because of a defect: {_error_name(error)}\n{where}"


def write_crash_report(error: BaseException, *, folder: Path) -> Path:
    """Write what is known of `error` to a new file in `folder` that only its owner can read.

    Raises:
        SaveError: It cannot be written.
    """
    now = datetime.now(UTC)
    path = folder / f"crash-{now:%Y%m%d-%H%M%S-%f}.txt"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(
                f"{line}\n" for line in [*_version_lines(now), "", *_error_lines(error)]
            )
    except OSError as trouble:
        raise SaveError(
            f"No crash report could be written to {safe_line(str(folder))}."
        ) from trouble
    return path


def _version_lines(now: datetime) -> Iterator[str]:
    yield f"fakegpt-tui {__version__}, {now:%Y-%m-%d %H:%M:%S} UTC"
    yield f"Python {platform.python_version()}, Textual {textual.__version__}"
    yield f"{platform.system()} {platform.release()} {platform.machine()}"


def _error_lines(error: BaseException) -> Iterator[str]:
    """All errors that led to this one, the last of them first."""
    waiting: list[tuple[str, BaseException]] = [("", error)]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_ERRORS:
        relation, current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield f"{relation}{_error_name(current)}"
        yield from _frame_lines(current)
        if isinstance(current, BaseExceptionGroup):
            waiting += [("one of them: ", member) for member in current.exceptions]
        if current.__cause__ is not None:
            waiting.append(("caused by: ", current.__cause__))
        elif current.__context__ is not None and not current.__suppress_context__:
            waiting.append(("while handling: ", current.__context__))


def _frame_lines(error: BaseException) -> list[str]:
    places = [
        f"  {_import_path(frame.f_code.co_filename)}:{line} in {frame.f_code.co_qualname}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    if len(places) > _SHOWN_FRAMES:
        half = _SHOWN_FRAMES // 2
        places[half:-half] = [f"  … {len(places) - _SHOWN_FRAMES} more …"]
    return places


def _import_path(file: str) -> str:
    """`file` as it can be imported, without the folders that tell whose computer this is."""
    path = Path(file)
    for root in sorted((entry for entry in sys.path if entry), key=len, reverse=True):
        if path.is_relative_to(root):
            return safe_line(path.relative_to(root).as_posix())
    return safe_line(path.name)


def _error_name(error: BaseException) -> str:
    kind = type(error)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    return safe_line(f"{name}: {error}" if isinstance(error, FakeGPTError) else name)
