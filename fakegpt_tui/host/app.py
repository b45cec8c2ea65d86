"""What the host answers, put together."""

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
from fakegpt_tui.host.access import Access, TokenRefused
from fakegpt_tui.host.account_routes import AccountRoutes
from fakegpt_tui.host.archive import Archive
from fakegpt_tui.host.conversation_routes import ConversationRoutes
from fakegpt_tui.host.guard import Guard
from fakegpt_tui.host.login_routes import LoginRoutes
from fakegpt_tui.host.odd_route import OddRoute
from fakegpt_tui.host.prompt_route import PromptRoute
from fakegpt_tui.host.refusals import json_response, refuse_for_service, refuse_http, refuse_token
from fakegpt_tui.host.throttle import LoginThrottle
from fakegpt_tui.host.tokens import Tokens
from fakegpt_tui.host.turnstile import Turnstile


@dataclass(kw_only=True)
class HostApp:
    """One backend behind the wire format. All of it lives in one event loop."""

    backend: Backend
    tokens: Tokens
    throttle: LoginThrottle = field(default_factory=LoginThrottle)
    archive: Archive = field(default_factory=Archive)
    turnstile: Turnstile = field(default_factory=Turnstile)
    ping_seconds: float = 15.0
    scenario: Scenario | None = None
    """What happens in place of one of the usual answers."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Once set, replies that are under way end, and their clients are told why."""

    def guarded(self, secret: str = "") -> ASGIApp:
        """The application for a server, reachable only under the path `/secret/`."""
        access = Access(self.tokens)
        prompts = PromptRoute(
            backend=self.backend,
            access=access,
            archive=self.archive,
            turnstile=self.turnstile,
            stopping=self.stopping,
            ping_seconds=self.ping_seconds,
        )
        app = Starlette(
            routes=[
                *([OddRoute(self.scenario, access)] if self.scenario else []),
                Route("/", _home),
                *LoginRoutes(self.tokens, self.throttle).routes(),
                *AccountRoutes(access, self.backend).routes(),
                *prompts.routes(),
                *ConversationRoutes(access, self.archive).routes(),
            ],
            exception_handlers={
                HTTPException: refuse_http,
                TokenRefused: refuse_token,
                ServiceError: refuse_for_service,
            },
        )
        app.router.redirect_slashes = False
        return Guard(app, secret)


async def _home(_: Request) -> Response:
    """Where logins and logouts lead; there is no page to see."""
    return json_response({"message": "This is a FakeGPT host. Point a client of it here."})
