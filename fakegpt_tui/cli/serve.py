"""`serve`: the host for other programs that speak the protocol."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from fakegpt_tui.cli.errors import echo_err
from fakegpt_tui.cli.options import file_options, service_option, settings_of
from fakegpt_tui.cli.private_files import load_host_key
from fakegpt_tui.domain import ConfigError, Service

if TYPE_CHECKING:
    from fakegpt_tui.backends.scenarios import Scenario
    from fakegpt_tui.host.server import HostServer

_ALL = "list"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="The port to listen on; 0 takes a free one.",
)
@click.option(
    "--secret-path",
    is_flag=True,
    help="Answer only below a path that cannot be guessed, for machines with several users.",
)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Sign tokens with the key in this file, which is made if need be. Hosts that share it"
    " accept each other's tokens, and those of their last run.",
)
@click.option(
    "--one-at-a-time",
    is_flag=True,
    help="Answer one prompt of a session at a time, as the service of 2023 did.",
)
@click.option(
    "--scenario",
    metavar="NAME",
    help="Do one odd thing that real services do, to test a client; `list` shows all.",
)
@service_option
@file_options
@click.pass_context
def serve(
    context: click.Context,
    *,
    host: str,
    port: int,
    secret_path: bool,
    key_file: Path | None,
    one_at_a_time: bool,
    scenario: str | None,
) -> None:
    """Serve a FakeGPT host to other programs, until interrupted.

    The first line of standard output is its base URL. The guide answers, or the chosen service.
    """
    from fakegpt_tui.cli.app import build_host  # noqa: PLC0415 - starlette, not for --help

    if scenario == _ALL:
        _show_scenarios()
        return
    settings = settings_of(context)
    service = settings.chosen_service
    server = build_host(
        settings,
        service,
        host=host,
        port=port,
        secret_path=secret_path,
        token_key=load_host_key(key_file) if key_file else None,
        one_at_a_time=one_at_a_time,
        scenario=_scenario(scenario) if scenario else None,
    )
    _serve(server, settings.upstream_of(service))


def _serve(server: HostServer, service: Service) -> None:
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    url = server.start()
    try:
        if _is_at(service, url):
            raise ConfigError(
                f"The service {service.name!r} is where this host is, so that it would only ask"
                " itself; choose another one with `--service`."
            )
        click.echo(url)
        sys.stdout.flush()
        echo_err(f"Serving {service.name!r}; ctrl+c ends it.")
        ended.wait()
    finally:
        server.stop()


def _is_at(service: Service, url: str) -> bool:
    here, there = urlsplit(url), urlsplit(service.url)
    return there.port == here.port and there.hostname in (here.hostname, "localhost")


def _scenario(name: str) -> Scenario:
    from fakegpt_tui.backends.scenarios import SCENARIOS  # noqa: PLC0415 - only where it is used

    if name not in SCENARIOS:
        raise ConfigError(f"There is no scenario {name!r}; `--scenario {_ALL}` shows all.")
    return SCENARIOS[name]


def _show_scenarios() -> None:
    """A line for each: its name, what the host does, and what a good client makes of it."""
    from fakegpt_tui.backends.scenarios import SCENARIOS  # noqa: PLC0415 - only where it is used

    width = max(map(len, SCENARIOS))
    for name, scenario in SCENARIOS.items():
        click.echo(f"{name:{width}}  {scenario.description} → {scenario.expectation}")
