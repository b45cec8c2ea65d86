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
    """What was chosen of a search: a conversation, perhaps a message, and words that are in it."""

    conversation_id: str
    message_id: str | None
    words: str
