"""Services of the configuration file, read and checked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

from fakegpt_tui.config import validators
from fakegpt_tui.config.validators import InvalidValue
from fakegpt_tui.domain import (
    ConfigError,
    Endpoints,
    GenerationSettings,
    History,
    Secret,
    Service,
    ServiceKind,
    TimeLimits,
)
from fakegpt_tui.fast_import import dataclass, lazy_pattern
from fakegpt_tui.text import count_hidden

if TYPE_CHECKING:
    from fakegpt_tui.config.secrets import KeySource
    from fakegpt_tui.config.sources import Table


_NO_GENERATION = GenerationSettings()
_HEADER_NAME = lazy_pattern(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
_RESERVED = {
    *("accept", "accept-encoding", "authorization", "connection", "content-length"),
    *("content-type", "cookie", "host", "transfer-encoding", "x-authorization"),
}
"""Headers that the program sets itself."""


def parse_headers(table: Table) -> tuple[tuple[str, Secret], ...]:
    """The headers in `table`; an empty one is not sent.

    Raises:
        ConfigError: A header cannot be sent, or is set by the program.
    """
    for name in table:
        if not _HEADER_NAME.fullmatch(name):
            raise ConfigError(f"{table.label(name)} is not the name of a header.")
        if name.lower() in _RESERVED:
            raise ConfigError(f"{table.label(name)} is set by the program, request by request.")
    return tuple((name, table.consume(name, _header_value, Secret(""))) for name in table)


def _header_value(value: object) -> Secret:
    if isinstance(value, str) and value.isascii() and value.isprintable():
        return Secret(value.strip())
    raise InvalidValue("text of printable ASCII characters, or empty", hide=True)


_LONGEST_NAME = 40

BUILTIN_SERVICES: Mapping[str, Service] = {
    "embedded": Service(name="embedded", kind=ServiceKind.EMBEDDED),
    "zhile": Service(
        name="zhile",
        kind=ServiceKind.FAKEGPT,
        url="https://chat-shared2.zhile.io",
        notice="Its owner switched this service off, so it may not answer.",
    ),
}


_PATHS = {each.name: validators.url_path for each in fields(Endpoints)}
_TIMEOUTS = {each.name: validators.seconds for each in fields(TimeLimits)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """One service, with what only the composition root needs to know about it."""

    service: Service
    key: KeySource | None = None
    upstream: str | None = None


def parse_services(table: Table) -> dict[str, ServiceConfig]:
    """All services: the built-in ones, changed or extended by the `[services]` table.

    Raises:
        ConfigError: A table cannot be used.
    """
    entries = {name: ServiceConfig(service=service) for name, service in BUILTIN_SERVICES.items()}
    for name in table:
        try:
            service_name(name)
        except validators.InvalidValue as error:
            raise ConfigError(f"{table.label(name)} must have a name {error}") from error
        entries[name] = _parse_entry(name, table.table(name))
    for name, entry in entries.items():
        if entry.upstream is not None:
            _check_upstream(table.table(name), entries, entry.upstream)
    return entries


def service_name(value: object) -> str:
    """The name of a service, as a reader."""
    if isinstance(value, str) and _is_name(value):
        return value
    raise validators.InvalidValue("of at most 40 letters, digits and, after the first, - _ or .")


def _is_name(text: str) -> bool:
    """Letters of every script have their marks, but none that are invisible."""
    return (
        0 < len(text) <= _LONGEST_NAME
        and text[0].isalnum()
        and all(sign in "-_." or unicodedata.category(sign)[0] in "LMN" for sign in text)
        and not count_hidden(text)
    )


def _parse_entry(name: str, table: Table) -> ServiceConfig:
    service = _parse_service(name, table)
    upstream = table.consume("upstream", validators.text, None)
    entry = ServiceConfig(service=service, key=_key(name, table), upstream=upstream)
    table.reject_unknown()
    if service.kind is ServiceKind.EMBEDDED:
        if service.url:
            raise ConfigError(
                f"{table.label('url')} cannot be set: an embedded host picks its own port."
            )
    elif upstream is not None:
        raise ConfigError(f"{table.label('upstream')} is for services of the kind 'embedded'.")
    elif not service.url:
        raise ConfigError(f"{table.label('url')} is missing; the service needs an address.")
    return entry


def _parse_service(name: str, table: Table) -> Service:
    ready = BUILTIN_SERVICES.get(name)
    if ready is None and "kind" not in table:
        kinds = ", ".join(f'"{kind}"' for kind in ServiceKind)
        raise ConfigError(f"{table.label('kind')} is missing; it is one of {kinds}.")
    kind = ServiceKind(
        table.consume("kind", validators.one_of(*ServiceKind), ready.kind if ready else "")
    )
    base = _extend(replace(ready or Service(name=name, kind=kind), kind=kind), table)
    url = table.consume("url", validators.url, base.url)
    if "?" in url and not kind.is_api:
        raise ConfigError(f"{table.label('url')} must not hold a question mark.")
    return replace(
        base,
        url=url,
        model=table.consume("model", validators.text, base.model),
        proxy=table.consume("proxy", validators.proxy, base.proxy),
        verify=_verify(table),
        limits=table.table("timeouts").fill(TimeLimits(), _TIMEOUTS),
        headers=parse_headers(table.table("headers")),
    )


def key_header(value: object) -> str:
    """The header that carries the key."""
    is_name = isinstance(value, str) and _HEADER_NAME.fullmatch(value) is not None
    if isinstance(value, str) and is_name and value.lower() not in _RESERVED - {"authorization"}:
        return value
    raise InvalidValue("the name of a header, such as api-key")


def _extend(service: Service, table: Table) -> Service:
    """`service` with the settings that only its protocol has."""
    if service.kind.is_api:
        window = table.consume("window", validators.integer(64, 100_000_000), None)
        prefill = table.consume("prefill", validators.boolean, False)
        header = table.consume("key_header", key_header, "")
        models = table.table("models")
        service = replace(
            service,
            window=window,
            prefill=prefill,
            key_header=header,
            generation=_generation(table.table("settings")),
            model_settings=tuple((name, _generation(models.table(name))) for name in models),
        )
        return _extend_stateless(service, table)
    history = table.consume("history", validators.one_of(*History), str(service.history))
    endpoints = table.table("paths").fill(Endpoints(), _PATHS)
    return replace(service, history=History(history), endpoints=endpoints)


def _generation(table: Table) -> GenerationSettings:
    if not any(table):
        return _NO_GENERATION
    from fakegpt_tui.config.presets import parse_generation  # noqa: PLC0415 - only with settings

    return parse_generation(table)


def _extend_stateless(service: Service, table: Table) -> Service:
    """`service` with what chat completions have no fields for."""
    options: dict[str, Any] = {
        name: table.consume(name, read, getattr(service, name))
        for name, read in STATELESS_OPTIONS.items()
        if name in service.kind.options
    }
    return replace(service, **options)


def api_version(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return value
    raise InvalidValue("a date such as 2023-06-01, as text")


STATELESS_OPTIONS: Final[Mapping[str, Callable[[object], object]]] = {
    "cache": validators.one_of("off", "5m", "1h"),
    "web_search": validators.boolean,
    "api_version": api_version,
}
"""What `ServiceKind.options` names, and how it is read."""


def _verify(table: Table) -> bool | str:
    """Whether certificates are checked, or the file of those that are trusted."""

    def read(value: object) -> bool | str:
        if isinstance(value, bool):
            return value
        return str(table.path.parent / validators.path(value))

    default: bool | str = True
    return table.consume("verify", read, default)


def _key(name: str, table: Table) -> KeySource | None:
    variable = table.consume("key_env", validators.variable_name, None)
    path = table.consume("key_file", validators.path, None)
    in_keyring = table.consume("key_keyring", validators.boolean, False)
    if variable is None and path is None and not in_keyring:
        return None
    from fakegpt_tui.config.secrets import KeyInEnvironment, KeyInFile, KeyInKeyring  # noqa: PLC0415 - where there is a key

    sources: list[KeySource] = [
        *([KeyInEnvironment(variable)] if variable is not None else []),
        *([KeyInFile(table.path.parent / path)] if path is not None else []),
        *([KeyInKeyring(name)] if in_keyring else []),
    ]
    if len(sources) > 1:
        raise ConfigError(
            f"{table.label('key_env')}, 'key_file' and 'key_keyring' exclude each other."
        )
    return sources[0]


def _check_upstream(table: Table, entries: Mapping[str, ServiceConfig], upstream: str) -> None:
    if upstream not in entries:
        known = ", ".join(sorted(entries))
        raise ConfigError(f"{table.label('upstream')} must name a service: one of {known}.")
    if entries[upstream].service.kind is ServiceKind.EMBEDDED:
        raise ConfigError(f"{table.label('upstream')} cannot name another embedded host.")
