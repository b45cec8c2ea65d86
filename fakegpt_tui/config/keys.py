"""Reading the key of a service from the place that the settings name, and keeping one there."""

from collections.abc import Mapping
from pathlib import Path

from fakegpt_tui.config.keyrings import Keyring, KeyringError
from fakegpt_tui.config.settings import KeyInEnvironment, KeyInFile, KeyInKeyring, KeySource
from fakegpt_tui.domain import ConfigError, Secret

_MAX_LENGTH = 10_000


def read_key(source: KeySource, environ: Mapping[str, str], keyring: Keyring) -> Secret:
    """The key that `source` names. The keyring may ask the person to unlock it first.

    Raises:
        ConfigError: There is none, or it cannot be one. No other place is looked at instead.
    """
    match source:
        case KeyInEnvironment(variable):
            return validate_key(environ.get(variable, ""), f"The environment variable {variable}")
        case KeyInFile(path):
            return validate_key(_read_file(path), f"The key file {path}")
        case KeyInKeyring(service):
            return validate_key(
                _read_keyring(service, keyring), f"The keyring's entry for {service!r}"
            )


def store_key(service: str, key: Secret, keyring: Keyring) -> None:
    """Keep `key` in the keyring of the system under the name of the service.

    Raises:
        ConfigError: It cannot be a key, or the keyring cannot be used; then it is kept nowhere.
    """
    usable = validate_key(key.reveal(), "What was given as the key")
    try:
        keyring.write(service, usable.reveal())
    except KeyringError as error:
        raise ConfigError(f"{error} The key was not kept anywhere.") from error


def _read_keyring(service: str, keyring: Keyring) -> str:
    try:
        return keyring.read(service) or ""
    except KeyringError as error:
        raise ConfigError(f"{error} The key of {service!r} is not at hand.") from error


def _read_file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(_MAX_LENGTH)
    except UnicodeDecodeError:
        raise ConfigError(f"The key file {path} is not text.") from None
    except OSError as error:
        raise ConfigError(f"The key file {path} cannot be read: {error.strerror}.") from error


def validate_key(text: str, what: str) -> Secret:
    """`text` as a key; an error calls it `what`.

    Raises:
        ConfigError: It cannot be one.
    """
    key = text.strip()
    if not key:
        raise ConfigError(f"{what} holds no key.")
    if not key.isascii() or not key.isprintable() or " " in key or len(key) >= _MAX_LENGTH:
        raise ConfigError(f"{what} holds something that cannot be a key.")
    return Secret(key)
