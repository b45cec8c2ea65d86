"""Running all checks of `doctor` in order."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress

import click

from fakegpt_tui.cli.doctor.configuration import service_findings, setting_findings
from fakegpt_tui.cli.doctor.report import Finding, as_document, is_healthy, render_text
from fakegpt_tui.cli.doctor.store import store_findings
from fakegpt_tui.cli.doctor.system import encoding_findings, file_findings, version_findings
from fakegpt_tui.cli.doctor.terminal import terminal_findings
from fakegpt_tui.cli.doctor.tmux import detect_tmux
from fakegpt_tui.cli.output import echo_json
from fakegpt_tui.config.load import default_settings, load_settings
from fakegpt_tui.domain import ConfigError, now
from fakegpt_tui.terminal import TerminalInfo, TerminalQuery, owns_terminal, raw_mode

_SOURCE, _TARGET = 0, 1


def run_checks(flags: Mapping[str, object], *, as_json: bool, connect: bool) -> bool:
    """Run and report all checks; true if nothing needs attention."""
    progress = ProgressLine()
    with ExitStack() as stack:
        answers = None
        if owns_terminal(_SOURCE, _TARGET):
            # To the end, because a terminal may answer late, after the wait.
            stack.enter_context(raw_mode(_SOURCE))
            query = TerminalQuery(_SOURCE, _TARGET, os.environ)
            answers = query.ask() if query.can_ask else None
        stack.callback(progress.show)
        findings = list(_collect_findings(flags, answers, progress, connect=connect))
        progress.show()
    if as_json:
        echo_json(as_document(findings))
    else:
        for line in render_text(findings, width=shutil.get_terminal_size().columns):
            click.echo(line)
    return is_healthy(findings)


def _collect_findings(
    flags: Mapping[str, object],
    answers: TerminalInfo | None,
    progress: "ProgressLine",
    *,
    connect: bool,
) -> Iterator[Finding]:
    error: ConfigError | None = None
    try:
        settings = load_settings(flags)
    except ConfigError as problem:
        settings, error = default_settings(flags), problem
    yield from terminal_findings(answers, os.environ, detect_tmux())
    yield from version_findings()
    yield from encoding_findings()
    yield from file_findings(settings)
    yield from store_findings(settings.database, now(), progress.report)
    yield from setting_findings(settings, error)
    yield from service_findings(settings)
    if connect:
        from fakegpt_tui.cli.doctor.configuration import connection_findings  # noqa: PLC0415 - slow to import

        progress.show("Asking the services …")
        yield from connection_findings(settings)


class ProgressLine:
    """A line on standard error with the current check, if that is a terminal."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr is not None and sys.stderr.isatty()
        self._percent = -1

    def report(self, what: str, done: int, of: int) -> None:
        percent = 100 * done // of if of else 0
        if percent != self._percent or not of:
            self._percent = percent
            self.show(f"Looking at the {what} of the store{f', {percent} %' if of else ''} …")

    def show(self, sentence: str = "") -> None:
        if self._is_shown:
            with suppress(OSError):
                sys.stderr.write(f"\r\x1b[K{sentence}")
                sys.stderr.flush()
