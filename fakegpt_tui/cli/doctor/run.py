"""Running all checks of `doctor` in order."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress

import click

from fakegpt_tui.cli.doctor.configuration import service_findings, setting_findings
from fakegpt_tui.cli.doctor.report import Finding, is_healthy, render_text
from fakegpt_tui.cli.doctor.report import render_json as shown_as_json
from fakegpt_tui.cli.doctor.store import store_findings
from fakegpt_tui.cli.doctor.system import encoding_findings, file_findings, version_findings
from fakegpt_tui.cli.doctor.terminal import terminal_findings
from fakegpt_tui.cli.doctor.tmux import detect_tmux
from fakegpt_tui.config.load import default_settings, load_settings
from fakegpt_tui.config.spec import Settings
from fakegpt_tui.domain import ConfigError, now
from fakegpt_tui.terminal.query import TerminalInfo, TerminalQuery
from fakegpt_tui.terminal.raw_mode import owns_terminal, raw_mode

_SOURCE, _TARGET = 0, 1


def run_checks(flags: Mapping[str, object], *, as_json: bool, connect: bool) -> bool:
    """Tell all that is found; is all well?"""
    progress = ProgressLine()
    with ExitStack() as stack:
        answers = None
        if owns_terminal(_SOURCE, _TARGET):
            # To the end: a terminal may answer when nobody waits for it any longer.
            stack.enter_context(raw_mode(_SOURCE))
            answers = _query_terminal()
        stack.callback(progress.clear)
        findings = list(_collect_findings(flags, answers, progress, connect=connect))
        progress.clear()
    if as_json:
        click.echo(shown_as_json(findings))
    else:
        for line in render_text(findings, width=shutil.get_terminal_size().columns):
            click.echo(line)
    return is_healthy(findings)


def _query_terminal() -> TerminalInfo | None:
    conversation = TerminalQuery(_SOURCE, _TARGET, os.environ)
    return conversation.ask() if conversation.can_ask else None


def _collect_findings(
    flags: Mapping[str, object],
    answers: TerminalInfo | None,
    progress: "ProgressLine",
    *,
    connect: bool,
) -> Iterator[Finding]:
    settings, trouble = _load_settings(flags)
    yield from terminal_findings(answers, os.environ, detect_tmux())
    yield from version_findings()
    yield from encoding_findings()
    yield from file_findings(settings)
    yield from store_findings(settings.database, now(), progress.report)
    yield from setting_findings(settings, trouble)
    yield from service_findings(settings)
    if connect:
        from fakegpt_tui.cli.doctor.connect import connection_findings  # noqa: PLC0415 - slow to import

        progress.show("Asking the services …")
        yield from connection_findings(settings)


def _load_settings(flags: Mapping[str, object]) -> tuple[Settings, ConfigError | None]:
    """The settings, or those without the file if it cannot be used, and why."""
    try:
        return load_settings(flags), None
    except ConfigError as error:
        return default_settings(flags), error


class ProgressLine:
    """A line on standard error that says what is looked at, if that is a terminal."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr is not None and sys.stderr.isatty()
        self._percent = -1

    def report(self, what: str, done: int, of: int) -> None:
        percent = 100 * done // of if of else 0
        if percent != self._percent or not of:
            self._percent = percent
            self.show(f"Looking at the {what} of the store{f', {percent} %' if of else ''} …")

    def show(self, sentence: str) -> None:
        self._write(f"\r\x1b[K{sentence}")

    def clear(self) -> None:
        self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        if self._is_shown:
            with suppress(OSError):
                sys.stderr.write(text)
                sys.stderr.flush()
