"""Welcome text of an empty conversation: its service, warnings and the first keys."""

from collections.abc import Iterator, Mapping

from textual.content import Content

from fakegpt_tui.domain import Service, ServiceKind
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.keymap import COMMANDS, key_label

_SHARED_ACCOUNT = "The owner of a shared account can read what you send: send no secrets."

_COMMANDS_THAT_MATTER = (
    ("prompt.send", "sends"),
    ("chat.new", "new conversation"),
    ("chat.stop", "stops"),
    ("chat.save", "saves"),
    ("app.help", "all keys"),
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
