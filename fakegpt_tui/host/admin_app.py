"""Admin application: what a host is doing, for the one who runs it, on a socket of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fakegpt_tui import __version__
from fakegpt_tui.host.app import HostApp
from fakegpt_tui.host.errors import json_response
from fakegpt_tui.host.logs import record_of


@dataclass(frozen=True, slots=True)
class AdminApp:
    """Status, use and drain of a host. Only who may open the socket can ask."""

    app: HostApp
    connections: Callable[[], int]
    drain: Callable[[], None]

    def build_asgi(self) -> Starlette:
        """The application for a server."""
        return Starlette(
            routes=[
                Route("/status", self._status),
                Route("/usage", self._usage),
                Route("/drain", self._drain, methods=["POST"]),
                Route("/streams", self._streams),
                Route("/streams/stop", self._stop, methods=["POST"]),
            ]
        )

    async def _status(self, request: Request) -> Response:
        record_of(request.scope).route = "admin/status"
        keys = self.app.access.keys
        return json_response(
            {
                "version": __version__,
                "state": "draining" if self.app.is_draining else "serving",
                "connections": self.connections(),
                "replies": len(self.app.running),
                "keys": None if keys is None else len(keys),
                "shared_state": self.app.state_now(),
            }
        )

    async def _usage(self, request: Request) -> Response:
        record_of(request.scope).route = "admin/usage"
        meter, keys = self.app.limiter.meter, self.app.access.keys
        used = await meter.usage()
        rows = []
        for key_id, (tokens, replies) in used.items():
            key = keys.get(key_id) if keys is not None else None
            label = key.label if key is not None else ""
            row = {"key": key_id, "label": label, "tokens_today": tokens, "replies": replies}
            rows.append(row)
        return json_response({"keys": rows})

    async def _streams(self, request: Request) -> Response:
        record_of(request.scope).route = "admin/streams"
        at = datetime.now(UTC)
        rows = [
            {
                "id": reply.record.id,
                "key": reply.record.key_id,
                "model": reply.record.model,
                "seconds": round((at - reply.record.at).total_seconds(), 1),
                "bytes": reply.record.size,
            }
            for reply in self.app.running
        ]
        return json_response({"streams": rows})

    async def _stop(self, request: Request) -> Response:
        record_of(request.scope).route = "admin/streams/stop"
        reply_id, key_id = (request.query_params.get(name, "") for name in ("id", "key"))
        if bool(reply_id) == bool(key_id):
            return json_response({"detail": "Name a stream or a key."}, 400)
        stopped = self.app.running.end(
            lambda reply: reply_id == reply.record.id or key_id == (reply.record.key_id or None),
            "The reply was stopped by the operator of the host.",
        )
        self._note("streams stopped", reply_id or key_id, "done" if stopped else "nothing found")
        return json_response({"stopped": stopped})

    def _note(self, act: str, target: str = "", outcome: str = "done") -> None:
        self.app.audit.note(act, actor="admin socket", target=target, outcome=outcome)

    async def _drain(self, request: Request) -> Response:
        record_of(request.scope).route = "admin/drain"
        self._note("drain")
        self.drain()
        return json_response({"state": "draining"})
