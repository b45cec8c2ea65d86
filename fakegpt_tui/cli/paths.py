"""`paths`: where this program keeps its files."""

import click

from fakegpt_tui.cli.options import file_options, settings_of
from fakegpt_tui.config.spec import Settings


@click.command()
@file_options
@click.pass_context
def paths(context: click.Context) -> None:
    """Show where files are kept, and what says so."""
    rows = _rows(settings_of(context))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, path, origin in rows:
        click.echo(f"{name:<{widths[0]}}  {path:<{widths[1]}}  ({origin})")


def _rows(settings: Settings) -> list[tuple[str, str, str]]:
    origins = settings.origins
    return [
        (name, str(path), str(origins[setting]))
        for name, path, setting in (
            ("configuration", settings.config_file, "config"),
            ("conversations", settings.database, "data_dir"),
            ("saved files", settings.folders.exports, "exports_dir"),
            ("sessions", settings.session_file, "state_dir"),
            ("crash reports", settings.crash_reports, "state_dir"),
            ("cache", settings.folders.cache, "cache_dir"),
        )
    ]
