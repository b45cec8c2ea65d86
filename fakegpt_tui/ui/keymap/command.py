"""What a row of the keymap is."""

from dataclasses import dataclass
from enum import StrEnum


class KeyScope(StrEnum):
    """The part of the screen that has the focus when a key works."""

    PROMPT = "in the prompt"
    ANY = "anywhere"
    TRANSCRIPT = "in the transcript"
    LIST = "in the conversation list"
    SIDE_BY_SIDE = "in replies side by side"
    SERVICES = "in services and models"
    SERVICE_FORM = "while a service is added or changed"


@dataclass(frozen=True, slots=True)
class Command:
    """Something a person can do, and its doors: keys, a palette entry, a slash command.

    `label` is for the footer, where only commands with `in_footer` stand. A command with no
    `slash` is a matter of moving about, and is not in the palette.
    """

    scope: KeyScope
    id: str
    keys: str
    action: str
    label: str
    help: str
    slash: str = ""
    in_footer: bool = False
    priority: bool = False
