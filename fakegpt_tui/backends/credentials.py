"""Credentials of requests: an API key, or a session; what follows when they are refused."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Protocol, TypeAlias

from fakegpt_tui.backends.base import SessionSource
from fakegpt_tui.domain import ConfigError, NotSignedIn, Secret, ServiceError, Session
from fakegpt_tui.domain.exact_request import MASK
from fakegpt_tui.http.addresses import is_header_safe

ReadKey: TypeAlias = Callable[[], Secret | None]
"""Reads the key; `None` where the service has none. May take its time, and raise ConfigError."""


class Credentials(Protocol):
    """What authorizes one request and its retries."""

    def for_request(self) -> "Credentials":
        """Those for another request."""
        ...

    @property
    def secrets(self) -> Sequence[Secret]:
        """The secrets that the headers carry, as far as they are known yet."""
        ...

    @property
    def masked(self) -> dict[str, str]:
        """The same headers without the secrets, as they can be shown."""
        ...

    @property
    def variable(self) -> str:
        """The environment variable that the secret is read from, if it is."""
        ...

    async def headers(self) -> dict[str, str]:
        """The headers to send.

        Raises:
            ServiceError: There are no credentials that can be sent.
        """
        ...

    async def renew(self) -> bool:
        """Replace credentials that the service has refused; is another request worth sending?

        Raises:
            ServiceError: Signing in again failed.
        """
        ...


_SHORTEST_SECRET = 6
"""Characters; a cookie that says no more than “yes” is none, and in the way of plain words."""


def redact(error: ServiceError, secrets: Iterable[Secret]) -> None:
    """Mask `secrets` in the text of `error`: some services repeat what they were sent."""
    for secret in secrets:
        text = secret.reveal()
        if len(text) >= _SHORTEST_SECRET and text in str(error):
            error.args = (str(error).replace(text, str(secret)),)


class ApiKey:
    """The API key of a service, never written anywhere.

    It is read once, and again before the next request after the service refused it: a person may
    have corrected it.
    """

    def __init__(self, read: ReadKey, *, header: str = "Authorization", variable: str = "") -> None:
        """Read the key, which goes into `header`: as it is, but for `Authorization`.

        Raises:
            ConfigError: It cannot be read.
        """
        self._read = read
        self._header = header
        self.variable = variable
        self._key = read()
        self._is_refused = False
        self._lock = asyncio.Lock()

    def for_request(self) -> "ApiKey":
        return self

    def in_header(self, header: str) -> "ApiKey":
        """The same key in another header."""
        return ApiKey(self._read, header=header, variable=self.variable)

    @property
    def secrets(self) -> Sequence[Secret]:
        return () if self._key is None else (self._key,)

    async def headers(self) -> dict[str, str]:
        """The headers that carry the key.

        Raises:
            NotSignedIn: The service refused it before, and it cannot be read again.
        """
        if self._is_refused:
            await self._read_again()
        return {} if self._key is None else self._headers_of(self._key.reveal())

    async def _read_again(self) -> None:
        async with self._lock:
            if self._is_refused:
                try:
                    self._key = await asyncio.to_thread(self._read)
                except ConfigError as error:
                    raise NotSignedIn(str(error)) from error
                self._is_refused = False

    @property
    def masked(self) -> dict[str, str]:
        return {} if self._key is None else self._headers_of(MASK)

    def _headers_of(self, key: str) -> dict[str, str]:
        is_bearer = self._header.lower() == "authorization"
        return {self._header: f"Bearer {key}" if is_bearer else key}

    async def renew(self) -> bool:
        """Read the key again before the next request; this one is not repeated."""
        self._is_refused = self._key is not None
        return False


class SessionCredentials:
    """The session of one request, renewed once if the service refuses it."""

    def __init__(self, sessions: SessionSource) -> None:
        self._sessions = sessions
        self._session: Session | None = None
        self._is_renewed = False

    def for_request(self) -> "SessionCredentials":
        return SessionCredentials(self._sessions)

    @property
    def secrets(self) -> Sequence[Secret]:
        session = self._session
        if session is None:
            return ()
        return (session.token, session.password, *(value for _, value in session.cookies))

    variable: ClassVar[str] = ""

    @property
    def masked(self) -> dict[str, str]:
        return {"X-Authorization": f"Bearer {MASK}"}

    async def headers(self) -> dict[str, str]:
        """The headers that carry the token and the cookies of the session.

        Raises:
            NotSignedIn: No token can be sent.
            ServiceError: Signing in failed.
        """
        session = self._session = self._session or await self._sessions.current()
        token = session.token.reveal()
        if not is_header_safe(token):
            if not await self.renew():
                raise NotSignedIn("The token of this session cannot be sent; sign in again.")
            return await self.headers()
        pairs = [f"{name}={value.reveal()}" for name, value in session.cookies]
        cookies = "; ".join(pair for pair in pairs if is_header_safe(pair))
        return {"X-Authorization": f"Bearer {token}"} | ({"Cookie": cookies} if cookies else {})

    async def renew(self) -> bool:
        """Sign in again, once."""
        if self._session is None or self._is_renewed:
            return False
        self._is_renewed = True
        self._session = await self._sessions.renew(self._session)
        return True
