"""`save` and `import`: conversations as files."""

from pathlib import Path

import click

from fakegpt_tui.cli.options import (
    completing,
    file_options,
    folders_of,
    json_option,
    service_options,
    settings_of,
)
from fakegpt_tui.cli.output import echo_err, echo_json, echo_progress
from fakegpt_tui.formats.registry import NAMES
from fakegpt_tui.formats.saving import save_as
from fakegpt_tui.temporary_files import expand_home


@click.command()
@click.argument(
    "words",
    nargs=-1,
    metavar="(ID | --all) [DIR]",
    shell_complete=completing("conversations"),
)
@click.option("--all", "everything", is_flag=True, help="Save every conversation.")
@click.option(
    "-f",
    "--format",
    "suffix",
    type=click.Choice(tuple(NAMES)),
    default="md",
    show_default=True,
    help=f"{', '.join(NAMES.values())}.",
)
@json_option
@click.option(
    "--origins",
    "with_origins",
    is_flag=True,
    help="Also keep in Markdown what services want back unread, as JSON lines do.",
)
@file_options
@click.pass_context
def save(
    context: click.Context,
    *,
    words: tuple[str, ...],
    everything: bool,
    suffix: str,
    as_json: bool,
    with_origins: bool,
) -> None:
    """Save one conversation, or all of them, as files, with every version of every message.

    The beginning of an id is enough. Without DIR the files go where the user interface saves them.
    The path of each file is printed. A file that something else has written, or that was edited
    since, is never replaced. `import` reads Markdown and JSON lines back.
    """
    prefix, folder = _targets(words, everything=everything)
    settings = folders_of(context)
    from fakegpt_tui.cli.composition import open_store  # noqa: PLC0415 - not for --help
    from fakegpt_tui.cli.options import find_conversation  # noqa: PLC0415

    target = settings.folders.exports if folder is None else folder
    with open_store(settings) as store:
        known = store.conversations()
        chosen = known if prefix is None else [find_conversation(known, prefix)]
        files: list[dict[str, object]] = []
        for conversation in chosen:
            messages = store.messages(conversation.id)
            saved = save_as(
                conversation,
                messages,
                target,
                suffix=suffix,
                read_blob=store.read_blob,
                with_origins=with_origins,
            )
            files.append({"conversation": conversation.id, "path": str(saved)})
            if not as_json:
                echo_progress(saved)
    if as_json:
        echo_json({"version": 1, "files": files})
    if not chosen:
        echo_err("There are no conversations yet.")


def _targets(words: tuple[str, ...], *, everything: bool) -> tuple[str | None, Path | None]:
    """The beginning of an id, none for all; and the folder, none for the usual one."""
    prefix, rest = (None, words) if everything else (words[0] if words else "", words[1:])
    if prefix == "":
        raise click.UsageError("Give the beginning of a conversation's id, or --all.")
    if len(rest) > 1:
        raise click.UsageError("Give at most one folder.")
    return prefix, expand_home(Path(rest[0])) if rest else None


@click.command("import")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only report what would be imported.")
@click.option("-v", "--verbose", is_flag=True, help="Print a line for each conversation.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON document.")
@click.option("--explain", is_flag=True, help="Only tell what each file is taken for, and why.")
@service_options
@file_options
@click.pass_context
def import_command(
    context: click.Context,
    *,
    files: tuple[Path, ...],
    dry_run: bool,
    verbose: bool,
    as_json: bool,
    explain: bool,
) -> None:
    """Import conversations: files that `save` wrote, and exports of other programs.

    Without FILES it looks for what other programs keep on this machine, and for exports among the
    downloads, and asks which of them to import; without a terminal it lists them and exits with 2.

    Take archives as they were sent, what was in them, or whole folders; `-` is standard input.
    What is in a file decides, not its name. What is there already is not touched, so the same file
    may be imported again; after ctrl+c that goes on where it was stopped. The exit code is 1 when
    a file could not be read, or when nothing could be taken.
    """
    settings = settings_of(context)
    from fakegpt_tui.cli import import_runner  # noqa: PLC0415 - not for --help

    if not files:
        files = import_runner.choose_sources(as_json=as_json)
    if explain:
        context.exit(import_runner.explain_files(settings, files))
    from fakegpt_tui.cli.settings_store import LastChoices, with_last_choices  # noqa: PLC0415 - as above

    # With what is chosen on the screen: the conversations are gone on with there.
    settings = with_last_choices(settings, LastChoices(settings.choices_file))
    code = import_runner.import_files(
        settings, files, dry_run=dry_run, verbose=verbose, as_json=as_json
    )
    context.exit(code)
