"""How commands name a conversation: by the beginning of its id or title, or as the newest."""

from collections.abc import Callable, Iterable

from fakegpt_tui.domain import Conversation, NotFound
from fakegpt_tui.text import safe_line

_SHORT_ID_LENGTH = 8


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


def named_or_newest(conversations: Iterable[Conversation], name: str) -> Conversation:
    """The one conversation of a name, or the newest one where that is empty.

    Raises:
        NotFound: There is none, or more than one.
    """
    return find_conversation(conversations, name) if name else find_newest(conversations)


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
