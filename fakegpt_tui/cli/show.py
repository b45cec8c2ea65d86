"""`show`: the messages of a conversation, in several formats."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import click

from fakegpt_tui.cli.conversation_output import format_option
from fakegpt_tui.cli.options import (
    completing,
    file_options,
    find_conversation,
    find_newest,
    folders_of,
    json_option,
)
from fakegpt_tui.cli.output import echo_json, echo_json_line
from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from fakegpt_tui.domain.captions import line_starts, split_at_captions
from fakegpt_tui.text import safe_line, safe_text

_SPEAKERS = {Role.USER: "You", Role.ASSISTANT: "Reply", Role.SYSTEM: "System"}


@click.command()
@click.argument("name", metavar="[ID]", required=False, shell_complete=completing("conversations"))
@click.option("-n", "--last", type=click.IntRange(1), metavar="COUNT", help="Only the last ones.")
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), help="Only messages of this role."
)
@format_option
@json_option
@file_options
@click.pass_context
def show(
    context: click.Context,
    *,
    name: str | None,
    last: int | None,
    role: str | None,
    shape: str,
    as_json: bool,
) -> None:
    """Print the messages that are shown in the conversation whose id or title begins with ID.

    Without ID it is the newest. As one JSON document it has all versions of all messages, unless
    some are chosen.
    """
    settings = folders_of(context)
    from fakegpt_tui.cli.composition import open_store  # noqa: PLC0415 - not for --help

    with open_store(settings) as store:
        known = store.conversations()
        conversation = find_newest(known) if name is None else find_conversation(known, name)
        path = store.path(conversation.id)
        messages = store.messages(conversation.id)
    if last is not None or role is not None:
        path = _chosen(path, last, role)
        messages = path
    _print_messages(conversation, path, messages, "json" if as_json else shape)


def _chosen(
    path: Sequence[ChatMessage], last: int | None, role: str | None
) -> tuple[ChatMessage, ...]:
    """Some messages of a path, as a path of their own."""
    found = [message for message in path if role in (None, message.role.value)]
    parent_id: str | None = None
    linked = []
    for message in found if last is None else found[-last:]:
        linked.append(replace(message, parent_id=parent_id))
        parent_id = message.id
    return tuple(linked)


def _print_messages(
    conversation: Conversation,
    path: Sequence[ChatMessage],
    messages: Sequence[ChatMessage],
    shape: str,
) -> None:
    from fakegpt_tui.formats.json_lines import encode_full_message  # noqa: PLC0415 - not for --help

    match shape:
        case "json":
            echo_json(_conversation_document(conversation, path, messages))
        case "jsonl":
            for message in path:
                echo_json_line(encode_full_message(message))
        case "md":
            from fakegpt_tui.formats.markdown_blocks import write_clean_markdown  # noqa: PLC0415 - as above

            leaf_id = path[-1].id if path else None
            text = write_clean_markdown(replace(conversation, leaf_id=leaf_id), path)
            click.echo(safe_text(text), nl=False)
        case _:
            click.echo("\n\n".join(_message_blocks(conversation, path)))


def _conversation_document(
    conversation: Conversation, path: Sequence[ChatMessage], messages: Sequence[ChatMessage]
) -> dict[str, object]:
    from fakegpt_tui.formats.fields import encode_conversation  # noqa: PLC0415 - not for --help
    from fakegpt_tui.formats.json_lines import encode_full_message  # noqa: PLC0415

    kept = (message for message in messages if message.trashed_at is None)
    return {
        "version": 1,
        "conversation": encode_conversation(conversation),
        "path": [message.id for message in path],
        "messages": [encode_full_message(message) for message in kept],
    }


def _message_blocks(conversation: Conversation, path: Sequence[ChatMessage]) -> Iterator[str]:
    yield safe_line(conversation.title)
    for message in path:
        is_whole = message.status is MessageStatus.COMPLETE
        status = "" if is_whole else f" ({message.status.value})"
        lines = [
            f"{_SPEAKERS[message.role]}{status}:",
            safe_line(message.error or "", 1000),
            *_text_lines(message),
        ]
        yield "\n".join(filter(None, lines))


def _text_lines(message: ChatMessage) -> Iterator[str]:
    """The text, and in it a line for each picture, file and source."""
    if not message.parts:
        yield safe_text(message.text)
        return
    for each in split_at_captions(message.text, message.parts, line_starts):
        if isinstance(each, str):
            yield safe_text(each).strip("\n")
        else:
            yield safe_line(each.caption.text, 1000)
