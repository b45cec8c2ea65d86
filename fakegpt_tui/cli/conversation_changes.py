"""`delete`, `restore`, `rename`, `archive`, `purge`: changes of conversations in the store."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fakegpt_tui.cli.options import (
    completing,
    file_options,
    find_conversation,
    folders_of,
    json_option,
)
from fakegpt_tui.cli.output import confirm, echo_err, echo_json
from fakegpt_tui.domain import Conversation, TitleSource
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.config.spec import Settings
    from fakegpt_tui.store.conversation_store import ConversationStore

_Command = TypeVar("_Command", bound=Callable[..., Any])
_YES = click.option("-y", "--yes", is_flag=True, help="Do it without a question.")


def _ids(values: str) -> Callable[[_Command], _Command]:
    """Names of conversations, as a shell completes them."""
    return click.argument(
        "ids", nargs=-1, required=True, metavar="ID...", shell_complete=completing(values)
    )


conversation_ids = _ids("conversations")


@click.command()
@conversation_ids
@click.option("--purge", is_flag=True, help="Delete for ever, after a question.")
@_YES
@json_option
@file_options
@click.pass_context
def delete(
    context: click.Context, *, ids: tuple[str, ...], purge: bool, yes: bool, as_json: bool
) -> None:
    """Put the conversations whose ids or titles begin so into the trash, for 30 days.

    With --purge they are deleted for ever, those in the trash, too.
    """
    with _open(folders_of(context)) as store:
        known = store.conversations() + (store.trashed() if purge else ())
        chosen = find_all(known, ids)
        if purge:
            _delete_for_ever(store, chosen, yes=yes)
        else:
            chosen = _save(store, chosen, "deleted", trashed_at=datetime.now(UTC))
    report_changes("Deleted for ever" if purge else "In the trash", chosen, as_json=as_json)


@click.command()
@_ids("trash")
@json_option
@file_options
@click.pass_context
def restore(context: click.Context, *, ids: tuple[str, ...], as_json: bool) -> None:
    """Take the conversations whose ids or titles begin so out of the trash."""
    with _open(folders_of(context)) as store:
        found = find_all(store.trashed(), ids)
        chosen = _save(store, found, "restored", trashed_at=None)
    report_changes("Restored", chosen, as_json=as_json)


@click.command()
@click.argument("prefix", metavar="ID", shell_complete=completing("conversations"))
@click.argument("title")
@json_option
@file_options
@click.pass_context
def rename(context: click.Context, *, prefix: str, title: str, as_json: bool) -> None:
    """Give the conversation whose id or title begins with ID the title TITLE."""
    if not title.strip():
        raise click.UsageError("Give a title that says something.")
    with _open(folders_of(context)) as store:
        chosen = _save(
            store,
            find_all(store.conversations(), [prefix]),
            "renamed",
            title=title.strip(),
            title_source=TitleSource.PERSON,
        )
    report_changes("Renamed", chosen, as_json=as_json)


@click.command()
@conversation_ids
@click.option("--undo", is_flag=True, help="Bring them back into the list.")
@json_option
@file_options
@click.pass_context
def archive(context: click.Context, *, ids: tuple[str, ...], undo: bool, as_json: bool) -> None:
    """Put the conversations whose ids or titles begin so away; `list --all` still shows them."""
    with _open(folders_of(context)) as store:
        found = find_all(store.conversations(), ids)
        chosen = _save(
            store,
            found,
            "brought back from the archive" if undo else "archived",
            archived=not undo,
        )
    report_changes("Brought back" if undo else "Archived", chosen, as_json=as_json)


@click.command()
@click.option("--everything", is_flag=True, help="Also what is not in the trash.")
@_YES
@json_option
@file_options
@click.pass_context
def purge(context: click.Context, *, everything: bool, yes: bool, as_json: bool) -> None:
    """Delete for ever what is in the trash, after a question.

    With --everything every conversation is deleted, with all copies that the program has made, and
    nothing of it stays on the disk. Settings, keys, what replies cost, and what was saved or backed
    up by hand stay.
    """
    settings = folders_of(context)
    with _open(settings) as store:
        chosen = store.trashed() + (store.conversations() if everything else ())
        if chosen:
            _delete_for_ever(store, chosen, yes=yes)
        # Messages that were deleted alone are in the trash of conversations that stay.
        store.delete_trashed(datetime.now(UTC)).result()
    report_changes("Deleted for ever", chosen, as_json=as_json)
    if everything:
        from fakegpt_tui.store.backup_file import erase_deleted  # noqa: PLC0415 - not for --help

        erase_deleted(settings.database)


def _open(settings: "Settings") -> AbstractContextManager["ConversationStore"]:
    from fakegpt_tui.cli.composition import open_store  # noqa: PLC0415 - not for --help

    return open_store(settings, changes=True)


def find_all(known: Sequence[Conversation], prefixes: Iterable[str]) -> list[Conversation]:
    """The conversations of these prefixes, each once; an unknown prefix fails before any change."""
    found = (find_conversation(known, prefix) for prefix in prefixes)
    return list({each.id: each for each in found}.values())


def _save(
    store: "ConversationStore", chosen: Sequence[Conversation], done: str, **changes: Any
) -> list[Conversation]:
    """Change conversations, which the program can take back: they were `done`."""
    from fakegpt_tui.chat.undo import header_step  # noqa: PLC0415 - not for --help
    from fakegpt_tui.domain.undo import UndoAction  # noqa: PLC0415

    if chosen:
        steps = [header_step(each, changes) for each in chosen]
        store.changes.add_action(UndoAction.new(done, steps)).result()
    changed = [replace(each, **changes) for each in chosen]
    for each in changed:
        store.save_conversation(each).result()
    return changed


def _named(chosen: Sequence[Conversation]) -> str:
    if len(chosen) == 1:
        return f"“{safe_line(chosen[0].title, 60)}”"
    return f"{len(chosen)} conversations"


def _delete_for_ever(
    store: "ConversationStore", chosen: Sequence[Conversation], *, yes: bool
) -> None:
    if not yes:
        refusal = "Nothing was deleted; --yes deletes without a question."
        confirm(f"Delete {_named(chosen)} for ever?", refusal)
    for each in chosen:
        store.delete_conversation(each.id).result()


def report_changes(what: str, chosen: Sequence[Conversation], *, as_json: bool) -> None:
    if as_json:
        from fakegpt_tui.formats.fields import encode_conversation  # noqa: PLC0415 - as above

        documents = [encode_conversation(each) for each in chosen]
        echo_json({"version": 1, "conversations": documents})
        return
    for each in chosen:
        click.echo(f"{what}: {safe_line(each.id)}  {safe_line(each.title)}")
    if not chosen:
        echo_err("There was nothing to delete.")
