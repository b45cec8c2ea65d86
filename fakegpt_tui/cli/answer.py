"""Writing a reply to standard output while it grows."""

import os

import click

from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.cli.exits import echo_err
from fakegpt_tui.domain import (
    Notice,
    ReasoningDelta,
    RemoteIdAssigned,
    ReplyEnded,
    RetryScheduled,
    StreamEvent,
    TextDelta,
    TextReplaced,
    TitleSuggested,
    UsageReported,
)
from fakegpt_tui.text import replace_surrogates, safe_text


class ReplyPrinter:
    """What of a reply has been written; a terminal gets it made safe, a file as it came."""

    def __init__(self) -> None:
        self._sanitize = safe_text if os.isatty(1) else replace_surrogates
        self._length = 0
        self._ends_line = True

    def handle(self, event: StreamEvent, turn: Turn) -> None:
        """Write what `event` did to the reply of `turn`, and tell the rest on standard error.

        Raises:
            OSError: Standard output takes no more.
        """
        match event:
            case TextDelta(text):
                self._write(text)
            case TextReplaced(keep, text) if keep >= self._length:
                self._write(text)
            case TextReplaced():
                self.end_line()
                echo_err("The service changed what it had written; here is its answer anew.")
                self._length = 0
                self._write(turn.reply.text)
            case RetryScheduled(attempt, of, delay, reason):
                echo_err(f"{reason} Trying again in {delay:.0f} s ({attempt}/{of}).")
            case Notice(text):
                echo_err(text)
            case (
                TitleSuggested()
                | ReplyEnded()
                | ReasoningDelta()
                | UsageReported()
                | RemoteIdAssigned()
            ):
                pass

    def end_line(self) -> None:
        """End the last line."""
        if not self._ends_line:
            click.echo()
            self._ends_line = True

    def _write(self, text: str) -> None:
        if text:
            self._length += len(text)
            self._ends_line = text.endswith("\n")
            click.echo(self._sanitize(text), nl=False)
