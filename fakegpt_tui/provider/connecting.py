"""A backend that signs in by itself."""

from collections.abc import Callable

from fakegpt_tui.backends.fakegpt import FakeGptBackend
from fakegpt_tui.domain import LoginState, Service
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.session.file import SessionStorage
from fakegpt_tui.session.keeper import SessionManager
from fakegpt_tui.session.login import AccountLogin


def connect(
    service: Service,
    *,
    shelf: SessionStorage | None = None,
    on_login: Callable[[LoginState], None] | None = None,
) -> FakeGptBackend:
    """A backend for `service`, for use in one event loop. Nothing is sent before it is asked.

    Args:
        service: Of the kind `ServiceKind.FAKEGPT`.
        shelf: Where the session is kept, such as a `SessionFile`; else it ends with the backend.
        on_login: Told the state of the login whenever it changes.

    Raises:
        ConfigError: The service cannot be used as it is described.
    """
    transport = Transport(service)
    keeper = SessionManager(
        AccountLogin(transport), transport.address.text, shelf=shelf, on_change=on_login
    )
    return FakeGptBackend(transport, keeper)
