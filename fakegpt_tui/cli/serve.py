"""`serve`: the host for other programs that speak the protocol."""

from __future__ import annotations

import math
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from fakegpt_tui.cli.options import file_options, service_option, settings_of
from fakegpt_tui.cli.output import echo_err, echo_json_line
from fakegpt_tui.cli.output_thread import printed_in_thread
from fakegpt_tui.cli.serve_options import (
    ALL_SCENARIOS,
    find_scenario,
    listen_options,
    show_scenarios,
    team_options,
)
from fakegpt_tui.config.private_files import load_host_key
from fakegpt_tui.domain import ConfigError, Service

if TYPE_CHECKING:
    from fakegpt_tui.chat.spending import Spending
    from fakegpt_tui.config.serve_file import ServeOptions
    from fakegpt_tui.config.spec import Settings
    from fakegpt_tui.host.access_keys import KeyRing
    from fakegpt_tui.host.server import HostServer

_LOOK_SECONDS = 1.0
"""How often the keys file is looked at: a revoked key ends its replies within two seconds."""

_SHARE_OF_FILES = 0.9
_FEW_CONNECTIONS = 64
_MOST_CONNECTIONS = 100_000
_DRAIN_LOOK_SECONDS = 0.1


@click.command()
@listen_options
@click.option("--json", "as_json", is_flag=True, help="Print the address as a JSON object.")
@team_options
@service_option
@file_options
@click.pass_context
def serve(
    context: click.Context,
    /,
    *,
    secret_path: bool,
    one_at_a_time: bool,
    scenario: str | None,
    as_json: bool,
    serve_config: Path | None,
    keyless: bool,
    **flags: Any,
) -> None:
    """Serve a FakeGPT host to other programs, until interrupted.

    The first line of standard output is its base URL. The guide answers, or the chosen service.
    On this machine alone it needs nothing else. For a team, name it with `--allow-host`, and make
    keys. SIGHUP reads names, keys and the certificate anew.
    """
    if scenario == ALL_SCENARIOS:
        show_scenarios()
        return
    from fakegpt_tui.cli.app import build_host  # noqa: PLC0415 - starlette, not for --help
    from fakegpt_tui.cli.shared_state import state_options, tell_about_state  # noqa: PLC0415
    from fakegpt_tui.config.serve_file import load_serve_options  # noqa: PLC0415
    from fakegpt_tui.host.open_connections import ConnectionLimits  # noqa: PLC0415

    settings = settings_of(context)
    service = settings.chosen_service
    source = _OptionSource(lambda: load_serve_options(serve_config, flags))
    options = source.options
    keys = source.load_keys()
    server = build_host(
        settings,
        service,
        upstreams=options.upstreams,
        spending=_spending(context, settings),
        listen=options.listen,
        limits=ConnectionLimits(
            connections=_room_for(
                options.connections, is_team=keys is not None or options.state_keys
            ),
            per_address=options.connections_per_address,
            idle_seconds=options.keep_alive_seconds,
        ),
        total=options.total,
        names=options.names,
        keys=keys,
        keyless=keyless,
        access_log=options.access_log,
        audit_log=options.audit_log,
        metrics=options.metrics,
        admin_socket=options.admin_socket,
        state=state_options(
            options.state_url, options.state_secret_file, has_keys=options.state_keys
        ),
        on_drain=lambda: os.kill(os.getpid(), signal.SIGTERM),
        secret_path=secret_path,
        token_key=load_host_key(options.token_key_file) if options.token_key_file else None,
        one_at_a_time=one_at_a_time,
        scenario=find_scenario(scenario) if scenario else None,
    )
    chosen = [settings.services[each.service] for each in options.upstreams] or [service]
    services = [settings.upstream_of(each) for each in chosen]
    tell_about_state()
    # A terminal or a pipe that takes nothing must stop neither the host nor a signal.
    # Without a reader of its address nothing could find the host.
    with printed_in_thread() as output, output.watched(lambda: signal.raise_signal(signal.SIGINT)):
        _serve(server, services, source, as_json=as_json)
        output.hurry()


def _spending(context: click.Context, settings: Settings) -> Spending | None:
    """Keeps to the monthly budget, if there is one; the command closes its store."""
    if settings.monthly_budget is None:
        return None
    from fakegpt_tui.cli.composition import LazyStore, open_spending  # noqa: PLC0415 - with a budget

    store = context.with_resource(closing(LazyStore(settings)))
    return open_spending(settings, store.open)


def _room_for(wanted: int | None, *, is_team: bool) -> int:
    """As many connections as the process may have files open for, two for each of them."""
    connections = wanted or (_MOST_CONNECTIONS if is_team else _FEW_CONNECTIONS)
    if os.name != "posix":
        return connections
    import resource  # noqa: PLC0415 - not on every system

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    room = connections if most == resource.RLIM_INFINITY else int(most * _SHARE_OF_FILES) // 2
    if wanted and connections > room:
        echo_err(
            f"Only {room} connections are possible, because the limit of open files is {most}."
        )
    return min(connections, room)


