"""Session manager: a valid session for every caller, signing in when there is none."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from fakegpt_tui.domain import (
    Expired,
    LoginFailed,
    LoginState,
    NotSignedIn,
    Offline,
    SaveError,
    Secret,
    ServiceError,
    Session,
    SignedIn,
    SignedOut,
    Unreachable,
    now,
)
from fakegpt_tui.login.steps import ReportStep
from fakegpt_tui.login.storage import SessionStorage

_EXPIRY_MARGIN = timedelta(seconds=60)
"""A token counts as expired this long before it is, so that no request meets its end."""
_RECENT = timedelta(hours=1)
"""If a token is refused within this time after its login, its account is suspect."""

_LOG = logging.getLogger(__name__)


class Authenticator(Protocol):
    """Signs in to a service."""

    async def sign_in(
        self, report: ReportStep, *, first: Session | None, last: str, dead: Secret | None
    ) -> Session:
        """As `AccountLogin.sign_in`."""
        ...


class SessionManager:
    """Has a valid session for every caller, and signs in when there is none.

    All callers share one login. A caller that is cancelled while it waits does not cancel it.
    """

    def __init__(
        self,
        login: Authenticator,
        base_url: str,
        *,
        storage: SessionStorage | None = None,
        on_change: Callable[[LoginState], None] | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """`base_url` is `Address.text`; without a `storage` the session ends with the manager."""
        self.state: LoginState = SignedOut()
        self._login = login
        self._base_url = base_url
        self._storage = storage
        self._on_change = on_change
        self._clock = clock
        self._session: Session | None = None
        self._previous: Session | None = None
        self._rejected_token: Secret | None = None
        self._accepted_expired_token: Secret | None = None
        self._signed_in_at: datetime | None = None
        self._sign_in_task: asyncio.Task[Session] | None = None

    @property
    def account(self) -> str:
        """The account of the session in use; empty where there is none."""
        return self._session.account if self._session else ""

    async def current(self) -> Session:
        """The session in use, else the stored one, else that of a new login.

        Raises:
            ServiceError: Signing in failed.
        """
        if self._session is not None:
            if self._is_valid(self._session):
                return self._session
            self._expire(self._session)
        return await self._join_sign_in()

    async def sign_in(self) -> Session:
        """Sign in, unless signed in already.

        Raises:
            ServiceError: Signing in failed.
        """
        return await self.current()

    async def sign_in_again(self, *, elsewhere: bool = False) -> Session:
        """Sign in even if signed in already, with the same account first, or not if `elsewhere`.

        The present session remains in use until the login has succeeded. If a login is active
        already, its result is returned.

        Raises:
            ServiceError: Signing in failed.
        """
        return await self._join_sign_in(lambda: self._sign_in_again(elsewhere=elsewhere))

    async def renew(self, refused: Session) -> Session:
        """A new session in place of `refused`.

        The account of `refused` is tried first, with its password, unless its login was recent:
        then the account is suspect, and is tried last.

        Raises:
            ServiceError: Signing in failed.
        """
        if self._session is None or self._session.token == refused.token:
            self._rejected_token = refused.token
            self._expire(refused)
        return await self.current()

    async def sign_out(self) -> None:
        """Drop the session, here and in the storage.

        Raises:
            SaveError: It is still in the storage.
        """
        self._session = self._previous = self._rejected_token = None
        await self.aclose()
        self._session = None
        self._set_state(SignedOut())
        if self._storage:
            await asyncio.to_thread(self._storage.delete, self._base_url)

    async def aclose(self) -> None:
        """Cancel the active login, if any."""
        task = self._sign_in_task
        if task is not None and task.get_loop() is asyncio.get_running_loop():
            task.cancel()
            await asyncio.wait([task])

    async def _join_sign_in(
        self, obtain: Callable[[], Awaitable[Session]] | None = None
    ) -> Session:
        task = self._sign_in_task
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._sign_in_task = asyncio.create_task(
                self._obtain(obtain or self._load_or_sign_in), name="sign-in"
            )
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and not _is_cancelled():
                raise NotSignedIn("The login was cancelled.") from None
            raise

    async def _obtain(self, obtain: Callable[[], Awaitable[Session]]) -> Session:
        try:
            self._session = session = await obtain()
        except Unreachable as error:
            self._fall_back(Offline(str(error)))
            raise
        except ServiceError as error:
            self._fall_back(LoginFailed(str(error)))
            raise
        except asyncio.CancelledError:
            self._fall_back(SignedOut())
            raise
        self._set_state(self._signed_in_until(session))
        return session

    def _fall_back(self, state: LoginState) -> None:
        """Set `state`, unless the session that the login was to replace is still there."""
        session = self._session
        self._set_state(state if session is None else self._signed_in_until(session))

    def _signed_in_until(self, session: Session) -> SignedIn:
        return SignedIn(
            None if session.token == self._accepted_expired_token else session.expires_at
        )

    async def _load_or_sign_in(self) -> Session:
        if (stored := await self._load_valid()) is not None:
            return stored
        previous = self._previous
        is_suspect = previous is not None and self._is_suspect(previous)
        return await self._log_in(
            first=None if is_suspect else previous,
            last=previous.account if previous else "",
            dead=self._rejected_token,
        )

    async def _sign_in_again(self, *, elsewhere: bool) -> Session:
        session = self._session or self._previous or await self._load_stored()
        return await self._log_in(
            first=None if elsewhere else session, last=session.account if session else ""
        )

    async def _load_stored(self) -> Session | None:
        if self._storage is None:
            return None
        return await asyncio.to_thread(self._storage.load, self._base_url)

    async def _load_valid(self) -> Session | None:
        """The stored session, if it may be valid: another program may have renewed it."""
        stored = await self._load_stored()
        if stored is None:
            return None
        if stored.token != self._rejected_token and self._is_valid(stored):
            return stored
        self._previous = self._previous or stored
        self._set_state(Expired())
        return None

    async def _log_in(
        self, *, first: Session | None, last: str, dead: Secret | None = None
    ) -> Session:
        session = await self._login.sign_in(self._set_state, first=first, last=last, dead=dead)
        self._signed_in_at = self._clock()
        if not self._is_valid(session):
            # The clock of this machine may be wrong, which must not prevent the login.
            self._accepted_expired_token = session.token
        await self._store(session)
        return session

    async def _store(self, session: Session) -> None:
        if self._storage is not None:
            with suppress(SaveError):  # The next start signs in again.
                await asyncio.to_thread(self._storage.save, session)

    def _is_valid(self, session: Session) -> bool:
        return (
            session.expires_at is None
            or session.token == self._accepted_expired_token
            or session.expires_at > self._clock() + _EXPIRY_MARGIN
        )

    def _is_suspect(self, refused: Session) -> bool:
        moment = self._clock()
        return (
            refused.token == self._rejected_token
            and self._signed_in_at is not None
            and moment - self._signed_in_at < _RECENT
            and (refused.expires_at is None or refused.expires_at > moment)
        )

    def _expire(self, session: Session) -> None:
        self._session = None
        self._previous = session
        if self._sign_in_task is None or self._sign_in_task.done():
            self._set_state(Expired())

    def _set_state(self, state: LoginState) -> None:
        self.state = state
        _LOG.info("The login is %s", type(state).__name__)
        if self._on_change:
            self._on_change(state)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
