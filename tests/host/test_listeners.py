"""Sockets of the host: unix sockets, those of systemd, and certificates."""

import asyncio
import math
import os
import socket
import ssl
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import httpx
import pytest

from fakegpt_tui.domain import ConfigError
from fakegpt_tui.host.access_control import HostNames
from fakegpt_tui.host.listeners import (
    ListenAddress,
    listen_tcp,
    notify_systemd,
    take_activated,
    watchdog_seconds,
)
from fakegpt_tui.host.open_connections import ConnectionLimits
from fakegpt_tui.host.server import HostServer
from tests.patience import PATIENCE

Serve: TypeAlias = Callable[..., HostServer]


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose path leaves room for the name of a socket."""
    return tmp_path_factory.mktemp("s")


async def ask_unix(path: Path, host: str = "localhost") -> int:
    transport = httpx.AsyncHTTPTransport(uds=str(path))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        return (await client.get("/api/loads")).status_code


async def test_a_unix_socket_is_for_user_and_group_alone_and_leaves_with_the_host(
    serve: Serve, folder: Path
) -> None:
    path = folder / "host.sock"
    server = serve(listen=ListenAddress(uds=path), secret_path=False)
    assert server.base_url.startswith("http+unix://")
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert await ask_unix(path) == 200
    assert await ask_unix(path, "evil.test") == 421
    server.stop()
    assert not path.exists()


async def test_a_socket_that_a_dead_host_left_is_replaced_and_a_live_one_is_not(
    serve: Serve, folder: Path
) -> None:
    path = folder / "host.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    serve(listen=ListenAddress(uds=path), secret_path=False)
    assert await ask_unix(path) == 200
    with pytest.raises(ConfigError, match=r"host\.sock"):
        serve(listen=ListenAddress(uds=path))
    assert await ask_unix(path) == 200


def test_a_file_in_the_way_of_a_socket_stays(serve: Serve, folder: Path) -> None:
    path = folder / "host.sock"
    path.write_text("notes")
    with pytest.raises(ConfigError):
        serve(listen=ListenAddress(uds=path))
    assert path.read_text() == "notes"


@pytest.mark.parametrize(("length", "fits"), [(107, True), (108, False)])
def test_the_path_of_a_socket_may_have_107_bytes(
    serve: Serve, folder: Path, length: int, fits: bool
) -> None:
    path = folder / ("x" * (length - len(str(folder)) - 1))
    if fits:
        assert serve(listen=ListenAddress(uds=path)).base_url
        return
    with pytest.raises(ConfigError, match="107"):
        serve(listen=ListenAddress(uds=path))


@pytest.mark.parametrize("host", [f"{'a' * 70}.test", "x\x1by\u202ez"])
def test_an_address_that_is_none_is_told(host: str) -> None:
    with pytest.raises(ConfigError, match="The host cannot use"):
        listen_tcp(host, 0)


def test_sockets_that_are_for_another_process_are_not_taken() -> None:
    environ = {"LISTEN_PID": str(os.getpid() + 1), "LISTEN_FDS": "1"}
    assert take_activated(environ) == []
    assert take_activated({}) == []
    assert environ["LISTEN_FDS"] == "1"


def test_systemd_is_told_where_it_listens(folder: Path) -> None:
    path = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(path))
        notify_systemd("READY=1", {"NOTIFY_SOCKET": str(path)})
        assert receiver.recv(100) == b"READY=1"
    notify_systemd("READY=1", {"NOTIFY_SOCKET": str(path)})
    notify_systemd("READY=1", {})


def test_the_patience_of_systemd_is_halved_and_that_for_others_ignored() -> None:
    assert watchdog_seconds({"WATCHDOG_USEC": "30000000"}) == 15
    own = {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": str(os.getpid())}
    assert watchdog_seconds(own) == 0.5
    for given in ({}, own | {"WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "x"}, {"WATCHDOG_USEC": "0"}):
        assert watchdog_seconds(given) == math.inf


def certificate(folder: Path, name: str) -> ListenAddress:
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        f" -subj /CN={name} -addext subjectAltName=IP:127.0.0.1,DNS:{name}"
        f" -keyout {key} -out {cert}"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    return ListenAddress(tls_cert=cert, tls_key=key)


def served_name(server: HostServer, trusted: Path) -> str:
    context = ssl.create_default_context(cafile=trusted)
    port = httpx.URL(server.base_url).port or 0
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        assert secure.version() in ("TLSv1.2", "TLSv1.3")
        subject = dict(pair[0] for pair in (secure.getpeercert() or {})["subject"])
        return str(subject["commonName"])


async def test_a_certificate_is_served_and_read_anew(serve: Serve, folder: Path) -> None:
    listen = certificate(folder, "one.test")
    server = serve(listen=listen, secret_path=False)
    assert server.base_url.startswith("https://")
    context = ssl.create_default_context(cafile=listen.tls_cert)
    async with httpx.AsyncClient(verify=context, base_url=server.base_url) as client:
        own = {"Origin": server.base_url}
        assert (await client.get("/api/loads", headers=own)).status_code == 200
        plain = {"Origin": server.base_url.replace("https", "http")}
        assert (await client.get("/api/loads", headers=plain)).status_code == 403
    certificate(folder, "two.test")
    server.reload(HostNames(), None)
    assert served_name(server, folder / "cert.pem") == "two.test"
    (folder / "key.pem").write_text("broken")
    with pytest.raises(ConfigError, match=r"cert\.pem"):
        server.reload(HostNames(), None)
    assert served_name(server, folder / "cert.pem") == "two.test"


async def test_a_handshake_that_does_not_come_is_not_waited_for(serve: Serve, folder: Path) -> None:
    listen = certificate(folder, "one.test")
    server = serve(listen=listen, limits=ConnectionLimits(request_seconds=0.1))
    port = httpx.URL(server.base_url).port
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
    writer.close()
