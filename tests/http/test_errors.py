"""Each connection error has its own sentence."""

import asyncio
import errno
import socket
import ssl

import httpx
import pytest

from fakegpt_tui.domain import UntrustedCertificate
from fakegpt_tui.http.addresses import Route
from fakegpt_tui.http.errors import ConnectionFailure, translate_error

HOST = Route("host.example:1")
PROXIED = Route("host.example:1", "proxy.example:2")


def caused(error: httpx.HTTPError, *causes: BaseException) -> httpx.HTTPError:
    """`error` as it comes out of the layers below it."""
    current: BaseException = error
    for cause in causes:
        current.__cause__ = cause
        current = cause
    return error


def certificate(code: int) -> httpx.HTTPError:
    error = ssl.SSLCertVerificationError("certificate verify failed")
    error.verify_code = code
    return caused(httpx.ConnectError("x"), error)


CASES: dict[str, ConnectionFailure] = {
    "connect timeout": httpx.ConnectTimeout(""),
    "read timeout": httpx.ReadTimeout(""),
    "write timeout": httpx.WriteTimeout(""),
    "pool timeout": httpx.PoolTimeout(""),
    "connect": httpx.ConnectError(""),
    "refused": caused(httpx.ConnectError(""), OSError(errno.ECONNREFUSED, "x")),
    "no network": caused(httpx.ConnectError(""), OSError(errno.ENETUNREACH, "x")),
    "name": caused(httpx.ConnectError(""), socket.gaierror(-2, "x")),
    "no tls": caused(httpx.ConnectError(""), ssl.SSLError(1, "wrong version number")),
    "expired": certificate(10),
    "self-signed": certificate(18),
    "other name": certificate(62),
    "untrusted": certificate(24),
    "read": httpx.ReadError(""),
    "write": httpx.WriteError(""),
    "close": httpx.CloseError(""),
    "local protocol": httpx.LocalProtocolError("Illegal header value b'canary'"),
    "disconnected": httpx.RemoteProtocolError("Server disconnected without sending a response."),
    "incomplete": httpx.RemoteProtocolError("peer closed connection without sending complete"),
    "header": httpx.RemoteProtocolError("illegal header line: canary"),
    "frame": httpx.RemoteProtocolError("Sorry, only Transfer-Encoding: chunked is supported"),
    "length": httpx.RemoteProtocolError("conflicting Content-Length headers"),
    "garbage": httpx.RemoteProtocolError("illegal status line: canary"),
    "protocol": httpx.UnsupportedProtocol("canary"),
    "decoding": httpx.DecodingError("canary"),
    "tls while reading": ssl.SSLError(1, "canary"),
}


def test_every_failure_has_its_own_sentence() -> None:
    sentences = {name: str(translate_error(error, HOST)) for name, error in CASES.items()}
    assert len(set(sentences.values())) == len(CASES)
    for sentence in sentences.values():
        assert sentence.endswith((".", "?"))
        assert "host.example:1" in sentence
        assert "canary" not in sentence


def test_a_server_that_hangs_up_on_tls_may_speak_plain_http() -> None:
    error = caused(httpx.ConnectError(""), ConnectionResetError())
    assert "http:// rather than https://" in str(translate_error(error, HOST))


def test_an_interface_that_this_machine_does_not_have_is_named() -> None:
    error = caused(httpx.ConnectError(""), socket.gaierror(-2, "x"))
    told = str(translate_error(error, Route("[fe80::1%eth9]:1")))
    assert "[fe80::1%eth9]:1 is asked through a network interface" in told


def test_what_keeps_one_from_the_proxy_names_the_proxy() -> None:
    for name in ("connect timeout", "connect", "refused", "no network", "name"):
        assert "proxy proxy.example:2" in str(translate_error(CASES[name], PROXIED)).lower()


def test_a_proxy_that_refuses_says_so() -> None:
    password = str(translate_error(httpx.ProxyError("407 Proxy Authentication Required"), PROXIED))
    other = str(translate_error(httpx.ProxyError("502 canary"), PROXIED))
    assert "proxy.example:2 wants a user name" in password
    assert "would not connect" in other
    assert "canary" not in other


def test_a_group_of_failures_is_looked_through() -> None:
    group = ExceptionGroup("all failed", [OSError(errno.ECONNREFUSED, "x")])
    error = caused(httpx.ConnectError(""), OSError("All connection attempts failed"), group)
    assert "refused the connection" in str(translate_error(error, HOST))


async def test_a_closed_port_is_a_refused_connection() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(httpx.ConnectError) as caught:
            await asked(url)
    assert "refused the connection" in str(translate_error(caught.value, HOST))


async def test_plain_http_is_not_tls() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(httpx.ConnectError) as caught:
            await asked(f"https://127.0.0.1:{port}")
    assert "http:// rather than https://" in str(translate_error(caught.value, HOST))


async def asked(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(url)


@pytest.mark.parametrize("code", [18, 19, 20, 21])
def test_an_authority_that_is_not_known_can_be_named(code: int) -> None:
    error = translate_error(certificate(code), HOST)
    assert "“verify”" in str(error)
    assert isinstance(error, UntrustedCertificate)
