"""Finding the conversation that a person means."""

from collections.abc import Iterable

from fakegpt_tui.domain import Conversation, NotFound
from fakegpt_tui.text import safe_line


def by_prefix(conversations: Iterable[Conversation], prefix: str) -> Conversation:
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


def newest(conversations: Iterable[Conversation]) -> Conversation:
    """The conversation that was used last.

    Raises:
        NotFound: There is none at all.
    """
    found = max(conversations, key=lambda each: each.updated_at, default=None)
    if found is None:
        raise NotFound("There are no conversations yet.")
    return found
