"""Scopes: a request as an ASGI application finds it, and the two ends of its connection."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from fakegpt_tui.host.admission import REFUSED
from fakegpt_tui.host.exchange import GONE, Exchange
from fakegpt_tui.host.request_head import RequestHead


@dataclass(frozen=True, slots=True)
class Ends:
    """Where a connection arrived, and where it came from; no address for a unix socket's other end.

    The host's end of a unix socket is its path, without a port.
    """

    server: tuple[str, int | None] | None
    client: tuple[str, int] | None
    scheme: str

    @classmethod
    def of(cls, transport: asyncio.Transport) -> "Ends":
        server, client = (transport.get_extra_info(name) for name in ("sockname", "peername"))
        return cls(
            (str(server[0]), int(server[1])) if isinstance(server, tuple) else (server or "", None),
            (str(client[0]), int(client[1])) if isinstance(client, tuple) else None,
            "https" if transport.get_extra_info("sslcontext") else "http",
        )


def build_scope(
    head: RequestHead,
    exchange: Exchange,
    ends: Ends,
    client: tuple[str, int] | None,
    *,
    is_refused: bool,
) -> dict[str, Any]:
    """The scope of a request; `client` is who stands behind the other end, or that itself."""
    raw_path, _, query = head.target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": head.version,
        "server": ends.server,
        "client": client,
        "scheme": ends.scheme,
        "method": head.method,
        "root_path": "",
        "path": unquote(raw_path.decode("ascii")),
        "raw_path": raw_path,
        "query_string": query,
        "headers": head.headers,
        "state": {REFUSED: is_refused},
        "extensions": {GONE: exchange.gone},
    }
