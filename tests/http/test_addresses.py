"""Invalid addresses are rejected before anything is sent."""

from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import ConfigError, Secret, Service, ServiceKind
from fakegpt_tui.http.addresses import (
    followed_redirect,
    host_header,
    is_exempt,
    is_header_safe,
    proxy_address,
    service_address,
)
from fakegpt_tui.http.clients import Transport
from tests.examples import examples


def service(url: str, **changes: object) -> Service:
    return Service(name="mine", kind=ServiceKind.FAKEGPT, url=url, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "text", "host", "is_loopback"),
    [
        ("http://127.0.0.1:1234/secret/", "http://127.0.0.1:1234/secret", "127.0.0.1:1234", True),
        (" https://Example.com ", "https://example.com", "example.com", False),
        ("https://example.com//", "https://example.com", "example.com", False),
        ("http://localhost", "http://localhost", "localhost", True),
        ("http://a.localhost.:80/x", "http://a.localhost./x", "a.localhost.", True),
        ("http://[::1]:8100", "http://[::1]:8100", "[::1]:8100", True),
        ("http://[fe80::1%25eth0]:8", "http://[fe80::1%eth0]:8", "[fe80::1%eth0]:8", False),
        ("http://[fe80::1%eth0]/v", "http://[fe80::1%eth0]/v", "[fe80::1%eth0]", False),
        ("http://0.0.0.0:1", "http://0.0.0.0:1", "0.0.0.0:1", True),
        ("http://bücher.example/ü", "http://xn--bcher-kva.example/%C3%BC", "bücher.example", False),
    ],
)
def test_a_good_address_is_normal(url: str, text: str, host: str, is_loopback: bool) -> None:
    address = service_address(service(url))
    assert (address.text, address.host, address.is_loopback) == (text, host, is_loopback)
    assert str(address.url("/api/loads")) == f"{text}/api/loads"


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("http://[fe80::1%eth0]:8/x", "[fe80::1]:8"),
        ("http://[fe80::1%eth0]/x", "[fe80::1]"),
        ("http://[fe80::1]:8/x", None),
        ("http://example.com/a%20b", None),
    ],
)
def test_an_interface_of_this_machine_is_not_told_to_the_service(
    url: str, header: str | None
) -> None:
    assert host_header(httpx.URL(url)) == header


def api(url: str) -> Service:
    return Service(name="mine", kind=ServiceKind.OPENAI, url=url)


@pytest.mark.parametrize(
    "pasted",
    [
        "https://example.com/v1/chat/completions",
        "https://example.com/v1/completions/",
        "https://example.com/v1/models",
        "https://example.com/v1/responses",
        "https://example.com/v1//chat/completions",
        "https://example.com/v1/Chat/Completions",
        "https://example.com/v1/messages/count_tokens",
        "https://example.com/v1/chat",
        '"https://example.com/v1",',
        "<https://example.com/v1>",
        "\ufeffhttps://example.com/v1\u200b",
        " 'https://example.com/v1/models'\u00a0",
        "https://example.com/v1",
    ],
)
def test_the_path_of_a_request_is_no_part_of_an_address(pasted: str) -> None:
    assert service_address(api(pasted)).text == "https://example.com/v1"


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        ("http://localhost:11434/api/chat", "http://localhost:11434"),
        ("http://localhost:11434/api/tags/", "http://localhost:11434"),
        ("http://localhost:3000/api/chat/completions", "http://localhost:3000/api"),
        ("https://example.com/chat", "https://example.com/chat"),
    ],
)
def test_the_path_of_another_protocol_of_the_server_is_none_either(pasted: str, text: str) -> None:
    assert service_address(api(pasted)).text == text


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/openai/deployments/d?api-version=2024-06-01",
        "https://example.com/openai/deployments/d/chat/completions?api-version=2024-06-01",
    ],
)
def test_a_query_goes_with_every_request_of_an_api(url: str) -> None:
    sent = service_address(api(url)).url("/chat/completions")
    path = "https://example.com/openai/deployments/d/chat/completions"
    assert str(sent) == f"{path}?api-version=2024-06-01"


