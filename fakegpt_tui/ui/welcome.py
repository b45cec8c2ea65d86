"""What an empty conversation says."""

from textual.content import Content

from fakegpt_tui.domain import Service, ServiceKind
from fakegpt_tui.text import safe_line

_SHARED_ACCOUNT = "The owner of a shared account can read what you send: send no secrets."


def welcome(service: Service | None) -> Content:
    """Who answers here, if anybody does, and the keys that matter."""
    lines = [
        Content.styled("A new conversation", "bold $primary"),
        Content(""),
        Content(safe_line(_who_answers(service), 400)),
    ]
    if service is not None and service.notice:
        lines.append(Content.styled(safe_line(service.notice, 400), "$warning"))
    if service is not None and service.kind is ServiceKind.FAKEGPT:
        lines.append(Content.styled(_SHARED_ACCOUNT, "$warning"))
    lines += [Content(""), _keys()]
    return Content("\n").join(lines)


def _who_answers(service: Service | None) -> str:
    if service is None:
        return "Its service is not in the configuration; F6 chooses another one."
    if service.kind is ServiceKind.EMBEDDED:
        return (
            "The built-in guide answers. It is no language model: ask it about this program, "
            "say “show markdown”, or ask how to connect a real model."
        )
    return f"{service.name} answers, at {service.url}."


def _keys() -> Content:
    keys = (
        ("enter", "sends"),
        ("ctrl+n", "new conversation"),
        ("esc", "stops"),
        ("ctrl+s", "saves"),
        ("F1", "all keys"),
    )
    parts = [Content.assemble((key, "$accent"), " ", what) for key, what in keys]
    return Content("  ·  ").join(parts)
