"""Full-text search: keeping the index in step, and answering one query at a time."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from fakegpt_tui.domain import SearchHit, SearchQuery, StoreError
from fakegpt_tui.store import migrations, rows, tokenizer
from fakegpt_tui.store.errors import translate_errors
from fakegpt_tui.store.tokenizer import FullTextQuery, tokenize
from fakegpt_tui.text import replace_surrogates

_ADD_TEXT = "INSERT INTO message_index (rowid, text) VALUES (:position, :text)"
_REMOVE_TEXT = """
    INSERT INTO message_index (message_index, rowid, text) VALUES ('delete', :position, :text)
"""
_ADD_TITLE = "INSERT INTO title_index (rowid, title) VALUES (:position, :text)"
_REMOVE_TITLE = """
    INSERT INTO title_index (title_index, rowid, title) VALUES ('delete', :position, :text)
"""
_TEXT = "SELECT position, owner, text FROM chat_message WHERE id = :id"
_TITLE = "SELECT position, title FROM conversation WHERE id = :id"
_TEXTS = """
    SELECT position, text FROM chat_message WHERE conversation_id = :id AND owner IS NULL
"""

_INDEXES = ("message_index", "title_index")
_PRIMARY = 0xFF


def index_message(connection: sqlite3.Connection, message_id: str) -> None:
    """Put the text in, if the message has come to its end."""
    row = connection.execute(_TEXT, {"id": message_id}).fetchone()
    if row is not None and row["owner"] is None:
        _execute_tolerating_damage(connection, _ADD_TEXT, row["position"], row["text"])


def unindex_message(connection: sqlite3.Connection, message_id: str) -> None:
    """Take the text out again. To be called before it changes."""
    row = connection.execute(_TEXT, {"id": message_id}).fetchone()
    if row is not None and row["owner"] is None:
        _execute_tolerating_damage(connection, _REMOVE_TEXT, row["position"], row["text"])


def unindex_conversation(connection: sqlite3.Connection, conversation_id: str) -> None:
    """Take out the title and all texts. To be called before they are deleted."""
    for row in connection.execute(_TEXTS, {"id": conversation_id}).fetchall():
        _execute_tolerating_damage(connection, _REMOVE_TEXT, row["position"], row["text"])
    position, title = find_title(connection, conversation_id)
    if position is not None:
        _execute_tolerating_damage(connection, _REMOVE_TITLE, position, title)


def find_title(connection: sqlite3.Connection, conversation_id: str) -> tuple[int | None, str]:
    """Where the title is, and what it says; no place where there is no such conversation."""
    row = connection.execute(_TITLE, {"id": conversation_id}).fetchone()
    return (None, "") if row is None else (row["position"], row["title"])


def reindex_title(
    connection: sqlite3.Connection, conversation_id: str, before: tuple[int | None, str]
) -> None:
    """Put the title in, in place of the one that was there `before`."""
    after = find_title(connection, conversation_id)
    if after == before:
        return
    for statement, (position, title) in ((_REMOVE_TITLE, before), (_ADD_TITLE, after)):
        if position is not None:
            _execute_tolerating_damage(connection, statement, position, title)


def repair_indexes(connection: sqlite3.Connection) -> None:
    """Make an index anew that does not hold together; the texts themselves are elsewhere.

    The connection must have migrated, for the functions that come with that.
    """
    for name in _INDEXES:
        try:
            connection.execute(f"INSERT INTO {name} ({name}) VALUES ('integrity-check')")  # noqa: S608 - a constant
        except sqlite3.DatabaseError:
            connection.execute(f"INSERT INTO {name} ({name}) VALUES ('delete-all')")  # noqa: S608 - a constant
            connection.execute(migrations.FILL_INDEX[name])


def _execute_tolerating_damage(
    connection: sqlite3.Connection, statement: str, position: int, text: str
) -> None:
    try:
        connection.execute(statement, {"position": position, "text": tokenize(text)})
    except sqlite3.DatabaseError as error:
        # An index that is damaged must not keep anything from being saved. Searching tells of
        # it, and the next start makes it anew.
        if error.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_CORRUPT:
            raise


Values = dict[str, str | int]

# The index is walked backwards, and each hit looked up: CROSS JOIN keeps SQLite from another plan.
_MESSAGES = """
    SELECT
        message.id AS message_id, message.text AS text, message.created_at AS created_at,
        conversation.id AS conversation_id, conversation.title AS title
    FROM message_index
    CROSS JOIN chat_message AS message ON message.position = message_index.rowid
    CROSS JOIN conversation ON conversation.id = message.conversation_id
    WHERE message_index MATCH :words AND message.trashed_at IS NULL
"""
_TITLES = """
    SELECT
        NULL AS message_id, conversation.title AS text, conversation.updated_at AS created_at,
        conversation.id AS conversation_id, conversation.title AS title
    FROM title_index
    CROSS JOIN conversation ON conversation.position = title_index.rowid
    WHERE title_index MATCH :words
