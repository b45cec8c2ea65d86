"""Fields of the service form: their names, what may stand in them, and which kinds have them."""

from typing import Final

from fakegpt_tui.domain import ServiceKind

KINDS: Final = sorted(
    (kind for kind in ServiceKind if kind.label), key=lambda each: not each.is_api
)
_ADDRESSES: Final = {
    ServiceKind.OPENAI: "such as http://127.0.0.1:11434",
    ServiceKind.RESPONSES: "such as https://api.openai.com/v1",
    ServiceKind.ANTHROPIC: "such as https://api.anthropic.com",
    ServiceKind.FAKEGPT: "such as https://chat.example.org",
}
_KEYS: Final = {
    ServiceKind.OPENAI: "if it wants one; servers on this machine mostly do not",
    ServiceKind.RESPONSES: "sent as Authorization",
    ServiceKind.ANTHROPIC: "sent as x-api-key",
}
_HEADERS: Final = {
    ServiceKind.ANTHROPIC: "x-api-key; some services want Authorization",
}
FIELDS: Final = {
    "name": ("Name", "such as ollama"),
    "url": ("Address", ""),
    "model": ("Model", "empty: the first that it lists"),
    "key": ("Key", ""),
    "key_env": ("or variable", "the environment variable that holds the key"),
    "key_header": ("its header", "Authorization; some services want api-key"),
    "cache": ("Cache", "off, 5m or 1h; empty: as the service is used to"),
    "api_version": ("Version", "of the protocol; 2023-06-01"),
    "proxy": ("Proxy", "that of the environment; off for none at all"),
    "first_event": ("First word", "may take 600 seconds"),
    "idle": ("Silence", "in a reply may last 600 seconds"),
}
ABOUT_KEYS: Final = ("key", "key_env", "key_in_file", "without_key", "key_header")
OPTIONS: Final = ("cache", "web_search", "api_version")
"""What `ServiceKind.options` may name."""
_BY_KIND: Final = {"url": _ADDRESSES, "key": _KEYS, "key_header": _HEADERS}


def usual_hint(field: str, kind: ServiceKind) -> str:
    """What stands in an empty field, where a service of that kind is filled in."""
    return _BY_KIND.get(field, {}).get(kind, FIELDS[field][1])
