"""API keys of services: read from and written to environment, file or keyring."""

import codecs
import importlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from fakegpt_tui.domain import ConfigError, Secret
from fakegpt_tui.fast_import import dataclass, lazy_pattern
from fakegpt_tui.text import strip_pasted

_PROGRAM = "fakegpt-tui"
_MAX_LENGTH = 10_000
_MIN_PRIORITY = 1
"""What the library calls suitable; keyrings below it keep nothing, or keep it unencrypted."""

_SECRET_NAME = lazy_pattern(
    r"(?:API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)S?\Z", re.I
)
"""How variables are called whose value is a secret of some service or other."""
_NOT_SECRET = {"XDG_ACTIVATION_TOKEN"}
"""By which a desktop knows that the user has asked for a window."""


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
    """A keyring could not be used; the message is a sentence without anything secret."""


class Keyring(Protocol):
    """A private place for keys; an entry has the name of its service.

    All methods raise `KeyringError` if it cannot be used. All but `check` may wait for the user
    to unlock it.
    """

    def check(self) -> None:
        """Check that there is a keyring, without opening it."""
        ...

    def read(self, service: str) -> str | None: ...

    def write(self, service: str, key: str) -> None: ...

    def delete(self, service: str) -> None:
        """Delete an entry, if there is one."""
        ...


class SystemKeyring:
    """The keyring that the system keeps for its user."""

    def check(self) -> None:
        with _open_library() as library:
            if library.get_keyring().priority < _MIN_PRIORITY:
                raise KeyringError("There is no keyring on this system.")

    def read(self, service: str) -> str | None:
        with _open_library() as library:
            key: str | None = library.get_password(_PROGRAM, service)
        return key

    def write(self, service: str, key: str) -> None:
        with _open_library() as library:
            library.set_password(_PROGRAM, service, key)

    def delete(self, service: str) -> None:
        with _open_library() as library:
            if library.get_password(_PROGRAM, service) is not None:
                library.delete_password(_PROGRAM, service)


@contextmanager
def _open_library() -> Iterator[Any]:
    """The module `keyring`; raises `KeyringError` for what it raises inside the block."""
    try:
        library = importlib.import_module("keyring")
        refused: type[Exception] = importlib.import_module("keyring.errors").KeyringError
    except ModuleNotFoundError as error:
        raise KeyringError(
            "Keys in the keyring need the extra “keyring”: pip install 'fakegpt-tui[keyring]'."
        ) from error
    try:
        yield library
    except refused as error:
        # The name alone: the message of a keyring may repeat the key.
        raise KeyringError(
            f"The keyring cannot be used ({type(error).__name__}); is it locked?"
        ) from None


def read_key(source: KeySource, environ: Mapping[str, str], keyring: Keyring) -> Secret:
    """The key that `source` names. The keyring may ask the person to unlock it first.

    Raises:
        ConfigError: There is no key, or it is malformed; no other source is tried.
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


def without_keys(sources: Mapping[str, KeySource], environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what holds keys of services, or a secret by its name."""
    named = {source.variable for source in sources.values() if isinstance(source, KeyInEnvironment)}
    return {
        name: value
        for name, value in environ.items()
        if name not in named and not (_SECRET_NAME.search(name) and name not in _NOT_SECRET)
    }


def store_key(service: str, key: Secret, keyring: Keyring) -> None:
    """Store `key` in the keyring of the system under the name of the service.

    Raises:
        ConfigError: It is malformed, or the keyring cannot be used; then it is not stored.
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
        with path.open("rb") as file:
            return _decode(file.read(4 * _MAX_LENGTH))
    except UnicodeDecodeError:
        raise ConfigError(f"The key file {path} is not text.") from None
    except OSError as error:
        raise ConfigError(f"The key file {path} cannot be read: {error.strerror}.") from error


def _decode(data: bytes) -> str:
    """The text of a file, also where an editor of Windows wrote it."""
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_wide else "utf-8-sig")


_ASSIGNED = lazy_pattern(
    r"(?:(?:export|setx?)\s+|\$env:)?[\"']?[a-z][a-z0-9_-]*(?:key|token)[\"']?(?:\s*=\s*|:\s+)(\S.*)",
    re.IGNORECASE,
)
"""A line of a file of variables, of JSON or of headers, as services show it to be copied."""
_BEARER = lazy_pattern(r"(?:authorization\s*:\s*)?bearer\s+", re.IGNORECASE)


def validate_key(text: str, what: str) -> Secret:
    """`text` as a key, without what is copied along with one; an error calls it `what`.

    Raises:
        ConfigError: It cannot be one.
    """
    key = strip_pasted(text)
    if assigned := _ASSIGNED.fullmatch(key):
        key = strip_pasted(assigned[1])
    if bearer := _BEARER.match(key):
        key = strip_pasted(key[bearer.end() :])
    if not key:
        raise ConfigError(f"{what} holds no key.")
    if error := _key_error(key):
        raise ConfigError(f"{what} holds something that cannot be a key: {error}.")
    return Secret(key)


def _key_error(key: str) -> str:
    """The reason why a text is no key, without a word of it; empty if it can be one."""
    if len(key) >= _MAX_LENGTH:
        return f"it is longer than {_MAX_LENGTH:,} characters"
    if len(key.splitlines()) > 1:
        return "it has more than one line"
    if any(character.isspace() for character in key):
        return "it has a space in it"
    if not key.isascii() or not key.isprintable():
        return "it has a character that no key has"
    return ""
