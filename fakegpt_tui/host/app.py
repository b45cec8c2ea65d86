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
from fakegpt_tui.host.account_routes import AccountRoutes, LoginThrottle
from fakegpt_tui.host.authentication import TokenIssuer
from fakegpt_tui.host.conversation_cache import ConversationCache
from fakegpt_tui.host.conversation_routes import ConversationRoutes
from fakegpt_tui.host.errors import InvalidToken, handle_error, json_response
from fakegpt_tui.host.loopback_only import LoopbackOnly
from fakegpt_tui.host.prompt_route import PromptRoute, SingleFlight
from fakegpt_tui.host.scenario_route import ScenarioRoute


@dataclass(kw_only=True)
class HostApp:
    """One backend, served over the protocol, in one event loop."""

    backend: Backend
    tokens: TokenIssuer
    throttle: LoginThrottle = field(default_factory=LoginThrottle)
    cache: ConversationCache = field(default_factory=ConversationCache)
    single_flight: SingleFlight = field(default_factory=SingleFlight)
    ping_seconds: float = 15.0
    scenario: Scenario | None = None
    """Replaces one of the usual responses."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Once set, active replies end, and their clients are told why."""

    def build_asgi(self, secret: str = "") -> ASGIApp:
        """The application for a server, reachable only under the path `/secret/`."""
        prompts = PromptRoute(
            backend=self.backend,
            tokens=self.tokens,
            cache=self.cache,
            single_flight=self.single_flight,
            stopping=self.stopping,
            ping_seconds=self.ping_seconds,
        )
        app = Starlette(
            routes=[
                *([ScenarioRoute(self.scenario, self.tokens)] if self.scenario else []),
                Route("/", _home),
                *AccountRoutes(self.backend, self.tokens, self.throttle).routes(),
                *prompts.routes(),
                *ConversationRoutes(self.tokens, self.cache).routes(),
            ],
            exception_handlers=dict.fromkeys(
                (HTTPException, InvalidToken, ServiceError), handle_error
            ),
        )
        app.router.redirect_slashes = False
        return LoopbackOnly(app, secret)


async def _home(_: Request) -> Response:
    """Where browsers go after a login or logout."""
    return json_response({"message": "This is a FakeGPT host. Point a client of it here."})
