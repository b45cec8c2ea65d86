"""Extras: parts of a host that need a library which is not installed with the program."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakegpt_tui import __version__
from fakegpt_tui.domain import ConfigError, Secret
from fakegpt_tui.host.conversations import STATE_SECONDS

if TYPE_CHECKING:
    from fakegpt_tui.host.metrics import Metrics
    from fakegpt_tui.host.shared_state.connection import StateConnection
    from fakegpt_tui.host.shared_state.state import SharedState


@dataclass(frozen=True, slots=True, kw_only=True)
class StateOptions:
    """Where the shared state is, its password where `url` has none, and whether keys are in it."""

    url: str
    secret: Secret | None = None
    has_keys: bool = False

    def open(self) -> "SharedState":
        """The state that several hosts share; nothing is asked of it yet.

        Raises:
            ConfigError: The extra “shared” is not installed, or the address cannot be used.
        """
        connection = self.connect()
        from fakegpt_tui.host.shared_state.state import SharedState  # noqa: PLC0415 - an extra

        return SharedState(connection, has_keys=self.has_keys)

    def connect(self, seconds: float = STATE_SECONDS) -> "StateConnection":
        """A connection to it, each of whose commands may take some seconds. Raises as above."""
        try:
            from fakegpt_tui.host.shared_state.connection import StateConnection  # noqa: PLC0415
        except ImportError as error:
            raise _not_installed("A shared state needs", "shared") from error
        return StateConnection(self.url, secret=self.secret, seconds=seconds)


def make_metrics(open_streams: Callable[[], int], state: "SharedState | None" = None) -> "Metrics":
    """The metrics of a host, of which `open_streams` tells how many replies are under way.

    Those of a shared state are among them, where there is one.

    Raises:
        ConfigError: The extra “metrics” is not installed.
    """
    try:
        from fakegpt_tui.host.metrics import Metrics  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise _not_installed("Metrics need", "metrics") from error
    made = Metrics(__version__, open_streams)
    if state is not None:
        made.add_state(lambda: state.connection.breaker.is_lost, state.connection.figures)
    return made


def _not_installed(beginning: str, extra: str) -> ConfigError:
    return ConfigError(f"{beginning} the extra “{extra}”: pip install 'fakegpt-tui[{extra}]'.")
