"""Composition root: from a service and its settings to a connection, its backend and its host.

Modules that are slow to import are imported by the first connection, in a thread: neither the first
frame nor a command without a connection waits for them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from fakegpt_tui.chat.connections import Connection
from fakegpt_tui.domain import (
    ConfigError,
    KeyNeeded,
    LoginState,
    NoLogin,
    Secret,
    Service,
    ServiceKind,
)

if TYPE_CHECKING:
    from pathlib import Path

    from fakegpt_tui.backends.base import Backend
    from fakegpt_tui.chat.spending import Spending
    from fakegpt_tui.config.serve_file import UpstreamOptions
    from fakegpt_tui.config.spec import Settings
    from fakegpt_tui.host.server import HostServer

_EMBEDDED_GATHER_SECONDS = 0.03
"""The host of this program's own screen has a client that draws more often than others read."""

SERVED_PAUSE_SECONDS = 0.09
"""A host reads what came in this time together: its clients wait a little, and many more fit."""

LoginCallback: TypeAlias = Callable[[LoginState], None]


class ConnectionFactory:
    """Makes connections to services, and runs the embedded hosts that they need."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._hosts: list[HostServer] = []
        self._is_closed = False
        self._lock = Lock()

    async def connect(self, service: Service, report: LoginCallback) -> Connection:
        """A connection to `service`; `report` is told the state of its login.

        Raises:
            ConfigError: The service cannot be used as it is configured.
        """
        made = await asyncio.to_thread(self._connect, service, report)
        if made.login is None:
            report(NoLogin())
        return made

    def close(self) -> None:
        """Stop the hosts, including one that is being started."""
        with self._lock:
            self._is_closed = True
            for host in self._hosts:
                host.stop()

    def _connect(self, service: Service, report: LoginCallback) -> Connection:
        if service.kind is ServiceKind.EMBEDDED:
            service = replace(service, url=self._start_host(service), proxy=None)
        return build_connection(self._settings, service, report)

    def _start_host(self, service: Service) -> str:
        with self._lock:
            if self._is_closed:
                raise ConfigError("The program is ending.")
            host = build_host(self._settings, service, gather_seconds=_EMBEDDED_GATHER_SECONDS)
            url = host.start()
            self._hosts.append(host)
            return url


def build_host(
    settings: Settings,
    service: Service,
    *,
    upstreams: Sequence[UpstreamOptions] = (),
    spending: Spending | None = None,
    **options: Any,  # those of `HostServer`, which is imported below
) -> HostServer:
    """A host, not yet started, that answers through `service`, or itself for the embedded one.

    With `upstreams` it answers through these, and not through `service`. With `spending` it keeps
    to the budget, and what it spends is recorded.

    Raises:
        ConfigError: The service cannot be used as it is configured.
    """
    from fakegpt_tui.host.server import HostServer  # noqa: PLC0415 - slow, as above

    if not upstreams:
        backend = _served_backend(settings, settings.upstream_of(service), spending)
        return HostServer(backend, **options)
    from fakegpt_tui.host.upstream_pool import Upstream, UpstreamPool  # noqa: PLC0415

    pool = [
        Upstream(
            name=each.service,
            backend=_served_backend(settings, _service_of(settings, each.service), spending)(),
            order=each.order,
            weight=each.weight,
            models=each.models,
        )
        for each in upstreams
    ]
    return HostServer(lambda: UpstreamPool(pool), **options)


def _service_of(settings: Settings, name: str) -> Service:
    if name not in settings.services:
        known = ", ".join(sorted(settings.services))
        raise ConfigError(f"There is no service named {name!r} to serve; there are {known}.")
    return settings.upstream_of(settings.services[name])


def _served_backend(
    settings: Settings, service: Service, spending: Spending | None
) -> Callable[[], Backend]:
    """What makes the backend of a host, in the host's own loop; errors are raised at once."""
    from fakegpt_tui.backends.base import ModelAlias  # noqa: PLC0415 - slow, as above
    from fakegpt_tui.backends.guide import GuideBackend  # noqa: PLC0415 - slow, as above

    if service.kind is ServiceKind.EMBEDDED:
        return GuideBackend
    connection = build_connection(
        settings, service, lambda _state: None, pause_seconds=SERVED_PAUSE_SECONDS
    )
    upstream = connection.backend
    if service.kind.is_api:
        upstream = ModelAlias(upstream, service.model)
    if spending is not None:
        from fakegpt_tui.chat.connections import BudgetBackend  # noqa: PLC0415 - with a budget

        upstream = BudgetBackend(upstream, service, spending)
    return lambda: upstream


