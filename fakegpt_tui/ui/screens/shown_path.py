"""Shown path: the messages of the open conversation, or a welcome with the first keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from textual.content import Content

from fakegpt_tui.domain import Service, ServiceKind
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.keymap import COMMANDS, key_label

if TYPE_CHECKING:
    from fakegpt_tui.ui.view_model import ChatView
    from fakegpt_tui.ui.widgets.transcript.view import Transcript

_SHARED_ACCOUNT = "The owner of a shared account can read what you send: send no secrets."

_COMMANDS_THAT_MATTER = (
    ("prompt.send", "sends"),
    ("chat.new", "new conversation"),
    ("chat.stop", "stops"),
    ("chat.save", "saves"),
    ("app.help", "all keys"),
)


def show_path(transcript: Transcript, before: ChatView | None, shown: ChatView) -> None:
    """Show the messages; of a path that is shown already, only those that have changed."""
    conversation_id, path = shown.conversation.id, shown.path
    if before is None or not path:
        transcript.empty_text = welcome(shown.service, shown.keys)
    if before is None or before.conversation.id != conversation_id:
        known = None
    else:
        known = [message.id for message in before.path]
    if known == [message.id for message in path]:
        for old, message in zip(before.path if before else (), path, strict=True):
            if old is not message and old != message:
                transcript.update_message(message)
        if before is None or before.labels != shown.labels:
            transcript.set_labels(shown.labels)
    elif known is not None and shown.variant is not None:
        transcript.show_variant(shown.variant, path, shown.labels)
    else:
        transcript.show(
            conversation_id,
            path,
            labels=shown.labels,
            position=shown.position,
            at_end=shown.at_end,
        )


def welcome(service: Service | None, changed: Mapping[str, str]) -> Content:
    """Which service answers here, and the keys to begin with; `changed` are the user's own keys."""
    lines = [
        Content.styled("A new conversation", "bold $primary"),
        Content(""),
        Content(safe_line(_who_answers(service), 400)),
        *_warnings(service),
        Content(""),
        _keys(changed),
    ]
    return Content("\n").join(lines)


def _warnings(service: Service | None) -> Iterator[Content]:
    if service is not None and service.notice:
        yield Content.styled(safe_line(service.notice, 400), "$warning")
    if service is not None and service.kind.has_accounts:
        yield Content.styled(_SHARED_ACCOUNT, "$warning")


def _who_answers(service: Service | None) -> str:
    if service is None:
        return "No answers: the service is no longer configured. F6 chooses another."
    if service.kind is ServiceKind.EMBEDDED:
        return (
            "The built-in guide answers. It is no language model: ask it about this program, "
            "say “show markdown”, or ask how to connect a real model."
        )
    return f"{service.name} answers, at {service.url}."


def _keys(changed: Mapping[str, str]) -> Content:
    by_id = {command.id: changed.get(command.id, command.keys) for command in COMMANDS}
    parts = [
        Content.assemble((key_label(by_id[name].split(",")[0]), "$accent"), " ", what)
        for name, what in _COMMANDS_THAT_MATTER
        if by_id[name]
    ]
    return Content("  ·  ").join(parts)
