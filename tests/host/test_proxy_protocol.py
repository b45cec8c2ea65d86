"""The PROXY protocol: who has connected to a balancer that hands on bytes."""

import asyncio
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import pytest

from fakegpt_tui.domain import ConfigError
from fakegpt_tui.host.access_control import HostNames
from fakegpt_tui.host.client_address import TrustedProxies
from fakegpt_tui.host.listeners import ListenAddress
from fakegpt_tui.host.open_connections import ConnectionLimits
from fakegpt_tui.host.request_head import InvalidHead, read_proxy_header
from fakegpt_tui.host.server import HostServer
from tests.host.calls import until
from tests.patience import PATIENCE

Serve: TypeAlias = Callable[..., HostServer]
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
BEHIND_BALANCER = {
    "listen": ListenAddress(proxy_protocol=True),
    "names": HostNames(trusted_proxies=TrustedProxies.parse(["127.0.0.1/32"])),
    "secret_path": False,
}


def binary(command: int, family: int, block: bytes) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(block)) + block


V4 = bytes([192, 0, 2, 9, 10, 0, 0, 1]) + struct.pack("!HH", 4711, 443)
V6 = bytes.fromhex("20010db8" + "0" * 23 + "1") + bytes(16) + struct.pack("!HH", 4711, 443)
FROM_V4, FROM_V6 = ("192.0.2.9", 4711), ("2001:db8::1", 4711)


@pytest.mark.parametrize(
    ("sent", "client"),
    [
        (b"PROXY TCP4 192.0.2.9 10.0.0.1 4711 443\r\n", FROM_V4),
        (b"PROXY TCP6 2001:db8::1 ::1 4711 443\r\n", FROM_V6),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ff:ff::1 what ever\r\n", None),
        (binary(0x21, 0x11, V4), FROM_V4),
        (binary(0x21, 0x11, V4 + b"\x04\0\x05extra"), FROM_V4),
        (binary(0x21, 0x21, V6), FROM_V6),
        (binary(0x20, 0x11, V4), None),
        (binary(0x20, 0x00, b""), None),
        (binary(0x21, 0x31, bytes(216)), None),
    ],
)
def test_a_header_is_read_however_it_is_cut(sent: bytes, client: tuple[str, int] | None) -> None:
    assert read_proxy_header(sent) == (client, b"")
    assert read_proxy_header(sent + b"GET /\r\n\r\n") == (client, b"GET /\r\n\r\n")
    assert all(read_proxy_header(sent[:end]) is None for end in range(1, len(sent)))


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n",
        b"PROXX",
        b"PROXY TCP4 192.0.2.9 10.0.0.1 4711\r\n",
        b"PROXY TCP4 2001:db8::1 ::1 4711 443\r\n",
        b"PROXY TCP4 192.0.2.9 10.0.0.1 99999 443\r\n",
        b"PROXY TCP4 192.0.2.9\n10.0.0.1 4711 443\r\n",
        b"PROXY TCP4 localhost 10.0.0.1 4711 443\r\n",
        b"PROXY " + b"x" * 200,
        binary(0x31, 0x11, V4),
        binary(0x21, 0x11, V4[:11]),
        binary(0x21, 0x21, V4),
    ],
)
def test_anything_else_is_refused(sent: bytes) -> None:
    with pytest.raises(InvalidHead):
        read_proxy_header(sent)


async def asked(host: HostServer, *pieces: bytes) -> bytes:
    """What comes back for a request whose bytes are sent in pieces."""
    address = urlsplit(host.base_url)
    request = f"GET /v1/models HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n"
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        for piece in (*pieces, request.encode()):
            writer.write(piece)
            await writer.drain()
        came = await reader.read()
        writer.close()
    return came


async def test_a_client_behind_a_balancer_is_known_by_its_own_address(
    serve: Serve, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    host = serve(**BEHIND_BALANCER, access_log=log)
    line = b"PROXY TCP4 192.0.2.9 10.0.0.1 4711 443\r\n"
    for pieces in ([line], [line[:9], line[9:]], [binary(0x21, 0x21, V6)], [b"PROXY UNKNOWN\r\n"]):
        assert (await asked(host, *pieces)).startswith(b"HTTP/1.1 200")
    # The balancer's word is not that of a client: what it says of others is not believed.
    spoofed = line + b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n"
    assert (await asked(host, spoofed)).startswith(b"HTTP/1.1 200")
    for wrong in ([], [b"PROXY TCP4 somewhere\r\n"]):
        assert (await asked(host, *wrong)).startswith(b"HTTP/1.1 400")
    # A line is written when its request is over, which is a moment after its client knows.
    await until(lambda: log.read_text().count("\n") == 6)
    addresses = [json.loads(each)["address"] for each in log.read_text().splitlines()]
    assert addresses == [*["192.0.2.9"] * 2, "2001:db8::1", "127.0.0.1", *["192.0.2.9"] * 2]


async def test_a_header_is_read_from_trusted_proxies_alone(serve: Serve) -> None:
    host = serve(listen=ListenAddress(proxy_protocol=True), secret_path=False)
    assert (await asked(host)).startswith(b"HTTP/1.1 200")
    assert (await asked(host, b"PROXY UNKNOWN\r\n")).startswith(b"HTTP/1.1 400")


async def test_the_clients_of_a_balancer_have_their_own_limits(serve: Serve) -> None:
    host = serve(**BEHIND_BALANCER, limits=ConnectionLimits(connections=9, per_address=1))
    address = urlsplit(host.base_url)
    async with asyncio.timeout(PATIENCE):
        held = []
        for number in (1, 2, 1):
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            writer.write(f"PROXY TCP4 192.0.2.{number} 10.0.0.1 1 2\r\n".encode())
            writer.write(f"GET /healthz HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            held.append((reader, writer))
        # The third took the place of the first, which was idle; the second is of another client.
        await held[0][0].read()
        assert held[0][0].at_eof()
        held[1][1].write(f"GET /healthz HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        assert b"HTTP/1.1 200" in await held[1][0].readuntil(b"HTTP/1.1 200")
        for _, writer in held:
            writer.close()


def test_the_header_cannot_stand_before_the_hosts_own_tls(tmp_path: Path) -> None:
    listen = ListenAddress(proxy_protocol=True, tls_cert=tmp_path / "cert.pem")
    with pytest.raises(ConfigError, match="leave TLS to the proxy"):
        listen.load_tls()
