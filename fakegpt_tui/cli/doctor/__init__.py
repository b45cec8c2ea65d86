"""`doctor`: checks of terminal, files, store and configuration."""

import click

from fakegpt_tui.cli.errors import ExitCode
from fakegpt_tui.cli.options import file_options, json_option, settings_of


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
    from fakegpt_tui.cli.doctor.run import run_checks  # noqa: PLC0415 - sqlite3, not for --help

    well = run_checks(context.ensure_object(dict), as_json=as_json, connect=connect)
    context.exit(ExitCode.DONE if well else ExitCode.FAILURE)
