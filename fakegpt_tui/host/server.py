"""Host server: run the host inside this process, in a thread with its own event loop."""

import asyncio
import logging
import secrets
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.backends.scenarios import Scenario
from fakegpt_tui.domain import ConfigError
from fakegpt_tui.host.access import Access
from fakegpt_tui.host.access_control import HostNames
from fakegpt_tui.host.access_keys import KeyRing, KeySources, TotalLimits
from fakegpt_tui.host.admin_app import AdminApp
from fakegpt_tui.host.app import HostApp
from fakegpt_tui.host.asgi_server import AsgiServer, LoopThread
from fakegpt_tui.host.authentication import TokenIssuer
from fakegpt_tui.host.client_address import LoginThrottle
from fakegpt_tui.host.conversation_cache import CacheLimits, ConversationCache
from fakegpt_tui.host.conversations import MemoryConversations
from fakegpt_tui.host.limiter import Limiter
from fakegpt_tui.host.listeners import (
    ListenAddress,
    base_url,
    close_listeners,
    is_local,
    listen_tcp,
    listen_unix,
)
from fakegpt_tui.host.logs import AccessLog, AuditLog, RequestLog
from fakegpt_tui.host.open_connections import ConnectionLimits
from fakegpt_tui.host.shared_state import StateOptions

if TYPE_CHECKING:
    from fakegpt_tui.host.metrics import Metrics
    from fakegpt_tui.host.shared_state.state import SharedState

_log = logging.getLogger("fakegpt_tui.host")

_PER_KEY = CacheLimits(conversations=200, characters=4_000_000)
_BACKEND_GRACE = 0.2
_THREAD_GRACE = 2.0
"""Seconds after which a thread is left to end with the process: its backend does not let go."""


