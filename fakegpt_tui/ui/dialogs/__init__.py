"""Dialogs: screens that ask for something and close; here, what is offered and chosen."""

from dataclasses import dataclass
from typing import Any

from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from fakegpt_tui.keymap import key_label
from fakegpt_tui.text import safe_line

_MAX_TITLE = 200


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


def set_frame(box: Widget, title: str, keys: str) -> None:
    """Give a dialog its title, which is a noun, and its keys at the foot."""
    box.border_title = Content(safe_line(title, _MAX_TITLE))
    box.border_subtitle = Content(safe_line(keys, _MAX_TITLE))


def shown_keys(screen: Screen[Any]) -> str:
    """The keys of a dialog that are worth a word, that which closes it first."""
    bindings = (each.binding for each in screen.active_bindings.values() if each.enabled)
    words: dict[str, str] = {}
    for binding in sorted(bindings, key=lambda each: each.key != "escape"):
        if binding.show and binding.description:
            words.setdefault(
                binding.action, f"{key_label(binding.key)} {binding.description.lower()}"
            )
    return " · ".join(words.values())
