"""What a person can do with the services that are configured."""

from contextlib import suppress

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.chat.connection import Connections, LoginListener
from fakegpt_tui.domain import LoginState, Model, Service, ServiceError


class Services:
    """Signing in and out, and asking for models."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def on_login(self, listener: LoginListener) -> None:
        """Tell `listener` whenever the state of a login changes."""
        self._connections.on_login = listener

    @property
    def services(self) -> tuple[Service, ...]:
        """All services that are configured."""
        return self._connections.services

    def service(self, name: str) -> Service:
        return self._connections.service(name)

    def login_state(self, service_name: str) -> LoginState:
        return self._connections.login_state(service_name)

    async def sign_in(self, service_name: str) -> None:
        """Connect to a service and sign in to it, if that has not been done.

        Raises:
            FakeGPTError: It could not be done; the login state tells a service's reason too.
        """
        connection = await self._connections.get(service_name)
        if connection.login is not None:
            await connection.login.sign_in()

    async def sign_out(self, service_name: str) -> None:
        connection = await self._connections.get(service_name)
        if connection.login is not None:
            await connection.login.sign_out()

    async def models(self, service_name: str) -> tuple[Model, ...]:
        """The models of a service; none where it does not tell."""
        with suppress(ServiceError):
            return await (await self.backend(service_name)).models()
        return ()

    async def backend(self, service_name: str) -> Backend:
        """What asks a service, connected to now if need be.

        Raises:
            FakeGPTError: There is no such service, or it cannot be used.
        """
        return (await self._connections.get(service_name)).backend
