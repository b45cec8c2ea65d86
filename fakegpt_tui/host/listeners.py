"""Listeners: sockets that the host accepts connections on, and the certificate for TLS."""

import ipaddress
import math
import os
import socket
import ssl
import stat
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from fakegpt_tui.domain import ConfigError

_FIRST_ACTIVATED: Final = 3
_BACKLOG: Final = 1024
_SOCKET_MODE: Final = 0o660
_MAX_UDS: Final = 107
"""Bytes that the path of a unix socket may have on Linux."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenAddress:
    """Where a host listens: at the unix socket `uds`, or else at `host` and `port`.

    Sockets that systemd has opened take the place of both. `port` 0 takes a free one.
    """

    host: str = "127.0.0.1"
    port: int = 0
    uds: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    proxy_protocol: bool = False

    def open(self) -> tuple[list[socket.socket], Path | None]:
        """The listening sockets, and the file to remove at the end.

        Raises:
            ConfigError: The address cannot be used.
        """
        activated = take_activated(os.environ)
        if activated:
            return activated, None
        return [listen_unix(self.uds) if self.uds else listen_tcp(self.host, self.port)], self.uds

    def load_tls(self) -> ssl.SSLContext | None:
        """The TLS context, if there is a certificate.

        Raises:
            ConfigError: The certificate or its key cannot be used.
        """
        if self.tls_cert is None:
            return None
        if self.proxy_protocol:
            raise ConfigError(
                "The PROXY protocol is read before a request, not before TLS: leave TLS to the"
                " proxy, or let it speak HTTP."
            )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.reload_tls(context)
        return context

    def reload_tls(self, context: ssl.SSLContext) -> None:
        """Read the certificate anew; connections that are open keep the one before.

        Raises:
            ConfigError: As above; then `context` is as it was.
        """
        if self.tls_cert is None:
            return
        try:
            # A broken pair must not reach the context that is in use.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.tls_cert, self.tls_key)
            context.load_cert_chain(self.tls_cert, self.tls_key)
        except OSError as error:  # ssl.SSLError is one, too
            reason = error.strerror or type(error).__name__
            raise ConfigError(
                f"The certificate {self.tls_cert} cannot be used: {reason}."
            ) from error


def take_activated(environ: MutableMapping[str, str]) -> list[socket.socket]:
    """The sockets that systemd has opened for this process; the variables are removed."""
    process, count = environ.get("LISTEN_PID"), environ.get("LISTEN_FDS", "")
    if process != str(os.getpid()) or not count.isdecimal():
        return []
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        environ.pop(name, None)
    taken = [socket.socket(fileno=_FIRST_ACTIVATED + index) for index in range(int(count))]
    for each in taken:
        each.set_inheritable(False)
        each.setblocking(False)
    return taken


def is_local(listener: socket.socket) -> bool:
    """Can only this machine connect?"""
    if listener.family == socket.AF_UNIX:
        return True
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback


def base_url(listener: socket.socket, path: str, *, is_tls: bool = False) -> str:
    """Where clients on this machine find the host, without a slash at the end."""
    if listener.family == socket.AF_UNIX:
        return f"http+unix://{quote(listener.getsockname(), safe='')}/{path}".rstrip("/")
    host, port = listener.getsockname()[:2]
    address = ipaddress.ip_address(host)
    is_v6 = isinstance(address, ipaddress.IPv6Address)
    if address.is_unspecified:
        address = ipaddress.ip_address("::1" if is_v6 else "127.0.0.1")
    name = f"[{address}]" if is_v6 else str(address)
    return f"{'https' if is_tls else 'http'}://{name}:{port}/{path}".rstrip("/")


def close_listeners(listeners: list[socket.socket], file: Path | None) -> None:
    """Close sockets, and remove the file of a unix socket that is this process's own."""
    for listener in listeners:
        listener.close()
    if file is not None:
        file.unlink(missing_ok=True)


def listen_tcp(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        ConfigError: The address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        host.encode("idna")  # Else a socket would be left open by what is no name at all.
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"The host cannot use {host} port {port}: {reason}.") from error


def listen_unix(path: Path, *, mode: int = _SOCKET_MODE) -> socket.socket:
    """A listening unix socket, in place of one that a dead process has left.

    Raises:
        ConfigError: The path cannot be used.
    """
    if len(os.fsencode(path)) > _MAX_UDS:
        raise ConfigError(f"The path of the socket {path} is longer than {_MAX_UDS} bytes.")
    listener = socket.socket(socket.AF_UNIX)
    try:
        _remove_dead(path)
        listener.bind(os.fspath(path))
        path.chmod(mode)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise ConfigError(f"The host cannot use the socket {path}: {reason}.") from error
    return listener


def _remove_dead(path: Path) -> None:
    """Remove a socket that no process listens on; any other file stays, and is in the way."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink()


def watchdog_seconds(environ: Mapping[str, str] = os.environ) -> float:
    """How often systemd wants to hear of this process, twice in its patience; infinity if never."""
    given, process = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not (given.isascii() and given.isdigit()) or process not in ("", str(os.getpid())):
        return math.inf
    return int(given) / 2_000_000 or math.inf


def notify_systemd(state: str, environ: Mapping[str, str] = os.environ) -> None:
    """Tell systemd a state such as `READY=1`; where it does not listen, nothing happens."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    target = f"\0{address[1:]}" if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, suppress(OSError):
        sender.sendto(state.encode(), target)
