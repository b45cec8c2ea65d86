"""`show`: what was said in a conversation."""

import json
from collections.abc import Iterator, Sequence

import click

from fakegpt_tui.cli.options import file_options, settings_of
from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from fakegpt_tui.text import safe_line, safe_text

_NAMES = {Role.USER: "You", Role.ASSISTANT: "Reply", Role.SYSTEM: "System"}


@click.command()
@click.argument("prefix", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, with all versions.")
@file_options
@click.pass_context
def show(context: click.Context, *, prefix: str, as_json: bool) -> None:
    """Print the conversation whose id begins with ID: the messages that are shown in it."""
    settings = settings_of(context)
    from fakegpt_tui.cli.app import open_store  # noqa: PLC0415 - not for --help
    from fakegpt_tui.cli.conversations import find_by_prefix  # noqa: PLC0415

    with open_store(settings) as store:
        conversation = find_by_prefix(store.conversations(), prefix)
        path = store.path(conversation.id)
        messages = store.messages(conversation.id)
    if as_json:
        click.echo(_document(conversation, path, messages))
    else:
        click.echo("\n\n".join(_parts(conversation, path)))


def _document(
    conversation: Conversation, path: Sequence[ChatMessage], messages: Sequence[ChatMessage]
) -> str:
    from fakegpt_tui.formats.fields import encode_conversation  # noqa: PLC0415 - not for --help
    from fakegpt_tui.formats.json_lines import encode_full_message  # noqa: PLC0415

    kept = (message for message in messages if message.trashed_at is None)
    document = {
        "version": 1,
        "conversation": encode_conversation(conversation),
        "path": [message.id for message in path],
        "messages": [encode_full_message(message) for message in kept],
    }
    return json.dumps(document, indent=2)


def _parts(conversation: Conversation, path: Sequence[ChatMessage]) -> Iterator[str]:
    yield safe_line(conversation.title)
    for message in path:
        is_whole = message.status is MessageStatus.COMPLETE
        status = "" if is_whole else f" ({message.status.value})"
        lines = [
            f"{_NAMES[message.role]}{status}:",
            safe_line(message.error or "", 1000),
            safe_text(message.text),
        ]
        yield "\n".join(filter(None, lines))