"""
_ALL_TITLES = """
    SELECT
        NULL AS message_id, '' AS text, conversation.updated_at AS created_at,
        conversation.id AS conversation_id, conversation.title AS title
    FROM conversation
    WHERE TRUE
"""
_NEWEST_FIRST = " ORDER BY message_index.rowid DESC"
_LATEST_FIRST = " ORDER BY conversation.updated_at DESC"
_BEST_FIRST = " ORDER BY bm25(message_index)"


def find_hits(
    connection: sqlite3.Connection,
    query: SearchQuery,
    limit: int,
    *,
    best_first: bool,
    stopped: Callable[[], bool],
) -> tuple[SearchHit, ...]:
    """What is found, titles before messages; what was found so far once `stopped` says so."""
    words = FullTextQuery.parse(query.text)
    found: list[SearchHit] = []
    for statement, values in _statements(query, words, best_first=best_first):
        values["limit"] = max(limit - len(found), 0)
        for row in connection.execute(f"{statement} LIMIT :limit", values):
            if stopped():
                return tuple(found)
            found.append(_hit(row, words))
    return tuple(found)


def _statements(
    query: SearchQuery, words: FullTextQuery, *, best_first: bool
) -> Iterator[tuple[str, Values]]:
    conditions, values = _conditions(query)
    if words.match:
        values["words"] = words.match
        yield f"{_TITLES}{conditions('conversation.updated_at')}{_LATEST_FIRST}", values
        if not query.title_only:
            order = _BEST_FIRST if best_first else _NEWEST_FIRST
            yield f"{_MESSAGES}{conditions('message.created_at')}{order}", values
    elif not query.text.strip() and query != SearchQuery(text=query.text):
        # Filters alone are a question too: which conversations are there like that?
        yield f"{_ALL_TITLES}{conditions('conversation.updated_at')}{_LATEST_FIRST}", values


def _conditions(query: SearchQuery) -> tuple[Callable[[str], str], Values]:
    """What else must be true, given the column that says when; and the values for that."""
    wanted = ["conversation.trashed_at IS NULL"]
    values: Values = {}
    if query.is_pinned:
        wanted.append("conversation.pinned")
    if query.is_archived:
        wanted.append("conversation.archived")
    if query.model:
        wanted.append("instr(lower({model}), lower(:model))")
        values["model"] = replace_surrogates(query.model)
    if query.before is not None:
        wanted.append("{time} < :before")
        values["before"] = rows.to_microseconds(query.before)
    if query.after is not None:
        wanted.append("{time} >= :after")
        values["after"] = rows.to_microseconds(query.after)
    joined = "".join(f" AND {condition}" for condition in wanted)

    def conditions(time: str) -> str:
        # A prompt has no model, so that it is found by that of its conversation.
        of_message = "coalesce(nullif(message.model, ''), conversation.model)"
        model = of_message if time.startswith("message") else "conversation.model"
        return joined.format(time=time, model=model)

    return conditions, values


def _hit(row: sqlite3.Row, words: FullTextQuery) -> SearchHit:
    snippet, marks = tokenizer.make_snippet(row["text"], words.terms, is_open=words.is_prefix)
    return SearchHit(
        conversation_id=row["conversation_id"],
        message_id=row["message_id"],
        title=row["title"],
        snippet=snippet,
        marks=marks,
        created_at=rows.from_microseconds(row["created_at"]),
    )


_STEPS = 2000
"""Steps of SQLite's machine between two looks at whether to stop; a fraction of a millisecond."""


class SearchConnection:
    """Answers one question at a time: a newer one makes an end of the one before."""

    def __init__(self, path: Path, open_connection: Callable[[], sqlite3.Connection]) -> None:
        self._path = path
        self._open = open_connection
        self._connection: sqlite3.Connection | None = None
        self._busy = threading.Lock()
        self._asking = threading.Lock()
        self._newest = 0
        self._is_closed = False

    def search(
        self, query: SearchQuery, limit: int, *, best_first: bool, stopped: Callable[[], bool]
    ) -> tuple[SearchHit, ...]:
        """What is found; nothing once `stopped` says so, or a newer question has come.

        Raises:
            StoreError: The index cannot be read.
        """
        with self._asking:
            self._newest += 1
            number = self._newest
        self._interrupt()

        def is_over() -> bool:
            return self._is_closed or number != self._newest or stopped()

        with self._busy, translate_errors(self._path):
            if self._is_closed:
                raise StoreError("The store is closed.")
            if self._connection is None:
                self._connection = self._open()
            self._connection.set_progress_handler(is_over, _STEPS)
            try:
                return find_hits(
                    self._connection, query, limit, best_first=best_first, stopped=is_over
                )
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                    return ()
                raise
            finally:
                self._connection.set_progress_handler(None, _STEPS)

    def close(self) -> None:
        self._is_closed = True
        self._interrupt()
        with self._busy:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _interrupt(self) -> None:
        if self._connection is not None:
            self._connection.interrupt()
