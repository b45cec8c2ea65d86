"""Extras: parts of a host that need a library which is not installed with the program."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from fakegpt_tui import __version__
from fakegpt_tui.domain import ConfigError

if TYPE_CHECKING:
    from fakegpt_tui.host.metrics import Metrics
    from fakegpt_tui.host.shared_state.state import SharedState


def open_state(url: str) -> "SharedState":
    """The state that several hosts share.

    Raises:
        ConfigError: The extra “shared” is not installed, or the address cannot be used.
    """
    try:
        from fakegpt_tui.host.shared_state.state import SharedState  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise _not_installed("A shared state needs", "shared") from error
    return SharedState.open(url)


def make_metrics(open_streams: Callable[[], int]) -> "Metrics":
    """The metrics of a host, of which `open_streams` tells how many replies are under way.

    Raises:
        ConfigError: The extra “metrics” is not installed.
    """
    try:
        from fakegpt_tui.host.metrics import Metrics  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise _not_installed("Metrics need", "metrics") from error
    return Metrics(__version__, open_streams)


def _not_installed(beginning: str, extra: str) -> ConfigError:
    return ConfigError(f"{beginning} the extra “{extra}”: pip install 'fakegpt-tui[{extra}]'.")