class HostServer:
    """Serves a backend on one address until it is stopped; runs once.

    With `secret_path` all paths begin with a secret that is part of the base URL, which is needed
    where other users of the machine can connect. `backend` may be a function that makes one; then
    it is called in the host's own loop, and its backend is closed at the end. `port` 0 takes a
    free one.

    Hosts with the same `token_key` accept each other's tokens, but have their own conversations;
    without one each run has its own key. With `one_at_a_time` a session has to wait for its active
    reply. A `scenario` replaces one of the usual responses. Errors inside are logged, and never
    printed.

    With a `state` conversations, limits and turns are in Valkey or Redis, for all hosts that have
    the same one, the same keys and the same `token_key`. Keys may be there, too.

    With `keys` nothing but `/healthz` and the login is answered without one of them. A host that
    others can reach, by its address or by a name, has to have keys, or to be `keyless`.
    """

    def __init__(
        self,
        backend: Backend | Callable[[], Backend],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        listen: ListenAddress | None = None,
        names: HostNames | None = None,
        keys: KeyRing | None = None,
        keyless: bool = False,
        secret_path: bool = True,
        token_lifetime: timedelta = timedelta(days=14),
        token_key: bytes | None = None,
        one_at_a_time: bool = False,
        scenario: Scenario | None = None,
        limits: ConnectionLimits | None = None,
        total: TotalLimits | None = None,
        cache_limits: CacheLimits | None = None,
        throttle: LoginThrottle | None = None,
        ping_seconds: float = 15.0,
        gather_seconds: float = 0.1,
        access_log: Path | None = None,
        audit_log: Path | None = None,
        metrics: tuple[str, int] | None = None,
        admin_socket: Path | None = None,
        state: StateOptions | None = None,
        on_drain: Callable[[], None] | None = None,
    ) -> None:
        self._backend = backend
        self._listen = listen or ListenAddress(host=host, port=port)
        self._names = names or HostNames()
        self._is_keyless = keyless
        self._secret = secrets.token_urlsafe(32) if secret_path else ""
        tokens = TokenIssuer(lifetime=token_lifetime, key=token_key or secrets.token_bytes(32))
        self._limits = limits or ConnectionLimits()
        shared = KeyRing() if state is not None and state.has_keys else None
        self._access = Access(tokens=tokens, sources=KeySources(file=keys, shared=shared))
        self._audit = AuditLog.at(audit_log)
        self._build_app = partial(
            HostApp,
            access=self._access,
            throttle=throttle or LoginThrottle(),
            conversations=MemoryConversations(
                ConversationCache(cache_limits or (None if self._access.keys is None else _PER_KEY))
            ),
            is_one_at_a_time=one_at_a_time,
            limiter=Limiter(total=total or TotalLimits()),
            scenario=scenario,
            ping_seconds=ping_seconds,
            gather_seconds=gather_seconds,
            audit=self._audit,
        )
        self._state_options = state
        self._state: SharedState | None = None
        self._access_log = [AccessLog(access_log)] if access_log else []
        self._metrics_address = metrics
        self._admin_socket = admin_socket
        self._on_drain = on_drain or self.begin_drain
        self._metrics: Metrics | None = None
        self.metrics_url = ""
        """Where metrics are, once the host runs; empty without them."""
        self.base_url = ""
        """Where clients find the host, without a slash at the end; empty before the start."""
        self._thread: LoopThread | None = None
        self._server: AsgiServer | None = None
        self._listeners: list[socket.socket] = []
        self._socket_file: Path | None = None

    def start(self) -> str:
        """Accept connections from now on, and return the base URL.

        Raises:
            ConfigError: The address cannot be used.
        """
        if self._thread is not None:
            return self.base_url
        if self.base_url:
            raise RuntimeError("a host server runs once")
        tls = self._listen.load_tls()
        listeners, file = self._listen.open()
        with ExitStack() as undo:
            undo.callback(close_listeners, listeners, file)
            self._require_keys(self._names, self._access.keys, listeners)
            url = base_url(listeners[0], self._path, is_tls=tls is not None)
            thread = LoopThread("fakegpt-host")
            undo.callback(thread.stop, patience=_THREAD_GRACE)
            thread.call(self._open(listeners, tls))
            undo.pop_all()
        self._thread, self.base_url = thread, url
        self._listeners, self._socket_file = listeners, file
        return url

    def reload(self, names: HostNames, keys: KeyRing | None) -> None:
        """Use other names and keys from now on, and read the certificate anew.

        Replies under keys that are no longer good end.

        Raises:
            ConfigError: The certificate cannot be used, or keys are missing; all is as before.
        """
        if self._thread is None:
            raise RuntimeError("the host server is not running")
        self._thread.call(self._reload(names, keys))

    @property
    def running_replies(self) -> int:
        """How many replies are under way."""
        return len(self._server.app.running) if self._server else 0

    def answers(self, seconds: float) -> bool:
        """Does the event loop of the host get to something new within some seconds?"""
        if self._thread is None:
            return False
        try:
            self._thread.call(asyncio.sleep(0), seconds=seconds)
        except TimeoutError:
            return False
        return True

    def count_failed_reload(self) -> None:
        """Let metrics and the audit log say that options or keys could not be read anew."""
        self._audit.note("reload", actor="host", outcome="refused")
        if self._metrics is not None:
            self._metrics.count_failed_reload()

    def begin_drain(self) -> None:
        """Tell balancers, by `/readyz`, to send no more requests."""
        if self._server is not None:
            self._server.app.is_draining = True

    def stop_accepting(self) -> None:
        """Take no more connections and requests; what is being answered goes on."""
        if self._thread is not None and self._server is not None:
            self._thread.call(self._server.stop_accepting())

    def stop(self) -> None:
        """End open replies, telling their clients, and leave nothing running."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        try:
            thread.call(self._close(), seconds=_THREAD_GRACE)
        except TimeoutError:
            _log.error("the backend keeps the host from stopping")
        finally:
            thread.stop(patience=_THREAD_GRACE)
            close_listeners(self._listeners, self._socket_file)
            close_listeners([], self._admin_socket)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _path(self) -> str:
        return "/".join(filter(None, (self._names.base_path.strip("/"), self._secret)))

    def _require_keys(
        self, names: HostNames, keys: KeyRing | None, listeners: list[socket.socket]
    ) -> None:
        is_reachable = bool(names.hosts) or not all(map(is_local, listeners))
        if is_reachable and keys is None and not self._is_keyless:
            raise ConfigError(
                "Others could reach this host, and it has no access keys: make one with"
                " `fakegpt-tui serve-admin keys new --file keys.toml` and add"
                " `--access-keys keys.toml`."
            )

    async def _open(self, listeners: list[socket.socket], tls: ssl.SSLContext | None) -> None:
        backend = self._backend() if callable(self._backend) else self._backend
        app = self._build_app(backend=backend)
        if self._state_options is not None:
            self._state = self._state_options.open()
            app.share(self._state)
        if self._metrics_address:
            from fakegpt_tui.host.metrics import Metrics  # noqa: PLC0415 - an extra

            self._metrics = Metrics(lambda: len(app.running), self._state)
        self._server = server = AsgiServer(
            app=app,
            secret=self._secret,
            names=self._names,
            limits=self._limits,
            tls=tls,
            proxy_protocol=self._listen.proxy_protocol,
            sinks=[*([self._metrics.observe] if self._metrics else []), *self._access_log],
        )
        if self._metrics and self._metrics_address:
            self._metrics.lag.start()
            listener = listen_tcp(*self._metrics_address)
            self.metrics_url = base_url(listener, "metrics")
            await server.open_beside(listener, self._metrics)
        if self._admin_socket:
            admin = AdminApp(app, lambda: server.open_connections, self._on_drain)
            logged = RequestLog(admin.build_asgi(), self._access_log, server.trusts)
            await server.open_beside(listen_unix(self._admin_socket, mode=0o600), logged)
        await server.open(listeners)

    async def _reload(self, names: HostNames, keys: KeyRing | None) -> None:
        if self._server is None:
            return
        app, shared = self._server.app, self._access.sources.shared
        self._require_keys(names, shared if keys is None else keys, self._listeners)
        if self._server.tls is not None:
            self._listen.reload_tls(self._server.tls)
        self._server.rename(names)
        self._audit.note("reload", actor="host")
        app.replace_keys(keys)
        if self._state is not None:
            await self._state.exchange_keys(self._access, app.running, self._audit)

    async def _close(self) -> None:
        if self._server is None:
            return
        await self._server.close()
        if self._metrics is not None:
            self._metrics.lag.stop()
        if self._state is not None:
            await self._state.close()
        if callable(self._backend):
            closing = asyncio.create_task(self._server.app.backend.aclose())
            await asyncio.wait({closing}, timeout=_BACKEND_GRACE)