HERE = "http://example.com:8000/v1/chat/completions"


@pytest.mark.parametrize(
    ("status", "location", "goal"),
    [
        (307, "/v1/chat/completions/", "http://example.com:8000/v1/chat/completions/"),
        (301, "/v1/chat/completions/", "http://example.com:8000/v1/chat/completions/"),
        (308, "/api/v1/chat/completions", "http://example.com:8000/api/v1/chat/completions"),
        (308, "https://example.com/v1/chat/completions", "https://example.com/v1/chat/completions"),
        (301, "https://example.com/v1/chat/completions", "https://example.com/v1/chat/completions"),
        (302, "/login?next=/v1/chat/completions", None),
        (302, "https://example.com/login", None),
        (307, "http://example.com:8001/v1/chat/completions", None),
        (307, "https://other.example/v1/chat/completions", None),
        (307, "https://me:pw@example.com/v1/chat/completions", None),
        (307, HERE, None),
        (307, "", None),
        (307, "http://[", None),
        (200, "/v1/chat/completions/", None),
    ],
)
def test_a_redirect_is_followed_within_its_host(
    status: int, location: str, goal: str | None
) -> None:
    found = followed_redirect(httpx.URL(HERE), status, location)
    assert found == (None if goal is None else httpx.URL(goal))


def test_a_redirect_never_gives_up_tls() -> None:
    sent = httpx.URL("https://example.com/v1/models")
    assert followed_redirect(sent, 308, "http://example.com/v1/models") is None


BAD_URLS = [
    "",
    "example.com",
    "localhost:8100",
    "//example.com",
    "ftp://example.com",
    "http://",
    "http:///path",
    "http://[::1",
    "http://example.com:99999",
    "http://example.com:0",
    "http://example.com:x",
    "http://exa mple.com",
    "http://a..b",
    "http://-a.example",
    f"http://{'a' * 64}.example",
    f"http://{'a.' * 127}example",
    "http://a\nb.example",
    "http://\udcff.example",
    "http://%41.example",
    "http://name:canary-pw@example.com",
    "http://canary-pw@example.com",
    "http://example.com/?canary-pw=1",
    "http://example.com/#canary-pw",
    "http://example.com/?",
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_bad_address_is_a_sentence_without_secrets(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Transport(service(url))
    assert "“mine”" in str(caught.value)
    assert "canary" not in f"{caught.value!r}"


def sentence_or_none(check: Callable[[], object]) -> str | None:
    try:
        check()
    except ConfigError as error:
        return str(error)
    return None


@examples(300)
@given(st.text(max_size=40).map(lambda text: "http://" + text) | st.text(max_size=40))
def test_any_text_is_an_address_or_a_sentence(url: str) -> None:
    def check() -> None:
        transport = Transport(service(url), find_proxy=lambda _: None)
        assert transport.address.url("/api/loads").path.endswith("/api/loads")

    assert (sentence_or_none(check) or "fine.").endswith(".")


@examples(300)
@given(st.text(max_size=40))
def test_any_text_is_a_proxy_or_a_sentence(text: str) -> None:
    start = "The proxy of the service “mine” "
    sentence = sentence_or_none(lambda: proxy_address(text, where="of the service “mine”"))
    assert (sentence or start).startswith(start)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("http://name:canary-pw@proxy.example:3128", "proxy.example:3128"),
        ("proxy.example:3128", "proxy.example:3128"),
        ("https://proxy.example", "proxy.example"),
        ("socks://127.0.0.1:1080/", "127.0.0.1:1080"),
    ],
)
def test_a_proxy_is_shown_without_its_password(text: str, host: str) -> None:
    transport = Transport(service("https://example.com", proxy=Secret(text)))
    assert transport.route.proxy == host
    assert "canary-pw" not in f"{transport.route} {transport.route!r} {transport.service!r}"


