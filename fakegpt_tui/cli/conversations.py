"""Finding the conversation that a person means."""

from collections.abc import Iterable

from fakegpt_tui.domain import Conversation, NotFound
from fakegpt_tui.text import safe_line

_SHORT_ID_LENGTH = 8


def find_by_prefix(conversations: Iterable[Conversation], prefix: str) -> Conversation:
    """The one conversation whose id begins with `prefix`.

    Raises:
        NotFound: There is none, or more than one.
    """
    prefix = prefix.strip().lower()
    found = [each for each in conversations if prefix and each.id.startswith(prefix)]
    match found:
        case [conversation]:
            return conversation
        case []:
            raise NotFound(f"There is no conversation whose id begins with {safe_line(prefix)!r}.")
        case _:
            raise NotFound(
                f"There are {len(found)} conversations whose ids begin with {prefix!r}; "
                "give more of the id."
            )


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
    """How much of each id tells it from the others."""
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
