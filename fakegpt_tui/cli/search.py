"""`search`: where words were said."""

import json

import click

from fakegpt_tui.cli.errors import ExitCode
from fakegpt_tui.cli.options import file_options, settings_of
from fakegpt_tui.domain import SearchHit
from fakegpt_tui.text import safe_line

_LIMIT = 20


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1, 10_000),
    default=_LIMIT,
    show_default=True,
    metavar="COUNT",
    help="Not more places than so many.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@file_options
@click.pass_context
def search(context: click.Context, *, words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find the titles and messages in which all WORDS are.

    Among the words may be in:title, model:NAME, is:pinned, is:archived, before:DATE and
    after:DATE. The exit code is 6 when nothing was found.
    """
    settings = settings_of(context)
    from fakegpt_tui.chat.search import parse_query  # noqa: PLC0415 - not for --help
    from fakegpt_tui.cli.app import open_store  # noqa: PLC0415
    from fakegpt_tui.cli.conversations import unambiguous_prefix_length  # noqa: PLC0415

    with open_store(settings) as store:
        hits = store.search(parse_query(" ".join(words)), limit)
        id_length = unambiguous_prefix_length(store.conversations())
    if as_json:
        click.echo(json.dumps({"version": 1, "hits": [_document(hit) for hit in hits]}, indent=2))
    else:
        for hit in hits:
            click.echo(_lines(hit, id_length))
    context.exit(ExitCode.DONE if hits else ExitCode.NOT_FOUND)


def _lines(hit: SearchHit, id_length: int) -> str:
    time = hit.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
    head = f"{safe_line(hit.conversation_id[:id_length])}  {time}  {safe_line(hit.title)}"
    return head if hit.message_id is None else f"{head}\n    {safe_line(hit.snippet)}"


def _document(hit: SearchHit) -> dict[str, object]:
    return {
        "conversation": hit.conversation_id,
        "message": hit.message_id,
        "title": hit.title,
        "snippet": hit.snippet,
        "marks": hit.marks,
        "created": hit.created_at.isoformat(),
    }
