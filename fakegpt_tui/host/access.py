"""Who asks, by the token that came with the request."""

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import Request

from fakegpt_tui.host.archive import Owner
from fakegpt_tui.host.tokens import Claims, Refusal, Tokens


class TokenRefused(Exception):
    """The request has no token that would do."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Access:
    """Lets in whoever has a token of this host, or of one that shares its key."""

    tokens: Tokens

    def claims(self, request: Request) -> Claims:
        """What the token of `request` says.

        Raises:
            TokenRefused: It has none, or one that is no good.
        """
        match self.tokens.verify(_presented(request.headers)):
            case Refusal() as reason:
                raise TokenRefused(reason)
            case Claims() as claims:
                return claims

    def owner(self, request: Request) -> Owner:
        """Whose conversations `request` is about.

        Raises:
            TokenRefused: As above.
        """
        claims = self.claims(request)
        return claims.account, claims.owner


def _presented(headers: Headers) -> str | None:
    """The token of a request; which header has it, and whether a scheme is named, is all one."""
    given = headers.get("x-authorization") or headers.get("authorization") or ""
    scheme, _, token = given.strip().rpartition(" ")
    return token if scheme.strip().lower() in ("", "bearer") else None
