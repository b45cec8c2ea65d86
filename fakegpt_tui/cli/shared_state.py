"""Shared state on the command line: where it is, and what `serve` says about it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fakegpt_tui.cli.errors import echo_err
from fakegpt_tui.domain import ConfigError, Secret, Unreachable
from fakegpt_tui.host.conversations import StateError
from fakegpt_tui.host.extras import StateOptions
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.host.shared_state.checks import EngineReport
    from fakegpt_tui.host.shared_state.connection import StateConnection

_T = TypeVar("_T")

_SECONDS = 5.0
_REASON_LENGTH = 200


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
    """What there is to say of an engine, and what of it needs attention. Raises as above."""

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
