"""Validators: each turns one foreign value into what a setting holds, or says what is allowed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar
from urllib.parse import SplitResult, urlsplit

from fakegpt_tui.domain import NO_PROXY, ModelRef, Secret
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import strip_pasted

if TYPE_CHECKING:
    from datetime import date, time
    from decimal import Decimal

T = TypeVar("T")
_MOST_DOLLARS: Final = 1_000_000
TomlValue: TypeAlias = str | int | float | bool | list[str]
Validator: TypeAlias = Callable[[object], T]

BACKSLASH_ADVICE = r"write a path with \ in single quotes, as in 'C:\Users\me'"

_CONTROL = lazy_pattern(r"[\x00-\x1f\x7f-\x9f]")
_VARIABLE = lazy_pattern(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY_SHAPES = lazy_pattern(
    r"(sk|pk|rk|hf|gsk|ghp|gho|github_pat|xai|pplx|r8|nvapi|csk|key)_(?=.*\d)\w{12,}"
    r"|AIza\w{16,}|[0-9a-f]{32,}|(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9]{20,}"
)
"""Keys that could be names of variables by their characters."""
_LETTERS = lazy_pattern(r"[a-z]{4,26}")
_HOST_AND_PORT = lazy_pattern(r"(?:[\w.-]+|\[[\da-fA-F:]+\]):\d+")
_PROXY_SCHEMES = ("http", "https", "socks", "socks5", "socks5h")
_URL_PATH = lazy_pattern(r"/[A-Za-z0-9._~%!$&'()*+,;=:@/-]{0,200}")
_SECONDS_PER_DAY = 86_400
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}


class InvalidValue(ValueError):
    """The value cannot be used; the message completes "must be …".

    `hide` keeps the value out of the sentence, because it may hold a secret.
    """

    def __init__(self, expected: str, *, hide: bool = False) -> None:
        super().__init__(expected)
        self.hide = hide


def text(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise InvalidValue("text, and not empty")


def any_text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    raise InvalidValue("text")


def boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise InvalidValue("true or false")


def path(value: object) -> Path:
    """A path, in which `~` is a home folder; it may be relative."""
    plain = text(value)
    if _CONTROL.search(plain):
        raise InvalidValue(f"a path without tabs and line ends; {BACKSLASH_ADVICE}")
    try:
        found = Path(plain).expanduser()
        os.fsencode(found)
    except RuntimeError as error:
        raise InvalidValue("a path below a home folder that exists") from error
    except UnicodeEncodeError as error:
        raise InvalidValue("a path in letters of the locale; LANG=C.UTF-8 has all") from error
    return found


def absolute_path(value: object) -> Path:
    try:
        return path(value).absolute()
    except FileNotFoundError as error:
        raise InvalidValue("an absolute path, since the current folder was deleted") from error


def table(value: object) -> Mapping[str, object]:
    if isinstance(value, dict):
        return value
    raise InvalidValue("a table")


def integer(low: int, high: int) -> Validator[int]:
    """A reader of whole numbers from `low` to `high`."""

    def read(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise InvalidValue(f"a whole number from {low} to {high}")

    return read


def dollars(value: object) -> Decimal:
    """An amount of money, more than nothing."""
    amount = _amount(value)
    if not amount:
        raise InvalidValue("an amount of dollars, such as 20 or 0.5")
    return amount


def price(value: object) -> Decimal:
    """Dollars for a million tokens; nothing where they are free."""
    amount = _amount(value)
    if amount is None:
        raise InvalidValue("dollars for a million tokens, such as 0.25")
    return amount


def _amount(value: object) -> Decimal | None:
    from decimal import Decimal  # noqa: PLC0415 - not at every start

    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, int | float) and is_number and 0 <= value <= _MOST_DOLLARS:
        return Decimal(str(value).removesuffix(".0"))
    return None


def day(value: object) -> date:
    """A day, as TOML writes it."""
    from datetime import date, datetime  # noqa: PLC0415 - as above

    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise InvalidValue("a day such as 2026-11-30")


def hours(value: object) -> tuple[time, time]:
    """From a time of the day to another, which may be on the next day."""
    from datetime import time  # noqa: PLC0415 - as above

    first, mark, last = value.partition("-") if isinstance(value, str) else ("", "", "")
    try:
        span = time.fromisoformat(first.strip()), time.fromisoformat(last.strip())
    except ValueError:
        mark = ""
    if not mark or any(each.tzinfo for each in span):
        raise InvalidValue("hours of the day in UTC, such as 16:30-00:30")
    return span


def parse_dollars(text: str) -> TomlValue:
    """What `text` from the environment says as TOML would: a number with cents, or still text."""
    try:
        return float(text)
    except ValueError:
        return text


def seconds(value: object) -> float:
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and 0 < value <= _SECONDS_PER_DAY
    ):
        return float(value)
    raise InvalidValue(f"a number of seconds above 0 and at most {_SECONDS_PER_DAY}")


def one_of(*names: str) -> Validator[str]:
    """A reader of one of a few words."""

    def read(value: object) -> str:
        if isinstance(value, str) and value in names:
            return value
        *most, last = (f'"{name}"' for name in names)
        raise InvalidValue(f"{', '.join(most)} or {last}")

    return read


def many(read: Validator[str]) -> Validator[tuple[str, ...]]:
    """A reader of a list, or of one that stands without brackets."""

    def read_all(value: object) -> tuple[str, ...]:
        return tuple(read(item) for item in (value if isinstance(value, list) else [value]))

    return read_all


def letters(value: object) -> str:
    """At least four letters of the Latin alphabet, each once."""
    if isinstance(value, str):
        found = value.strip().lower()
        if _LETTERS.fullmatch(found) and len(set(found)) == len(found):
            return found
    raise InvalidValue("at least four different letters from a to z")


def variable_name(value: object) -> str:
    """The name of an environment variable."""
    is_name = isinstance(value, str) and _VARIABLE.fullmatch(value)
    if isinstance(value, str) and is_name and not _KEY_SHAPES.fullmatch(value):
        return value
    # If the key itself was pasted here, it must not appear in an error.
    raise InvalidValue("the name of an environment variable, not the key itself", hide=True)


def url(value: object) -> str:
    """A base URL, without the slash at its end; services of an API may want a query."""
    parts = _split_url(value)
    if parts is None or parts.scheme not in ("http", "https") or parts.fragment:
        raise InvalidValue("a URL such as https://chat.example.org", hide=_may_hold_secret(value))
    if "@" in parts.netloc:
        raise InvalidValue("a URL without a user name or password", hide=True)
    return parts.geturl().rstrip("/")


def url_path(value: object) -> str:
    """A path that is joined to a base URL."""
    if isinstance(value, str) and _URL_PATH.fullmatch(value) and "//" not in value:
        return value
    raise InvalidValue('a path such as "/api/loads"', hide=_may_hold_secret(value))


def proxy(value: object) -> Secret:
    """A proxy's URL, which may hold a password, or `off`."""
    if value is False or (isinstance(value, str) and value.strip().lower() in ("", NO_PROXY)):
        return Secret(NO_PROXY)
    is_bare = isinstance(value, str) and _HOST_AND_PORT.fullmatch(strip_pasted(value))
    parts = _split_url(f"http://{strip_pasted(str(value))}" if is_bare else value)
    if parts is None or parts.scheme not in _PROXY_SCHEMES or parts.path.strip("/"):
        raise InvalidValue(
            "a proxy's URL such as http://proxy.example.org:8080 or socks5://127.0.0.1:1080, "
            'or "off"',
            hide=True,
        )
    return Secret(parts.geturl().rstrip("/"))


