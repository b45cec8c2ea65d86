"""Readers: each turns one foreign value into what a setting holds, or says what would be right."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias, TypeVar
from urllib.parse import SplitResult, urlsplit

from fakegpt_tui.domain import ModelRef, Secret

T = TypeVar("T")
Reader: TypeAlias = Callable[[object], T]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
_URL_PATH = re.compile(r"/[A-Za-z0-9._~%!$&'()*+,;=:@/-]{0,200}")
_A_DAY = 86_400
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}


class Unfit(ValueError):
    """The value cannot be used; its text says what would be right, as in "must be …".

    `hide` keeps the value out of the sentence, because it may hold a secret.
    """

    def __init__(self, expected: str, *, hide: bool = False) -> None:
        super().__init__(expected)
        self.hide = hide


def text(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise Unfit("text, and not empty")


def any_text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    raise Unfit("text")


def flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise Unfit("true or false")


def path(value: object) -> Path:
    """A path, in which `~` is a home folder; it may be relative."""
    try:
        return Path(text(value)).expanduser()
    except RuntimeError as error:
        raise Unfit("a path below a home folder that exists") from error


def table(value: object) -> Mapping[str, object]:
    if isinstance(value, dict):
        return value
    raise Unfit("a table")


def whole(low: int, high: int) -> Reader[int]:
    """A reader of whole numbers from `low` to `high`."""

    def read(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise Unfit(f"a whole number from {low} to {high}")

    return read


def seconds(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _A_DAY:
        return float(value)
    raise Unfit(f"a number of seconds above 0 and at most {_A_DAY}")


def one_of(*names: str) -> Reader[str]:
    """A reader of one of a few words."""

    def read(value: object) -> str:
        if isinstance(value, str) and value in names:
            return value
        *most, last = (f'"{name}"' for name in names)
        raise Unfit(f"{', '.join(most)} or {last}")

    return read


def variable(value: object) -> str:
    """The name of an environment variable."""
    if isinstance(value, str) and _VARIABLE.fullmatch(value):
        return value
    # Somebody who pastes the key itself here must not find it in an error.
    raise Unfit("the name of an environment variable, not the key itself", hide=True)


def url(value: object) -> str:
    """A base URL, without the slash at its end."""
    parts = _split(value)
    if parts is None or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        raise Unfit("a URL such as https://chat.example.org", hide=_may_hold_secret(value))
    if "@" in parts.netloc:
        raise Unfit("a URL without a user name or password", hide=True)
    return parts.geturl().rstrip("/")


def url_path(value: object) -> str:
    """A path that is joined to a base URL."""
    if isinstance(value, str) and _URL_PATH.fullmatch(value) and "//" not in value:
        return value
    raise Unfit('a path such as "/api/loads"', hide=_may_hold_secret(value))


def proxy(value: object) -> Secret:
    """A proxy's URL, which may hold a password."""
    parts = _split(value)
    if parts is None or parts.scheme not in _PROXY_SCHEMES or parts.path.strip("/"):
        raise Unfit(
            "a proxy's URL such as http://proxy.example.org:8080 or socks5://127.0.0.1:1080",
            hide=True,
        )
    return Secret(parts.geturl().rstrip("/"))


def answerers(value: object) -> tuple[ModelRef, ...]:
    """Services with their models, such as "ollama/llama3.2"; the model's name may have slashes."""
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) and item.strip() for item in items):
        raise Unfit('a list such as ["ollama/llama3.2"]')
    parts = (str(item).strip().partition("/") for item in items)
    return tuple(ModelRef(service, model) for service, _, model in parts)


def list_in(text: str) -> object:
    """What `text` from the environment says as TOML would: a list of what commas separate."""
    return [part.strip() for part in text.split(",") if part.strip()]


def number_in(text: str) -> object:
    """What `text` from the environment says as TOML would: a number, or still text."""
    return int(text) if text.strip().isdecimal() else text


def flag_in(text: str) -> object:
    """What `text` from the environment says as TOML would: true, false, or still text."""
    word = text.strip().lower()
    if word in _TRUE:
        return True
    return False if word in _FALSE else text


def _split(value: object) -> SplitResult | None:
    """The parts of a URL that has a host and a sound port."""
    if not isinstance(value, str) or not value.isprintable() or " " in value.strip():
        return None
    try:
        parts = urlsplit(value.strip())
        has_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if has_address else None


def _may_hold_secret(value: object) -> bool:
    return isinstance(value, str) and any(sign in value for sign in "@?#")
