"""Access control: which names, pages and paths the host answers, before any route is chosen."""

import hmac
import logging
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from time import monotonic
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fakegpt_tui.host.client_address import ClientAddressError, TrustedProxies
from fakegpt_tui.host.logs import record_of
from fakegpt_tui.protocol.openai import error_fields

_LOG = logging.getLogger(__name__)

_SAME_SITE = {"same-origin", "none"}
"""A browser sends `none` for an address that a person typed; a page cannot cause it."""

PROBES = {"/healthz", "/readyz"}
"""Balancers ask for these by address, under any name; they say nothing but how the host is."""

_NAME = re.compile(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
_CORS_MAX_AGE = 600
_EXPOSED = b"x-request-id, request-id, retry-after, retry-after-ms"
_CORS_HEADERS = re.compile(r"[a-z0-9-]{1,64}(, ?[a-z0-9-]{1,64}){0,49}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostNames:
    """Under which names a host is reached, beside those of its own address.

    `hosts` are names such as `chat.example.org` or `*.example.org`; `origins` are those of pages
    that may ask it, such as `https://app.example.org`; `base_path` precedes all paths.
    """

    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    trusted_proxies: TrustedProxies = field(default_factory=TrustedProxies)
    base_path: str = ""

    def allows(self, name: str) -> bool:
        """Is `name`, without a port, one of `hosts`?"""
        return any(
            name.endswith(host[1:]) and name != host[1:] if host.startswith("*.") else name == host
            for host in self.hosts
        )


def _logging_status(method: str, send: Send) -> Send:
    """`send`, which logs how a request is answered; not its path, which may hold an id."""
    began = monotonic()

    async def log_and_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            waited = monotonic() - began
            _LOG.info("A %s is answered with %d after %.2f s", method, message["status"], waited)
        await send(message)

    return log_and_send


@dataclass(slots=True)
class AccessControl:
    """Refuses requests to other host names, from pages of other sites, and without the secret path.

    Only the machine's own names and the allowed ones may be the `Host`, against DNS rebinding, and
    only requests that no browser marks as coming from a page of another site. The secret keeps out
    other users of the machine, who could guess the port. `names` may be replaced at any time.
    """

    app: ASGIApp
    secret: str = ""
    names: HostNames = HostNames()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if _LOG.isEnabledFor(logging.INFO):
            send = _logging_status(scope["method"], send)
        path = self._strip_prefix(scope["path"])
        if path is None:
            await error_response(404, "Not Found")(scope, receive, send)
            return
        headers = Headers(scope=scope)
        inner = {**scope, "path": path, "raw_path": path.encode()}
        try:
            address = self.names.trusted_proxies.client_of(scope.get("client"), headers)
        except ClientAddressError as error:
            await error_response(400, str(error))(scope, receive, send)
            return
        inner["fakegpt.address"] = record_of(scope).address = address
        if path in PROBES:
            await self.app(inner, receive, send)
        elif refusal := self._refuse(scope, headers):
            await refusal(scope, receive, send)
        elif origin := self._cross_origin(headers):
            await self._answer_page(origin, inner, receive, send)
        else:
            await self.app(inner, receive, send)

    def _strip_prefix(self, path: str) -> str | None:
        """The path below base path and secret; the proxy may have stripped the base path."""
        base = self.names.base_path
        if base and (path == base or path.startswith(f"{base}/")):
            path = path[len(base) :] or "/"
        if not self.secret:
            return path
        first, slash, rest = path.removeprefix("/").partition("/")
        if not hmac.compare_digest(first.encode(), self.secret.encode()):
            return None
        return slash + rest

    def _refuse(self, scope: Scope, headers: Headers) -> Response | None:
        is_proxied = self.names.trusted_proxies.trusts(scope.get("client"))
        values = headers.getlist("host")
        if is_proxied and headers.getlist("x-forwarded-host"):
            values = headers.getlist("x-forwarded-host")
        if len(values) != 1 or not self._is_allowed_host(values[0], scope.get("server")):
            return error_response(421, "This host answers only to its own address and names.")
        if "origin" not in headers and "sec-fetch-site" not in headers:
            return None  # It is of no page.
        proto = headers.get("x-forwarded-proto", "") if is_proxied else ""
        proto = "https" if scope.get("scheme") == "https" else proto
        names = {values[0]} if is_proxied else {values[0], *_own_names(scope.get("server"))}
        schemes = self._schemes(values[0], proto)
        own = {f"{scheme}://{name}" for scheme in schemes for name in names}
        if not self._is_allowed_page(headers, own):
            return error_response(403, "This host answers no other site's pages.")
        return None

    def _is_allowed_host(self, value: str, server: tuple[str, int | None] | None) -> bool:
        if value in _own_names(server):
            return True
        match = _NAME.fullmatch(value.lower())
        return match is not None and self.names.allows(match[1])

    def _schemes(self, host: str, proto: str) -> set[str]:
        if proto == "https":
            return {"https"}
        match = _NAME.fullmatch(host.lower())
        # In front of a name of ours there may be TLS that this process knows nothing of.
        is_named = match is not None and self.names.allows(match[1])
        return {"http", "https"} if is_named and not proto else {"http"}

    def _is_allowed_page(self, headers: Headers, own: set[str]) -> bool:
        origins = headers.getlist("origin")
        if len(origins) == 1 and origins[0] in self.names.origins:
            return True
        sites = headers.getlist("sec-fetch-site")
        return (not origins or _is_only_value_in(origins, own)) and (
            not sites or _is_only_value_in(sites, _SAME_SITE)
        )

    def _cross_origin(self, headers: Headers) -> str:
        """The allowed origin of another site's page; empty for all other requests."""
        origin = headers.get("origin", "")
        return origin if origin in self.names.origins else ""

    async def _answer_page(self, origin: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the browser show the answer to a page of `origin`; it is asked beforehand, too."""
        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight_response(origin, headers)(scope, receive, send)
            return
        added = [
            (b"access-control-allow-origin", origin.encode()),
            (b"access-control-expose-headers", _EXPOSED),
            (b"vary", b"Origin"),
        ]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        await self.app(scope, receive, send_with_headers)


@lru_cache(maxsize=64)
def _own_names(server: tuple[str, int | None] | None) -> Set[str]:
    """What `Host` may be, by the address at which the connection arrived."""
    if server is None or not server[1]:
        return {"localhost"}  # a unix socket, to which no browser can be sent
    address, port = server
    names = {f"[{address}]:{port}" if ":" in address else f"{address}:{port}"}
    return names | {f"localhost:{port}"} if ip_address(address).is_loopback else names


def _is_only_value_in(values: list[str], allowed: Iterable[str]) -> bool:
    return len(values) == 1 and values[0] in allowed


def _preflight_response(origin: str, headers: Mapping[str, Any]) -> Response:
    wanted = headers.get("access-control-request-headers", "")
    allowed = wanted if _CORS_HEADERS.fullmatch(wanted) else "authorization, content-type"
    return Response(
        status_code=204,
        headers={
            "access-control-allow-origin": origin,
            "access-control-allow-methods": "GET, POST, PATCH, PUT",
            "access-control-allow-headers": allowed,
            "access-control-max-age": str(_CORS_MAX_AGE),
            "vary": "Origin",
        },
    )


def error_response(
    status: int, detail: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The error in the forms of all protocols: no client gets as far as its route."""
    headers = {"cache-control": "no-store", **(headers or {})}
    body = {"detail": detail, "type": "error", **error_fields(detail, status)}
    return JSONResponse(body, status, headers)
