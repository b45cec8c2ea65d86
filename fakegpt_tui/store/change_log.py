"""Change log: undo, signs of failed replies, and what a mirror folder shows, of an open store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from fakegpt_tui.domain import StoreError, now
from fakegpt_tui.domain.undo import MOST_ACTIONS, OLDEST_ACTION, UndoAction, UndoStep
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.store import rows
from fakegpt_tui.store.connection import run_statement
from fakegpt_tui.store.errors import TransientStoreError
from fakegpt_tui.store.instances import FileLock
from fakegpt_tui.text import replace_surrogates

if TYPE_CHECKING:
    from pathlib import Path

    from fakegpt_tui.store.writer import StoreWriter


_FAILURES: Final = """
    SELECT conversation_id, reply_id
    FROM failed_reply JOIN conversation ON id = conversation_id AND leaf_id = reply_id
"""
_NEWEST: Final = "SELECT coalesce(max(position), 0) FROM conversation_change"
_NOT_SHOWN: Final = """
    NOT EXISTS (
        SELECT 1 FROM mirrored_file AS file
        WHERE file.folder = :folder AND file.conversation_id = conversation.id
            AND file.change = coalesce(last.position, 0)
    )
"""
_LEFT_OVER: Final = """
    SELECT DISTINCT file.conversation_id, NULL
    FROM mirrored_file AS file LEFT JOIN conversation ON conversation.id = file.conversation_id
    WHERE file.folder = :folder
        AND (conversation.id IS NULL OR conversation.trashed_at IS NOT NULL)
"""
_ALL: Final = f"""
    SELECT conversation.id, coalesce(last.position, 0)
    FROM conversation
        LEFT JOIN conversation_change AS last ON last.conversation_id = conversation.id
    WHERE conversation.trashed_at IS NULL AND {_NOT_SHOWN}
    UNION ALL {_LEFT_OVER}
"""  # noqa: S608 - constants
_RECENT: Final = f"""
    SELECT conversation.id, last.position
    FROM conversation_change AS last JOIN conversation ON conversation.id = last.conversation_id
    WHERE last.position > :since AND conversation.trashed_at IS NULL AND {_NOT_SHOWN}
    UNION ALL {_LEFT_OVER}
"""  # noqa: S608 - constants
_COLUMNS: Final = ("path", "conversation_id", "change", "stamp", "state")
_FILES: Final = f"{rows.select_statement('mirrored_file', _COLUMNS)} WHERE folder = :folder"
_FILES_OF: Final = f"{_FILES} AND conversation_id = :conversation_id"
_FORGET: Final = "DELETE FROM mirrored_file WHERE folder = :folder AND path = :path"
_NOTE_FILE: Final = rows.insert_statement("mirrored_file", ("folder", *_COLUMNS))

_LAST: Final = """
    SELECT * FROM undo_action
    WHERE scope IN ('', :scope) AND at >= :since
        AND id NOT IN (SELECT value FROM json_each(:but_not))
        AND EXISTS (
            SELECT 1 FROM undo_step LEFT JOIN conversation ON conversation.id = conversation_id
            WHERE action_id = undo_action.id AND (conversation_id = '' OR conversation.id NOTNULL)
        )
    ORDER BY position DESC LIMIT 1
"""
_STEPS: Final = "SELECT conversation_id, data FROM undo_step WHERE action_id = :id ORDER BY seq"
_ADD: Final = """
    INSERT OR IGNORE INTO undo_action (id, what, done, scope, at)
    VALUES (:id, :what, :done, :scope, :at)
"""
_ADD_STEP: Final = "INSERT OR IGNORE INTO undo_step VALUES (:id, :seq, :conversation_id, :data)"
_REMOVE: Final = "DELETE FROM undo_action WHERE id = :id"
_RENEW: Final = """
    UPDATE undo_action SET at = :at, position = (SELECT max(position) + 1 FROM undo_action)
    WHERE id = :id
"""
_PRUNE: Final = """
    DELETE FROM undo_action WHERE at < :since OR position <= (
        SELECT position FROM undo_action ORDER BY position DESC LIMIT 1 OFFSET :most
    )