@dataclass
class _OptionSource:
    """Where options and keys come from, to be read anew while the host runs."""

    load: Callable[[], ServeOptions]
    options: ServeOptions = field(init=False)
    _seen: tuple[int, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self.options = self.load()

    def load_keys(self) -> KeyRing | None:
        path = self.options.keys_file
        if path is None:
            return None
        from fakegpt_tui.config.access_keys_file import load_access_keys  # noqa: PLC0415

        self._seen = _signature(path)
        return load_access_keys(path, self.options.limits)

    def has_new_keys(self) -> bool:
        path = self.options.keys_file
        return path is not None and _signature(path) != self._seen

    def reload(self, server: HostServer, *, keys_only: bool = False) -> None:
        """Read all anew; if anything cannot be used, all is as before, and a sentence says why."""
        before = self.options
        try:
            if not keys_only:
                self.options = self.load()
            server.reload(self.options.names, self.load_keys())
        except ConfigError as error:
            self.options = before
            server.count_failed_reload()
            echo_err(f"Nothing was changed: {error}")


def _signature(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_mtime_ns, status.st_size


def _serve(
    server: HostServer, services: Sequence[Service], source: _OptionSource, *, as_json: bool
) -> None:
    from fakegpt_tui.host.asgi_server import settle_memory  # noqa: PLC0415 - as above
    from fakegpt_tui.host.listeners import notify_systemd  # noqa: PLC0415 - as above

    received: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: received.put(number))
    url = server.start()
    try:
        for service in services:
            if _is_at(service, url):
                raise ConfigError(
                    f"The service {service.name!r} is where this host is, so that it would only"
                    " ask itself; choose another one with `--service`."
                )
        _print_address(server, url, services, as_json=as_json)
        names = ", ".join(repr(service.name) for service in services)
        also = "" if sys.stdout.isatty() else _also_at(url)
        echo_err(f"Serving {names}{also}; ctrl+c ends it.")
        if server.metrics_url:
            echo_err(f"Metrics are at {server.metrics_url}.")
        settle_memory()
        notify_systemd("READY=1")
        ended_by = _wait(server, source, received)
        notify_systemd("STOPPING=1")
        if ended_by == signal.SIGTERM:
            _drain(server, source.options, received)
    finally:
        server.stop()


def _also_at(url: str) -> str:
    """The end of a sentence with the address by `localhost`, which some clients insist on."""
    here = url.replace("//127.0.0.1:", "//localhost:", 1)
    return "" if here == url else f", also at {here}"


def _print_address(
    server: HostServer, url: str, services: Sequence[Service], *, as_json: bool
) -> None:
    if as_json:
        names = [service.name for service in services]
        metrics = server.metrics_url or None
        echo_json_line({"version": 1, "url": url, "services": names, "metrics": metrics})
    else:
        # A program that reads the line wants nothing but the address.
        click.echo(f"{url}{_also_at(url)}" if sys.stdout.isatty() else url)
    sys.stdout.flush()


def _wait(server: HostServer, source: _OptionSource, received: SimpleQueue[int]) -> int:
    """The signal that ends the host; reload on SIGHUP, and when the keys file changes."""
    from fakegpt_tui.host.listeners import notify_systemd, watchdog_seconds  # noqa: PLC0415 - as above

    watchdog = watchdog_seconds()
    while True:
        try:
            number = received.get(timeout=min(_LOOK_SECONDS, watchdog))
        except Empty:
            # A host whose loop hangs is silent, so that systemd starts it anew.
            if watchdog < math.inf and server.answers(watchdog):
                notify_systemd("WATCHDOG=1")
            if source.has_new_keys():
                source.reload(server, keys_only=True)
            continue
        if number != signal.SIGHUP:
            return number
        source.reload(server)


def _drain(server: HostServer, options: ServeOptions, received: SimpleQueue[int]) -> None:
    """Let balancers notice, and then replies finish; another signal ends it at once."""
    server.begin_drain()
    if _interrupted(received, options.drain_delay_seconds):
        return
    server.stop_accepting()
    end = monotonic() + options.drain_seconds
    while server.running_replies and monotonic() < end:
        if _interrupted(received, _DRAIN_LOOK_SECONDS):
            return


def _interrupted(received: SimpleQueue[int], seconds: float) -> bool:
    """Does a signal other than SIGHUP come within some seconds?"""
    end = monotonic() + seconds
    while (left := end - monotonic()) > 0:
        try:
            if received.get(timeout=left) != signal.SIGHUP:
                return True
        except Empty:
            break
    return False


def _is_at(service: Service, url: str) -> bool:
    here, there = urlsplit(url), urlsplit(service.url)
    return there.port == here.port and there.hostname in (here.hostname, "localhost")