def model_ref(value: object) -> ModelRef:
    """A service and its model, such as "ollama/llama3.2"."""
    if isinstance(value, str) and value.strip():
        return model_refs(value)[0]
    raise InvalidValue('a service and a model, such as "ollama/llama3.2"')


def model_refs(value: object) -> tuple[ModelRef, ...]:
    """Services with their models, such as "ollama/llama3.2"; the model's name may have slashes."""
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) and item.strip() for item in items):
        raise InvalidValue('a list such as ["ollama/llama3.2"]')
    parts = (str(item).strip().partition("/") for item in items)
    return tuple(ModelRef(service, model) for service, _, model in parts)


def parse_list(text: str) -> TomlValue:
    """A list of the texts between commas, as TOML would have it."""
    return [part.strip() for part in text.split(",") if part.strip()]


def parse_number(text: str) -> TomlValue:
    """What `text` from the environment says as TOML would: a whole number, or still text."""
    return int(text) if text.strip().isdecimal() else text


def parse_flag(text: str) -> TomlValue:
    """What `text` from the environment says as TOML would: true, false, or still text."""
    word = text.strip().lower()
    if word in _TRUE:
        return True
    return False if word in _FALSE else text


def _split_url(value: object) -> SplitResult | None:
    """The parts of a URL that has a host and a sound port."""
    if not isinstance(value, str):
        return None
    value = strip_pasted(value)
    if not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
        has_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if has_address else None


def _may_hold_secret(value: object) -> bool:
    return isinstance(value, str) and any(sign in value for sign in "@?#")
