"""Who asks, by the token that came with the request."""

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import Request

from fakegpt_tui.host.archive import Owner
from fakegpt_tui.host.tokens import Claims, TokenIssuer, TokenRejection


class InvalidToken(Exception):
    """The request has no token that would do."""

    def __init__(self, reason: TokenRejection) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TokenAuthentication:
    """Lets in whoever has a token of this host, or of one that shares its key."""

    tokens: TokenIssuer

    def require_claims(self, request: Request) -> Claims:
        """What the token of `request` says.

        Raises:
            TokenRefused: It has none, or one that is no good.
        """
        match self.tokens.verify(_read_bearer_token(request.headers)):
            case TokenRejection() as reason:
                raise InvalidToken(reason)
            case Claims() as claims:
                return claims

    def require_owner(self, request: Request) -> Owner:
        """Whose conversations `request` is about.

        Raises:
            TokenRefused: As above.
        """
        claims = self.require_claims(request)
        return claims.account, claims.owner


def _read_bearer_token(headers: Headers) -> str | None:
    """The token of a request; which header has it, and whether a scheme is named, is all one."""
    given = headers.get("x-authorization") or headers.get("authorization") or ""
    scheme, _, token = given.strip().rpartition(" ")
    return token if scheme.strip().lower() in ("", "bearer") else None
