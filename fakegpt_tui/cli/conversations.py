"""`list`, `show` and `search`: conversations in the store, and how commands name one."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import click

from fakegpt_tui.cli.errors import ExitCode
from fakegpt_tui.cli.options import file_options, folders_of
from fakegpt_tui.cli.output import echo_json
from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, NotFound, Role, SearchHit
from fakegpt_tui.domain.captions import captions
from fakegpt_tui.text import safe_line, safe_text

_SHORT_ID_LENGTH = 8
_SPEAKERS = {Role.USER: "You", Role.ASSISTANT: "Reply", Role.SYSTEM: "System"}


@click.command("list")
@click.option("-a", "--all", "everything", is_flag=True, help="Archived ones too.")
@click.option(
    "-n", "--limit", type=click.IntRange(min=1), metavar="COUNT", help="At most this many."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@file_options
@click.pass_context
def list_command(
    context: click.Context, *, everything: bool, limit: int | None, as_json: bool
) -> None:
    """List the conversations, the one that was used last first.

    Each line has the beginning of an id, which is enough for other commands, the time of the last
    change and the title.
    """
    settings = folders_of(context)
    from fakegpt_tui.cli.composition import open_store  # noqa: PLC0415 - not for --help
    from fakegpt_tui.formats.fields import encode_conversation  # noqa: PLC0415

    with open_store(settings) as store:
        known = store.conversations()
    shown = [each for each in known if everything or not each.archived][:limit]
    if as_json:
        documents = [encode_conversation(conversation) for conversation in shown]
        echo_json({"version": 1, "conversations": documents})
        return
    id_length = unambiguous_prefix_length(known)
    for conversation in shown:
        click.echo(describe_conversation(conversation, id_length))


@click.command()
@click.argument("prefix", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, with all versions.")
@file_options
@click.pass_context
def show(context: click.Context, *, prefix: str, as_json: bool) -> None:
    """Print the messages that are shown in the conversation whose id or title begins with ID."""
    settings = folders_of(context)
    from fakegpt_tui.cli.composition import open_store  # noqa: PLC0415 - not for --help

    with open_store(settings) as store:
        conversation = find_conversation(store.conversations(), prefix)
        path = store.path(conversation.id)
        messages = store.messages(conversation.id)
    if as_json:
        echo_json(_conversation_document(conversation, path, messages))
    else:
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
            safe_text(message.text),
            *(safe_line(each.text, 1000) for each in captions(message.parts)),
        ]
        yield "\n".join(filter(None, lines))


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    metavar="COUNT",
    help="At most this many results.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@file_options
@click.pass_context
def search(context: click.Context, *, words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find the titles and messages in which all WORDS are.

    Among the words may be in:title, model:NAME, is:pinned, is:archived, before:DATE and
    after:DATE. The exit code is 6 when nothing was found.
    """
    settings = folders_of(context)
    from fakegpt_tui.chat.search import parse_query  # noqa: PLC0415 - not for --help
    from fakegpt_tui.cli.composition import open_store  # noqa: PLC0415

    with open_store(settings) as store:
        hits = store.search(parse_query(" ".join(words)), limit)
        id_length = unambiguous_prefix_length(store.conversations())
    if as_json:
        echo_json({"version": 1, "hits": [_hit_document(hit) for hit in hits]})
    else:
        for hit in hits:
            click.echo(_hit_lines(hit, id_length))
    context.exit(ExitCode.DONE if hits else ExitCode.NOT_FOUND)


def _hit_lines(hit: SearchHit, id_length: int) -> str:
    time = hit.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
    head = f"{safe_line(hit.conversation_id[:id_length])}  {time}  {safe_line(hit.title)}"
    return head if hit.message_id is None else f"{head}\n    {safe_line(hit.snippet)}"


def _hit_document(hit: SearchHit) -> dict[str, object]:
    return {
        "conversation": hit.conversation_id,
        "message": hit.message_id,
        "title": hit.title,
        "snippet": hit.snippet,
        "marks": hit.marks,
        "created": hit.created_at.isoformat(),
    }


def find_conversation(conversations: Iterable[Conversation], name: str) -> Conversation:
    """The one conversation whose id begins with `name`, or else whose title is or begins so.

    Raises:
        NotFound: There is none, or more than one.
    """
    known, wanted = tuple(conversations), " ".join(name.split()).casefold()
    ways: tuple[Callable[[Conversation], bool], ...] = (
        lambda each: each.id.startswith(wanted),
        lambda each: each.title.casefold() == wanted,
        lambda each: each.title.casefold().startswith(wanted),
    )
    matching = ([each for each in known if way(each)] for way in ways if wanted)
    found = next(filter(None, matching), [])
    shown = repr(safe_line(name, 60))
    if not found:
        raise NotFound(f"There is no conversation whose id or title begins with {shown}.")
    if len(found) > 1:
        raise NotFound(
            f"There are {len(found)} conversations whose id or title begins with {shown}; give"
            " more of the id, as `list` shows it."
        )
    return found[0]


def find_newest(conversations: Iterable[Conversation]) -> Conversation:
    """The conversation that was used last.

    Raises:
        NotFound: There is none at all.
    """
    found = max(conversations, key=lambda each: each.updated_at, default=None)
    if found is None:
        raise NotFound("There are no conversations yet.")
    return found


def unambiguous_prefix_length(conversations: Iterable[Conversation]) -> int:
    """The length of the shortest prefix that is different for each id, at least 8."""
    ids = {conversation.id for conversation in conversations}
    length = _SHORT_ID_LENGTH
    while len({each[:length] for each in ids}) < len(ids):
        length += 1
    return length


def describe_conversation(conversation: Conversation, id_length: int) -> str:
    """A line about a conversation: id, time of the last change, what is special, and title."""
    time = conversation.updated_at.astimezone().strftime("%Y-%m-%d %H:%M")
    special = [
        word
        for word, holds in (
            ("pinned", conversation.pinned),
            ("archived", conversation.archived),
            ("unread", conversation.unread),
        )
        if holds
    ]
    notes = f"({', '.join(special)}) " if special else ""
    return (
        f"{safe_line(conversation.id[:id_length])}  {time}  {notes}{safe_line(conversation.title)}"
    )
