"""Service and proxy addresses, checked before anything is sent to them.

httpx would report most mistakes only while it connects, in exceptions of several families; here
each is found once and reported in a sentence.
"""

import re
import ssl
import urllib.request
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from typing import TypeAlias

import httpx

from fakegpt_tui.domain import NO_PROXY, ConfigError, Service
from fakegpt_tui.fast_import import dataclass, lazy_pattern
from fakegpt_tui.text import strip_pasted

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME = lazy_pattern(rf"{_LABEL}(\.{_LABEL})*\.?")
_MAX_NAME_LENGTH = 253
_LAST_PORT = 65535
_DEFAULT_PORTS = {"http": 80, "https": 443}
_API_PATH = lazy_pattern(
    r"(?i)(?<!/)/+(?:(?:chat/)?completions|models|responses|messages(?:/count_tokens)?|embeddings"
    r"|(?<=\d/)chat|api/(?:chat|generate|tags|show))/*\Z"
)
"""The end of an address that was copied with the path of a request, also of Ollama's own API."""
_ZONE = lazy_pattern(r"(//\[[0-9A-Fa-f:.]+)%25")
"""The sign before the network interface of an IPv6 address, as URLs write it."""
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


@dataclass(frozen=True, slots=True)
class Address:
    """A base URL that has been checked; `text` ends without a slash."""

    text: str
    origin: str
    """Scheme, host and port: what cookies and redirects may not leave."""
    host: str
    """Host and port, safe to show: the path may be a secret."""
    is_loopback: bool
    query: str = ""
    """What follows the question mark of each request, as some services want it."""

    def url(self, path: str) -> httpx.URL:
        """The URL of `path`, which begins with a slash."""
        joint = "" if not self.query else "&" if "?" in path else "?"
        return _parsed(f"{self.text}{path}{joint}{self.query}")


@lru_cache(maxsize=64)
def _parsed(text: str) -> httpx.URL:
    """The URL; to take it apart costs more than to send a request."""
    return httpx.URL(text)


def service_address(service: Service) -> Address:
    """The address of `service`.

    Raises:
        ConfigError: It cannot be used.
    """
    what = f"The address of the service “{service.name}”"
    url = _parse_url(_ZONE.sub(r"\1%", strip_pasted(service.url)), what)
    if url.scheme not in ("http", "https"):
        raise ConfigError(f"{what} must begin with http:// or https://.")
    if url.userinfo:
        raise ConfigError(f"{what} must not hold a user name or a password.")
    if url.fragment or "#" in service.url:
        raise ConfigError(f"{what} must not hold a number sign.")
    if "?" in service.url and not service.kind.is_api:
        raise ConfigError(f"{what} must not hold a question mark.")
    text = str(url.copy_with(query=None)).rstrip("/")
    if service.kind.is_api:
        text = _API_PATH.sub("", text)
    return Address(
        text=text,
        query=url.query.decode("ascii"),
        origin=origin(url),
        host=_display_host(url),
        is_loopback=_is_loopback(url.host),
    )


def host_header(url: httpx.URL) -> str | None:
    """The header `Host` where it is not what httpx sends: an interface is of this machine alone."""
    address, zone, _ = url.host.partition("%")
    return f"[{address}]{f':{url.port}' if url.port else ''}" if zone else None


_REDIRECTS = range(300, 400)
_KEEPING_REDIRECTS = (307, 308)


def is_redirect(status: int) -> bool:
    """May a response of this status say where to go instead?"""
    return status in _REDIRECTS


def followed_redirect(sent: httpx.URL, status: int, location: str) -> httpx.URL | None:
    """Where to send the same request again, within its host; `None` where it should not go.

    The key goes with it, so the host, the port and TLS must stay, but for http that becomes https.
    A redirect that need not keep the method may change nothing else than a slash or that scheme:
    others lead to pages for signing in.
    """
    if not (is_redirect(status) and location):
        return None
    try:
        goal = sent.join(location)
        ports = (sent.port, goal.port)
    except (httpx.InvalidURL, ValueError):
        return None
    is_upgrade = (sent.scheme, goal.scheme) == ("http", "https")
    if goal.host != sent.host or goal.userinfo or goal == sent:
        return None
    if not is_upgrade and (goal.scheme != sent.scheme or ports[0] != ports[1]):
        return None
    is_same = goal.path.rstrip("/") == sent.path.rstrip("/")
    return goal if is_same or status in _KEEPING_REDIRECTS else None


