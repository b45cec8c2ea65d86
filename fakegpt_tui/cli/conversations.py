"""`list` and `search`: which conversations are in the store, with filters."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import click

from fakegpt_tui.cli.conversation_output import (
    describe_conversation,
    echo_items,
    filter_options,
    format_option,
    limit_option,
    markdown_item,
    short_facts,
    to_minute,
)
from fakegpt_tui.cli.options import completing, file_options, folders_of, json_option
from fakegpt_tui.cli.output import ExitCode
from fakegpt_tui.domain import Conversation, SearchHit, SearchQuery
from fakegpt_tui.text import safe_line

_USUAL_HITS = 20


@click.command("list")
@click.option("-a", "--all", "everything", is_flag=True, help="Archived ones too.")
@filter_options
@click.option("--unread", is_flag=True, help="Only with an unread reply.")
@click.option("--trash", is_flag=True, help="What is in the trash instead.")
@click.option(
    "-s",
    "--service",
    metavar="NAME",
    help="Only of this service.",
    shell_complete=completing("services"),
)
@limit_option
@format_option
@json_option
@file_options
@click.pass_context
def list_command(
    context: click.Context,
    /,
    *,
    trash: bool,
    limit: int | None,
    shape: str,
    as_json: bool,
    **filters: Any,
) -> None:
    """List the conversations, the one that was used last first.

    Each line has the beginning of an id, which is enough for other commands, the time of the last
    change and the title.
    """
    settings = folders_of(context)
    from fakegpt_tui.cli.completion_values import unambiguous_prefix_length  # noqa: PLC0415 - not for --help
    from fakegpt_tui.cli.composition import open_store  # noqa: PLC0415
    from fakegpt_tui.formats.fields import encode_conversation  # noqa: PLC0415

    with open_store(settings) as store:
        known = store.trashed() if trash else store.conversations()
    shown = [each for each in known if _fits(each, **filters)][:limit]
    id_length = unambiguous_prefix_length(known)
    echo_items(
        shown,
        "json" if as_json else shape,
        name="conversations",
        encode=encode_conversation,
        lines=lambda each: describe_conversation(each, id_length),
        markdown=lambda each: markdown_item(each.title, short_facts(each, id_length)),
    )


def _fits(
    conversation: Conversation,
    *,
    everything: bool,
    archived: bool,
    pinned: bool,
    unread: bool,
    service: str | None,
    model: str | None,
    folder: str | None,
    tags: tuple[str, ...],
    before: datetime | None,
    after: datetime | None,
) -> bool:
    """Do the filters let this conversation through?"""
    from fakegpt_tui.domain.folders import has_tags, is_named  # noqa: PLC0415 - not for --help

    is_place = conversation.archived if archived else everything or not conversation.archived
    changed = conversation.updated_at
    return all(
        (
            is_place,
            not pinned or conversation.pinned,
            not unread or conversation.unread,
            service in (None, conversation.service),
            folder is None or is_named(conversation.folder, folder),
            has_tags(conversation.tags, tags),
            model is None or model.casefold() in conversation.model.casefold(),
            before is None or changed < before,
            after is None or changed >= after,
        )
    )


@click.command()
@click.argument("words", nargs=-1, metavar="[WORDS]...")
@filter_options
@click.option("--title", is_flag=True, help="Only in titles.")
@limit_option
@format_option
@json_option
@file_options
@click.pass_context
def search(
    context: click.Context,
    /,
    *,
    words: tuple[str, ...],
    limit: int | None,
    shape: str,
    as_json: bool,
    **filters: Any,
) -> None:
    """Find the titles and messages in which all WORDS are.

    Among the words may be in:title, model:NAME, folder:PATH, tag:NAME, is:pinned, is:archived,
    before:DATE and after:DATE, as the options are. At most 20 are found without --limit. The exit
    code is 6 when nothing was found.
    """
    settings = folders_of(context)
    from fakegpt_tui.chat.search import parse_query  # noqa: PLC0415 - not for --help
    from fakegpt_tui.cli.completion_values import unambiguous_prefix_length  # noqa: PLC0415
    from fakegpt_tui.cli.composition import open_store  # noqa: PLC0415

    query = _filtered(parse_query(" ".join(words)), **filters)
    if query == SearchQuery():
        raise click.UsageError("Give words to search for, or a filter.")
    with open_store(settings) as store:
        hits = store.search(query, limit or _USUAL_HITS)
        id_length = unambiguous_prefix_length(store.conversations())
    echo_items(
        hits,
        "json" if as_json else shape,
        name="hits",
        encode=_hit_document,
        lines=lambda hit: _hit_lines(hit, id_length),
        markdown=lambda hit: _hit_item(hit, id_length),
    )
    context.exit(ExitCode.DONE if hits else ExitCode.NOT_FOUND)


def _filtered(
    query: SearchQuery,
    *,
    title: bool,
    archived: bool,
    pinned: bool,
    model: str | None,
    folder: str | None,
    tags: tuple[str, ...],
    before: datetime | None,
    after: datetime | None,
) -> SearchQuery:
    """The query, with what the options say over what is among its words."""
    from fakegpt_tui.domain.folders import clean_tags  # noqa: PLC0415 - not for --help

    return replace(
        query,
        title_only=title or query.title_only,
        is_archived=archived or query.is_archived,
        is_pinned=pinned or query.is_pinned,
        model=model or query.model,
        folder=folder or query.folder,
        tags=clean_tags((*query.tags, *tags)),
        before=before or query.before,
        after=after or query.after,
    )


def _hit_lines(hit: SearchHit, id_length: int) -> str:
    short_id, time = safe_line(hit.conversation_id[:id_length]), to_minute(hit.created_at)
    head = f"{short_id}  {time}  {safe_line(hit.title)}"
    return head if hit.message_id is None else f"{head}\n    {safe_line(hit.snippet)}"


def _hit_item(hit: SearchHit, id_length: int) -> str:
    facts = f"`{safe_line(hit.conversation_id[:id_length])}`, {to_minute(hit.created_at)}"
    return markdown_item(hit.title, facts, "" if hit.message_id is None else hit.snippet)


def _hit_document(hit: SearchHit) -> dict[str, object]:
    return {
        "conversation": hit.conversation_id,
        "message": hit.message_id,
        "title": hit.title,
        "snippet": hit.snippet,
        "marks": hit.marks,
        "created": hit.created_at.isoformat(),
        **({"folder": hit.folder} if hit.folder else {}),
        **({"tags": hit.tags} if hit.tags else {}),
    }
