"""Access tokens that need no memory: signed, with their own expiry."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import jwt

from fakegpt_tui.domain import Secret, now

_ALGORITHM = "HS256"
_REQUIRED = ["exp", "iat", "account", "owner"]


class Refusal(StrEnum):
    """Why a token is not accepted."""

    MISSING = "missing"
    EXPIRED = "expired"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token says. `owner` stands for the session password without telling it."""

    account: str
    owner: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Issues tokens and tells whether one that comes back is good.

    The key is made anew unless it is given, so that the tokens of one run are worth nothing to
    the next.
    """

    lifetime: timedelta
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    clock: Callable[[], datetime] = now

    def issue(self, account: str, password: Secret) -> str:
        issued_at = self.clock()
        claims = {
            "iat": int(issued_at.timestamp()),
            "exp": int((issued_at + self.lifetime).timestamp()),
            "account": account,
            "owner": self.derived("owner", password.reveal()),
            # Two logins in one second must not get the same: clients take that for a dead token.
            "jti": secrets.token_hex(8),
        }
        return jwt.encode(claims, self.key, algorithm=_ALGORITHM)

    def verify(self, token: str | None) -> Claims | Refusal:
        if not token:
            return Refusal.MISSING
        try:
            claims = jwt.decode(
                token,
                self.key,
                algorithms=[_ALGORITHM],
                # The clock is ours to ask, so that a test needs no waiting.
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            return Refusal.FOREIGN
        match claims:
            case {"exp": int(exp), "account": str(account), "owner": str(owner)}:
                expires_at = datetime.fromtimestamp(exp, UTC)
            case _:
                return Refusal.FOREIGN
        if expires_at <= self.clock():
            return Refusal.EXPIRED
        return Claims(account=account, owner=owner, expires_at=expires_at)

    def derived(self, purpose: str, text: str) -> str:
        """32 hexadecimal digits that stand for `text`, and that only this key can make."""
        digest = hmac.new(self.key, f"{purpose}\0{text}".encode(), hashlib.sha256)
        return digest.hexdigest()[:32]
