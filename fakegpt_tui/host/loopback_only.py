"""Access control: only programs on this machine that know the secret path."""

import hmac
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK = {"127.0.0.1", "::1"}
_SAME_SITE = {"same-origin", "none"}
"""A browser sends `none` for an address that a person typed; a page cannot cause it."""


@dataclass(frozen=True, slots=True)
class LoopbackOnly:
    """Refuses requests from other web pages, and those that do not know the secret path.

    Only the machine's own names are allowed as `Host`, against DNS rebinding, and only requests
    that no browser marks as coming from another page. The secret keeps out other users of the
    machine, who could guess the port; without one every path is open.
    """

    app: ASGIApp
    secret: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = self._strip_secret(scope["path"])
        if path is None:
            await _error_response(404, "Not Found")(scope, receive, send)
            return
        headers = Headers(scope=scope)
        names = _allowed_hosts(scope["server"])
        if not _is_only_value_in(headers.getlist("host"), names):
            response = _error_response(421, "This host answers only to its own address.")
            await response(scope, receive, send)
        elif not _is_same_origin(headers, names):
            response = _error_response(403, "This host answers no other site's pages.")
            await response(scope, receive, send)
        else:
            await self.app({**scope, "path": path, "raw_path": path.encode()}, receive, send)

    def _strip_secret(self, path: str) -> str | None:
        if not self.secret:
            return path
        first, slash, rest = path.removeprefix("/").partition("/")
        if not hmac.compare_digest(first.encode(), self.secret.encode()):
            return None
        return slash + rest


def _allowed_hosts(server: tuple[str, int]) -> set[str]:
    """What `Host` may be, by the address at which the connection arrived."""
    address, port = server
    names = {f"[{address}]:{port}" if ":" in address else f"{address}:{port}"}
    return names | {f"localhost:{port}"} if address in _LOOPBACK else names


def _is_only_value_in(values: list[str], allowed: set[str]) -> bool:
    return len(values) == 1 and values[0] in allowed


def _is_same_origin(headers: Headers, names: set[str]) -> bool:
    origins = headers.getlist("origin")
    sites = headers.getlist("sec-fetch-site")
    return (not origins or _is_only_value_in(origins, {f"http://{name}" for name in names})) and (
        not sites or _is_only_value_in(sites, _SAME_SITE)
    )


def _error_response(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status)
