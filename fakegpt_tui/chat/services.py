"""What a person can do with the services that are configured."""

from datetime import timedelta

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.chat.connection import LoginListener, ServiceConnections
from fakegpt_tui.domain import (
    FakeGPTError,
    LoginState,
    Model,
    RateLimited,
    RateLimitStatus,
    Service,
    now,
)

_LONGEST_WAIT = 30 * 86_400.0


class Services:
    """Signing in and out, asking for models, and who answers in new conversations."""

    def __init__(self, connections: ServiceConnections, *, service: str, model: str) -> None:
        """`service` and `model` answer in new conversations; an empty model is the service's own.

        Raises:
            NotFound: There is no such service.
        """
        self._connections = connections
        self._default = self.service(service)
        self._model = model
        self._models: dict[str, tuple[Model, ...]] = {}
        self._limits: dict[str, RateLimitStatus] = {}

    def on_login(self, listener: LoginListener) -> None:
        """Tell `listener` whenever the state of a login changes."""
        self._connections.on_login = listener

    @property
    def services(self) -> tuple[Service, ...]:
        """All services that are configured."""
        return self._connections.services

    def service(self, name: str) -> Service:
        """The service of that name.

        Raises:
            NotFound: There is none.
        """
        return self._connections.service(name)

    def find_service(self, name: str) -> Service | None:
        """The service of that name, if there is one."""
        return next((each for each in self.services if each.name == name), None)

    @property
    def default_service(self) -> Service:
        """Who answers in new conversations, as it is now, or was before it was removed."""
        return self.find_service(self._default.name) or self._default

    def set_default_service(self, name: str) -> None:
        """Let another service answer in new conversations.

        Raises:
            NotFound: There is no such service.
        """
        self._default, self._model = self.service(name), ""

    def default_model(self) -> tuple[str, str]:
        """The service and the model of new conversations."""
        return self.default_service.name, self._model or self.default_service.model

    def login_state(self, service_name: str) -> LoginState:
        return self._connections.login_state(service_name)

    def account(self, service_name: str) -> str:
        """The account that is signed in to a service, if any."""
        return self._connections.account(service_name)

    def rate_limit(self, service_name: str) -> RateLimitStatus | None:
        """That a service was asked too much, until that is over or it has answered again."""
        limit = self._limits.get(service_name)
        if limit is not None and limit.until is not None and limit.until <= now():
            del self._limits[service_name]
            return None
        return limit

    async def sign_in(self, service_name: str) -> None:
        """Connect to a service and sign in to it, if that has not been done.

        Raises:
            FakeGPTError: It could not be done; the login state tells a service's reason too.
        """
        connection = await self._connections.get(service_name)
        if connection.login is not None:
            await connection.login.sign_in()

    async def sign_in_again(self, service_name: str, *, elsewhere: bool = False) -> None:
        """Sign in to a service once more, or `elsewhere`: with another of its accounts.

        Turns that run keep the session that they began with.

        Raises:
            FakeGPTError: It could not be done; the session that there was is still in use.
        """
        connection = await self._connections.get(service_name)
        if connection.login is not None:
            await connection.login.sign_in_again(elsewhere=elsewhere)

    async def sign_out(self, service_name: str) -> None:
        """Forget the session with a service, here and on disk; turns that run keep theirs.

        Raises:
            FakeGPTError: It is still on disk, or the service cannot be used.
        """
        connection = await self._connections.get(service_name)
        if connection.login is not None:
            await connection.login.sign_out()

    async def models(self, service_name: str) -> tuple[Model, ...]:
        """The models of a service, asked for anew.

        Raises:
            FakeGPTError: There is no such service, or it does not tell.
        """
        try:
            models = await (await self.backend(service_name)).models()
        except FakeGPTError as error:
            self.record_outcome(service_name, error)
            raise
        self.record_outcome(service_name, None)
        self._models[service_name] = models
        return models

    def known_models(self, service_name: str) -> tuple[Model, ...]:
        """The models that a service told when it was last asked; none before that."""
        return self._models.get(service_name, ())

    def reconnect(self, service_name: str) -> None:
        """Connect to a service anew, now that its settings or its key have changed.

        Turns that run keep the connection that they have.
        """
        self._connections.invalidate(service_name)
        self._models.pop(service_name, None)
        self._limits.pop(service_name, None)

    def record_outcome(self, service_name: str, error: FakeGPTError | None) -> None:
        """Remember whether a service limits how often it is asked, by how asking it ended."""
        if isinstance(error, RateLimited):
            wait = error.retry_after
            until = None if wait is None else now() + timedelta(seconds=min(wait, _LONGEST_WAIT))
            self._limits[service_name] = RateLimitStatus(until, str(error))
        elif error is None:
            self._limits.pop(service_name, None)

    async def backend(self, service_name: str) -> Backend:
        """What asks a service, connected to now if need be.

        Raises:
            FakeGPTError: There is no such service, or it cannot be used.
        """
        return (await self._connections.get(service_name)).backend
