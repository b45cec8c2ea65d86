"""`list`: the conversations, the one that was used last first."""

import json

import click

from fakegpt_tui.cli.options import file_options, settings_of


@click.command("list")
@click.option("-a", "--all", "everything", is_flag=True, help="Archived ones too.")
@click.option(
    "-n", "--limit", type=click.IntRange(min=1), metavar="COUNT", help="Not more than so many."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@file_options
@click.pass_context
def listing(context: click.Context, *, everything: bool, limit: int | None, as_json: bool) -> None:
    """List the conversations, the one that was used last first.

    Each line has the beginning of an id, which is enough for other commands, the time of the last
    change and the title.
    """
    settings = settings_of(context)
    from fakegpt_tui.cli.app import open_store  # noqa: PLC0415 - not for --help
    from fakegpt_tui.cli.conversations import describe_conversation, unambiguous_prefix_length  # noqa: PLC0415
    from fakegpt_tui.formats.fields import encode_conversation  # noqa: PLC0415

    with open_store(settings) as store:
        known = store.conversations()
    shown = [each for each in known if everything or not each.archived][:limit]
    if as_json:
        documents = [encode_conversation(conversation) for conversation in shown]
        click.echo(json.dumps({"version": 1, "conversations": documents}, indent=2))
        return
    id_length = unambiguous_prefix_length(known)
    for conversation in shown:
        click.echo(describe_conversation(conversation, id_length))
