"""Names, pages and proxies of a host that others can reach."""

from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import urlsplit

import pytest
from starlette.datastructures import Headers

from fakegpt_tui.domain import ConfigError
from fakegpt_tui.host.access_control import HostNames
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.client_address import ClientAddressError, TrustedProxies, throttle_key
from fakegpt_tui.host.server import HostServer
from tests.host.calls import raw, raw_head

Serve: TypeAlias = Callable[..., HostServer]

GET = "GET /api/loads HTTP/1.1"


@pytest.fixture
def team(serve: Serve) -> Callable[..., HostServer]:
    def start(**names: object) -> HostServer:
        return serve(secret_path=False, names=HostNames(**names), keys=KeyRing())

    return start


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("chat.example.org", 200),
        ("chat.example.org:443", 200),
        ("CHAT.example.org", 200),
        ("a.team.example.org", 200),
        ("team.example.org", 421),
        ("xteam.example.org", 421),
        ("chat.example.org.", 421),
        ("user@chat.example.org", 421),
        ("chat.example.org:443:443", 421),
        ("chat.example.org/x", 421),
        ("chat.example.org?", 421),
        ("evil.test", 421),
        ("", 421),
    ],
)
async def test_a_host_answers_under_its_allowed_names_and_no_others(
    team: Callable[..., HostServer], host: str, status: int
) -> None:
    server = team(hosts=("chat.example.org", "*.team.example.org"))
    assert await raw(server, GET, f"Host: {host}") == status


async def test_a_request_without_a_name_is_refused_and_no_bug(
    team: Callable[..., HostServer],
) -> None:
    assert await raw(team(hosts=("chat.example.org",)), "GET /api/loads HTTP/1.0") == 421


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://chat.example.org", 200),
        ("http://chat.example.org", 200),
        ("https://app.example.org", 200),
        ("https://evil.test", 403),
        ("null", 403),
    ],
)
async def test_pages_of_the_name_and_of_allowed_origins_may_ask(
    team: Callable[..., HostServer], origin: str, status: int
) -> None:
    server = team(hosts=("chat.example.org",), origins=("https://app.example.org",))
    head = await raw_head(server, GET, "Host: chat.example.org", f"Origin: {origin}")
    assert int(head.split()[1]) == status
    is_cross = origin == "https://app.example.org"
    assert (f"access-control-allow-origin: {origin}" in head) is is_cross
    assert "access-control-allow-credentials" not in head


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://app.example.org", 204), ("https://evil.test", 403), ("null", 403)],
)
async def test_a_browser_may_ask_beforehand_without_a_key(
    team: Callable[..., HostServer], origin: str, status: int
) -> None:
    server = team(hosts=("chat.example.org",), origins=("https://app.example.org",))
    head = await raw_head(
        server,
        "OPTIONS /api/models HTTP/1.1",
        "Host: chat.example.org",
        f"Origin: {origin}",
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: authorization,x-stainless-os",
    )
    assert int(head.split()[1]) == status
    assert ("access-control-allow-headers: authorization,x-stainless-os" in head) is (status == 204)


async def test_the_name_that_a_trusted_proxy_forwards_counts(
    team: Callable[..., HostServer],
) -> None:
    trusted = TrustedProxies.parse(["127.0.0.1"])
    lines = ("Host: inner:8100", "X-Forwarded-Host: chat.example.org")
    server = team(hosts=("chat.example.org",), trusted_proxies=trusted)
    assert await raw(server, GET, *lines) == 200
    assert (
        await raw(server, GET, *lines, "X-Forwarded-For: 1.2.3.4", "Forwarded: for=1.2.3.4") == 400
    )
    assert await raw(team(hosts=("chat.example.org",)), GET, *lines) == 421


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/chat/api/loads", 200),
        ("/api/loads", 200),
        ("/chatter/api/loads", 404),
        ("/chat", 200),
        ("/chat/chat/api/loads", 404),
    ],
)
async def test_a_base_path_may_be_stripped_by_the_proxy_or_not(
    team: Callable[..., HostServer], path: str, status: int
) -> None:
    server = team(base_path="/chat")
    assert urlsplit(server.base_url).path == "/chat"
    own = urlsplit(server.base_url).netloc
    assert await raw(server, f"GET {path} HTTP/1.1", f"Host: {own}") == status


@pytest.mark.parametrize(
    "options", [{"host": "0.0.0.0"}, {"names": HostNames(hosts=("chat.example.org",))}]
)
def test_a_host_that_others_can_reach_does_not_start_without_keys(
    serve: Serve, options: dict[str, object]
) -> None:
    with pytest.raises(ConfigError, match="access-keys"):
        serve(**options)
    assert serve(**options, keyless=True).base_url
    assert serve(**options, keys=KeyRing()).base_url


@pytest.mark.parametrize(
    ("peer", "headers", "address"),
    [
        ("9.9.9.9", {"x-forwarded-for": "1.1.1.1"}, "9.9.9.9"),
        ("10.0.0.1", {"x-forwarded-for": "1.1.1.1"}, "1.1.1.1"),
        ("10.0.0.1", {"x-forwarded-for": "6.6.6.6, 1.1.1.1, 10.0.0.2"}, "1.1.1.1"),
        ("10.0.0.1", {"x-forwarded-for": "10.0.0.3, 10.0.0.2"}, "10.0.0.3"),
        ("10.0.0.1", {"x-forwarded-for": "nonsense"}, "10.0.0.1"),
        ("10.0.0.1", {"forwarded": 'for="[2001:db8::1]:99";proto=https'}, "2001:db8::1"),
        ("10.0.0.1", {"forwarded": "for=6.6.6.6, for=1.1.1.1;by=10.0.0.1"}, "1.1.1.1"),
        ("10.0.0.1", {}, "10.0.0.1"),
        ("", {"x-forwarded-for": "1.1.1.1"}, "1.1.1.1"),
    ],
)
def test_who_asked_is_the_last_address_that_is_no_proxy(
    peer: str, headers: dict[str, str], address: str
) -> None:
    trusted = TrustedProxies.parse(["10.0.0.0/8", "unix"])
    given = (peer, 1) if peer else None
    assert trusted.client_of(given, Headers(headers)) == address


def test_over_a_unix_socket_nothing_is_believed_unless_it_is_trusted() -> None:
    trusted = TrustedProxies.parse(["10.0.0.0/8"])
    assert trusted.client_of(None, Headers({"x-forwarded-for": "1.1.1.1"})) == ""
    with pytest.raises(ClientAddressError):
        TrustedProxies(unix=True).client_of(
            None, Headers({"x-forwarded-for": "1.1.1.1", "forwarded": "for=1.1.1.1"})
        )


def test_a_network_of_version_six_shares_a_throttle() -> None:
    assert throttle_key("2001:db8::1") == throttle_key("2001:db8::2")
    assert throttle_key("2001:db8::1") != throttle_key("2001:db8:0:1::1")
    assert throttle_key("1.1.1.1") == "1.1.1.1"


@pytest.mark.parametrize("options", [{"host": "0.0.0.0"}, {}])
def test_a_reachable_host_does_not_lose_its_keys(serve: Serve, options: dict[str, str]) -> None:
    server = serve(**options, keys=KeyRing())
    names = HostNames() if options else HostNames(hosts=("chat.example.org",))
    with pytest.raises(ConfigError, match="access-keys"):
        server.reload(names, None)
