"""API keys of services: read from and written to environment, file or keyring."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, TypeAlias

from fakegpt_tui.domain import ConfigError, Secret
from fakegpt_tui.domain.fast_dataclass import dataclass

_PROGRAM = "fakegpt-tui"
_MIN_PRIORITY = 1
"""What the library calls suitable; below it are those that keep nothing, or keep it in the open."""


@dataclass(frozen=True, slots=True)
class KeyInEnvironment:
    """A service's key is in this environment variable."""

    variable: str


@dataclass(frozen=True, slots=True)
class KeyInFile:
    """A service's key is the text of this file."""

    path: Path


@dataclass(frozen=True, slots=True)
class KeyInKeyring:
    """A service's key is in the keyring of the system, under the name of the service."""

    service: str


KeySource: TypeAlias = KeyInEnvironment | KeyInFile | KeyInKeyring


class KeyringError(Exception):
    """A keyring could not be used. Its text is a sentence, and holds nothing of what was kept."""


class Keyring(Protocol):
    """A place for keys that others cannot read; an entry goes by the name of its service.

    All methods raise `KeyringTrouble` where it cannot be used. But for `check` they may wait for
    the person to unlock it.
    """

    def check(self) -> None:
        """Is there one, as far as that can be told without opening it?"""
        ...

    def read(self, service: str) -> str | None: ...

    def write(self, service: str, key: str) -> None: ...

    def delete(self, service: str) -> None:
        """Forget an entry, if there is one."""
        ...


class SystemKeyring:
    """The keyring that the system keeps for its user."""

    def check(self) -> None:
        if _import_module("keyring").get_keyring().priority < _MIN_PRIORITY:
            raise KeyringError("There is no keyring on this system.")

    def read(self, service: str) -> str | None:
        module = _import_module("keyring")
        try:
            found: str | None = module.get_password(_PROGRAM, service)
        except _import_module("keyring.errors").KeyringError as error:
            raise _keyring_error(error) from None
        return found

    def write(self, service: str, key: str) -> None:
        module = _import_module("keyring")
        try:
            module.set_password(_PROGRAM, service, key)
        except _import_module("keyring.errors").KeyringError as error:
            raise _keyring_error(error) from None

    def delete(self, service: str) -> None:
        module = _import_module("keyring")
        try:
            if module.get_password(_PROGRAM, service) is not None:
                module.delete_password(_PROGRAM, service)
        except _import_module("keyring.errors").KeyringError as error:
            raise _keyring_error(error) from None


def _import_module(name: str) -> "_Module":
    try:
        module: _Module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise KeyringError(
            "Keys in the keyring need the extra “keyring”: pip install 'fakegpt-tui[keyring]'."
        ) from error
    return module


class _Module(Protocol):
    """The parts of the library that are used; it is not there for the type checker to read."""

    KeyringError: type[Exception]

    def get_password(self, service_name: str, username: str) -> str | None: ...

    def set_password(self, service_name: str, username: str, password: str) -> None: ...

    def delete_password(self, service_name: str, username: str) -> None: ...

    def get_keyring(self) -> "_KeyringBackend": ...


class _KeyringBackend(Protocol):
    """The keyring that the library has settled for."""

    priority: float


def _keyring_error(error: Exception) -> KeyringError:
    # The name alone: what a keyring says of itself may repeat what it was given.
    return KeyringError(f"The keyring cannot be used ({type(error).__name__}); is it locked?")


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
