"""`serve`: the host for other programs that speak the protocol."""

import signal
import sys
from threading import Event

import click

from fakegpt_tui.cli.exits import say
from fakegpt_tui.cli.options import file_options, service_option, settings_of
from fakegpt_tui.config.settings import Settings


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
    help="Answer only below a path that nobody can guess, where others use this machine too.",
)
@service_option
@file_options
@click.pass_context
def serve(context: click.Context, *, host: str, port: int, secret_path: bool) -> None:
    """Serve a FakeGPT host to other programs, until interrupted.

    The first line of standard output is its base URL. The guide answers, or the chosen service.
    """
    _serve(settings_of(context), host=host, port=port, secret_path=secret_path)


def _serve(settings: Settings, *, host: str, port: int, secret_path: bool) -> None:
    from fakegpt_tui.cli.composition import host_for  # noqa: PLC0415 - starlette, not for --help

    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    service = settings.chosen_service
    server = host_for(settings, service, host=host, port=port, secret_path=secret_path)
    click.echo(server.start())
    sys.stdout.flush()
    try:
        say(f"Serving {service.name!r}; ctrl+c ends it.")
        ended.wait()
    finally:
        server.stop()
