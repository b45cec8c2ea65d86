"""Host application: what answers which path, to whom, and what becomes of errors.

Starlette finds the route. Its application around that costs a short reply a tenth of its time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.backends.scenarios import Scenario
from fakegpt_tui.domain import ServiceError
from fakegpt_tui.host.access import Access, OpenRoute
from fakegpt_tui.host.access_control import AccessControl, HostNames
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.account_routes import AccountRoutes
from fakegpt_tui.host.api_routes import ClientReplies, CompletionRoutes, MessageRoutes
from fakegpt_tui.host.client_address import LoginThrottle
from fakegpt_tui.host.conversation_cache import ConversationCache
from fakegpt_tui.host.conversation_routes import ConversationRoutes
from fakegpt_tui.host.conversations import Conversations, MemoryConversations
from fakegpt_tui.host.errors import (
    InvalidToken,
    forget_traceback,
    json_response,
    route_error_response,
)
from fakegpt_tui.host.limiter import Limiter
from fakegpt_tui.host.logs import AuditLog, record_of
from fakegpt_tui.host.model_routes import ModelCatalog, ModelRoutes
from fakegpt_tui.host.prompt_route import MemoryTurns, PromptRoute, SessionTurns, SingleFlight
from fakegpt_tui.host.replies import RunningReplies
from fakegpt_tui.host.scenario_route import scenario_routes

if TYPE_CHECKING:
    from fakegpt_tui.host.shared_state.state import SharedState

_SLOW_LOOP_SECONDS = 1.0


@dataclass(kw_only=True)
class HostApp:
    """One backend, served over the protocol, in one event loop."""

    backend: Backend
    access: Access
    throttle: LoginThrottle = field(default_factory=LoginThrottle)
    conversations: Conversations = field(
        default_factory=lambda: MemoryConversations(ConversationCache())
    )
    is_one_at_a_time: bool = False
    turns: SessionTurns = field(default_factory=MemoryTurns)
    ping_seconds: float = 15.0
    gather_seconds: float = 0.1
    """How long text is held back to be sent together; each event of the protocol repeats all."""
    scenario: Scenario | None = None
    """Replaces one of the usual responses."""
    limiter: Limiter = field(default_factory=Limiter)
    is_draining: bool = False
    """Is the host about to end? It answers as ever, but `/readyz` tells balancers."""
    running: RunningReplies = field(default_factory=RunningReplies)
    audit: AuditLog = field(default_factory=AuditLog)
    state_now: Callable[[], str | None] = lambda: None
    """Is the state that processes share `lost` or `there`? `None` where nothing is shared."""

    def share(self, state: "SharedState") -> None:
        """Keep conversations, limits and turns where other processes keep theirs, too."""
        self.conversations = state.conversations
        self.limiter = Limiter(meter=state.meter, total=self.limiter.total)
        self.turns = state.turns
        self.state_now = lambda: "lost" if state.connection.breaker.is_lost else "there"
        state.watch(self.access, self.running, self.audit)

    def replace_keys(self, keys: KeyRing | None) -> None:
        """Take other keys from the file; replies under keys that are no longer good end."""
        before, self.access.sources.file = self.access.keys, keys
        self.access.refresh_keys()
        self.audit.note_keys(before, self.access.keys)
        if self.access.keys is not None:
            self.running.end_unusable(self.access.keys)

    def build_asgi(self, secret: str = "", names: HostNames | None = None) -> AccessControl:
        """The application for a server, reachable under these names and the path `/secret/`."""
        models = ModelCatalog(self.backend)
        prompts = PromptRoute(
            backend=self.backend,
            models=models,
            access=self.access,
            conversations=self.conversations,
            single_flight=SingleFlight(is_enabled=self.is_one_at_a_time, turns=self.turns),
            running=self.running,
            limiter=self.limiter,
            ping_seconds=self.ping_seconds,
            gather_seconds=self.gather_seconds,
        )
        replies = ClientReplies(
            backend=self.backend,
            access=self.access,
            models=models,
            running=self.running,
            limiter=self.limiter,
            ping_seconds=self.ping_seconds,
            gather_seconds=self.gather_seconds / 2,
        )
        app = HostRoutes(
            [
                *scenario_routes(self.scenario, self.access),
                *ModelRoutes(models, self.access).routes(),
                *CompletionRoutes(replies).routes(),
                *MessageRoutes(replies).routes(),
                *prompts.routes(),
                OpenRoute("/", _home),
                *HealthRoutes(lambda: self.is_draining).routes(),
                *AccountRoutes(self.backend, self.access, self.throttle, self.audit).routes(),
                *ConversationRoutes(self.access, self.conversations).routes(),
            ],
            self.access,
        )
        return AccessControl(app, secret, names or HostNames())


class HostRoutes:
    """The routes of a host, of which each that is not open lets only valid tokens and keys through.

    What routes raise is answered as the protocol of their path has it, before a response began.
    """

    def __init__(self, routes: Iterable[BaseRoute], access: Access) -> None:
        self.routes: list[Route] = []
        for route in routes:
            if not isinstance(route, Route):
                raise TypeError("the host has routes alone, and no mounts")
            is_open = isinstance(route, OpenRoute)
            route.app = _Endpoint(route.endpoint, route.path, None if is_open else access)
            self.routes.append(route)
        self._router = Router(self.routes, redirect_slashes=False)
        self._fixed: dict[tuple[str, str], ASGIApp] = {}
        """The routes that the router would find by their paths as they are, without looking."""
        if all(type(route) in (Route, OpenRoute) for route in self.routes):
            for route in reversed(self.routes):
                paths = [route.path] if "{" not in route.path else []
                methods = route.methods or ()
                self._fixed |= {(method, path): route.app for method in methods for path in paths}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self  # Without it the router would answer what it does not find.
        try:
            found = self._fixed.get((scope["method"], scope["path"]), self._router.app)
            await found(scope, receive, send)
        except ClientDisconnect:
            pass  # Its client gets no answer any more.
        except (HTTPException, InvalidToken, ServiceError) as error:
            if record_of(scope).status:
                raise
            response = route_error_response(Request(scope), error)
            await response(scope, receive, send)
            forget_traceback(error)


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """Answers requests with a function; with `access`, only requests that it admits."""

    answer: Callable[[Request], Awaitable[ASGIApp]]
    path: str
    access: Access | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        record, request = record_of(scope), Request(scope, receive, send)
        record.route = self.path  # The template, which has no ids in it.
        if self.access is not None:
            try:
                claims = self.access.require_claims(request)
            except InvalidToken as error:
                self.access.count_failure(scope, error)
                raise
            record.key_id, record.owner = claims.key_id, claims.owner
        response = await self.answer(request)
        await response(scope, receive, send)


async def _home(_: Request) -> Response:
    """Where browsers go after a login or logout."""
    return json_response({"message": "This is a FakeGPT host. Point a client of it here."})


@dataclass(frozen=True, slots=True)
class HealthRoutes:
    """`/healthz` is well as long as anything is answered; `/readyz` is not while the host drains.

    They need no key and no name, and say nothing else.
    """

    is_draining: Callable[[], bool]

    def routes(self) -> list[Route]:
        return [OpenRoute("/healthz", self._alive), OpenRoute("/readyz", self._ready)]

    async def _alive(self, _: Request) -> Response:
        return json_response({"status": "ok"})

    async def _ready(self, _: Request) -> Response:
        if self.is_draining():
            return json_response({"status": "draining"}, 503, {"retry-after": "1"})
        loop = asyncio.get_running_loop()
        begun = loop.time()
        # The other tasks that are due come first: how long they take is how late all of them are.
        await asyncio.sleep(0)
        if loop.time() - begun > _SLOW_LOOP_SECONDS:
            return json_response({"status": "overloaded"}, 503, {"retry-after": "1"})
        return json_response({"status": "ok"})
