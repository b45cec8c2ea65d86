"""Store errors: SQLite and file system errors as sentences."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fakegpt_tui.domain import StoreError
from fakegpt_tui.text import safe_line

_PRIMARY_CODE = 0xFF
"""SQLite's extended codes carry the primary one in their lowest byte."""

_SENTENCES = {
    sqlite3.SQLITE_FULL: "The disk is full, so {path} cannot take more.",
    sqlite3.SQLITE_BUSY: "Another program keeps {path} busy.",
    sqlite3.SQLITE_LOCKED: "Another program keeps {path} busy.",
    sqlite3.SQLITE_READONLY: "The store {path} can only be read here, not written.",
    sqlite3.SQLITE_PERM: "The store {path} may not be opened by this user.",
    sqlite3.SQLITE_AUTH: "The store {path} may not be opened by this user.",
    sqlite3.SQLITE_CANTOPEN: "The store {path} cannot be opened.",
    sqlite3.SQLITE_IOERR: "The disk failed while the store {path} was in use.",
    sqlite3.SQLITE_CORRUPT: "The store {path} is damaged.",
    sqlite3.SQLITE_NOTADB: "The file {path} is not a store, or its beginning is damaged.",
    sqlite3.SQLITE_TOOBIG: "The text is too long for the store.",
    sqlite3.SQLITE_CONSTRAINT: "That does not fit the contents of the store {path}.",
}
_TRANSIENT = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
}
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class DamagedStore(StoreError):
    """The file is no database, or one that SQLite cannot read."""


class TransientStoreError(StoreError):
    """A write failed for a reason that may pass: it is worth another try."""


class ReplacedStore(TransientStoreError):
    """Another file has taken the place of the one that was opened."""


class RowDeleted(StoreError):
    """What should be changed has been deleted."""


def store_error(error: sqlite3.Error | OSError, path: Path) -> StoreError:
    """`error`, met in the store at `path`, as a sentence for a person."""
    shown = safe_line(str(path))
    if isinstance(error, OSError):
        if error.errno in _FULL:
            return TransientStoreError(_SENTENCES[sqlite3.SQLITE_FULL].format(path=shown))
        return TransientStoreError(f"The store {shown} cannot be used: {error.strerror or error}.")
    # Errors of Python's own module, unlike those of SQLite, carry no code.
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    sentence = _SENTENCES.get(code, "The store {path} failed: " + safe_line(str(error)) + ".")
    return _error_class(code)(sentence.format(path=shown))


def _error_class(code: int) -> type[StoreError]:
    if code in _DAMAGE:
        return DamagedStore
    return TransientStoreError if code in _TRANSIENT else StoreError


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite or the file system raises inside into a `StoreError`."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise store_error(error, path) from error
    except UnicodeDecodeError as error:
        # Python cannot read what SQLite says where it quotes the damaged bytes.
        sentence = _SENTENCES[sqlite3.SQLITE_CORRUPT]
        raise DamagedStore(sentence.format(path=safe_line(str(path)))) from error
