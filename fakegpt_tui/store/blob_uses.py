"""Uses of blobs: which rows need which bytes, and deleting bytes that no row needs."""

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from heapq import nlargest
from pathlib import Path
from typing import NamedTuple

from fakegpt_tui.domain.part_json import decode_attachments, decode_parts
from fakegpt_tui.domain.parts import Blob, Part, attached_parts, blobs_of
from fakegpt_tui.store import rows
from fakegpt_tui.store.blobs import HALF, blob_folder, is_damaged, list_blobs
from fakegpt_tui.store.connection import WriteOperation
from fakegpt_tui.text import safe_line

MESSAGE, DRAFT, QUEUE = "message", "draft", "queue"
"""What can use a blob; a row of such a kind that is deleted takes its uses along, by a trigger."""

_ADD = "INSERT OR IGNORE INTO blob_use (kind, user_id, digest) VALUES (?, ?, ?)"
_USERS = {
    MESSAGE: "SELECT id, parts FROM chat_message WHERE parts IS NOT NULL",
    DRAFT: "SELECT conversation_id, attachments FROM draft WHERE attachments IS NOT NULL",
    QUEUE: "SELECT id, parts FROM queued_prompt WHERE parts IS NOT NULL",
}
_PARTS = {
    MESSAGE: "SELECT parts FROM chat_message WHERE id = ?",
    DRAFT: "SELECT attachments FROM draft WHERE conversation_id = ?",
    QUEUE: "SELECT parts FROM queued_prompt WHERE id = ?",
}
_USES_OF = "SELECT kind, user_id FROM blob_use WHERE digest = ? LIMIT 10"
_USED = "SELECT digest, count(*) AS users FROM blob_use GROUP BY digest"

_LISTED = 10
"""How many of the largest are named, and of those that are missing or damaged."""
_LONGEST_NAME = 60
_FRESH = timedelta(days=1)
"""How long bytes stay that no row uses: they may be of a prompt that is about to be saved."""


def used_blobs(kind: str, parts: str | None) -> tuple[Blob, ...]:
    """The blobs that a column of parts or attachments names."""
    return blobs_of(_decoded(kind, parts))


def _decoded(kind: str, parts: str | None) -> Iterable[Part]:
    if parts is None:
        return ()
    if kind == DRAFT:
        return [each.part for each in decode_attachments(parts)]
    return decode_parts(parts)


def add_uses(connection: sqlite3.Connection, kind: str, user_id: str, parts: str | None) -> None:
    """Note what a row uses, beside what it used before."""
    blobs = used_blobs(kind, parts)
    connection.executemany(_ADD, [(kind, user_id, blob.digest) for blob in blobs])


def rebuild_uses(connection: sqlite3.Connection) -> None:
    """Note the uses of all rows anew, after a salvage."""
    connection.execute("DELETE FROM blob_use")
    for kind, statement in _USERS.items():
        for user_id, parts in connection.execute(statement).fetchall():
            add_uses(connection, kind, user_id, parts)


def list_uses(connection: sqlite3.Connection) -> dict[str, int]:
    """How many rows use each blob, by digest."""
    return {row["digest"]: row["users"] for row in connection.execute(_USED)}


class BlobCheck(NamedTuple):
    """How many blobs are used, and which of them are not there or not what was stored."""

    used: int = 0
    checked: int = 0
    size: int = 0
    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """The names that messages give to missing and damaged ones."""
    largest: tuple[tuple[int, str], ...] = ()
    """The sizes and digests of the largest, first the largest."""

    @property
    def in_words(self) -> str:
        """A sentence about what is wrong; empty where nothing is."""
        counts = {"missing": len(self.missing), "damaged on the disk": len(self.damaged)}
        found = [
            f"{count:,} {'is' if count == 1 else 'are'} {what}"
            for what, count in counts.items()
            if count
        ]
        if not found:
            return ""
        more = " …" if len(self.names) > _LISTED else ""
        names = f"{', '.join(self.names[:_LISTED])}{more}"
        return (
            f"Of {self.used:,} attached pictures and files, {' and '.join(found)}: {names}. "
            "The messages are whole; attach or import the same file again to repair one."
        )


def check_blobs(connection: sqlite3.Connection, store: Path) -> Iterator[BlobCheck]:
    """Compare every used blob with its digest; what was found so far, after each."""
    used = list_uses(connection)
    folder = blob_folder(store)
    found = BlobCheck(used=len(used))
    for digest in used:
        path = folder / digest
        try:
            size = path.stat().st_size
            if is_damaged(path, path.name):
                found = found._replace(damaged=(*found.damaged, digest))
        except OSError:
            size = 0
            found = found._replace(missing=(*found.missing, digest))
        if digest in (*found.missing[-1:], *found.damaged[-1:]):
            found = found._replace(names=(*found.names, _name_of(connection, digest)))
        found = found._replace(
            checked=found.checked + 1,
            size=found.size + size,
            largest=tuple(nlargest(_LISTED, (*found.largest, *([(size, digest)] if size else ())))),
        )
        yield found


def _name_of(connection: sqlite3.Connection, digest: str) -> str:
    """What a blob is called where it is used; where it has no name, the first of its digest."""
    for kind, user_id in connection.execute(_USES_OF, (digest,)):
        for (parts,) in connection.execute(_PARTS[kind], (user_id,)):
            for part in attached_parts(_decoded(kind, parts)):
                if part.blob.digest == digest and part.name:
                    return safe_line(part.name, _LONGEST_NAME)
    return digest[:12]


def sweep(folder: Path, now: datetime, backups: Collection[Path]) -> WriteOperation:
    """Delete the files that no row has used for a day, nor since the oldest of the backups.

    To be run by the writer, whose lock and transaction keep others from using one meanwhile.
    """

    def write(connection: sqlite3.Connection) -> None:
        used = list_uses(connection)
        unused_since = dict(connection.execute("SELECT digest, since FROM unused_blob").fetchall())
        oldest = min((copy.stat().st_mtime for copy in backups), default=now.timestamp())
        limit = rows.to_microseconds(now - _FRESH)
        limit = min(limit, int(oldest * 1_000_000))
        connection.execute("DELETE FROM unused_blob")
        for entry in list_blobs(folder):
            if entry.name in used:
                continue
            since = unused_since.get(entry.name, rows.to_microseconds(now))
            if since <= limit and _is_old(entry, now):
                Path(entry).unlink(missing_ok=True)
            else:
                connection.execute("INSERT INTO unused_blob VALUES (?, ?)", (entry.name, since))
        _delete_halves(folder, now)

    return write


def _delete_halves(folder: Path, now: datetime) -> None:
    """Delete what a kill left of files that were being written."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(HALF) and _is_old(entry, now):
                Path(entry).unlink(missing_ok=True)


def _is_old(entry: os.DirEntry[str], now: datetime) -> bool:
    return entry.stat().st_mtime < (now - _FRESH).timestamp()
