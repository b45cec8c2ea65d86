"""Serve file: what `serve` is told in `serve.toml`, checked like the configuration file."""

import re
import tomllib
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fakegpt_tui.config import validators
from fakegpt_tui.config.access_keys_file import parse_limits
from fakegpt_tui.config.sources import Table, read_config
from fakegpt_tui.config.validators import InvalidValue, Validator
from fakegpt_tui.domain import ConfigError
from fakegpt_tui.host.access_control import HostNames
from fakegpt_tui.host.access_keys import KeyLimits, TotalLimits
from fakegpt_tui.host.client_address import TrustedProxies
from fakegpt_tui.host.listeners import ListenAddress

_NAME = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_BASE_PATH = re.compile(r"(/[A-Za-z0-9._~-]{1,64}){1,8}")
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]{1,253})(:[0-9]{1,5})?")
_STATE_URL = re.compile(r"(unix|rediss?|sentinel)://[^\s]+")
_NAME_LENGTH = 253
_MOST_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamOptions:
    """A service behind the host, by its name in the configuration file."""

    service: str
    order: int = 1
    weight: int = 1
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """The options of a host, from the file or from flags of the same names."""

    address: str = "127.0.0.1"
    port: int = 0
    uds: Path | None = None
    base_path: str = ""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    proxy_protocol: bool = False
    connections: int | None = None
    """As many as open files allow where there are keys, else 64."""
    connections_per_address: int = 32
    keep_alive_seconds: int = 75
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    trust_proxies: tuple[str, ...] = ()
    keys_file: Path | None = None
    token_key_file: Path | None = None
    drain_delay_seconds: float = 0.0
    drain_seconds: float = 0.0
    limits: KeyLimits = field(default_factory=KeyLimits)
    """What a key may use whose own limits say nothing else."""
    total: TotalLimits = field(default_factory=TotalLimits)
    access_log: Path | None = None
    audit_log: Path | None = None
    metrics: tuple[str, int] | None = None
    admin_socket: Path | None = None
    state_url: str = ""
    state_secret_file: Path | None = None
    state_keys: bool = False
    upstreams: tuple[UpstreamOptions, ...] = ()

    @property
    def listen(self) -> ListenAddress:
        return ListenAddress(
            host=self.address,
            port=self.port,
            uds=self.uds,
            tls_cert=self.tls_cert,
            tls_key=self.tls_key,
            proxy_protocol=self.proxy_protocol,
        )

    @property
    def names(self) -> HostNames:
        return HostNames(
            hosts=self.hosts,
            origins=self.origins,
            trusted_proxies=TrustedProxies.parse(self.trust_proxies),
            base_path=self.base_path,
        )


def host_name(value: object) -> str:
    """A name in requests, without a port; `*.` stands for any name below another."""
    if isinstance(value, str) and len(value) <= _NAME_LENGTH and _NAME.fullmatch(value.lower()):
        return value.lower()
    raise InvalidValue("a name such as chat.example.org or *.example.org, without a port")


def origin(value: object) -> str:
    """The origin of a page: a scheme, a host and, where need be, a port."""
    parts = urlsplit(value) if isinstance(value, str) and _ORIGIN.fullmatch(value) else None
    if parts is not None and parts.hostname:
        return parts.geturl()
    raise InvalidValue("an origin such as https://app.example.org")


def trusted_proxy(value: object) -> str:
    """A network whose word is taken for who asked, or `unix`."""
    try:
        TrustedProxies.parse([validators.text(value)])
    except ValueError as error:
        raise InvalidValue("a network such as 10.0.0.0/8, an address, or unix") from error
    return validators.text(value)


def base_path(value: object) -> str:
    """What precedes all paths, without a slash at the end; it may be empty."""
    text = validators.any_text(value).rstrip("/")
    if not text or _BASE_PATH.fullmatch(text):
        return text
    raise InvalidValue("a path such as /chat")


def address_and_port(value: object) -> tuple[str, int]:
    """An address and a port, 0 for a free one."""
    host, colon, port = validators.text(value).rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if colon and port.isascii() and port.isdigit() and int(port) <= _MOST_PORT:
        try:
            return str(ip_address(host)), int(port)
        except ValueError:
            pass
    raise InvalidValue("an address and a port, such as 127.0.0.1:9464")


def state_url(value: object) -> str:
    """The address of a server of Valkey or Redis."""
    text = validators.text(value)
    if _STATE_URL.match(text):
        return text
    raise InvalidValue("an address such as unix:///run/valkey.sock or redis://state.example:6379")


