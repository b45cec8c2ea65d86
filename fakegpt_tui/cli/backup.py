"""`backup`, `restore-backup`, `mirror`: the whole store as one file, or as a folder of files."""

from datetime import UTC, datetime
from pathlib import Path

import click

from fakegpt_tui.cli.options import file_options, folders_of, json_option
from fakegpt_tui.cli.output import ExitCode, confirm, echo_err, echo_json
from fakegpt_tui.domain import ConfigError, FakeGPTError
from fakegpt_tui.temporary_files import expand_home
from fakegpt_tui.text import safe_line


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@json_option
@file_options
@click.pass_context
def backup(context: click.Context, *, file: Path | None, as_json: bool) -> None:
    """Write every conversation, with pictures and files, into one archive.

    Without FILE it gets a name with the time of today in this folder. The program may be open
    meanwhile. Settings and keys are not in it.
    """
    settings = folders_of(context)
    from fakegpt_tui.cli.composition import open_store  # noqa: PLC0415 - not for --help
    from fakegpt_tui.store.backup_file import write_backup  # noqa: PLC0415

    name = f"fakegpt-tui-{datetime.now(UTC):%Y-%m-%d-%H%M%S}.zip"
    target = (Path(name) if file is None else expand_home(file)).absolute()
    with open_store(settings) as store:
        count = len(store.conversations())
        write_backup(settings.database, target)
    if as_json:
        echo_json({"version": 1, "path": str(target), "conversations": count})
    else:
        click.echo(safe_line(str(target)))


@click.command("restore-backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("-y", "--yes", is_flag=True, help="Do it without a question.")
@json_option
@file_options
@click.pass_context
def restore_backup(context: click.Context, *, file: Path, yes: bool, as_json: bool) -> None:
    """Put the conversations of a backup in the place of those that are there, after a question.

    What was there before stays beside it under another name.
    """
    settings = folders_of(context)
    from fakegpt_tui.cli.composition import open_store  # noqa: PLC0415 - not for --help
    from fakegpt_tui.config.private_files import make_folders  # noqa: PLC0415
    from fakegpt_tui.store import backup_file  # noqa: PLC0415

    if not yes:
        confirm(
            "Put the conversations of this backup in the place of those that are there?",
            "Nothing was changed; --yes restores without a question.",
        )
    make_folders(settings.folders)
    aside = backup_file.restore_backup(expand_home(file), settings.database)
    with open_store(settings, changes=True) as store:
        count = len(store.conversations())
    if as_json:
        before = None if aside is None else str(aside)
        echo_json({"version": 1, "conversations": count, "before": before})
        return
    click.echo(f"Restored: {count} conversation{'' if count == 1 else 's'}.")
    if aside is not None:
        echo_err(f"What was there before is in {safe_line(str(aside))}.")


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--read-back", "reads_back", is_flag=True, help="Take over what was edited.")
@json_option
@file_options
@click.pass_context
def mirror(
    context: click.Context, *, files: tuple[Path, ...], reads_back: bool, as_json: bool
) -> None:
    """Bring the mirror folder up to date, and list files of it that were edited or deleted.

    With --read-back, what was edited becomes part of the conversations: in all files, or just in
    FILES. In the program, `u` takes that back. The exit code is 1 when a file could not be read.
    """
    settings = folders_of(context)
    if settings.mirror is None:
        raise ConfigError('There is no mirror folder; `mirror = "DIR"` in config.toml makes one.')
    from fakegpt_tui.chat.mirror import EDITED, Mirror  # noqa: PLC0415 - not for --help
    from fakegpt_tui.chat.read_back import read_back  # noqa: PLC0415
    from fakegpt_tui.cli.composition import open_store  # noqa: PLC0415

    chosen = {each.absolute() for each in files}
    documents: list[dict[str, object]] = []
    code = ExitCode.DONE
    with open_store(settings) as store:
        folder = Mirror(store, settings.mirror)
        folder.update()
        folder.look()
        for file, path in folder.changed_files():
            told = safe_line(f"{file.state}: {path}", 400)
            if file.state == EDITED and reads_back and (not chosen or path in chosen):
                try:
                    told = read_back(store, settings.mirror, path)
                except FakeGPTError as error:
                    code = ExitCode.FAILURE
                    echo_err(str(error))
            documents.append({"path": str(path), "state": file.state, "told": told})
            if not as_json:
                click.echo(told)
    if as_json:
        echo_json({"version": 1, "files": documents})
    elif not documents:
        echo_err("The mirror folder is as the store is.")
    context.exit(code)