"""


@dataclass(frozen=True, slots=True)
class MirroredFile:
    """A file of a mirror folder.

    `path` is below the folder, `change` the change of its conversation that it shows, and `stamp`
    what its size and time were. The `state` is empty where it is as it was written.
    """

    path: str
    conversation_id: str
    change: int
    stamp: str
    state: str = ""


class ChangeLog:
    """What is kept beside conversations about their changes. Reads and writes are the store's."""

    def __init__(self, path: Path, read: Callable[..., Any], writer: StoreWriter) -> None:
        """`read` runs a query on a connection to the store at `path`."""
        self._read = read
        self._writer = writer
        self._submit = writer.submit
        self._lock = FileLock(path.with_name(f"{path.name}.mirror.lock"))

    def failed_replies(self) -> Mapping[str, str]:
        """The replies that failed last, by conversation, until it goes on."""
        return dict(self._read(_fetch, _FAILURES, {}))

    def last_action(self, scope: str, *, but_not: Iterable[str] = ()) -> UndoAction | None:
        """The last action of a scope or on whole conversations, of any instance."""
        found: UndoAction | None = self._read(_find_last, scope, but_not)
        return found

    def add_action(self, action: UndoAction) -> Future[None]:
        """Keep an action; those that are too old or too many go."""
        return self.extend_action(action, action.steps, 0)

    def extend_action(
        self, action: UndoAction, steps: Sequence[UndoStep], begin: int
    ) -> Future[None]:
        """Add steps to an action, of which so many are there already; it is kept with the first."""
        header = {
            "id": action.id,
            "what": replace_surrogates(action.what),
            "done": replace_surrogates(action.done),
            "scope": replace_surrogates(action.scope),
            "at": rows.to_microseconds(action.at),
        }
        added = [
            {
                "id": action.id,
                "seq": seq,
                "conversation_id": replace_surrogates(step.conversation_id),
                "data": step.data,
            }
            for seq, step in enumerate(steps, start=begin)
        ]
        since = rows.to_microseconds(action.at - OLDEST_ACTION)

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(_ADD, header)
            connection.executemany(_ADD_STEP, added)
            if begin == 0:
                connection.execute(_PRUNE, {"since": since, "most": MOST_ACTIONS})

        return self._submit(write)

    def renew_action(self, action_id: str) -> Future[None]:
        """Make an action the last one, as of now."""
        values: rows.Values = {"id": action_id, "at": rows.to_microseconds(now())}
        return self._submit(run_statement(_RENEW, values))

    def remove_action(self, action_id: str) -> Future[None]:
        """Drop an action that was undone."""
        return self._submit(run_statement(_REMOVE, {"id": action_id}))

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` from now on, in another thread, after each write of any instance."""
        self._writer.on_change = changed

    def settle(self, seconds: float) -> None:
        """Wait until what was queued until now is written, for so many seconds at most."""
        with suppress(StoreError, TimeoutError):
            self._submit(lambda _connection: None).result(seconds)

    @contextmanager
    def mirror_lock(self) -> Iterator[bool]:
        """Holds other instances off mirror folders; false where one does not let go of them."""
        with ExitStack() as stack:
            try:
                stack.enter_context(self._lock.hold())
            except TransientStoreError:
                yield False
            else:
                yield True

    def newest_change(self) -> int:
        """A number that grows with every change of any conversation."""
        ((found,),) = self._read(_fetch, _NEWEST, {})
        return int(found)

    def unmirrored(self, folder: str, since: int = -1) -> Sequence[tuple[str, int | None]]:
        """The conversations that a folder does not show as they are, with their last change.

        Those that are in the trash, or gone, and still have files have no change. What has not
        changed `since` is known to be shown.
        """
        values = {"folder": folder, "since": since}
        found = self._read(_fetch, _ALL if since < 0 else _RECENT, values)
        return [(conversation_id, change) for conversation_id, change in found]

    def mirrored_files(
        self, folder: str, conversation_id: str | None = None
    ) -> Sequence[MirroredFile]:
        """What is known of the files of a folder, or just of those of a conversation."""
        statement = _FILES if conversation_id is None else _FILES_OF
        values = {"folder": folder, "conversation_id": conversation_id}
        return [MirroredFile(*row) for row in self._read(_fetch, statement, values)]

    def note_files(
        self, folder: str, files: Sequence[MirroredFile], gone: Iterable[str] = ()
    ) -> Future[None]:
        """Note what is known of files now, and forget those at the paths that are `gone`."""
        noted = [
            {"folder": folder}
            | {name: getattr(each, name) for name in _COLUMNS}
            | {"path": replace_surrogates(each.path)}
            for each in files
        ]
        forgotten = [
            {"folder": folder, "path": replace_surrogates(path)}
            for path in (*gone, *(each.path for each in files))
        ]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(_FORGET, forgotten)
            connection.executemany(_NOTE_FILE, noted)

        return self._submit(write)


def _fetch(
    connection: sqlite3.Connection, statement: str, values: rows.Values
) -> list[sqlite3.Row]:
    return connection.execute(statement, values).fetchall()


def _find_last(
    connection: sqlite3.Connection, scope: str, but_not: Iterable[str] = ()
) -> UndoAction | None:
    """The last action of a scope or on whole conversations, unless it is too old.

    It is about a folder, or a conversation that is still there.
    """
    since = rows.to_microseconds(now() - OLDEST_ACTION)
    values = {"scope": scope, "since": since, "but_not": json.dumps(list(but_not))}
    row = connection.execute(_LAST, values).fetchone()
    if row is None:
        return None
    steps = (UndoStep(*each) for each in connection.execute(_STEPS, {"id": row["id"]}))
    return UndoAction(
        id=row["id"],
        what=row["what"],
        done=row["done"],
        scope=row["scope"],
        at=rows.from_microseconds(row["at"]),
        steps=tuple(steps),
    )
