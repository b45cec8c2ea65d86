"""What it takes to talk to a service of each kind. A new kind is a function and a line here.

What is slow to import is imported when it is used, as in the composition root.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from fakegpt_tui.chat.services import Connection
from fakegpt_tui.config.keyrings import SystemKeyring
from fakegpt_tui.config.keys import read_key
from fakegpt_tui.config.settings import Settings
from fakegpt_tui.domain import ConfigError, KeyNeeded, LoginState, Secret, Service, ServiceKind

if TYPE_CHECKING:
    from fakegpt_tui.backends.base import Backend
    from fakegpt_tui.backends.openai import OpenAIBackend

LoginCallback: TypeAlias = Callable[[LoginState], None]
ConnectService: TypeAlias = Callable[[Settings, Service, LoginCallback], Connection]


def build_connection(settings: Settings, service: Service, report: LoginCallback) -> Connection:
    """A connection to `service`, whose address is known; `report` is told of its login.

    Raises:
        ConfigError: The service cannot be used as it is configured.
    """
    return _CONNECT[service.kind](settings, service, report)


def build_served_backend(settings: Settings, service: Service) -> Backend:
    """What answers through `service` for the clients of a host.

    Raises:
        ConfigError: The service cannot be used as it is configured.
    """
    from fakegpt_tui.backends.base import ModelAlias  # noqa: PLC0415 - slow, as above

    backend = build_connection(settings, service, lambda _state: None).backend
    if service.kind is ServiceKind.OPENAI:
        return ModelAlias(backend, service.model)
    return backend


def _connect_fakegpt(settings: Settings, service: Service, report: LoginCallback) -> Connection:
    from fakegpt_tui.backends.fakegpt import FakeGptBackend  # noqa: PLC0415 - slow, as above
    from fakegpt_tui.http.clients import Transport  # noqa: PLC0415 - slow, as above
    from fakegpt_tui.login.account_login import AccountLogin  # noqa: PLC0415 - slow, as above
    from fakegpt_tui.login.manager import SessionManager  # noqa: PLC0415 - slow, as above
    from fakegpt_tui.login.storage import SessionFile  # noqa: PLC0415 - slow, as above

    transport = Transport(service)
    is_ours = service.kind is ServiceKind.EMBEDDED  # with tokens that die with the process
    shelf = None if is_ours else SessionFile(settings.session_file)
    keeper = SessionManager(
        AccountLogin(transport), transport.address.text, shelf=shelf, on_change=report
    )
    return Connection(service, FakeGptBackend(transport, keeper), keeper)


def _connect_openai(settings: Settings, service: Service, report: LoginCallback) -> Connection:
    def read() -> Secret | None:
        source = settings.service_keys.get(service.name)
        try:
            return None if source is None else read_key(source, os.environ, SystemKeyring())
        except ConfigError as error:
            report(KeyNeeded(str(error)))
            raise

    return Connection(service, build_openai_backend(service, read, report), None)


def build_openai_backend(
    service: Service, read: Callable[[], Secret | None], report: LoginCallback
) -> OpenAIBackend:
    """A backend for `service` whose key is read by `read`.

    Raises:
        ConfigError: The service cannot be used as it is configured, or its key cannot be read.
    """
    from fakegpt_tui.backends.credentials import ApiKey  # noqa: PLC0415 - slow, as above
    from fakegpt_tui.backends.openai import OpenAIBackend  # noqa: PLC0415 - slow, as above
    from fakegpt_tui.http.clients import Transport  # noqa: PLC0415 - slow, as above

    return OpenAIBackend(Transport(service), ApiKey(read), on_change=report)


_CONNECT: Mapping[ServiceKind, ConnectService] = {
    ServiceKind.EMBEDDED: _connect_fakegpt,
    ServiceKind.FAKEGPT: _connect_fakegpt,
    ServiceKind.OPENAI: _connect_openai,
}
