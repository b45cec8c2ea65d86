"""The services that are in use, each connected when it is first needed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.domain import LoginState, NotFound, Service, Session, SignedOut


class LoginControl(Protocol):
    """What a person can do about being signed in."""

    @property
    def state(self) -> LoginState: ...

    @property
    def account(self) -> str:
        """The account that is signed in, if any."""
        ...

    async def sign_in(self) -> Session:
        """Sign in unless that is so already.

        Raises:
            ServiceError: The login failed.
        """
        ...

    async def sign_in_again(self, *, elsewhere: bool = False) -> Session:
        """Sign in once more, with the same account or `elsewhere`, with another if there is one.

        Raises:
            ServiceError: The login failed; the session that there was is still in use.
        """
        ...

    async def sign_out(self) -> None:
        """Forget the session, here and on disk."""
        ...


@dataclass(frozen=True, slots=True)
class Connection:
    """A service ready for use; `login` is `None` where there is nothing to sign in to."""

    service: Service
    backend: Backend
    login: LoginControl | None


LoginListener: TypeAlias = Callable[[str, LoginState], None]
"""Told the name of a service and the new state of its login."""

Connect: TypeAlias = Callable[[Service, Callable[[LoginState], None]], Awaitable[Connection]]
"""Makes a connection, and reports its login to the listener that it is given."""


class ServiceConnections:
    """Hands out one connection per service, however many ask for it at once."""

    def __init__(self, services: Mapping[str, Service], connect: Connect) -> None:
        self._services = services
        self._connect = connect
        self._made: dict[str, Connection] = {}
        self._made_for: dict[str, Service] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._logins: dict[str, LoginState] = {}
        self.on_login: LoginListener = _ignore_login

    @property
    def services(self) -> tuple[Service, ...]:
        return tuple(self._services.values())

    def service(self, name: str) -> Service:
        """The service of that name.

        Raises:
            NotFound: There is none.
        """
        try:
            return self._services[name]
        except KeyError as error:
            raise NotFound(f"There is no service named {name!r} in the configuration.") from error

    async def get(self, name: str) -> Connection:
        """The connection to the service of that name, made now if need be.

        A service that was changed since gets a new one; turns that run keep theirs.

        Raises:
            NotFound: There is no such service.
            ConfigError: It cannot be used as it is configured.
        """
        service = self.service(name)
        async with self._locks.setdefault(name, asyncio.Lock()):
            if self._made_for.get(name) != service:
                self._made[name] = await self._connect(
                    service, lambda state: self._report(name, state)
                )
                self._made_for[name] = service
            return self._made[name]

    def invalidate(self, name: str) -> None:
        """Connect anew when the service is next needed; turns that run keep what they have."""
        self._made_for.pop(name, None)
        self._logins.pop(name, None)

    def login_state(self, name: str) -> LoginState:
        return self._logins.get(name, SignedOut())

    def account(self, name: str) -> str:
        """The account that is signed in to the service of that name, if any."""
        made = self._made.get(name)
        return made.login.account if made and made.login else ""

    async def aclose(self) -> None:
        made, self._made, self._made_for = self._made, {}, {}
        for connection in made.values():
            await connection.backend.aclose()

    def _report(self, name: str, state: LoginState) -> None:
        self._logins[name] = state
        self.on_login(name, state)


def _ignore_login(_name: str, _state: LoginState) -> None:
    """Hears nothing, until a front end listens."""