def _seconds_or_none(value: object) -> float:
    return 0.0 if value in (0, 0.0) and value is not False else validators.seconds(value)


SERVE_TABLES: dict[str, dict[str, Validator[object]]] = {
    "listen": {
        "address": validators.text,
        "port": validators.integer(0, 65_535),
        "uds": validators.path,
        "base_path": base_path,
        "tls_cert": validators.path,
        "tls_key": validators.path,
        "proxy_protocol": validators.boolean,
        "connections": validators.integer(1, 100_000),
        "connections_per_address": validators.integer(0, 100_000),
        "keep_alive_seconds": validators.integer(1, 3_600),
    },
    "names": {
        "hosts": validators.many(host_name),
        "origins": validators.many(origin),
        "trust_proxies": validators.many(trusted_proxy),
    },
    "access": {"keys_file": validators.path, "token_key_file": validators.path},
    "watch": {
        "access_log": validators.path,
        "audit_log": validators.path,
        "metrics": address_and_port,
        "admin_socket": validators.path,
    },
    "state": {
        "url": state_url,
        "secret_file": validators.path,
        "keys": validators.boolean,
    },
    "drain": {"drain_delay_seconds": _seconds_or_none, "drain_seconds": _seconds_or_none},
}
"""The tables of the file, the keys of each, and how they are read."""

_TOTALS: dict[str, Validator[object]] = {
    "streams": validators.integer(0, 100_000),
    "starts_per_second": validators.integer(0, 100_000),
}

_FLAGS = {
    "address": "--host",
    "hosts": "--allow-host",
    "keys_file": "--access-keys",
    "origins": "--allow-origin",
    "state_url": "--state",
    "token_key_file": "--key-file",
    "trust_proxies": "--trust-proxy",
}
"""The flags that are not called as the keys of the file."""


def _option(table: str, key: str) -> str:
    """What a key of the file is called among the options."""
    return f"state_{key}" if table == "state" else key


_READERS: dict[str, Validator[object]] = {
    _option(name, key): read for name, rows in SERVE_TABLES.items() for key, read in rows.items()
}


def load_serve_options(path: Path | None, flags: dict[str, Any]) -> ServeOptions:
    """The options in the file at `path`, if any, and the flags that are set, which win.

    Paths in the file are relative to it.

    Raises:
        ConfigError: The file cannot be read, or a value cannot be used.
    """
    given = _read_file(path) if path else {}
    for name, value in flags.items():
        if value not in (None, ()):
            given[name] = _check(name, value)
    options = ServeOptions(**given)
    if (options.tls_cert is None) != (options.tls_key is None):
        raise ConfigError("A certificate and its key are named together: tls_cert and tls_key.")
    if options.state_keys and not options.state_url:
        raise ConfigError("Keys can be in the shared state only where there is one: --state.")
    return options


def _read_file(path: Path) -> dict[str, Any]:
    content = read_config(path, required=True)
    try:
        whole = Table(tomllib.loads(content), path=path)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The serve file {path} is not valid TOML: {error}.") from error
    values: dict[str, Any] = {}
    for name, rows in SERVE_TABLES.items():
        table = whole.table(name)
        read = {key: table.consume(key, validate, None) for key, validate in rows.items()}
        values |= {_option(name, key): value for key, value in read.items() if key in table}
        table.reject_unknown()
    values["limits"] = parse_limits(whole.table("limits"))
    values["total"] = whole.table("global").fill(TotalLimits(), _TOTALS)
    values["upstreams"] = tuple(map(_upstream, whole.tables("upstream")))
    whole.reject_unknown()
    return {key: _relative(value, path) for key, value in values.items()}


def _upstream(table: Table) -> UpstreamOptions:
    service = table.consume("service", validators.text, "")
    if not service:
        raise ConfigError(f"{table.label('service')} is missing.")
    return table.fill(
        UpstreamOptions(service=service),
        {
            "service": validators.text,
            "order": validators.integer(1, 100),
            "weight": validators.integer(1, 1000),
            "models": validators.many(validators.text),
        },
    )


def _relative(value: object, path: Path) -> object:
    return path.parent.absolute() / value if isinstance(value, Path) else value


def _as_toml(value: object) -> object:
    """What a flag says as the file would."""
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _check(name: str, value: object) -> object:
    try:
        return _READERS[name](_as_toml(value))
    except InvalidValue as error:
        raise ConfigError(
            f"{_FLAGS.get(name, '--' + name.replace('_', '-'))} must be {error}."
        ) from error
