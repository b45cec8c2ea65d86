"""Services: the built-in ones, and the tables that change or add some."""

import re
from collections.abc import Mapping
from dataclasses import replace

from fakegpt_tui.config import validators
from fakegpt_tui.config.secrets import KeyInEnvironment, KeyInFile, KeyInKeyring, KeySource
from fakegpt_tui.config.sources import Table
from fakegpt_tui.config.validators import InvalidValue
from fakegpt_tui.domain import (
    ConfigError,
    Endpoints,
    History,
    Secret,
    Service,
    ServiceKind,
    TimeLimits,
)
from fakegpt_tui.domain.fast_dataclass import dataclass

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
_RESERVED = {
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "transfer-encoding",
    "x-authorization",
}
"""What belongs to each request, and would break it if it were another."""


def parse_headers(table: Table) -> tuple[tuple[str, Secret], ...]:
    """The headers in `table`; an empty one is not to be sent at all.

    Raises:
        ConfigError: One of them cannot be sent, or is not for a person to set.
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


DEFAULT_SERVICE = "embedded"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")

BUILTIN_SERVICES: Mapping[str, Service] = {
    DEFAULT_SERVICE: Service(name=DEFAULT_SERVICE, kind=ServiceKind.EMBEDDED),
    "zhile": Service(
        name="zhile",
        kind=ServiceKind.FAKEGPT,
        url="https://chat-shared2.zhile.io",
        notice="Its owner switched this service off, so it may not answer.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """One service, with what only the composition root needs to know about it."""

    service: Service
    key: KeySource | None = None
    upstream: str | None = None


def parse_services(table: Table) -> dict[str, ServiceConfig]:
    """All services: the ready-made ones, changed and joined by those of the `[services]` table.

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
    if isinstance(value, str) and _NAME.fullmatch(value):
        return value
    raise validators.InvalidValue("of at most 40 letters, digits and, after the first, - _ or .")


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
    base = ready if ready is not None else Service(name=name, kind=kind)
    base = _with_models(base, table) if kind.is_api else _with_protocol(base, table)
    return replace(
        base,
        kind=kind,
        url=table.consume("url", validators.url, base.url),
        model=table.consume("model", validators.text, base.model),
        proxy=table.consume("proxy", validators.proxy, base.proxy),
        verify=_verify(table),
        limits=_limits(table.table("timeouts")),
        headers=parse_headers(table.table("headers")),
    )


def _with_models(service: Service, table: Table) -> Service:
    """`service` with what can be said of an API."""
    window = table.consume("window", validators.integer(64, 100_000_000), None)
    return replace(
        service, window=window, prefill=table.consume("prefill", validators.boolean, False)
    )


def _with_protocol(service: Service, table: Table) -> Service:
    """`service` with what can be said of one that speaks the FakeGPT protocol."""
    history = table.consume("history", validators.one_of(*History), str(service.history))
    return replace(service, history=History(history), endpoints=_endpoints(table.table("paths")))


def _endpoints(table: Table) -> Endpoints:
    endpoints = Endpoints()
    endpoints = Endpoints(
        loads=table.consume("loads", validators.url_path, endpoints.loads),
        login=table.consume("login", validators.url_path, endpoints.login),
        session=table.consume("session", validators.url_path, endpoints.session),
        conversation=table.consume("conversation", validators.url_path, endpoints.conversation),
        models=table.consume("models", validators.url_path, endpoints.models),
    )
    table.reject_unknown()
    return endpoints


def _verify(table: Table) -> bool | str:
    """Whether certificates are checked, or the file of those that are trusted."""

    def read(value: object) -> bool | str:
        if isinstance(value, bool):
            return value
        return str(table.path.parent / validators.path(value))

    default: bool | str = True
    return table.consume("verify", read, default)


def _limits(table: Table) -> TimeLimits:
    limits = TimeLimits()
    limits = TimeLimits(
        connect=table.consume("connect", validators.seconds, limits.connect),
        first_event=table.consume("first_event", validators.seconds, limits.first_event),
        idle=table.consume("idle", validators.seconds, limits.idle),
        total=table.consume("total", validators.seconds, limits.total),
    )
    table.reject_unknown()
    return limits


def _key(name: str, table: Table) -> KeySource | None:
    variable = table.consume("key_env", validators.variable_name, None)
    path = table.consume("key_file", validators.path, None)
    in_keyring = table.consume("key_keyring", validators.boolean, False)
    sources: list[KeySource] = []
    if variable is not None:
        sources.append(KeyInEnvironment(variable))
    if path is not None:
        sources.append(KeyInFile(table.path.parent / path))
    if in_keyring:
        sources.append(KeyInKeyring(name))
    if len(sources) > 1:
        raise ConfigError(
            f"{table.label('key_env')}, 'key_file' and 'key_keyring' exclude each other."
        )
    return sources[0] if sources else None


def _check_upstream(table: Table, entries: Mapping[str, ServiceConfig], upstream: str) -> None:
    if upstream not in entries:
        known = ", ".join(sorted(entries))
        raise ConfigError(f"{table.label('upstream')} must name a service: one of {known}.")
    if entries[upstream].service.kind is ServiceKind.EMBEDDED:
        raise ConfigError(f"{table.label('upstream')} cannot name another embedded host.")
