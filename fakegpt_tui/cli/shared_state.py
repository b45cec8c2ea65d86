"""Shared state on the command line: where it is, what `serve` says about it, and keys in it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from fakegpt_tui.cli.output import echo_err
from fakegpt_tui.config.access_keys_file import edit_access_keys, load_access_keys
from fakegpt_tui.domain import ConfigError, Secret, Unreachable
from fakegpt_tui.host.access_keys import AccessKey
from fakegpt_tui.host.conversations import StateError
from fakegpt_tui.host.shared_state import StateOptions
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.host.shared_state.checks import EngineReport
    from fakegpt_tui.host.shared_state.connection import StateConnection
    from fakegpt_tui.host.shared_state.keys import RedisKeys


Edit: TypeAlias = Callable[[list[AccessKey]], list[AccessKey]]
_T = TypeVar("_T")

_SECONDS = 5.0
_REASON_LENGTH = 200
_TRIES = 20


def state_options(
    url: str, secret_file: Path | None, *, has_keys: bool = False
) -> StateOptions | None:
    """The shared state at `url`, with the password in a file; `None` without an address.

    Raises:
        ConfigError: The file cannot be read.
    """
    if not url:
        return None
    secret = None if secret_file is None else _read_secret(secret_file)
    return StateOptions(url=url, secret=secret, has_keys=has_keys)


def tell_about_state() -> None:
    """From now on, say on standard error when the shared state is lost and when it is back."""
    logging.getLogger("fakegpt_tui.host.shared_state").addHandler(_Notices())


def run_in_state(options: StateOptions, work: "Callable[[StateConnection], Awaitable[_T]]") -> _T:
    """The result of `work` with a connection of its own.

    Raises:
        Unreachable: The shared state cannot be used.
        ConfigError: Its address cannot be used.
    """

    async def run() -> _T:
        connection = options.connect(_SECONDS)
        try:
            return await work(connection)
        except StateError as error:
            reason = safe_line(str(error.__cause__ or error), _REASON_LENGTH)
            raise Unreachable(f"The shared state cannot be used: {reason}") from error
        finally:
            await connection.close()

    return asyncio.run(run())


def check_state(options: StateOptions) -> tuple[list[str], list[str]]:
    """Facts about an engine, and those that need attention. Raises as above."""

    async def examine(connection: "StateConnection") -> "EngineReport":
        from fakegpt_tui.host.shared_state import checks  # noqa: PLC0415 - an extra

        return await checks.examine(connection)

    report = run_in_state(options, examine)
    facts = [safe_line(line, _REASON_LENGTH) for line in report.lines()]
    return facts, [safe_line(line, _REASON_LENGTH) for line in report.warnings()]


class _Notices(logging.Handler):
    """Prints what is logged, cleaned, as any other sentence of the program."""

    def emit(self, record: logging.LogRecord) -> None:
        echo_err(record.getMessage())


def _read_secret(path: Path) -> Secret:
    try:
        return Secret(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The password in {path} cannot be read.") from error


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
        """Change keys; try again if another program has changed one of them meanwhile.

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
