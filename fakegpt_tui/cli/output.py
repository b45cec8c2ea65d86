"""Output of commands: documents, the sentence that says why the program ended, and exit codes."""

import errno
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path

import click

from fakegpt_tui.domain import (
    ConfigError,
    FakeGPTError,
    LoginRefused,
    NotFound,
    NotSignedIn,
    RateLimited,
    ReplyCut,
    Unreachable,
)
from fakegpt_tui.text import safe_line, safe_text

PROGRAM = "fakegpt-tui"
_LONGEST_SENTENCE = 1000
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}

_TOO_MANY_FILES = {errno.EMFILE, errno.ENFILE}


class ExitCode(IntEnum):
    """The exit codes of the program."""

    DONE = 0
    FAILURE = 1
    USAGE = 2
    NOT_SIGNED_IN = 3
    UNAVAILABLE = 4
    RATE_LIMITED = 5
    NOT_FOUND = 6
    CANCELLED = 130


def exit_code(error: FakeGPTError) -> ExitCode:
    """The exit code for an error."""
    match error:
        case ConfigError():
            return ExitCode.USAGE
        case NotSignedIn() | LoginRefused():
            return ExitCode.NOT_SIGNED_IN
        case RateLimited():
            return ExitCode.RATE_LIMITED
        case Unreachable() | ReplyCut():
            return ExitCode.UNAVAILABLE
        case NotFound():
            return ExitCode.NOT_FOUND
        case _:
            return ExitCode.FAILURE


def echo_err(sentence: str) -> None:
    """Print a sentence to standard error."""
    click.echo(f"{PROGRAM}: {safe_line(sentence, _LONGEST_SENTENCE)}", err=True)


def confirm(question: str, refusal: str) -> None:
    """Ask, and exit with a sentence where the answer is no, or there is nothing to ask on."""
    try:
        click.confirm(question, abort=True, err=True)
    except click.Abort:
        echo_err(refusal)
        raise SystemExit(1) from None


@contextmanager
def handle_errors() -> Iterator[None]:
    """Exit with a sentence and its code on an expected error, and with a code on ctrl+c."""
    try:
        yield
    except FakeGPTError as error:
        echo_err(str(error))
        raise click.exceptions.Exit(exit_code(error)) from error
    except KeyboardInterrupt as error:
        raise click.exceptions.Exit(ExitCode.CANCELLED) from error


@contextmanager
def cleaned_usage_errors() -> Iterator[None]:
    """Clean what click repeats of a command line, which may hold the names of foreign files."""
    try:
        yield
    except click.UsageError as error:
        said = error.format_message()
        if (cleaned := safe_text(said)) == said:
            raise
        raise click.UsageError(cleaned, error.ctx) from error


@contextmanager
def handle_output_errors() -> Iterator[None]:
    """Exit with a sentence if standard output goes to a full disk."""
    try:
        yield
    except OSError as error:
        if error.errno in _TOO_MANY_FILES:
            echo_err("Too many files are open. `ulimit -n 1024` raises the limit of a shell.")
            sys.exit(ExitCode.FAILURE)
        # Files that the program writes itself have errors of their own.
        if error.errno not in _DISK_FULL:
            raise
        discard_output()  # or Python would end with another code
        echo_err(f"The output could not be written: {error.strerror}.")
        sys.exit(ExitCode.FAILURE)


_DELETE = "\x7f"


def echo_json(document: object) -> None:
    """Print `document` as JSON; characters that terminals or line readers act on are escaped."""
    click.echo(escaped(json.dumps(document, ensure_ascii=False, indent=2)))


def echo_json_line(document: object) -> None:
    """Print `document` as `echo_json` does, in one line."""
    click.echo(escaped(json.dumps(document, ensure_ascii=False)))


def escaped(text: str) -> str:
    """JSON, or a text with some, in which what terminals or line readers act on is escaped."""
    if not text.isascii() or _DELETE in text:
        is_unicode = (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")
        shown = {sign for sign in text if (is_unicode or sign.isascii()) and sign.isprintable()}
        text = text.translate({ord(sign): _escape(sign) for sign in {*text} - shown - {"\n"}})
    return text


def _escape(sign: str) -> str:
    return "\\u007f" if sign == _DELETE else json.dumps(sign)[1:-1]


def echo_path(path: Path, before: str = "", after: str = "") -> None:
    """Print a path between two texts: byte by byte for programs, and made safe for a terminal."""
    if os.isatty(1):
        click.echo(f"{before}{safe_text(str(path))}{after}".replace("\n", "␊"))
    else:
        click.echo(before.encode() + os.fsencode(path) + after.encode())


def echo_progress(line: str | Path) -> None:
    """Print a line, or a path, about work that goes on also when its reader has gone, as `head`."""
    try:
        if isinstance(line, Path):
            echo_path(line)
        else:
            click.echo(line)
    except BrokenPipeError:
        discard_output()
    except OSError as error:
        if error.errno not in _DISK_FULL:
            raise
        discard_output()
        echo_err(f"The output could not be written: {error.strerror}. The work goes on.")


def discard_output() -> None:
    """Send standard output nowhere; Python would try to write what is left at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
