"""The host behind nginx, HAProxy and Caddy: streams, clients that leave, requests in two frames.

The configurations are those of `docs/serving.md`, with addresses of this machine.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx
import pytest

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.scripted import Gate, ScriptedBackend
from fakegpt_tui.domain import ReplyEnded, StreamEvent, TextDelta
from fakegpt_tui.host.access_control import HostNames
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.client_address import TrustedProxies
from fakegpt_tui.host.listeners import ListenAddress
from fakegpt_tui.host.server import HostServer
from tests.cli.program import ROOT
from tests.host.calls import NO_TLS, prompt_body, token_of, until
from tests.host.keys import new_key
from tests.host.test_raw_requests import ANSWERED, CHUNKS, REFUSED
from tests.patience import PATIENCE
from tests.ports import free_port

Serve: TypeAlias = Callable[..., HostServer]
NAME = "chat.example.org"
PAGE = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
NGINX, HAPROXY, CADDY = (
    shutil.which(name) or shutil.which(name, path="/usr/sbin") or ""
    for name in ("nginx", "haproxy", "caddy")
)

pytestmark = pytest.mark.long


def page_block(mark: str) -> str:
    """The block of the page that follows a mark."""
    found = re.search(rf"<!-- {mark} -->\n+```\w*\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@contextmanager
def running(command: list[str], **variables: str) -> Iterator[None]:
    environment = {**os.environ, **variables}
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment) as process:
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def nginx(host: str, folder: Path) -> Iterator[str]:
    """In front of a unix socket."""
    port = free_port()
    server = page_block("nginx").replace("/run/fakegpt/host.sock", host)
    server = re.sub(r"listen [^;]+;", f"listen 127.0.0.1:{port};", server)
    server = re.sub(r"\n *ssl_[^;]+;", "", server)
    config = folder / "nginx.conf"
    paths = "".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error;"
        f"events {{ worker_connections 256; }} http {{ access_log off; {paths}\n{server}\n}}"
    )
    with running([NGINX, "-c", str(config), "-p", str(folder), "-e", f"{folder}/error"]):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def haproxy(host: str, folder: Path) -> Iterator[str]:
    """In front of a port."""
    port = free_port()
    text = page_block("haproxy").replace("127.0.0.1:8100", host)
    text = re.sub(r"bind [^\n]+", f"bind 127.0.0.1:{port}", text)
    config = folder / "haproxy.cfg"
    config.write_text(text)
    with running([HAPROXY, "-db", "-f", str(config)]):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def caddy(host: str, folder: Path) -> Iterator[str]:
    """In front of a unix socket."""
    port = free_port()
    site = page_block("caddy").replace("/run/fakegpt/host.sock", host)
    site = site.replace(NAME, f"http://:{port}", 1)
    config = folder / "Caddyfile"
    config.write_text(f"{{\n admin off\n storage file_system {folder}\n}}\n{site}")
    with running([CADDY, "run", "--config", str(config)], XDG_CONFIG_HOME=str(folder)):
        yield f"http://127.0.0.1:{port}"


class Typing(ScriptedBackend):
    """Waits at a gate between two words, and is told when a client has left."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate()
        self.closed = 0

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        self.requests.append(request)
        try:
            yield TextDelta("first ")
            if request.messages[-1].text == "wait":
                await self.gate.wait()
            yield TextDelta("second")
            yield ReplyEnded()
        finally:
            self.closed += 1


@pytest.fixture(
    params=[
        pytest.param("nginx", marks=pytest.mark.skipif(not NGINX, reason="nginx is needed")),
        pytest.param("haproxy", marks=pytest.mark.skipif(not HAPROXY, reason="haproxy is needed")),
        pytest.param("caddy", marks=pytest.mark.skipif(not CADDY, reason="caddy is needed")),
    ]
)
def front(
    request: pytest.FixtureRequest, serve: Serve, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Typing, str, Path]]:
    """The address of a proxy, the backend behind it, a key, and the access log."""
    folder, backend, (key, text) = tmp_path_factory.mktemp("p"), Typing(), new_key(streams=0)
    is_local = request.param != "haproxy"
    trusted = TrustedProxies.parse(["unix" if is_local else "127.0.0.1/32"])
    host = serve(
        backend=backend,
        keys=KeyRing([key]),
        secret_path=False,
        names=HostNames(hosts=(NAME,), trusted_proxies=trusted),
        listen=ListenAddress(uds=folder / "s") if is_local else ListenAddress(),
        access_log=folder / "log",
        ping_seconds=0.2,
    )
    start = {"nginx": nginx, "haproxy": haproxy, "caddy": caddy}[request.param]
    where = str(folder / "s") if is_local else urlsplit(host.base_url).netloc
    with start(where, folder) as url:
        yield url, backend, text, folder / "log"


