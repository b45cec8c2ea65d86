"""`/healthz` and `/readyz`, as balancers ask for them."""

from collections.abc import Callable
from typing import TypeAlias

import pytest

from fakegpt_tui.host.access_control import HostNames
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.server import HostServer
from tests.host.calls import raw

Serve: TypeAlias = Callable[..., HostServer]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("head", [("Host: 10.0.0.7:1",), ("Host: x", "Origin: http://evil.test")])
async def test_probes_need_no_name_and_no_key(
    serve: Serve, path: str, method: str, head: tuple[str, ...]
) -> None:
    names = HostNames(hosts=("chat.example.org",))
    server = serve(names=names, keys=KeyRing(), secret_path=False)
    assert await raw(server, f"{method} {path} HTTP/1.1", *head) == 200


async def test_a_host_that_drains_is_alive_and_not_ready(serve: Serve) -> None:
    server = serve(secret_path=False)
    server.begin_drain()
    assert await raw(server, "GET /healthz HTTP/1.1", "Host: x") == 200
    assert await raw(server, "GET /readyz HTTP/1.1", "Host: x") == 503
