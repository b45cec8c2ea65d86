"""What could not be used of a service as a person fills it in, field by field."""

from collections.abc import Callable, Mapping
from typing import Final

from fakegpt_tui.config import readers
from fakegpt_tui.config.keys import validate_key
from fakegpt_tui.config.readers import InvalidValue
from fakegpt_tui.config.services import service_name
from fakegpt_tui.domain import ConfigError, ServiceForm, ServiceKind

_APPENDED_PATHS: Final = ("/chat/completions", "/completions", "/models")


def validate_draft(draft: ServiceForm) -> Mapping[str, str]:
    """A sentence for each field of `draft` that would be refused; none of them repeats a secret."""
    found = {
        "name": _problem(service_name, draft.name),
        "url": _problem(readers.url, draft.url),
    }
    if not found["url"] and draft.kind is ServiceKind.OPENAI:
        found["url"] = _end_problem(draft.url)
    if draft.key_env:
        found["key_env"] = _problem(readers.variable_name, draft.key_env)
    if draft.key is not None:
        found["key"] = _key_problem(draft.key.reveal())
    if draft.key is not None and draft.key_env:
        found["key_env"] = "Give the key itself or the name of a variable, not both."
    if draft.without_key and (draft.key is not None or draft.key_env):
        found["key"] = "Take the key away or give another, not both."
    if draft.proxy:
        found["proxy"] = _problem(readers.proxy, draft.proxy.reveal())
    return {field: sentence for field, sentence in found.items() if sentence}


def _problem(read: Callable[[object], object], text: str) -> str:
    try:
        read(text)
    except InvalidValue as error:
        return f"Must be {error}".rstrip(".") + "."
    return ""


def _end_problem(url: str) -> str:
    """Whoever copies an address out of a manual often has all of it."""
    end = next((end for end in _APPENDED_PATHS if url.rstrip("/").endswith(end)), "")
    return f"Must end before {end}, which is added." if end else ""


def _key_problem(text: str) -> str:
    try:
        validate_key(text, "This")
    except ConfigError as error:
        return str(error)
    return ""
