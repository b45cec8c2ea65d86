"""`move`, `tag` and `folders`: where conversations are, and what new ones in a folder get."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from fakegpt_tui.cli.conversation_changes import conversation_ids, find_all, report_changes
from fakegpt_tui.cli.options import completing, file_options, folders_of, json_option, settings_of
from fakegpt_tui.cli.output import echo_json
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.folders import ConversationFolders
    from fakegpt_tui.config.spec import Settings
    from fakegpt_tui.domain.folders import Folder


@click.command()
@click.argument("folder", shell_complete=completing("folders"))
@conversation_ids
@json_option
@file_options
@click.pass_context
def move(context: click.Context, *, folder: str, ids: tuple[str, ...], as_json: bool) -> None:
    """Put the conversations whose ids or titles begin so into the folder FOLDER.

    Work/2026 is the folder 2026 in the folder Work; both are made if need be. A slash alone is the
    top, which is no folder.
    """
    with _open(folders_of(context)) as (known, index):
        chosen = [each.id for each in find_all(index.all(), ids)]
        known.move(chosen, folder)
        report_changes("Moved", index.find_many(chosen), as_json=as_json)


@click.command()
@conversation_ids
@click.option(
    "-a",
    "--add",
    multiple=True,
    metavar="NAME",
    help="Add this tag; may be given several times.",
    shell_complete=completing("tags"),
)
@click.option(
    "-r",
    "--remove",
    multiple=True,
    metavar="NAME",
    help="Take this tag away; may be given several times.",
    shell_complete=completing("tags"),
)
@json_option
@file_options
@click.pass_context
def tag(
    context: click.Context,
    *,
    ids: tuple[str, ...],
    add: tuple[str, ...],
    remove: tuple[str, ...],
    as_json: bool,
) -> None:
    """Add tags to the conversations whose ids or titles begin so, and take others away."""
    if not (add or remove):
        raise click.UsageError("Give a tag to --add or to --remove.")
    with _open(folders_of(context)) as (known, index):
        chosen = [each.id for each in find_all(index.all(), ids)]
        known.tag(chosen, add, remove)
        report_changes("Tagged", index.find_many(chosen), as_json=as_json)


@click.command()
@click.argument("path", required=False, metavar="[FOLDER]", shell_complete=completing("folders"))
@click.option("--service", metavar="NAME", help="The service of new conversations in FOLDER.")
@click.option("--model", metavar="NAME", help="The model of new conversations in FOLDER.")
@click.option(
    "--system",
    "system_prompt",
    metavar="TEXT",
    help="The system prompt of new conversations in FOLDER.",
)
@click.option("--rename", "new", metavar="PATH", help="Give FOLDER another path.")
@click.option("--delete", is_flag=True, help="Delete FOLDER; its conversations go back to the top.")
@json_option
@file_options
@click.pass_context
def folders(
    context: click.Context,
    /,
    *,
    path: str | None,
    new: str | None,
    delete: bool,
    as_json: bool,
    **preset: str | None,
) -> None:
    """List the folders, or make FOLDER, set up what new conversations in it get, or change it.

    An empty text after --service, --model or --system leaves that as it is in other conversations.
    """
    changes = {name: text for name, text in preset.items() if text is not None}
    if path is None and (changes or new or delete):
        raise click.UsageError("Give the folder that is to be changed.")
    if delete and (changes or new):
        raise click.UsageError("--delete goes with no other option.")
    settings = settings_of(context) if changes else folders_of(context)
    with _open(settings) as (known, index):
        if path is not None and delete:
            known.delete(path)
        elif path is not None:
            before = known.spelled(known.rename(path, new) if new else path)
            folder = replace(before, **changes)
            if preset["model"] and not folder.service:
                raise click.UsageError("Give the --service of the --model.")
            known.configure(folder)
        shown = known.all()
        counts = [sum(each.folder == folder.path for each in index.all()) for folder in shown]
    if as_json:
        pairs = zip(shown, counts, strict=True)
        echo_json({"version": 1, "folders": [_document(*each) for each in pairs]})
        return
    for folder, count in zip(shown, counts, strict=True):
        click.echo(_line(folder, count))


def _document(folder: "Folder", count: int) -> dict[str, object]:
    return {
        "path": folder.path,
        "conversations": count,
        "service": folder.service,
        "model": folder.model,
        "system_prompt": folder.system_prompt,
    }


def _line(folder: "Folder", count: int) -> str:
    """A line about a folder: how many conversations are just in it, and what new ones get."""
    who = f"{folder.service} {folder.model}".strip()
    preset = (who, f"“{safe_line(folder.system_prompt, 40)}”" if folder.system_prompt else "")
    facts = "  ".join(safe_line(each) for each in preset if each)
    return f"{count:5}  {safe_line(folder.path)}  {facts}".rstrip()


@contextmanager
def _open(settings: "Settings") -> Iterator[tuple["ConversationFolders", "ConversationIndex"]]:
    """The folders of the store, and its conversations; what changes is on disk at the end."""
    from fakegpt_tui.chat.conversation_index import ConversationIndex  # noqa: PLC0415 - not for --help
    from fakegpt_tui.chat.folders import ConversationFolders  # noqa: PLC0415
    from fakegpt_tui.chat.pending_writes import PendingWrites, Stores  # noqa: PLC0415
    from fakegpt_tui.chat.undo import UndoHistory  # noqa: PLC0415
    from fakegpt_tui.cli.composition import open_store  # noqa: PLC0415

    with open_store(settings, changes=True) as store:
        stores, writes = Stores(lambda: store), PendingWrites()
        index = ConversationIndex(stores, writes, (), lambda: ("", ""))
        # It is for the program to take back.
        history = UndoHistory(stores, writes, index, lambda _step: None)
        known = ConversationFolders(stores, index, writes, history, settings.services.get)
        yield known, index
        writes.wait()
