"""Dialogs: screens that ask for something and close; here, what is offered and chosen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose. `detail` is shown after `text`, and searched too."""

    id: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SearchSelection:
    """What was chosen of a search: a conversation, and perhaps a message with what to find in it.

    The first of the `queries` that is in the message is meant.
    """

    conversation_id: str
    message_id: str | None
    queries: tuple[str, ...] = ()
