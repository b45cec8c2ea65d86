"""Store errors: SQLite and file system errors as sentences."""

import errno
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fakegpt_tui.domain import StoreError
from fakegpt_tui.text import safe_line

_PRIMARY_CODE = 0xFF
"""SQLite's extended codes carry the primary one in their lowest byte."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class DamagedStore(StoreError):
    """The file is no database, or one that SQLite cannot read."""


class TransientStoreError(StoreError):
    """A write failed for a reason that may pass: it is worth another try."""


class ReplacedStore(TransientStoreError):
    """Another file has taken the place of the one that was opened."""


class RowDeleted(StoreError):
    """What should be changed has been deleted."""


_DISK_FULL = "The disk is full, so {path} cannot take more."
_DISK_FAILED = "The disk failed while the store {path} was in use."
_BUSY = "Another program keeps {path} busy."
_FORBIDDEN = "The store {path} may not be opened by this user."
_NO_STORE = "The file {path} is not a store, or its beginning is damaged."
_DAMAGED = "The store {path} is damaged."
_KINDS: Mapping[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_FULL: (TransientStoreError, _DISK_FULL),
    sqlite3.SQLITE_BUSY: (TransientStoreError, _BUSY),
    sqlite3.SQLITE_LOCKED: (TransientStoreError, _BUSY),
    sqlite3.SQLITE_READONLY: (TransientStoreError, "The store {path} can only be read here."),
    sqlite3.SQLITE_PERM: (TransientStoreError, _FORBIDDEN),
    sqlite3.SQLITE_AUTH: (TransientStoreError, _FORBIDDEN),
    sqlite3.SQLITE_CANTOPEN: (TransientStoreError, "The store {path} cannot be opened."),
    sqlite3.SQLITE_IOERR: (TransientStoreError, _DISK_FAILED),
    sqlite3.SQLITE_NOMEM: (TransientStoreError, "The store {path} failed: out of memory."),
    sqlite3.SQLITE_CORRUPT: (DamagedStore, _DAMAGED),
    sqlite3.SQLITE_NOTADB: (DamagedStore, _NO_STORE),
    sqlite3.SQLITE_TOOBIG: (StoreError, "The text is too long for the store."),
    sqlite3.SQLITE_CONSTRAINT: (StoreError, "That does not fit the contents of the store {path}."),
}


def store_error(error: sqlite3.Error | OSError, path: Path) -> StoreError:
    """`error`, met in the store at `path`, as a sentence for a person."""
    shown = safe_line(str(path))
    if isinstance(error, OSError):
        sentence = f"The store {shown} cannot be used: {error.strerror or error}."
        if error.errno in _FULL:
            sentence = _DISK_FULL.format(path=shown)
        return TransientStoreError(sentence)
    # Errors of Python's own module, unlike those of SQLite, carry no code.
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    kind, sentence = _KINDS.get(code, (StoreError, "The store {path} failed: {error}."))
    return kind(sentence.format(path=shown, error=safe_line(str(error))))


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite or the file system raises inside into a `StoreError`."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise store_error(error, path) from error
    except UnicodeDecodeError as error:
        # Python cannot read what SQLite says where it quotes the damaged bytes.
        raise DamagedStore(_DAMAGED.format(path=safe_line(str(path)))) from error
