"""Access keys file: the digests and limits of a host's keys, as TOML."""

import fcntl
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import tomlkit

from fakegpt_tui.config import validators
from fakegpt_tui.config.private_files import edit_file
from fakegpt_tui.config.sources import Table, read_config
from fakegpt_tui.config.validators import InvalidValue, Validator
from fakegpt_tui.domain import ConfigError, SaveError
from fakegpt_tui.host.access_keys import KEY_ID, AccessKey, KeyLimits, KeyRing
from fakegpt_tui.temporary_files import PRIVATE, make_private_folder

_LARGEST = 10**12
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LABEL_LENGTH = 64
_NUMBERS: dict[str, Validator[object]] = {
    each.name: validators.integer(0, _LARGEST) for each in fields(KeyLimits) if each.type is int
}
_HEADER = "Access keys of a FakeGPT host; `fakegpt-tui serve-admin keys` changes this file.\n"


def load_access_keys(path: Path, limits: KeyLimits | None = None) -> KeyRing:
    """The keys in the file at `path`; `limits` fill in those that a key does not name.

    Raises:
        ConfigError: It cannot be read, others may write it, or something in it cannot be used.
    """
    content = read_config(path, required=True)
    if os.name == "posix" and path.stat().st_mode & 0o022:
        raise ConfigError(f"The keys file {path} can be written by others; chmod 600 mends that.")
    return KeyRing(_parse(content, path, limits))


def edit_access_keys(
    path: Path, edit: Callable[[list[AccessKey]], list[AccessKey]]
) -> list[AccessKey]:
    """Replace the keys in the file by what `edit` makes of them; a missing file is created.

    Raises:
        ConfigError: `edit` raised it, or the file cannot be used.
        SaveError: The file cannot be written; it is then as it was.
    """
    changed: list[AccessKey] = []

    def write(content: str) -> str:
        changed[:] = edit(_parse(content, path))
        return _format(changed)

    with _lock(path):
        edit_file(path, write)
    return changed


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Two programs that change the file do so one after the other."""
    try:
        make_private_folder(path.parent)
        number = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, PRIVATE)
    except OSError as error:
        raise SaveError(f"The keys file {path} cannot be changed: {error.strerror}.") from error
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def _parse(content: str, path: Path, limits: KeyLimits | None = None) -> list[AccessKey]:
    try:
        values = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The keys file {path} is not valid TOML: {error}.") from error
    whole = Table(values, path=path)
    table = whole.table("keys")
    whole.reject_unknown()
    return [_parse_key(key_id, table, limits) for key_id in table]


def _parse_key(key_id: str, keys: Table, limits: KeyLimits | None) -> AccessKey:
    if not KEY_ID.fullmatch(key_id):
        raise ConfigError(f"{keys.label(key_id)} is not the id of a key.")
    table = keys.table(key_id)
    if "digest" not in table:
        raise ConfigError(f"{table.label('digest')} is missing.")
    key = AccessKey(
        id=key_id,
        digest=table.consume("digest", _digest, ""),
        label=table.consume("label", key_label, ""),
        created_at=table.consume("created_at", _moment, datetime.fromtimestamp(0, UTC)),
        expires_at=table.consume("expires_at", _moment, None),
        revoked_at=table.consume("revoked_at", _moment, None),
        old_digest=table.consume("old_digest", _digest, ""),
        old_until=table.consume("old_until", _moment, None),
        limits=parse_limits(table.table("limits"), limits),
    )
    table.reject_unknown()
    return key


def parse_limits(table: Table, base: KeyLimits | None = None) -> KeyLimits:
    """The limits in `table`, over those of `base`.

    Raises:
        ConfigError: One of them cannot be used.
    """
    return table.fill(base or KeyLimits(), _NUMBERS | {"models": validators.many(validators.text)})


def _format(keys: Iterable[AccessKey]) -> str:
    document = tomlkit.document()
    document.add(tomlkit.comment(_HEADER.strip()))
    tables = tomlkit.table(is_super_table=True)
    for key in keys:
        table = tomlkit.table()
        for each in fields(AccessKey):
            value = getattr(key, each.name)
            if each.name not in ("id", "limits") and value not in ("", None):
                table.add(each.name, value)
        limits = tomlkit.table()
        for each in fields(KeyLimits):
            value = getattr(key.limits, each.name)
            limits.add(each.name, list(value) if isinstance(value, tuple) else value)
        table.add("limits", limits)
        tables.add(key.id, table)
    document.add("keys", tables)
    return tomlkit.dumps(document)


def key_label(value: object) -> str:
    """What a person calls a key, as a reader."""
    if isinstance(value, str) and value.isprintable() and len(value) <= _LABEL_LENGTH:
        return value.strip()
    raise InvalidValue(f"printable text of at most {_LABEL_LENGTH} characters")


def _digest(value: object) -> str:
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return value
    # A key itself may have been pasted here.
    raise InvalidValue("the SHA-256 digest of a key, 64 hexadecimal digits", hide=True)


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    raise InvalidValue("a date and a time")
