"""Shared state on the command line: where it is, and what `serve` says about it."""

import logging
from pathlib import Path

from fakegpt_tui.cli.errors import echo_err
from fakegpt_tui.domain import ConfigError, Secret
from fakegpt_tui.host.extras import StateOptions


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


class _Notices(logging.Handler):
    """Prints what is logged, cleaned, as any other sentence of the program."""

    def emit(self, record: logging.LogRecord) -> None:
        echo_err(record.getMessage())


def _read_secret(path: Path) -> Secret:
    try:
        return Secret(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The password in {path} cannot be read.") from error
