"""The keyring of the system, which is an extra, behind two functions."""

import importlib
from typing import Protocol

_PROGRAM = "fakegpt-tui"
_MIN_PRIORITY = 1
"""What the library calls suitable; below it are those that keep nothing, or keep it in the open."""


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