def build_connection(
    settings: Settings,
    service: Service,
    report: LoginCallback,
    *,
    pause_seconds: float | None = None,
) -> Connection:
    """A connection to `service`, whose address is known; `report` is told of its login.

    What comes within `pause_seconds` is read together; `None` is as it is best for a screen.

    Raises:
        ConfigError: The service cannot be used as it is configured.
    """
    connect = _connect_api if service.kind.is_api else _connect_fakegpt
    return connect(settings, service, report, pause_seconds)


def _connect_fakegpt(
    settings: Settings, service: Service, report: LoginCallback, pause_seconds: float | None
) -> Connection:
    from fakegpt_tui.backends.fakegpt import FakeGptBackend  # noqa: PLC0415 - slow, as above
    from fakegpt_tui.http.clients import Transport  # noqa: PLC0415 - slow, as above
    from fakegpt_tui.login.account_login import AccountLogin  # noqa: PLC0415 - slow, as above
    from fakegpt_tui.login.manager import SessionManager  # noqa: PLC0415 - slow, as above
    from fakegpt_tui.login.storage import SessionFile  # noqa: PLC0415 - slow, as above

    transport = Transport(service, pause_seconds=pause_seconds)
    is_ours = service.kind is ServiceKind.EMBEDDED  # with tokens that die with the process
    storage = None if is_ours else SessionFile(settings.session_file)
    manager = SessionManager(
        AccountLogin(transport), transport.address.text, storage=storage, on_change=report
    )
    return Connection(service, FakeGptBackend(transport, manager), manager)


def _connect_api(
    settings: Settings, service: Service, report: LoginCallback, pause_seconds: float | None
) -> Connection:
    from fakegpt_tui.config.secrets import KeyInEnvironment, SystemKeyring, read_key  # noqa: PLC0415 - as above

    def read() -> Secret | None:
        source = settings.service_keys.get(service.name)
        try:
            return None if source is None else read_key(source, os.environ, SystemKeyring())
        except ConfigError as error:
            report(KeyNeeded(str(error)))
            raise

    key = settings.service_keys.get(service.name)
    backend = build_api_backend(
        service,
        read,
        report,
        variable=key.variable if isinstance(key, KeyInEnvironment) else "",
        cache=settings.model_facts,
        pause_seconds=pause_seconds,
    )
    return Connection(service, backend, None)


def build_api_backend(
    service: Service,
    read: Callable[[], Secret | None],
    report: LoginCallback,
    *,
    variable: str = "",
    cache: Path | None = None,
    pause_seconds: float | None = None,
) -> Backend:
    """A backend for `service`, the service of an API, whose key is read by `read`.

    `variable` is the environment variable that holds the key, if one does. What is learned of
    models is kept in the file `cache`.

    Raises:
        ConfigError: The service cannot be used as it is configured, or its key cannot be read.
    """
    from fakegpt_tui.backends.credentials import ApiKey  # noqa: PLC0415 - slow, as above
    from fakegpt_tui.http.clients import Transport  # noqa: PLC0415 - slow, as above

    backend, header = _api_backend(service.kind), service.key_header or service.kind.key_header
    key = ApiKey(read, header=header, variable=variable)
    transport = Transport(service, pause_seconds=pause_seconds)
    return backend(transport, key, on_change=report, cache=cache)


def _api_backend(kind: ServiceKind) -> Callable[..., Backend]:
    """The backend class of an API; each kind has a case."""
    match kind:
        case ServiceKind.OPENAI:
            from fakegpt_tui.backends.openai import OpenAIBackend  # noqa: PLC0415 - slow, as above

            return OpenAIBackend
        case ServiceKind.RESPONSES:
            from fakegpt_tui.backends.responses import ResponsesBackend  # noqa: PLC0415 - slow, as above

            return ResponsesBackend
        case ServiceKind.ANTHROPIC:
            from fakegpt_tui.backends.anthropic import AnthropicBackend  # noqa: PLC0415 - slow, as above

            return AnthropicBackend
        case _:
            raise ConfigError(f"There is no backend for services of the kind {str(kind)!r}.")