async def test_a_host_behind_a_proxy_streams_at_once_and_hears_of_clients_that_leave(
    front: tuple[str, Typing, str, Path],
) -> None:
    url, backend, key, _ = front
    async with httpx.AsyncClient(
        base_url=url, headers={"Host": NAME}, trust_env=False, timeout=PATIENCE, verify=NO_TLS
    ) as client:
        await ready(client)
        client.headers["X-API-Key"] = key
        body = {"model": "scripted", "messages": [{"role": "user", "content": "wait"}]}
        asked = {"json": body | {"stream": True}}
        async with client.stream("POST", "/v1/chat/completions", **asked) as response:
            lines = response.aiter_lines()
            # The service waits: what arrives was not held back by the proxy.
            while "first " not in (line := await anext(lines)):
                assert "second" not in line
            while await anext(lines) != ": ping":
                pass
            backend.gate.open()
            assert [line async for line in lines if line][-1] == "data: [DONE]"
        backend.gate = Gate()
        async with client.stream("POST", "/v1/chat/completions", **asked) as response:
            await anext(response.aiter_lines())
        await until(lambda: backend.closed == 2)
        short = body | {"messages": [{"role": "user", "content": "short"}]}
        assert (await client.post("/v1/chat/completions", json=short)).status_code == 200
        client.headers["X-Authorization"] = f"Bearer {await token_of(client)}"
        reply = await client.post("/api/conversation", json=prompt_body("short"))
        assert reply.text.endswith("data: [DONE]\n\n")
        large = body | {"messages": [{"role": "user", "content": "short" + " " * 5_000_000}]}
        assert (await client.post("/v1/chat/completions", json=large)).status_code != 413


async def test_who_asked_is_told_by_the_proxy_and_other_names_are_refused(
    front: tuple[str, Typing, str, Path],
) -> None:
    url, _, key, log = front
    # The proxy is at 127.0.0.1, and trusted; this client is not.
    transport = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    async with httpx.AsyncClient(base_url=url, transport=transport, timeout=PATIENCE) as client:
        await ready(client)
        headers = {"Host": NAME, "X-API-Key": key, "X-Forwarded-For": "192.0.2.9"}
        assert (await client.get("/v1/models", headers=headers)).status_code == 200
        other = {"Host": "evil.example", "X-API-Key": key}
        assert (await client.get("/v1/models", headers=other)).status_code == 421
        assert (await client.get("/v1/models", headers={"Host": NAME})).status_code == 401
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {line["address"] for line in lines if line["route"] == "/v1/models"} == {"127.0.0.2"}


@pytest.mark.skipif(not HAPROXY, reason="haproxy is needed")
@pytest.mark.parametrize("version", ["send-proxy", "send-proxy-v2"])
async def test_a_balancer_of_bytes_says_who_has_connected(
    serve: Serve, tmp_path: Path, version: str
) -> None:
    port, (key, text) = free_port(), new_key()
    trusted = TrustedProxies.parse(["127.0.0.1/32"])
    host = serve(
        keys=KeyRing([key]),
        secret_path=False,
        names=HostNames(hosts=(NAME,), trusted_proxies=trusted),
        listen=ListenAddress(proxy_protocol=True),
        access_log=tmp_path / "log",
    )
    config = tmp_path / "haproxy.cfg"
    config.write_text(
        "defaults\n mode tcp\n timeout connect 2s\n timeout client 75s\n timeout server 75s\n"
        f"listen chat\n bind 127.0.0.1:{port}\n"
        f" server one {urlsplit(host.base_url).netloc} {version} check\n"
    )
    transport = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    with running([HAPROXY, "-db", "-f", str(config)]):
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=PATIENCE
        ) as client:
            await ready(client)
            headers = {"Host": NAME, "X-API-Key": text, "X-Forwarded-For": "192.0.2.9"}
            assert (await client.get("/v1/models", headers=headers)).status_code == 200
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert {line["address"] for line in lines if line["route"] == "/v1/models"} == {"127.0.0.2"}


async def test_proxy_and_host_find_the_same_requests_in_the_same_bytes(
    front: tuple[str, Typing, str, Path],
) -> None:
    """Every request that the host has answered was answered to its client, and no other."""
    url, _, key, log = front
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE) as client:
        await ready(client)
    hidden = f"GET /v1/models HTTP/1.1\r\nHost: {NAME}\r\nX-API-Key: {key}\r\n\r\n".encode()
    bodies = (CHUNKS, b"0\r\n\r\n" + hidden, b"%x\r\n%s\r\n0\r\n\r\n" % (len(hidden), hidden))
    cases = [
        each.replace(b"\r\n\r\n" + CHUNKS, b"\r\n\r\n" + body)
        for each in (*REFUSED.values(), *(sent for sent, _ in ANSWERED.values()))
        for body in (bodies if CHUNKS in each else bodies[:1])
    ]
    for raw in cases:
        before = len(handled(log))
        named = raw.replace(b"HOST", f"{NAME}\r\nX-API-Key: {key}".encode())
        came = await answers(url, named + hidden)
        answered = came.lower().count(b"x-request-id: ")
        async with asyncio.timeout(PATIENCE):
            while len(handled(log)) < before + answered:
                await asyncio.sleep(0.01)
        assert len(handled(log)) == before + answered, raw


def handled(log: Path) -> list[str]:
    """A line for each request that was answered, but for the probes of the proxy."""
    lines = log.read_text().splitlines() if log.exists() else []
    return [line for line in lines if "/readyz" not in line and '"status": 0' not in line]


async def answers(url: str, raw: bytes) -> bytes:
    """What comes back for raw bytes; a proxy may wait for more of what it takes for a body."""
    address, came = urlsplit(url), b""
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(raw)
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(1):
            while part := await reader.read(65536):
                came += part
    writer.close()
    return came


async def ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                if (await client.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.02)
