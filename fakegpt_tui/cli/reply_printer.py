"""Printing the reply of `ask` while it arrives: as text, or as one JSON object a line."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Protocol

import click

from fakegpt_tui.cli.output import echo_err, echo_json_line
from fakegpt_tui.domain import (
    AppendOnlyText,
    MediaReceived,
    ModelChosen,
    Notice,
    OriginReported,
    PartAdded,
    ReasoningDelta,
    RemoteIdAssigned,
    ReplyEnded,
    RetryScheduled,
    StreamEvent,
    TextDelta,
    TextReplaced,
    TitleSuggested,
    ToolStarted,
    UsageReported,
)
from fakegpt_tui.domain.part_json import part_values
from fakegpt_tui.formats.fields import encode_usage
from fakegpt_tui.text import replace_surrogates, safe_text, without_controls


class ReplyOutput(Protocol):
    """Where the events of a reply go."""

    def handle(self, event: StreamEvent) -> None:
        """Print what `event` says.

        Raises:
            OSError: Standard output takes no more.
        """

    def finish(self) -> bool:
        """Print the rest; true if all of the reply is on standard output."""


class EventPrinter:
    """Prints what arrives as JSON, one object a line, as docs/command-line.md describes it."""

    def handle(self, event: StreamEvent) -> None:
        if (line := event_document(event)) is not None:
            echo_json_line(line)

    def finish(self) -> bool:
        return True


def event_document(event: StreamEvent) -> dict[str, object] | None:
    """What `--jsonl` prints of an event; `None` for events that only services understand."""
    match event:
        case TextDelta(text):
            return {"type": "text", "text": text}
        case TextReplaced(keep, text):
            return {"type": "replace", "keep": keep, "text": text}
        case ReasoningDelta(text):
            return {"type": "reasoning", "text": text}
        case PartAdded(part):
            return {"type": "part", "part": part_values(part)}
        case _:
            return _side_document(event)


def _side_document(event: StreamEvent) -> dict[str, object] | None:
    match event:
        case Notice(text):
            return {"type": "notice", "text": text}
        case RetryScheduled():
            return {"type": "retry", **asdict(event)}
        case UsageReported(usage):
            return {"type": "usage", "usage": encode_usage(usage)}
        case TitleSuggested(title):
            return {"type": "title", "title": title}
        case ModelChosen(model):
            return {"type": "model", "model": model}
        case _:
            return None


class ReplyPrinter:
    """Prints a reply while it grows: made safe for a terminal, unchanged for a file.

    What a service takes back is waited for. Where the end does not mend it, a terminal gets the
    reply anew, a file has it rewritten, and a pipe gets nothing twice.
    """

    def __init__(self) -> None:
        self._is_terminal = os.isatty(1)
        self._file = _OutputFile()
        self._sanitize = self._choose_sanitizer()
        self._text = AppendOnlyText()
        self._reasoning: list[str] = []
        self._has_parts = False
        self._ends_line = True
        self._notices: list[str] = []
        self._retry: RetryScheduled | None = None

    def handle(self, event: StreamEvent) -> None:
        """Print what `event` adds to the reply; notices go to standard error.

        Raises:
            OSError: Standard output takes no more.
        """
        match event:
            case TextDelta() | TextReplaced():
                self._write(self._text.apply(event))
            case RetryScheduled():
                self._tell_retry(event)
            case Notice(text):
                self._notices.append(text)
                if self._ends_line:
                    self._tell_notices()
            case ReasoningDelta(text):
                self._reasoning.append(text)
            case PartAdded() | MediaReceived():
                self._has_parts = True
            case (
                ToolStarted()
                | TitleSuggested()
                | ReplyEnded()
                | OriginReported()
                | UsageReported()
                | ModelChosen()
                | RemoteIdAssigned()
            ):
                pass

    def _tell_retry(self, retry: RetryScheduled) -> None:
        if retry.of:
            count = f"{retry.attempt}/{retry.of}"
            echo_err(f"{retry.reason} Trying again in {retry.delay:.0f} s ({count}).")
        elif retry.is_news(self._retry):
            echo_err(f"{retry.reason} It is asked again every few seconds; ctrl+c stops.")
        self._retry = retry

    def _tell_notices(self) -> None:
        """Tell what would stand in the middle of a line before."""
        for text in self._notices:
            echo_err(text)
        self._notices.clear()

    def _choose_sanitizer(self) -> Callable[[str], str]:
        if self._is_terminal:
            return safe_text
        # What reads a pipe may show what it reads.
        return replace_surrogates if self._file.exists else without_controls

    def finish(self) -> bool:
        """Print the rest and end the last line; true if the reply is on standard output."""
        is_printed = not self._text.is_rewritten or self._print_anew()
        if self._reasoning and not (self._has_parts or self._text.text.strip()):
            echo_err("The model gave no answer; this is its reasoning.")
            self._write("".join(self._reasoning))
        self._end_line()
        self._tell_notices()
        return is_printed

    def _print_anew(self) -> bool:
        """Print a reply that has changed since it was printed; false if that is impossible."""
        if not self._is_terminal and not self._file.rewind():
            self._end_line()
            echo_err(
                "The service changed what it had written, and what is in the pipe cannot be taken"
                " back. The reply is:"
            )
            click.echo(safe_text(self._text.text), err=True)
            return False
        if self._is_terminal:
            self._end_line()
            echo_err("The service changed what it had written; here is the whole reply again.")
        self._write(self._text.text)
        return True

    def _end_line(self) -> None:
        if not self._ends_line:
            click.echo()
            self._ends_line = True

    def _write(self, text: str) -> None:
        if text:
            self._ends_line = text.endswith("\n")
            # With `color`, as click would take parts of a text for codes of its own.
            click.echo(self._sanitize(text), nl=False, color=True)


class _OutputFile:
    """Standard output as a regular file, which can be written anew."""

    def __init__(self) -> None:
        found = os.fstat(1)
        is_file = stat.S_ISREG(found.st_mode)
        self._start = os.lseek(1, 0, os.SEEK_CUR) if is_file else -1
        if is_file and self._start < found.st_size:
            self._start = found.st_size  # It is appended to.

    @property
    def exists(self) -> bool:
        return self._start >= 0

    def rewind(self) -> bool:
        """Remove what was printed; false if that is impossible."""
        if not self.exists:
            return False
        sys.stdout.flush()
        os.ftruncate(1, self._start)
        os.lseek(1, self._start, os.SEEK_SET)
        return True
