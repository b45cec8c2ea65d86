"""`import`: conversations from files."""

from pathlib import Path

import click

from fakegpt_tui.cli.options import file_options, service_options, settings_of


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only tell what would be done.")
@click.option("-v", "--verbose", is_flag=True, help="Print a line for each conversation.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON document.")
@service_options
@file_options
@click.pass_context
def importing(
    context: click.Context, *, files: tuple[Path, ...], dry_run: bool, verbose: bool, as_json: bool
) -> None:
    """Import conversations: files that `save` wrote, and exports of ChatGPT.

    Of ChatGPT take the ZIP file as it was sent, its conversations.json or the folder with its
    parts. What is there already is not touched, so the same file may be imported again; after
    ctrl+c that goes on where it was stopped. The exit code is 1 when a file could not be read.
    """
    settings = settings_of(context)
    from fakegpt_tui.cli.import_runner import import_files  # noqa: PLC0415 - not for --help

    code = import_files(settings, files, dry_run=dry_run, verbose=verbose, as_json=as_json)
    context.exit(code)
