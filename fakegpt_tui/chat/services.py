"""Services: their connections, logins, models and rate limits, and the default model."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from fakegpt_tui.domain import (
    FakeGPTError,
    LoginState,
    Model,
    ModelRef,
    NotFound,
    RateLimited,
    RateLimitStatus,
    Service,
    ServiceKind,
    SignedOut,
    Unsupported,
    now,
)

if TYPE_CHECKING:
    from fakegpt_tui.backends.base import Backend, ModelKnowledge
    from fakegpt_tui.chat.connections import Connect, Connection, LoginListener


_USUAL_EFFORTS = ("low", "medium", "high")
_LIST_SECONDS = 3.0
_MAX_RATE_LIMIT_SECONDS = 30 * 86_400.0


class Services:
    """The configured services: one connection each, logins, models, and the default service."""

    def __init__(
        self, services: Mapping[str, Service], connect: Connect, *, service: str, model: str = ""
    ) -> None:
        """`service` and `model` reply in new conversations; an empty model is the service's own.

        Raises:
            NotFound: There is no such service.
        """
        self._services = services
        self._connect = connect
        self._made: dict[str, Connection] = {}
        self._made_for: dict[str, Service] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._logins: dict[str, LoginState] = {}
        self._default = self.get(service)
        self._model = model
        self._models: dict[str, tuple[Model, ...]] = {}
        self._limits: dict[str, RateLimitStatus] = {}
        self._blind: set[ModelRef] = set()
        self._asked_for_list: set[str] = set()
        """Services whose list of models was fetched, or refused, without a person wanting it."""
        self.on_login: LoginListener = lambda _name, _state: None
        """Called whenever the state of a login changes."""

    def all(self) -> tuple[Service, ...]:
        return tuple(self._services.values())

    def offered(self, *used: str) -> tuple[Service, ...]:
        """The services to choose from; those that their owners switched off only if `used`."""
        return tuple(each for each in self.all() if not each.notice or each.name in used)

    def find(self, name: str) -> Service | None:
        return self._services.get(name)

    def get(self, name: str) -> Service:
        """The service of that name.

        Raises:
            NotFound: There is no such service.
        """
        try:
            return self._services[name]
        except KeyError as error:
            raise NotFound(f"There is no service named {name!r} in the configuration.") from error

    @property
    def default_service(self) -> Service:
        """The service of new conversations, as it is now, or was before it was removed."""
        return self.find(self._default.name) or self._default

    def set_default(self, name: str, model: str = "") -> None:
        """Let another service reply in new conversations, with its own model or with another.

        Raises:
            NotFound: There is no such service.
        """
        self._default, self._model = self.get(name), model

    def default_model(self) -> tuple[str, str]:
        """The service and the model of new conversations."""
        return self.default_service.name, self._model or self.default_service.model

    async def connection(self, name: str) -> Connection:
        """The connection to a service; concurrent callers share one.

        A service that was changed gets a new one; active turns keep theirs.

        Raises:
            NotFound: There is no such service.
            ConfigError: It cannot be used as it is configured.
        """
        service = self.get(name)
        async with self._locks.setdefault(name, asyncio.Lock()):
            if self._made_for.get(name) != service:
                self._made[name] = await self._connect(
                    service, lambda state: self._report(name, state)
                )
                self._made_for[name] = service
            return self._made[name]

    def reconnect(self, name: str) -> None:
        """Connect anew when the service is next needed, as its settings or its key have changed.

        Active turns keep their connection.
        """
        self._made_for.pop(name, None)
        self._logins.pop(name, None)
        self._models.pop(name, None)
        self._asked_for_list.discard(name)
        self._limits.pop(name, None)

    def login_state(self, name: str) -> LoginState:
        return self._logins.get(name, SignedOut())

    def account(self, name: str) -> str:
        """The account that is signed in to a service, if any."""
        made = self._made.get(name)
        return made.login.account if made and made.login else ""

    def rate_limit(self, service_name: str) -> RateLimitStatus | None:
        """The rate limit of a service, until it is over or the service has replied again."""
        limit = self._limits.get(service_name)
        if limit is not None and limit.until is not None and limit.until <= now():
            del self._limits[service_name]
            return None
        return limit

    async def sign_in(self, service_name: str) -> None:
        """Connect to a service and sign in, if that has not been done.

        Raises:
            FakeGPTError: It could not be done; the login state tells a service's reason too.
        """
        connection = await self.connection(service_name)
        if connection.login is not None:
            await connection.login.sign_in()

    async def sign_in_again(self, service_name: str, *, elsewhere: bool = False) -> None:
        """Sign in to a service once more, or `elsewhere`: with another of its accounts.

        Active turns keep their session.

        Raises:
            FakeGPTError: It could not be done; the session that there was is still in use.
        """
        connection = await self.connection(service_name)
        if connection.login is not None:
            await connection.login.sign_in_again(elsewhere=elsewhere)

    async def sign_out(self, service_name: str) -> None:
        """Delete the session of a service, also on disk; active turns keep theirs.

        Raises:
            FakeGPTError: It is still on disk, or the service cannot be used.
        """
        connection = await self.connection(service_name)
        if connection.login is not None:
            await connection.login.sign_out()

    async def models(self, service_name: str) -> tuple[Model, ...]:
        """Fetch the models of a service.

        Raises:
            FakeGPTError: There is no such service, or it lists no models.
        """
        try:
            models = await (await self.backend(service_name)).models()
        except FakeGPTError as error:
            self.record_outcome(service_name, error)
            raise
        self.record_outcome(service_name, None)
        self._models[service_name] = models
        return models

    async def look_up_models(self, service_name: str) -> None:
        """Fetch the models of a service where they are not known, for a few seconds at most."""
        if not self.known_models(service_name):
            with suppress(FakeGPTError, TimeoutError):
                async with asyncio.timeout(_LIST_SECONDS):
                    await self.models(service_name)

    def known_models(self, service_name: str) -> tuple[Model, ...]:
        """The models that were fetched last, to be shown or for a reply; empty before that."""
        knowledge = self._knowledge(service_name)
        return self._models.get(service_name) or (knowledge.listed_models if knowledge else ())

    def known_model(self, service_name: str, model: str) -> Model | None:
        """What the list that was fetched last tells of a model; an empty one is the default."""
        wanted = model or self.get(service_name).model
        known = self.known_models(service_name)
        return next((each for each in known if not wanted or each.id == wanted), None)

    def window(self, service_name: str, model: str) -> int | None:
        """How many tokens a model takes: as configured, listed, or told with a refusal."""
        service = self.find(service_name)
        if service is None:
            return None
        if service.window:
            return service.window
        knowledge = self._knowledge(service_name)
        if knowledge is not None and (told := knowledge.window(model)):
            return told
        known = self.known_model(service_name, model)
        return known.window if known else None

    def _knowledge(self, service_name: str) -> ModelKnowledge | None:
        """What a connection has learned of its models."""
        made = self._made.get(service_name)
        if made is None:
            return None
        from fakegpt_tui.backends.base import ModelKnowledge  # noqa: PLC0415 - with a connection

        return made.backend if isinstance(made.backend, ModelKnowledge) else None

    async def effort_levels(self, service_name: str, model: str) -> tuple[str, ...]:
        """How much a model can be asked to think, the least first.

        The list of models tells it; it is fetched once for that, and may be missing.

        Raises:
            NotFound: There is no such service.
            Unsupported: It takes no such setting.
        """
        if not self.get(service_name).kind.is_api:
            raise Unsupported("This service takes no effort.")
        if service_name not in self._asked_for_list:
            self._asked_for_list.add(service_name)
            await self.look_up_models(service_name)
        known = self.known_model(service_name, model)
        if known is not None and known.thinks is False:
            raise Unsupported("The service says that this model does not think.")
        return (known.efforts if known else ()) or _USUAL_EFFORTS

    def is_blind(self, model: ModelRef) -> bool:
        """Is the model known to take no pictures, by its protocol, its list, or a refusal?"""
        service = self.find(model.service)
        if service is None or model in self._blind:
            return service is not None
        if service.kind in (ServiceKind.FAKEGPT, ServiceKind.EMBEDDED):
            return True
        known = self.known_model(model.service, model.model)
        return known is not None and known.sees is False

    def record_blind(self, model: ModelRef) -> None:
        """Remember for this run that a model has refused a picture."""
        self._blind.add(model)

    def record_outcome(self, service_name: str, error: FakeGPTError | None) -> None:
        """Set or clear the rate limit of a service, by the outcome of a request."""
        if isinstance(error, RateLimited):
            wait = error.retry_after
            seconds = None if wait is None else min(wait, _MAX_RATE_LIMIT_SECONDS)
            until = None if seconds is None else now() + timedelta(seconds=seconds)
            self._limits[service_name] = RateLimitStatus(until, str(error))
        elif error is None:
            self._limits.pop(service_name, None)

    async def backend(self, service_name: str) -> Backend:
        """The backend of a service, connected now if need be.

        Raises:
            FakeGPTError: There is no such service, or it cannot be used.
        """
        return (await self.connection(service_name)).backend

    async def aclose(self) -> None:
        """Close the connections."""
        made, self._made, self._made_for = self._made, {}, {}
        for connection in made.values():
            await connection.backend.aclose()

    def _report(self, name: str, state: LoginState) -> None:
        self._logins[name] = state
        self.on_login(name, state)
