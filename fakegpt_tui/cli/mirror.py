"""`mirror`: bring the mirror folder up to date, and read back what was edited in it."""

from pathlib import Path

import click

from fakegpt_tui.cli.errors import ExitCode, echo_err
from fakegpt_tui.cli.options import file_options, folders_of, json_option
from fakegpt_tui.cli.output import echo_json
from fakegpt_tui.domain import ConfigError, FakeGPTError
from fakegpt_tui.text import safe_line


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
