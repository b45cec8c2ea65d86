"""Reading the key of a service from the place that the settings name, and keeping one there."""

from collections.abc import Mapping
from pathlib import Path

from fakegpt_tui.config.keyrings import Keyring, KeyringTrouble
from fakegpt_tui.config.settings import KeyInEnvironment, KeyInFile, KeyInKeyring, KeySource
from fakegpt_tui.domain import ConfigError, Secret

_LONGEST = 10_000


def read_key(source: KeySource, environ: Mapping[str, str], keyring: Keyring) -> Secret:
    """The key that `source` names. The keyring may ask the person to unlock it first.

    Raises:
        ConfigError: There is none, or it cannot be one. No other place is looked at instead.
    """
    match source:
        case KeyInEnvironment(variable):
            return usable_key(environ.get(variable, ""), f"The environment variable {variable}")
        case KeyInFile(path):
            return usable_key(_text_of(path), f"The key file {path}")
        case KeyInKeyring(service):
            return usable_key(_kept(service, keyring), f"The keyring's entry for {service!r}")


def keep_key(service: str, key: Secret, keyring: Keyring) -> None:
    """Keep `key` in the keyring of the system under the name of the service.

    Raises:
        ConfigError: It cannot be a key, or the keyring cannot be used; then it is kept nowhere.
    """
    usable = usable_key(key.reveal(), "What was given as the key")
    try:
        keyring.write(service, usable.reveal())
    except KeyringTrouble as error:
        raise ConfigError(f"{error} The key was not kept anywhere.") from error


def _kept(service: str, keyring: Keyring) -> str:
    try:
        return keyring.read(service) or ""
    except KeyringTrouble as error:
        raise ConfigError(f"{error} The key of {service!r} is not at hand.") from error


def _text_of(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(_LONGEST)
    except UnicodeDecodeError:
        raise ConfigError(f"The key file {path} is not text.") from None
    except OSError as error:
        raise ConfigError(f"The key file {path} cannot be read: {error.strerror}.") from error


def usable_key(text: str, what: str) -> Secret:
    """`text` as a key; an error calls it `what`.

    Raises:
        ConfigError: It cannot be one.
    """
    key = text.strip()
    if not key:
        raise ConfigError(f"{what} holds no key.")
    if not key.isascii() or not key.isprintable() or " " in key or len(key) >= _LONGEST:
        raise ConfigError(f"{what} holds something that cannot be a key.")
    return Secret(key)
