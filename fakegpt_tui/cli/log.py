"""The log file: what the program does, with levels; it holds no text of a chat and no secret.

Modules of this package write only facts: names of services, states, counts, codes and types of
errors. Of records of other packages the text is left out, because it may quote what was sent.
"""

import logging
import os
import platform
import time
from pathlib import Path

from fakegpt_tui import __version__
from fakegpt_tui.cli.crash_report import error_lines
from fakegpt_tui.cli.errors import PROGRAM, echo_err
from fakegpt_tui.config.spec import Settings, Source
from fakegpt_tui.text import safe_line

_OURS = "fakegpt_tui"
_LONGEST = 1000
_ROTATED_SIZE = 5_000_000
_PRIVATE = 0o600
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


def log_defect(error: BaseException) -> None:
    """Write a defect to the log, if there is one."""
    if _is_started():
        _LOG.error("A defect", exc_info=error)


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
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _ROTATED_SIZE:
            path.replace(path.with_name(f"{path.name}.1"))
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _PRIVATE))
        super().__init__(path, encoding="utf-8")
        self.setFormatter(_Formatter())

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
