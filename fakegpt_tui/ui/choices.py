"""What a person is offered, and what they took."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose. `detail` is shown after `text`, and searched too."""

    id: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SearchSelection:
    """What was chosen of a search: a conversation, its message or none, a word that is in it."""

    conversation_id: str
    message_id: str | None
    words: str
