"""State of a host that several processes share, in Valkey or Redis (commands of 7.0)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakegpt_tui.domain import ConfigError, Secret
from fakegpt_tui.host.conversations import STATE_SECONDS

if TYPE_CHECKING:
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
            raise ConfigError(
                "A shared state needs the extra “shared”: pip install 'fakegpt-tui[shared]'."
            ) from error
        return StateConnection(self.url, secret=self.secret, seconds=seconds)
