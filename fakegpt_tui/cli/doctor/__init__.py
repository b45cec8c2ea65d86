"""`doctor`: checks of terminal, files, store and configuration, one after the other."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import click

from fakegpt_tui.cli.options import file_options, json_option, settings_of
from fakegpt_tui.cli.output import ExitCode, echo_json
from fakegpt_tui.config.load import default_settings, load_settings
from fakegpt_tui.domain import ConfigError, now

if TYPE_CHECKING:
    from fakegpt_tui.cli.doctor.report import Finding
    from fakegpt_tui.terminal import TerminalInfo

_SOURCE, _TARGET = 0, 1


@click.command()
@json_option
@click.option("--connect", is_flag=True, help="Try each configured service, too.")
@click.option("--keys", "show_keys", is_flag=True, help="Show what arrives for each key instead.")
@file_options
@click.pass_context
def doctor(context: click.Context, *, as_json: bool, connect: bool, show_keys: bool) -> None:
    """Check terminal, files, store and configuration, and say what needs attention.

    Nothing is changed, and no service is contacted without --connect. The exit code is 1 if
    something needs attention.
    """
    if show_keys:
        if as_json or connect:
            raise click.UsageError("--keys goes with neither --json nor --connect.")
        from fakegpt_tui.cli.doctor.key_inspector import inspect_keys  # noqa: PLC0415 - Textual, not for --help

        inspect_keys(settings_of(context))
        return
    from fakegpt_tui.cli.doctor.report import as_document, is_healthy, render_text  # noqa: PLC0415 - not for --help

    findings = _run_checks(context.ensure_object(dict), connect=connect)
    if as_json:
        echo_json(as_document(findings))
    else:
        for line in render_text(findings, width=shutil.get_terminal_size().columns):
            click.echo(line)
    context.exit(ExitCode.DONE if is_healthy(findings) else ExitCode.FAILURE)


def _run_checks(flags: Mapping[str, object], *, connect: bool) -> list[Finding]:
    from fakegpt_tui.terminal import TerminalQuery, owns_terminal, raw_mode  # noqa: PLC0415 - not for --help

    progress = ProgressLine()
    with ExitStack() as stack:
        answers = None
        if owns_terminal(_SOURCE, _TARGET):
            # To the end, because a terminal may answer late, after the wait.
            stack.enter_context(raw_mode(_SOURCE))
            query = TerminalQuery(_SOURCE, _TARGET, os.environ)
            answers = query.ask() if query.can_ask else None
        stack.callback(progress.show)
        return list(_collect_findings(flags, answers, progress, connect=connect))


def _collect_findings(
    flags: Mapping[str, object],
    answers: TerminalInfo | None,
    progress: ProgressLine,
    *,
    connect: bool,
) -> Iterator[Finding]:
    # sqlite3, httpx and Textual are not for --help.
    from fakegpt_tui.cli.doctor import configuration, store, system, terminal, tmux  # noqa: PLC0415 - see above

    error: ConfigError | None = None
    try:
        settings = load_settings(flags)
    except ConfigError as problem:
        settings, error = default_settings(flags), problem
    yield from terminal.terminal_findings(answers, os.environ, tmux.detect_tmux())
    yield from system.version_findings()
    yield from system.encoding_findings()
    yield from system.file_findings(settings)
    yield from store.store_findings(settings.database, now(), progress.report)
    yield from configuration.setting_findings(settings, error)
    yield from configuration.service_findings(settings)
    if connect:
        progress.show("Asking the services …")
        yield from configuration.connection_findings(settings)


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
