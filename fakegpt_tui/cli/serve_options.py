"""Options of `serve`: where a host listens, what a team needs, and scenarios."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fakegpt_tui.cli.options import option_group
from fakegpt_tui.domain import ConfigError

if TYPE_CHECKING:
    from fakegpt_tui.backends.scenarios import Scenario

ALL_SCENARIOS = "list"
FILE_PATH = click.Path(path_type=Path, dir_okay=False)


listen_options = option_group(
    click.option("--host", "address", help="The address to listen on.  [default: 127.0.0.1]"),
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        help="The port to listen on; 0 takes a free one.  [default: 0]",
    ),
    click.option(
        "--secret-path",
        is_flag=True,
        help="Answer only below a path that cannot be guessed, for machines with several users.",
    ),
    click.option(
        "--key-file",
        "token_key_file",
        type=FILE_PATH,
        help="Sign tokens with the key in this file, which is made if need be. Hosts that share"
        " it accept each other's tokens, and those of their last run.",
    ),
    click.option(
        "--one-at-a-time",
        is_flag=True,
        help="Answer one prompt of a session at a time, as the service of 2023 did.",
    ),
    click.option(
        "--scenario",
        metavar="NAME",
        help="Do one odd thing that real services do, to test a client; `list` shows all.",
    ),
)
"""The options of any host."""


team_options = option_group(
    click.option(
        "--serve-config",
        type=FILE_PATH,
        help="Read options from this TOML file; those of the command line win.",
    ),
    click.option("--uds", type=FILE_PATH, help="Listen on this unix socket instead of a port."),
    click.option("--base-path", metavar="PATH", help="What precedes all paths, such as /chat."),
    click.option("--tls-cert", type=FILE_PATH, help="Serve TLS with this certificate."),
    click.option("--tls-key", type=FILE_PATH, help="The key of the certificate."),
    click.option(
        "--state-keys",
        is_flag=True,
        default=None,
        help="Take access keys from the shared state, too; `serve-admin keys` puts them there.",
    ),
    click.option(
        "--state-secret-file",
        type=FILE_PATH,
        help="Read the password of the shared state from this file.",
    ),
    click.option(
        "--state",
        "state_url",
        metavar="URL",
        help="Share conversations and limits with other hosts in this Valkey or Redis.",
    ),
    click.option(
        "--metrics",
        metavar="ADDRESS:PORT",
        help="Answer /metrics of Prometheus there, such as 127.0.0.1:9464.",
    ),
    click.option(
        "--admin-socket",
        type=FILE_PATH,
        help="Answer `serve-admin status`, `usage`, `streams` and `drain` on this unix socket.",
    ),
    click.option(
        "--audit-log",
        type=FILE_PATH,
        help="Append a line of JSON for each change of keys and options, and refused login.",
    ),
    click.option("--access-log", type=FILE_PATH, help="Append a line of JSON for each request."),
    click.option(
        "--access-keys",
        "keys_file",
        type=FILE_PATH,
        help="Let in only who has a key of this file; `serve-admin keys new` makes one.",
    ),
    click.option(
        "--allow-host",
        "hosts",
        multiple=True,
        metavar="NAME",
        help="Answer under this name, too, such as chat.example.org or *.example.org.",
    ),
    click.option(
        "--allow-origin",
        "origins",
        multiple=True,
        metavar="ORIGIN",
        help="Let pages of this origin ask, such as https://app.example.org.",
    ),
    click.option(
        "--trust-proxy",
        "trust_proxies",
        multiple=True,
        metavar="NETWORK",
        help="Believe this proxy who asked: a network such as 10.0.0.0/8, or unix.",
    ),
    click.option(
        "--no-keys-i-mean-it",
        "keyless",
        is_flag=True,
        help="Let everybody in who can reach the host.",
    ),
)
"""The options of a host that more than one person uses."""


def with_state(function: Callable[..., None]) -> Callable[..., None]:
    """Options for the state that hosts share, which is given to the function; else `None` is."""

    @wraps(function)
    def run(
        *arguments: Any, state_url: str | None, state_secret_file: Path | None, **options: Any
    ) -> None:
        from fakegpt_tui.cli.shared_state import state_options  # noqa: PLC0415 - slow, not for --help

        state = state_options(state_url or "", state_secret_file)
        function(*arguments, state=state, **options)

    return option_group(
        click.option(
            "--state", "state_url", metavar="URL", help="The Valkey or Redis that hosts share."
        ),
        click.option(
            "--state-secret-file", type=FILE_PATH, help="The password of it is in this file."
        ),
    )(run)


def find_scenario(name: str) -> "Scenario":
    """The scenario of a name.

    Raises:
        ConfigError: There is none.
    """
    from fakegpt_tui.backends.scenarios import SCENARIOS  # noqa: PLC0415 - only where it is used

    if name not in SCENARIOS:
        raise ConfigError(f"There is no scenario {name!r}; `--scenario {ALL_SCENARIOS}` shows all.")
    return SCENARIOS[name]


def show_scenarios() -> None:
    """A line for each: its name, what the host does, and what a good client makes of it."""
    from fakegpt_tui.backends.scenarios import SCENARIOS  # noqa: PLC0415 - only where it is used

    width = max(map(len, SCENARIOS))
    for name, scenario in SCENARIOS.items():
        click.echo(f"{name:{width}}  {scenario.summary}")
