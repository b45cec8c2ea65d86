"""The three login steps: the shared accounts, the password, the session."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from fakegpt_tui.domain import Secret


@dataclass(frozen=True, slots=True)
class Load:
    """A shared account and how many use it at the moment."""

    token_id: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class SessionReply:
    """What being signed in comes to. `expires_at` is `None` where nothing tells."""

    token: Secret
    expires_at: datetime | None


def read_loads(body: bytes) -> list[Load]:
    """The accounts that a service shares, in its order, each once.

    Raises:
        LoginRefused: There are none.
        BadReply: That is not a list of accounts.
    """
    raise NotImplementedError


def read_session(body: bytes) -> SessionReply:
    """The session after a login.

    Raises:
        LoginRefused: The service does not see anybody signed in.
        BadReply: That is not a session, or its token cannot be sent.
    """
    raise NotImplementedError


def token_expiry(token: str) -> datetime | None:
    """When a token says that it ends, unverified; `None` for one that does not say."""
    raise NotImplementedError


def new_password() -> str:
    """A fresh session password, with the letter and the digit that services insist on."""
    raise NotImplementedError


def loads_body(loads: Iterable[Load]) -> dict[str, object]:
    """The answer to `GET /api/loads`."""
    raise NotImplementedError


def session_body(token: Secret, expires_at: datetime, account: str) -> dict[str, object]:
    """The answer to `GET /api/auth/session`; `account` is shown as the user's name."""
    raise NotImplementedError
