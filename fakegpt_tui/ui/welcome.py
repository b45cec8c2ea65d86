"""What an empty conversation says."""

from collections.abc import Mapping

from textual.content import Content

from fakegpt_tui.domain import Service, ServiceKind
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.keymap import COMMANDS
from fakegpt_tui.ui.keymap.words import key_word

_SHARED_ACCOUNT = "The owner of a shared account can read what you send: send no secrets."

_COMMANDS_THAT_MATTER = (
    ("prompt.send", "sends"),
    ("chat.new", "new conversation"),
    ("chat.stop", "stops"),
    ("chat.save", "saves"),
    ("app.help", "all keys"),
)


def welcome(service: Service, changed: Mapping[str, str]) -> Content:
    """Who answers here, and the keys that matter; those of a person's own are `changed`."""
    lines = [
        Content.styled("A new conversation", "bold $primary"),
        Content(""),
        Content(safe_line(_who_answers(service), 400)),
    ]
    if service.notice:
        lines.append(Content.styled(safe_line(service.notice, 400), "$warning"))
    if service.kind is ServiceKind.FAKEGPT:
        lines.append(Content.styled(_SHARED_ACCOUNT, "$warning"))
    lines += [Content(""), _keys(changed)]
    return Content("\n").join(lines)


def _who_answers(service: Service) -> str:
    if service.kind is ServiceKind.EMBEDDED:
        return (
            "The built-in guide answers. It is no language model: ask it about this program, "
            "say “show markdown”, or ask how to connect a real model."
        )
    return f"{service.name} answers, at {service.url}."


def _keys(changed: Mapping[str, str]) -> Content:
    by_id = {command.id: changed.get(command.id, command.keys) for command in COMMANDS}
    parts = [
        Content.assemble((key_word(by_id[name].split(",")[0]), "$accent"), " ", what)
        for name, what in _COMMANDS_THAT_MATTER
        if by_id[name]
    ]
    return Content("  ·  ").join(parts)
