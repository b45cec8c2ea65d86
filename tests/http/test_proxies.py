"""Proxies of every kind, each a real one on loopback, and their errors."""

import asyncio
import shutil
import socket
import ssl
import struct
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from fakegpt_tui.domain import ConfigError, Unreachable, UntrustedCertificate
from fakegpt_tui.http.certificates import trust_system
from tests.fault_server import FaultServer, Send, reply, stream
from tests.patience import PATIENCE
from tests.signed_in import Waits, backend, events_of, outcome, text_of

CHAT = "/api/conversation"
AWAY = "http://service.invalid"
SAFE_AWAY = "https://service.invalid"

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        server.script(CHAT, *stream("Hel", "Hello"))
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate with its key, for this machine and for a name that nobody has."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    names = "subjectAltName=DNS:service.invalid,DNS:localhost,IP:127.0.0.1"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", names,
         "-keyout", path, "-out", path.with_suffix(".crt")],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


def signed_by(authority: Path, folder: Path) -> Path:
    """Another certificate with its key, which `authority` has signed."""
    path = folder / "signed.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-addext", "basicConstraints=critical,CA:false",
         "-CA", authority.with_suffix(".crt"), "-CAkey", authority,
         "-keyout", path, "-out", path.with_suffix(".crt")],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


def speaking_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@asynccontextmanager
async def listening(
    serve: Callable[[Streams], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """A server that does `serve` with each connection; its port."""

    tasks: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await serve((reader, writer))
        await _closed(writer)

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(converse(reader, writer)))

    async with await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls) as made:
        yield made.sockets[0].getsockname()[1]
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*tasks)


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError, ssl.SSLError):
        await writer.wait_closed()


async def piped(client: Streams, port: int, beginning: bytes = b"") -> None:
    """Join `client` to the server at `port` until either of them ends."""
    far = await asyncio.open_connection("127.0.0.1", port)
    far[1].write(beginning)
    ways = [
        asyncio.create_task(_carry(client[0], far[1])),
        asyncio.create_task(_carry(far[0], client[1])),
    ]
    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in ways:
        way.cancel()
    await asyncio.wait(ways)
    await _closed(far[1])


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, ssl.SSLError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


