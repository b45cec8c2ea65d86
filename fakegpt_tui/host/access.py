"""Access: who a request comes from, by its token or its access key, and what needs neither."""

from base64 import b32decode, b32encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Scope

from fakegpt_tui.domain import RateLimited, Secret
from fakegpt_tui.host.access_keys import KEY_PREFIX, AccessKey, KeyRing, KeySources
from fakegpt_tui.host.authentication import SHARE_PREFIX, Claims, TokenIssuer
from fakegpt_tui.host.client_address import LoginThrottle
from fakegpt_tui.host.conversation_cache import Owner
from fakegpt_tui.host.conversations import StateLost
from fakegpt_tui.host.errors import API_PATHS, InvalidToken, TokenRejection

_TOKEN_HEADERS = ("x-authorization", "authorization")
_KEY_HEADERS = ("x-api-key", "api-key")
_SHARE_ID_BYTES = 10
_SHARE_NAME_DIGITS = 12
_CLAIMS = "fakegpt.claims"


@dataclass(slots=True, kw_only=True)
class Access:
    """Tells who a request comes from. With `keys` nothing is valid that does not stem from one.

    `keys` are what `sources` give, as of the last `refresh_keys`. While `are_keys_current` says
    no, those of a shared state are neither believed nor denied.
    """

    tokens: TokenIssuer
    sources: KeySources = field(default_factory=KeySources)
    are_keys_current: Callable[[], bool] = lambda: True
    keys: KeyRing | None = field(default=None, init=False)
    failures: LoginThrottle = field(
        default_factory=lambda: LoginThrottle(burst=10, seconds_each=6.0)
    )
    _stranger_claims: Claims | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.refresh_keys()

    def refresh_keys(self) -> None:
        self.keys = self.sources.merged(self.tokens.clock())

    @property
    def account(self) -> str:
        return self.tokens.account

    def verify(self, text: str | None) -> Claims | TokenRejection:
        """The claims of a token or a key.

        Raises:
            StateLost: It is or stems from a key that may have been revoked meanwhile.
        """
        if text and self.keys is not None and text.startswith(KEY_PREFIX):
            key = self._find_key(self.keys, text)
            return TokenRejection.FOREIGN if key is None else self._claims_of(key)
        claims = self.tokens.verify(text)
        if self.keys is None or isinstance(claims, TokenRejection):
            return claims
        if text and text.startswith(SHARE_PREFIX):
            claims = replace(claims, key_id=_shared_key_id(claims.owner))
        self._require_current(claims.key_id)
        key = self.keys.get(claims.key_id)
        usable = key is not None and key.is_usable(self.tokens.clock())
        return claims if usable else TokenRejection.FOREIGN

    def require_claims(self, request: Request) -> Claims:
        """The claims of a request.

        Raises:
            InvalidToken: It has no token and no key, an invalid one, or two that differ.
        """
        known = request.scope.get(_CLAIMS)
        if isinstance(known, Claims):
            return known
        claims = request.scope[_CLAIMS] = self._find_claims(request)
        return claims

    def _find_claims(self, request: Request) -> Claims:
        if self.keys is None and request.scope["path"].startswith(API_PATHS):
            return self._stranger
        given = _credentials(request.headers, with_keys=self.keys is not None)
        found = [self.verify(text) for text in given] or [TokenRejection.MISSING]
        for each in found:
            if isinstance(each, TokenRejection):
                raise InvalidToken(each)
        claims = [each for each in found if isinstance(each, Claims)]
        if any(each.key_id != claims[0].key_id for each in claims):
            raise InvalidToken(TokenRejection.FOREIGN)
        return claims[0]

    def count_failure(self, scope: Scope, error: InvalidToken) -> None:
        """Count a key or token that is none; those who guess have to wait.

        Raises:
            RateLimited: The address has shown too many. What is good is let in all the same.
        """
        if self.keys is None or error.reason is not TokenRejection.FOREIGN:
            return
        if wait := self.failures.acquire(scope.get("fakegpt.address", "")):
            raise RateLimited("Too many keys that are none. Try again later.", retry_after=wait)

    @property
    def _stranger(self) -> Claims:
        """Who asks a host without keys in the protocol of an API, where all tell some key or none.

        It is the same as with the FakeGPT protocol, which takes any password there.
        """
        known, at = self._stranger_claims, self.tokens.clock()
        if known is None or known.expires_at <= at:
            known = self._stranger_claims = Claims(
                account=self.account,
                owner=self.tokens.derive("stranger", ""),
                expires_at=at + self.tokens.lifetime,
            )
        return known

    def require_owner(self, request: Request) -> Owner:
        """The owner whose conversations a request is about; each key has owners of its own.

        Raises:
            InvalidToken: As `require_claims` says.
        """
        claims = self.require_claims(request)
        return claims.key_id or claims.account, claims.owner

    def key_of(self, request: Request) -> AccessKey | None:
        """The key that a request stems from; `None` where the host has no keys."""
        claims = self.require_claims(request)
        return self.keys.get(claims.key_id) if self.keys is not None else None

    def key_for_login(self, request: Request, password: str) -> AccessKey | None:
        """The key of a login: in a header, or in place of the session password.

        Raises:
            InvalidToken: There are keys, and the request has none, or an invalid one.
        """
        if self.keys is None:
            return None
        given = [*_credentials(request.headers, with_keys=True), password]
        texts = {text for text in given if text.startswith(KEY_PREFIX)}
        if not texts:
            raise InvalidToken(TokenRejection.KEY_NEEDED)
        found = [self._find_key(self.keys, text) for text in texts]
        if len({key.id if key else "" for key in found}) != 1 or found[0] is None:
            raise InvalidToken(TokenRejection.FOREIGN)
        return found[0]

    def issue_token(self, password: str, key: AccessKey | None) -> str:
        """A token for a login; below a key, its owner is the key's own or one beside it."""
        if key is None:
            return self.tokens.issue(self.account, Secret(password))
        is_key = password.startswith(KEY_PREFIX)
        owner = (
            self._claims_of(key).owner
            if is_key
            else self.tokens.derive("owner", f"{key.id}\0{password}")
        )
        return self.tokens.issue(
            self.account, Secret(password), owner=owner, key_id=key.id, until=key.expires_at
        )

    def issue_share_token(self, claims: Claims, name: str, *, seconds: int) -> tuple[str, Claims]:
        """A share token; if a key asks for it, its owner names that key, and both end together."""
        owner = ""
        if claims.key_id:
            digits = self.tokens.derive("share", f"{claims.owner}\0{name}")
            owner = b32decode(claims.key_id.upper()).hex() + digits[:_SHARE_NAME_DIGITS]
        return self.tokens.issue_share_token(claims, name, seconds=seconds, owner=owner)

    def _find_key(self, keys: KeyRing, text: str) -> AccessKey | None:
        key = keys.find(text, self.tokens.clock())
        self._require_current(key.id if key else "")
        return key

    def _require_current(self, key_id: str) -> None:
        if not self.are_keys_current() and not self.sources.has_in_file(key_id):
            raise StateLost

    def _claims_of(self, key: AccessKey) -> Claims:
        return Claims(
            account=self.account,
            owner=self.tokens.derive("key", key.id),
            expires_at=key.expires_at or self.tokens.clock() + self.tokens.lifetime,
            key_id=key.id,
        )


class OpenRoute(Route):
    """A route that anybody may ask; all others need a token or a key."""


def _credentials(headers: Headers, *, with_keys: bool) -> list[str]:
    """The tokens and keys that a request shows, a token in either header, with or without scheme.

    Without keys the first header counts alone, as it always did.
    """
    found: list[str] = []
    for name in _TOKEN_HEADERS:
        given = headers.get(name, "").strip()
        scheme, _, token = given.rpartition(" ")
        if token and scheme.strip().lower() in ("", "bearer"):
            found.append(token)
        if given and not with_keys:
            return found
    if with_keys:
        found += [headers[name].strip() for name in _KEY_HEADERS if headers.get(name, "").strip()]
    return found


def _shared_key_id(owner: str) -> str:
    return b32encode(bytes.fromhex(owner)[:_SHARE_ID_BYTES]).decode().lower()
