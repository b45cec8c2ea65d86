"""What an empty conversation says."""

from collections.abc import Iterator

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
        *_warnings(service),
        Content(""),
        _keys(),
    ]
    return Content("\n").join(lines)


def _warnings(service: Service | None) -> Iterator[Content]:
    if service is not None and service.notice:
        yield Content.styled(safe_line(service.notice, 400), "$warning")
    if service is not None and service.kind is ServiceKind.FAKEGPT:
        yield Content.styled(_SHARED_ACCOUNT, "$warning")


def _who_answers(service: Service | None) -> str:
    if service is None:
        return "Nobody answers: its service is no longer configured. F6 chooses another."
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
