"""The log file and crash reports: what the program does and how it ended, without what was said.

Modules of this package log only facts: names of services, states, counts, codes and types of
errors. Of records of other packages the text is left out, because it may quote what was sent.

Of a crash Python would print the messages of errors, which may hold keys, prompts and what a
service sent. A report shows those of `FakeGPTError` alone, which are written for users.
"""

import logging
import os
import platform
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from io import TextIOWrapper
from pathlib import Path

from fakegpt_tui import __version__
from fakegpt_tui.cli.output import PROGRAM, echo_err
from fakegpt_tui.config.spec import Settings, Source
from fakegpt_tui.domain import FakeGPTError, SaveError
from fakegpt_tui.temporary_files import PRIVATE, make_private_folder
from fakegpt_tui.text import safe_line

_OURS = "fakegpt_tui"
_LONGEST = 1000
_ROTATED_SIZE = 5_000_000
_LOG = logging.getLogger(__name__)


def start_log(settings: Settings, command: str) -> None:
    """Write a log to the file that the settings name, if they name one.

    A file that cannot be written is a warning on standard error.
    """
    root = logging.getLogger()
    if settings.log is None or _is_started():
        return
    try:
        handler = LogFile(settings.log)
    except OSError as error:
        echo_err(f"The log {settings.log} cannot be written: {error.strerror}. This run has none.")
        return
    root.addHandler(handler)
    level = getattr(logging, settings.log_level.upper())
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger(_OURS).setLevel(level)
    _describe_run(settings, command)


def log_error(what: str, error: BaseException) -> None:
    """Write what ends the program to the log, if there is one."""
    if _is_started():
        _LOG.error(what, exc_info=error)


def _is_started() -> bool:
    return any(isinstance(each, LogFile) for each in logging.getLogger().handlers)


def _describe_run(settings: Settings, command: str) -> None:
    _LOG.info(
        "%s %s, Python %s on %s: %s",
        PROGRAM, __version__, platform.python_version(), platform.system(), command,
    )  # fmt: skip
    chosen = sorted(
        name for name, origin in settings.origins.items() if origin.source is not Source.DEFAULT
    )
    _LOG.info("Set by file, variable or option: %s", ", ".join(chosen) or "nothing")


class LogFile(logging.FileHandler):
    """Appends lines to a private file; one that has grown large is begun anew, and kept once."""

    def __init__(self, path: Path) -> None:
        """Raises `OSError` if the file cannot be written."""
        make_private_folder(path.parent)
        if path.exists() and path.stat().st_size > _ROTATED_SIZE:
            path.replace(path.with_name(f"{path.name}.1"))
        super().__init__(path, encoding="utf-8")
        self.setFormatter(_Formatter())

    def _open(self) -> TextIOWrapper:
        """Open the file such that nothing is waited for where it is a pipe or a terminal."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)
        return os.fdopen(os.open(self.baseFilename, flags, PRIVATE), "a", encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:
        """Go on without the record: a full disk must not end what the log is about."""


class _Formatter(logging.Formatter):
    """Lines such as `2026-11-30 01:02:03.456 1234 info chat.turn: …`, times in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        seconds = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(record.created))
        is_ours = record.name.partition(".")[0] == _OURS
        name = record.name.removeprefix(f"{_OURS}.")
        said = record.getMessage() if is_ours else "a message that is left out"
        head = f"{seconds}.{record.msecs:03.0f} {os.getpid()} {record.levelname.lower()}"
        lines = [f"{head} {name}: {safe_line(said, _LONGEST)}"]
        if record.exc_info and record.exc_info[1] is not None:
            lines += [f"    {line}" for line in error_lines(record.exc_info[1], with_texts=False)]
        return "\n".join(lines)


_SHOWN_FRAMES = 40
"""Of each error; the middle of a deeper recursion says nothing."""
_MOST_ERRORS = 20


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
        make_private_folder(folder)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in [*_version_lines(now), "", *error_lines(error)])
    except OSError as trouble:
        raise SaveError(
            f"No crash report could be written to {safe_line(str(folder))}."
        ) from trouble
    return path


def _version_lines(now: datetime) -> Iterator[str]:
    yield f"fakegpt-tui {__version__}, {now:%Y-%m-%d %H:%M:%S} UTC"
    yield f"Python {platform.python_version()}, Textual {_textual_version()}"
    yield f"{platform.system()} {platform.release()} {platform.machine()}"


def _textual_version() -> str:
    try:
        return version("textual")
    except PackageNotFoundError:
        return "is not installed"


def error_lines(error: BaseException, *, with_texts: bool = True) -> Iterator[str]:
    """An error and all that led to it, the last first; `with_texts`, with their sentences."""
    waiting: list[tuple[str, BaseException]] = [("", error)]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_ERRORS:
        relation, current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield f"{relation}{_error_name(current, with_text=with_texts)}"
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


def _error_name(error: BaseException, *, with_text: bool = True) -> str:
    kind = type(error)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    has_text = with_text and isinstance(error, FakeGPTError)
    return safe_line(f"{name}: {error}" if has_text else name)
