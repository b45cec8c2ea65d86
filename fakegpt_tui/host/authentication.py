"""Authentication: signed access tokens and share tokens."""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import jwt

from fakegpt_tui.domain import Secret, now
from fakegpt_tui.host.errors import TokenRejection

SHARE_PREFIX: Final = "fk-"

_OWNER_BYTES = 16
_EXPIRY_BYTES = 5
_TOKEN = re.compile(r"fk-[0-9A-Za-z_-]{43}")


def encode_share_token(key: bytes, *, owner: str, expires: int) -> str:
    """The token of `owner` (32 hexadecimal digits) until `expires`, in seconds since 1970.

    The same arguments give the same token, so that no token has to be stored.
    """
    payload = bytes.fromhex(owner) + expires.to_bytes(_EXPIRY_BYTES)
    return SHARE_PREFIX + urlsafe_b64encode(payload + _sign(key, payload)).decode().rstrip("=")


def decode_share_token(key: bytes, token: str) -> tuple[str, int] | None:
    """Owner and expiry of a token that was signed with `key`; `None` for any other text."""
    if not _TOKEN.fullmatch(token):
        return None
    content = urlsafe_b64decode(token.removeprefix(SHARE_PREFIX) + "=")
    payload = content[: _OWNER_BYTES + _EXPIRY_BYTES]
    if not hmac.compare_digest(content[len(payload) :], _sign(key, payload)):
        return None
    return payload[:_OWNER_BYTES].hex(), int.from_bytes(payload[_OWNER_BYTES:])


def _sign(key: bytes, payload: bytes) -> bytes:
    """A signature of 88 bits, for which there is just enough room."""
    return hmac.new(key, b"share\0" + payload, hashlib.sha256).digest()[:11]


_ALGORITHM = "HS256"
_MOST_VERIFIED = 4_096
_REQUIRED_CLAIMS = ["exp", "iat", "account", "owner"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token contains; `owner` is a digest of the session password.

    `key_id` is that of the access key that it stems from; empty where the host has no keys.
    """

    account: str
    owner: str
    expires_at: datetime
    key_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssuer:
    """Issues tokens and tells whether one that comes back is good.

    The key is made anew unless it is given, so that the tokens of one run are worth nothing to
    the next. Hosts that share a key accept each other's tokens and need to share nothing else.
    """

    lifetime: timedelta
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    clock: Callable[[], datetime] = now
    _verified: dict[bytes, Claims] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What good tokens hold, by their digests; to verify one again takes as long as a reply."""

    def issue(
        self,
        account: str,
        password: Secret,
        *,
        owner: str = "",
        key_id: str = "",
        until: datetime | None = None,
    ) -> str:
        """A token for `owner`, or the one of the password, below a key, `until` when it ends."""
        issued_at = self.clock()
        expires_at = issued_at + self.lifetime
        claims = {
            "iat": int(issued_at.timestamp()),
            "exp": int(min(expires_at, until or expires_at).timestamp()),
            "account": account,
            "owner": owner or self.derive("owner", password.reveal()),
            **({"key": key_id} if key_id else {}),
            # Two logins in one second must not get the same: clients take that for a dead token.
            "jti": secrets.token_hex(8),
        }
        return jwt.encode(claims, self.key, algorithm=_ALGORITHM)

    def issue_share_token(
        self, claims: Claims, name: str, *, seconds: int = 0, owner: str = ""
    ) -> tuple[str, Claims]:
        """A share token below `claims`, good for `seconds` or as long as they are.

        It sees conversations of its own: of the same `name` the same ones, later and elsewhere.
        """
        expires_at = claims.expires_at
        if seconds:
            expires_at = min(expires_at, self.clock() + timedelta(seconds=seconds))
        expires = int(expires_at.timestamp())
        owner = owner or self.derive("share", f"{claims.owner}\0{name}")
        shared = Claims(
            account=claims.account,
            owner=owner,
            expires_at=datetime.fromtimestamp(expires, UTC),
        )
        return encode_share_token(self.key, owner=owner, expires=expires), shared

    @property
    def account(self) -> str:
        """The id under which clients know the only account."""
        return self.derive("account", "1")

    def verify(self, token: str | None) -> Claims | TokenRejection:
        if not token:
            return TokenRejection.MISSING
        claims = (
            self._verify_share_token(token)
            if token.startswith(SHARE_PREFIX)
            else self._verify_known(token)
        )
        if claims is None:
            return TokenRejection.FOREIGN
        return claims if claims.expires_at > self.clock() else TokenRejection.EXPIRED

    def _verify_share_token(self, token: str) -> Claims | None:
        match decode_share_token(self.key, token):
            case (owner, expires):
                expires_at = datetime.fromtimestamp(expires, UTC)
                return Claims(account=self.account, owner=owner, expires_at=expires_at)
            case None:
                return None

    def _verify_known(self, token: str) -> Claims | None:
        digest = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
        if known := self._verified.get(digest):
            return known
        claims = self._verify_jwt(token)
        if claims is not None:
            if len(self._verified) >= _MOST_VERIFIED:
                self._verified.clear()
            self._verified[digest] = claims
        return claims

    def _verify_jwt(self, token: str) -> Claims | None:
        try:
            claims = jwt.decode(
                token,
                self.key,
                algorithms=[_ALGORITHM],
                # The clock is ours to ask, so that a test needs no waiting.
                options={"require": _REQUIRED_CLAIMS, "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            return None
        match claims:
            case {"exp": int(exp), "account": str(account), "owner": str(owner)}:
                expires_at = datetime.fromtimestamp(exp, UTC)
                key_id = str(claims.get("key", ""))
                return Claims(account=account, owner=owner, expires_at=expires_at, key_id=key_id)
            case _:
                return None

    def derive(self, purpose: str, text: str) -> str:
        """32 hexadecimal digits that stand for `text`, and that only this key can make."""
        digest = hmac.new(self.key, f"{purpose}\0{text}".encode(), hashlib.sha256)
        return digest.hexdigest()[:32]
