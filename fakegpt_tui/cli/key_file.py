"""The key that signs a host's tokens, in a file that several hosts may share."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from fakegpt_tui.domain import ConfigError

_KEY_BYTES = 32


def load_host_key(path: Path) -> bytes:
    """The key in the file at `path`, which is made if there is none.

    Raises:
        ConfigError: It cannot be read or made, is too short, or can be read by others.
    """
    try:
        if not path.exists():
            _create_key(path)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise ConfigError(f"The key file {path} can be read by others; chmod 600 mends that.")
        key = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"The key file {path} cannot be used: {error.strerror}.") from error
    if len(key) < _KEY_BYTES:
        raise ConfigError(f"The key file {path} holds fewer than {_KEY_BYTES} bytes.")
    return key


def _create_key(path: Path) -> None:
    """Whole or not at all, because another host may be looking for it at this moment."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")
    made = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
        with suppress(FileExistsError):
            path.hardlink_to(made)
    finally:
        made.unlink()
