"""Health routes: is the host alive, and should a balancer send it requests."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fakegpt_tui.host.errors import json_response
from fakegpt_tui.host.routes import OpenRoute

_SLOW_LOOP_SECONDS = 1.0


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