@pytest.mark.parametrize(
    "text", ["gopher://p", "http://", "http://p:99999", "http://name:canary-pw@[::1", "a b"]
)
def test_a_bad_proxy_is_a_sentence_without_secrets(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Transport(service("https://example.com", proxy=Secret(text)))
    assert "canary" not in f"{caught.value!r}"


def test_no_proxy_ever_sees_what_stays_on_this_machine() -> None:
    for url in ("http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"):
        served = service(url, proxy=Secret("http://proxy.example"))
        assert Transport(served, find_proxy=lambda _: "http://p").route.proxy is None


def test_the_proxy_of_a_service_comes_before_that_of_the_environment() -> None:
    def find(_: object) -> str:
        return "http://environment.example"

    mine = service("http://example.com", proxy=Secret("http://mine.example"))
    assert Transport(mine, find_proxy=find).route.proxy == "mine.example"
    assert Transport(service("http://example.com"), find_proxy=find).route.proxy == (
        "environment.example"
    )


def test_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:1")
    monkeypatch.setenv("no_proxy", "direct.example")
    assert Transport(service("https://other.example")).route.proxy == "proxy.example:1"
    assert Transport(service("https://direct.example")).route.proxy is None


def test_a_certificate_file_must_be_there() -> None:
    with pytest.raises(ConfigError):
        Transport(service("https://example.com", verify="/nowhere/at-all.pem"))


@pytest.mark.parametrize("text", ["", "a b", "a\nb", "a\r", "ü", "a\x7f", "\udcff"])
def test_what_does_not_fit_a_header_is_found(text: str) -> None:
    assert not is_header_safe(text)


@pytest.mark.parametrize(
    ("url", "no_proxy", "exempt"),
    [
        ("http://10.1.2.3:11434", "10.0.0.0/8,gpu.corp:8000", True),
        ("http://11.1.2.3:11434", "10.0.0.0/8", False),
        ("http://gpu.corp:8000", "gpu.corp:8000", True),
        ("http://gpu.corp:8001", "gpu.corp:8000", False),
        ("https://gpu.corp", "gpu.corp:443", True),
        ("http://[fd00::1]:11434", "fd00::/8", True),
        ("http://[fd00::1]:11434", "[fd00::1]", True),
        ("http://[fd00::1]:11434", "[fd00:0::1]:11434", True),
        ("http://[fd00::1]:11434", "fd00::1", True),
        ("http://[fd00::2]:11434", "[fd00::1]:11434", False),
        ("http://a.b.intern", " .intern ", True),
        ("http://a.b.intern", "*.intern", True),
        ("http://a.b.intern", "intern", True),
        ("http://notintern", "intern", False),
        ("http://anything", "*", True),
        ("http://anything", "", False),
        ("http://anything", ",not a network/99,", False),
        ("http://a.b.intern", "10.0.0.1 .intern localhost", True),
        ("http://a.b.intern", "localhost; intern", True),
        ("http://anything", ".", False),
        ("http://192.168.1.5", "192.168.*", True),
        ("http://192.169.1.5", "192.168.*", False),
        ("http://gpu.corp:8000", "http://gpu.corp:8000", True),
        ("http://bücher.example", "xn--bcher-kva.example", True),
        ("http://bücher.example", "bücher.example", True),
    ],
)
def test_hosts_are_exempt_by_name_port_and_network(url: str, no_proxy: str, exempt: bool) -> None:
    assert is_exempt(httpx.URL(url), no_proxy) is exempt


@pytest.mark.parametrize(("listed", "found"), [("10.0.0.0/8", False), ("11.0.0.0/8", True)])
def test_the_environment_says_which_networks_need_no_proxy(
    monkeypatch: pytest.MonkeyPatch, listed: str, found: bool
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, listed)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example:8080")
    made = Transport(service("http://10.1.2.3:11434"))
    assert (made.route.proxy is not None) is found


def test_a_proxy_is_switched_off_for_one_service(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example:8080")
    assert Transport(service("http://example.com", proxy=Secret("off"))).route.proxy is None
