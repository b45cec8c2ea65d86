"""The root command: options of the whole program, and its commands, imported when they run."""

import gc
import io
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from fakegpt_tui import __version__
from fakegpt_tui.cli.options import (
    TEMPORARY,
    completing,
    file_options,
    service_options,
    setting_option,
    settings_of,
)
from fakegpt_tui.cli.output import (
    PROGRAM,
    cleaned_usage_errors,
    handle_errors,
    handle_output_errors,
)
from fakegpt_tui.config.load import default_settings
from fakegpt_tui.domain import FakeGPTError

_COMMANDS = {
    "archive": "conversation_changes.archive",
    "ask": "ask.ask",
    "backup": "backup.backup",
    "completions": "completions.completions",
    "config": "config.config",
    "delete": "conversation_changes.delete",
    "doctor": "doctor.doctor",
    "export": "files.save",
    "folders": "folders.folders",
    "import": "files.import_command",
    "list": "conversations.list_command",
    "login": "services.login",
    "logout": "services.logout",
    "man": "man_page.man",
    "mirror": "backup.mirror",
    "models": "services.models",
    "move": "folders.move",
    "paths": "config.paths",
    "purge": "conversation_changes.purge",
    "rename": "conversation_changes.rename",
    "restore": "conversation_changes.restore",
    "restore-backup": "backup.restore_backup",
    "save": "files.save",
    "search": "conversations.search",
    "serve": "serve.serve",
    "serve-admin": "serve_admin.serve_admin",
    "show": "show.show",
    "status": "services.status",
    "tag": "folders.tag",
    "usage": "usage.usage",
}
"""The module and the function of each command."""

_STANDARD_ERROR = 2


class Commands(click.Group):
    """A group that imports the module of a command when the command is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        module, function = _COMMANDS[cmd_name].split(".")
        command = getattr(import_module(f"fakegpt_tui.cli.{module}"), function)
        assert isinstance(command, click.Command)  # noqa: S101 - for the type checker
        gc.freeze()  # What was imported until now stays, and need not be looked through.
        gc.enable()
        return command

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with cleaned_usage_errors():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> object:
        with handle_errors(), cleaned_usage_errors():
            try:
                return super().invoke(ctx)
            except FakeGPTError as error:
                from fakegpt_tui.cli.log import log_error  # noqa: PLC0415 - seldom

                log_error("The command failed", error)
                raise


@click.group(
    PROGRAM,
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@service_options
@click.option(
    "-r",
    "--resume",
    is_flag=False,
    flag_value="",
    metavar="[ID]",
    shell_complete=completing("conversations"),
    help="Open the conversation whose id or title begins so; without one, the newest.",
)
@click.option("-c", "--continue", "newest", is_flag=True, help="Open the newest conversation.")
@click.option("--temporary", is_flag=True, help="Keep nothing of new conversations on disk.")
@setting_option("--theme", metavar="NAME")
@setting_option("--plain", is_flag=True, default=None)
@file_options
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, *, resume: str | None, newest: bool, temporary: bool) -> None:
    """Chat with a FakeGPT service from the terminal.

    Without a command this opens the user interface.
    """
    context.meta[TEMPORARY] = temporary
    if temporary and context.invoked_subcommand not in {None, "ask"}:
        raise click.UsageError("--temporary goes with a chat or with `ask`.")
    if context.invoked_subcommand is None:
        from fakegpt_tui.cli.interface import open_interface  # noqa: PLC0415 - not for commands

        settings = settings_of(context)
        resume = "" if newest else resume
        context.exit(open_interface(settings, resume=resume, temporary=temporary))


def _report_crashes(flags: Mapping[str, object]) -> None:
    """Report what no code handles, also in threads and finalizers, as Python would with values."""

    def report(error: BaseException | None) -> None:
        from fakegpt_tui.cli.log import describe_crash, log_error  # noqa: PLC0415 - seldom

        if isinstance(error, Exception):
            log_error("A defect", error)
            click.echo(
                describe_crash(error, folder=default_settings(flags).crash_reports), err=True
            )

    sys.excepthook = lambda _kind, error, _traceback: report(error)
    sys.unraisablehook = lambda unraisable: report(unraisable.exc_value)
    threading.excepthook = lambda arguments: report(arguments.exc_value)


def _open_closed_streams() -> None:
    """Let nothing be read and written where a stream is closed.

    Else a file of ours, such as the store, would be opened as number 1, and printed to.
    """
    if None in (sys.stdin, sys.stdout, sys.stderr):
        while (number := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
            pass
        os.close(number)
        sys.stdin = sys.stdin or os.fdopen(0, "r", closefd=False)
        sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
        sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def run(arguments: Sequence[str]) -> NoReturn:
    """Run the command line and leave the program with its exit code."""
    _open_closed_streams()
    # The command line of httpx, which it would import with itself, needs Rich and Pygments.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # as Python skips a module
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # A character that cannot be read or shown is no reason to lose the others.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    flags: dict[str, object] = {}
    _report_crashes(flags)
    if any(name.endswith("_COMPLETE") for name in os.environ):
        from fakegpt_tui.cli import completions  # noqa: F401, PLC0415 - on tab; it knows more shells

    with handle_output_errors():
        cli.main(list(arguments), prog_name=PROGRAM, obj=flags)