def origin(url: httpx.URL) -> str:
    """Scheme, host and port of `url`, the port always written out."""
    port = url.port or _DEFAULT_PORTS.get(url.scheme, 0)
    return f"{url.scheme}://{url.raw_host.decode()}:{port}"


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a service, in names that are safe to show."""

    host: str
    proxy: str | None = None

    def __str__(self) -> str:
        return f"{self.host} (through the proxy {self.proxy})" if self.proxy else self.host


@dataclass(frozen=True, slots=True)
class ProxyAddress:
    """A proxy that has been checked; `host` is safe to show."""

    proxy: httpx.Proxy
    host: str

    @property
    def uses_tls(self) -> bool:
        return self.proxy.url.scheme == "https"

    def with_tls(self, tls: ssl.SSLContext) -> httpx.Proxy:
        """The proxy, verified with `tls` if it is reached over TLS."""
        auth, context = self.proxy.auth, tls if self.uses_tls else None
        return httpx.Proxy(self.proxy.url, auth=auth, ssl_context=context)


def proxy_address(text: str, *, where: str) -> ProxyAddress:
    """The proxy at `text`; `where` names the setting in the error, as in "of the service “x”".

    Raises:
        ConfigError: It cannot be used. The text is not repeated: it may hold a password.
    """
    what = f"The proxy {where}"
    text = text.strip()
    text = text if "://" in text else f"http://{text}"
    # What desktops write into the environment; the version is that of nearly all servers.
    text = f"socks5://{text[8:]}" if text.lower().startswith("socks://") else text
    url = _parse_url(text, what)
    if url.scheme not in _PROXY_SCHEMES:
        raise ConfigError(f"{what} must begin with http://, https://, socks5:// or socks5h://.")
    if url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigError(f"{what} needs the extra “socks”: pip install 'fakegpt-tui[socks]'.")
    return ProxyAddress(httpx.Proxy(url), _display_host(url))


FindProxy: TypeAlias = Callable[[Address], str | None]
"""Finds the proxy of a service that has none in its settings."""


def environment_proxy(address: Address) -> str | None:
    """The proxy for `address` from the environment, or from the settings of the system."""
    url = httpx.URL(address.text)
    proxies = urllib.request.getproxies()
    if urllib.request.proxy_bypass(url.host) or is_exempt(url, proxies.get("no", "")):
        return None
    return proxies.get(url.scheme) or proxies.get("all")


def find_service_proxy(
    service: Service, address: Address, find_proxy: FindProxy
) -> ProxyAddress | None:
    """The proxy of a service: that of its settings, or else what `find_proxy` finds."""
    if address.is_loopback:
        return None
    if service.proxy is not None and service.proxy.reveal() == NO_PROXY:
        return None
    if service.proxy:
        return proxy_address(service.proxy.reveal(), where=f"of the service “{service.name}”")
    found = find_proxy(address)
    return proxy_address(found, where="in the environment") if found else None


_SEPARATORS = lazy_pattern(r"[,;\s]+|\bhttps?://")
_WITH_PORT = lazy_pattern(r"(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?")


def is_exempt(url: httpx.URL, no_proxy: str) -> bool:
    """Is `url` among the hosts that `no_proxy` lists as those to be asked without a proxy?

    An entry is a name with all names below it, an address, a network such as `10.0.0.0/8` or
    `10.*`, or `*`; a port after it limits it to that port. Commas or blanks are between them.
    """
    port = url.port or _DEFAULT_PORTS.get(url.scheme, 0)
    hosts = {url.host.rstrip(".").lower(), url.raw_host.decode("ascii").rstrip(".").lower()}
    entries = _SEPARATORS.sub(" ", no_proxy.lower()).split()
    return any(_covers(entry, host, port) for entry in entries for host in hosts)


def _covers(entry: str, host: str, port: int) -> bool:
    if "/" in entry:
        return _is_ip(host) and _is_in_network(host, entry)
    found = None if _is_ip(entry) else _WITH_PORT.fullmatch(entry)
    name, wanted = (found[1], found[2]) if found else (entry, None)
    if wanted not in (None, str(port)):
        return False
    if name == "*":
        return True
    name = name.strip("[]").removeprefix("*").strip(".")
    if name.endswith("*") and _is_ip(host):
        return host.startswith(name.rstrip("*"))
    return host == name or host.endswith(f".{name}") or _is_same_ip(host, name)


def _is_same_ip(host: str, name: str) -> bool:
    return _is_ip(host) and _is_ip(name) and ip_address(host) == ip_address(name)


def _is_in_network(host: str, network: str) -> bool:
    try:
        return ip_address(host) in ip_network(re.sub(r"[\[\]]", "", network), strict=False)
    except ValueError:
        return False


def is_header_safe(text: str) -> bool:
    """Can `text` be sent in a header as it is, as a token or a cookie?"""
    return text.isascii() and text.isprintable() and " " not in text and text != ""


def _parse_url(text: str, what: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
        port = url.port
        host = url.raw_host.decode("ascii").lower()
    except (httpx.InvalidURL, ValueError):
        raise ConfigError(f"{what} cannot be read.") from None
    if not host:
        raise ConfigError(f"{what} has no host.")
    if port is not None and not 0 < port <= _LAST_PORT:
        raise ConfigError(f"{what} has a port that does not exist: {port}.")
    if not (_is_host_name(host) or _is_ip(host)):
        raise ConfigError(f"{what} has an invalid host name.")
    return url


def _is_host_name(host: str) -> bool:
    return len(host) <= _MAX_NAME_LENGTH and _HOST_NAME.fullmatch(host) is not None


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    name = host.rstrip(".").lower()
    if not _is_ip(name):
        return name == "localhost" or name.endswith(".localhost")
    address = ip_address(name)
    return address.is_loopback or address.is_unspecified


def _display_host(url: httpx.URL) -> str:
    host = f"[{url.host}]" if ":" in url.host else url.host
    return host if url.port is None else f"{host}:{url.port}"
