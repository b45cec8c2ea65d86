"""Exit codes, and the one line on standard error that says why the program ended."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

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
from fakegpt_tui.text import safe_line

PROGRAM = "fakegpt-tui"
_LONGEST_SENTENCE = 1000
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


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
def handle_output_errors() -> Iterator[None]:
    """Exit with a sentence if standard output goes to a full disk."""
    try:
        yield
    except OSError as error:
        # Files that the program writes itself have errors of their own.
        if error.errno not in _DISK_FULL:
            raise
        from fakegpt_tui.cli.output import discard_output  # noqa: PLC0415 - seldom

        discard_output()  # or Python would end with another code
        echo_err(f"The output could not be written: {error.strerror}.")
        sys.exit(ExitCode.FAILURE)
