"""Host application: its routes and error handlers."""

import asyncio
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.backends.scenarios import Scenario
from fakegpt_tui.domain import ServiceError
from fakegpt_tui.host.account_routes import AccountRoutes, LoginRoutes, LoginThrottle
from fakegpt_tui.host.authentication import InvalidToken, TokenAuthentication, TokenIssuer
from fakegpt_tui.host.conversation_cache import ConversationCache
from fakegpt_tui.host.conversation_routes import ConversationRoutes
from fakegpt_tui.host.errors import (
    handle_http_error,
    handle_service_error,
    handle_token_error,
    json_response,
)
from fakegpt_tui.host.loopback_only import LoopbackOnly
from fakegpt_tui.host.prompt_route import PromptRoute, SingleFlight
from fakegpt_tui.host.scenario_route import ScenarioRoute


@dataclass(kw_only=True)
class HostApp:
    """One backend behind the wire format. All of it lives in one event loop."""

    backend: Backend
    tokens: TokenIssuer
    throttle: LoginThrottle = field(default_factory=LoginThrottle)
    cache: ConversationCache = field(default_factory=ConversationCache)
    single_flight: SingleFlight = field(default_factory=SingleFlight)
    ping_seconds: float = 15.0
    scenario: Scenario | None = None
    """What happens in place of one of the usual answers."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Once set, replies that are under way end, and their clients are told why."""

    def build_asgi(self, secret: str = "") -> ASGIApp:
        """The application for a server, reachable only under the path `/secret/`."""
        access = TokenAuthentication(self.tokens)
        prompts = PromptRoute(
            backend=self.backend,
            authentication=access,
            cache=self.cache,
            single_flight=self.single_flight,
            stopping=self.stopping,
            ping_seconds=self.ping_seconds,
        )
        app = Starlette(
            routes=[
                *([ScenarioRoute(self.scenario, access)] if self.scenario else []),
                Route("/", _home),
                *LoginRoutes(self.tokens, self.throttle).routes(),
                *AccountRoutes(access, self.backend).routes(),
                *prompts.routes(),
                *ConversationRoutes(access, self.cache).routes(),
            ],
            exception_handlers={
                HTTPException: handle_http_error,
                InvalidToken: handle_token_error,
                ServiceError: handle_service_error,
            },
        )
        app.router.redirect_slashes = False
        return LoopbackOnly(app, secret)


async def _home(_: Request) -> Response:
    """Where logins and logouts lead; there is no page to see."""
    return json_response({"message": "This is a FakeGPT host. Point a client of it here."})