class Proxies:
    """Proxies that take every name to one server, and note whom they were asked for."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.asked: list[str] = []

    def http(self, tls: ssl.SSLContext | None = None) -> AbstractAsyncContextManager[int]:
        return listening(self._serve_http, tls)

    def socks(self, login: bytes = b"") -> AbstractAsyncContextManager[int]:
        """With `login`, a name and a password with a colon between, nobody else is let through."""
        return listening(lambda client: self._serve_socks(client, login))

    async def _serve_http(self, client: Streams) -> None:
        head = await client[0].readuntil(b"\r\n\r\n")
        method, target = head.decode().split(" ")[:2]
        self.asked.append(f"{method} {target}")
        if method == "CONNECT":
            client[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await piped(client, self._port)
        else:
            await piped(client, self._port, head)

    async def _serve_socks(self, client: Streams, login: bytes) -> None:
        reader, writer = client
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(b"\x05\x02" if login else b"\x05\x00")
        if login:
            _, length = await reader.readexactly(2)
            name = await reader.readexactly(length)
            (length,) = await reader.readexactly(1)
            given = name + b":" + await reader.readexactly(length)
            writer.write(b"\x01\x00" if given == login else b"\x01\x01")
            if given != login:
                await writer.drain()
                return
        kind, length = (await reader.readexactly(5))[3:]
        assert kind == 3, "the proxy is to look the name up"
        name = await reader.readexactly(length)
        (port,) = struct.unpack(">H", await reader.readexactly(2))
        self.asked.append(f"{name.decode()}:{port}")
        writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        await piped(client, self._port)


@pytest.fixture
def proxies(server: FaultServer) -> Proxies:
    return Proxies(int(server.host.rpartition(":")[2]))


async def test_an_http_proxy_is_asked_for_the_whole_address(proxies: Proxies) -> None:
    async with proxies.http() as port:
        made = backend(AWAY, proxy=f"http://127.0.0.1:{port}")
        assert text_of(await events_of(made)) == "Hello"
    assert proxies.asked == [f"POST {AWAY}{CHAT}"]


async def test_an_https_proxy_is_trusted_by_the_certificates_of_the_service(
    proxies: Proxies, certificate: Path
) -> None:
    async with proxies.http(speaking_tls(certificate)) as port:
        proxy = f"https://127.0.0.1:{port}"
        made = backend(AWAY, proxy=proxy, verify=str(certificate.with_suffix(".crt")))
        assert text_of(await events_of(made)) == "Hello"
        assert proxies.asked == [f"POST {AWAY}{CHAT}"]
        _, failure = await outcome(backend(AWAY, proxy=proxy))
        assert isinstance(failure, Unreachable)
        assert len(proxies.asked) == 1


async def test_an_encrypted_service_is_reached_through_a_tunnel(
    server: FaultServer, certificate: Path
) -> None:
    port = int(server.host.rpartition(":")[2])
    async with listening(lambda client: piped(client, port), speaking_tls(certificate)) as safe:
        proxies = Proxies(safe)
        async with proxies.http() as proxy:
            made = backend(
                SAFE_AWAY,
                proxy=f"http://127.0.0.1:{proxy}",
                verify=str(certificate.with_suffix(".crt")),
            )
            assert text_of(await events_of(made)) == "Hello"
    assert proxies.asked == ["CONNECT service.invalid:443"]
    assert (await server.arrived(CHAT)).target == CHAT


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
async def test_a_socks_proxy_looks_the_name_up_itself(proxies: Proxies, scheme: str) -> None:
    async with proxies.socks() as port:
        made = backend(AWAY, proxy=f"{scheme}://127.0.0.1:{port}")
        assert text_of(await events_of(made)) == "Hello"
    assert proxies.asked == ["service.invalid:80"]


async def test_a_socks_proxy_may_want_a_password(proxies: Proxies) -> None:
    async with proxies.socks(b"name:canary-password") as port:
        made = backend(AWAY, proxy=f"socks5://name:canary-password@127.0.0.1:{port}")
        assert text_of(await events_of(made)) == "Hello"


async def test_a_socks_proxy_that_does_not_take_the_password_is_named(proxies: Proxies) -> None:
    async with proxies.socks(b"name:canary-password") as port:
        _, failure = await outcome(backend(AWAY, proxy=f"socks5://name:canary@127.0.0.1:{port}"))
    assert isinstance(failure, Unreachable)
    assert f"127.0.0.1:{port}" in str(failure)
    assert "canary" not in f"{failure!r}"


@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
async def test_a_proxy_that_is_down_is_named_whatever_its_kind(scheme: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        _, failure = await outcome(backend(AWAY, proxy=f"{scheme}://{host}"))
    assert f"proxy {host} refused" in str(failure)


async def test_a_tunnel_that_a_proxy_refuses_is_told_as_the_proxy_s_doing() -> None:
    async with FaultServer() as proxy:
        _, failure = await outcome(backend(SAFE_AWAY, proxy=proxy.url))
    assert isinstance(failure, Unreachable)
    assert f"proxy {proxy.host}" in str(failure)


async def test_a_certificate_that_is_not_trusted_is_refused_once(
    server: FaultServer, certificate: Path
) -> None:
    port = int(server.host.rpartition(":")[2])
    waits = Waits()
    async with listening(lambda client: piped(client, port), speaking_tls(certificate)) as safe:
        _, failure = await outcome(backend(f"https://127.0.0.1:{safe}", waits=waits))
    assert isinstance(failure, UntrustedCertificate)
    assert "“verify”" in str(failure)
    assert waits.seconds == []


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
async def test_certificates_that_the_environment_names_are_trusted(
    server: FaultServer, certificate: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(certificate.with_suffix(".crt")))
    port = int(server.host.rpartition(":")[2])
    async with listening(lambda client: piped(client, port), speaking_tls(certificate)) as safe:
        assert text_of(await events_of(backend(f"https://127.0.0.1:{safe}"))) == "Hello"


async def test_a_redirect_to_tls_is_followed_with_its_certificates(
    server: FaultServer, certificate: Path
) -> None:
    port = int(server.host.rpartition(":")[2])
    async with (
        listening(lambda client: piped(client, port), speaking_tls(certificate)) as safe,
        FaultServer() as plain,
    ):
        goal = f"https://127.0.0.1:{safe}{CHAT}"
        plain.script(CHAT, Send(reply(b"", status=308, headers={"Location": goal})))
        made = backend(plain.url, verify=str(certificate.with_suffix(".crt")))
        assert text_of(await events_of(made)) == "Hello"


async def test_a_variable_that_names_no_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    with pytest.raises(ConfigError, match=r"SSL_CERT_FILE names /nowhere/ca\.pem"):
        await events_of(backend("https://127.0.0.1:1"))


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
async def test_a_variable_that_names_no_certificate_is_told_and_not_the_service(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "notes.pem"
    path.write_text("Nothing of the sort.")
    monkeypatch.setenv(variable, str(path))
    with pytest.raises(ConfigError) as caught:
        await events_of(backend("https://127.0.0.1:1"))
    assert str(caught.value) == (
        f"The environment variable {variable} names {path}, which cannot be used: "
        "it holds no certificate."
    )


async def test_the_certificate_of_a_server_may_be_trusted_without_its_authority(
    server: FaultServer, certificate: Path, tmp_path: Path
) -> None:
    """As a person has it who saved what the server sends, and knows no authority."""
    signed = signed_by(certificate, tmp_path)
    port = int(server.host.rpartition(":")[2])
    async with listening(lambda client: piped(client, port), speaking_tls(signed)) as safe:
        made = backend(f"https://127.0.0.1:{safe}", verify=str(signed.with_suffix(".crt")))
        assert text_of(await events_of(made)) == "Hello"


def test_the_system_is_trusted_beside_certifi() -> None:
    trusted = set(trust_system().get_ca_certs(binary_form=True))
    assert set(ssl.create_default_context().get_ca_certs(binary_form=True)) <= trusted
    assert set(httpx.create_ssl_context().get_ca_certs(binary_form=True)) <= trusted
