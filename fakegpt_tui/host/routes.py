"""Routes: what answers which path, to whom, and what becomes of errors.

Starlette finds the route. Its application around that costs a short reply a tenth of its time.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from fakegpt_tui.domain import ServiceError
from fakegpt_tui.host.access import Access
from fakegpt_tui.host.errors import InvalidToken, forget_traceback, route_error_response
from fakegpt_tui.host.logs import record_of


class OpenRoute(Route):
    """A route that anybody may ask; all others need a token or a key."""


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
    """Has a function answer a request; with `access` only those that it lets through."""

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
