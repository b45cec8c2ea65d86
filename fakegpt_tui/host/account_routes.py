"""What there is to know before one asks: models, account and limits."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.host.access import TokenAuthentication
from fakegpt_tui.host.refusals import json_response
from fakegpt_tui.protocol import fakegpt


@dataclass(frozen=True, slots=True)
class AccountRoutes:
    """Answers that are the same for everybody who is signed in."""

    authentication: TokenAuthentication
    backend: Backend

    def routes(self) -> list[Route]:
        return [
            Route("/api/models", self._models),
            Route("/api/accounts/check", self._account),
            Route("/api/accounts/check/{version}", self._account),
            Route("/api/conversation_limit", self._limit),
            Route("/public-api/conversation_limit", self._public_limit),
        ]

    async def _models(self, request: Request) -> Response:
        self.authentication.require_claims(request)
        return json_response(fakegpt.models_body(await self.backend.models()))

    async def _account(self, request: Request) -> Response:
        return json_response(
            fakegpt.account_body(self.authentication.require_claims(request).account)
        )

    async def _limit(self, request: Request) -> Response:
        self.authentication.require_claims(request)
        return await self._public_limit(request)

    async def _public_limit(self, _: Request) -> Response:
        return json_response(fakegpt.limit_body())
