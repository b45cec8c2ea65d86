"""Key book: where `serve-admin keys` finds access keys, a file or the shared state of hosts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from fakegpt_tui.cli.shared_state import run_in_state
from fakegpt_tui.config.access_keys_file import edit_access_keys, load_access_keys
from fakegpt_tui.domain import Unreachable
from fakegpt_tui.host.access_keys import AccessKey
from fakegpt_tui.host.extras import StateOptions

if TYPE_CHECKING:
    from fakegpt_tui.host.shared_state.connection import StateConnection
    from fakegpt_tui.host.shared_state.keys import RedisKeys

Edit: TypeAlias = Callable[[list[AccessKey]], list[AccessKey]]
_T = TypeVar("_T")

_TRIES = 20


class KeyBook(Protocol):
    """Keys of a host, to be read and changed."""

    @property
    def name(self) -> str:
        """What an error calls it."""
        ...

    def load(self) -> list[AccessKey]: ...

    def edit(self, edit: Edit) -> list[AccessKey]:
        """Replace the keys by what `edit` makes of them, and return these."""
        ...


@dataclass(frozen=True, slots=True)
class FileKeys:
    """Keys in a file."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path)

    def load(self) -> list[AccessKey]:
        """The keys. Raises as `load_access_keys` does."""
        return list(load_access_keys(self.path))

    def edit(self, edit: Edit) -> list[AccessKey]:
        """Change keys. Raises as `edit_access_keys` does."""
        return edit_access_keys(self.path, edit)


@dataclass(frozen=True, slots=True)
class StateKeys:
    """Keys in Valkey or Redis, where all hosts that share it find them."""

    options: StateOptions

    @property
    def name(self) -> str:
        return "the shared state"

    def load(self) -> list[AccessKey]:
        """The keys.

        Raises:
            Unreachable: The shared state cannot be used.
        """
        return self._run(lambda kept: kept.load())

    def edit(self, edit: Edit) -> list[AccessKey]:
        """Change keys, again where another program has changed one of them meanwhile.

        Raises:
            Unreachable: As above, or others change the keys without an end.
        """

        async def change(kept: "RedisKeys") -> list[AccessKey]:
            for _ in range(_TRIES):
                before = {key.id: key for key in await kept.load()}
                after = edit(list(before.values()))
                changed = [key for key in after if before.get(key.id) != key]
                if all([await kept.replace(before.get(key.id), key) for key in changed]):
                    return after
            raise Unreachable("Others change the keys just now. Try again.")

        return self._run(change)

    def _run(self, work: "Callable[[RedisKeys], Awaitable[_T]]") -> _T:
        async def run(connection: "StateConnection") -> _T:
            from fakegpt_tui.host.shared_state.keys import RedisKeys  # noqa: PLC0415 - an extra

            return await work(RedisKeys(connection))

        return run_in_state(self.options, run)
