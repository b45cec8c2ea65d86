"""Full-text search: keeping the index in step, and answering one query at a time."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import TypeAlias

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
_SEARCHED = f"SELECT position, {rows.SEARCHED_FUNCTION}(text, parts) AS text FROM chat_message"  # noqa: S608
_TEXT = f"{_SEARCHED} WHERE id = :id AND owner IS NULL"
_TITLE = "SELECT position, title FROM conversation WHERE id = :id"
_TEXTS = f"{_SEARCHED} WHERE conversation_id = :id AND owner IS NULL"
_PRIMARY_CODE = 0xFF

_Values: TypeAlias = dict[str, str | int]

_HIT_COLUMNS = "conversation.id AS conversation_id, conversation.title AS title, folder, tags"
_IN_FOLDER = "instr(casefold('/' || conversation.folder || '/'), :folder)"
_TAGGED = "instr(casefold(char(10) || conversation.tags || char(10)), :tag{number})"
_MESSAGE_COLUMNS = (
    "message.id AS message_id, message.text, message.parts, message.created_at, " + _HIT_COLUMNS
)
# The index is walked backwards, and each hit looked up: CROSS JOIN keeps SQLite from another plan.
_IN_MESSAGES = """
    FROM message_index
    CROSS JOIN chat_message AS message ON message.position = message_index.rowid
    CROSS JOIN conversation ON conversation.id = message.conversation_id
    WHERE message_index MATCH :words AND message.trashed_at IS NULL
"""
_ADDED_LAST = 2000
"""How many hits are put in the order of their dates: those that were added last, as imports add old
ones."""
_BY_DATE = """
    SELECT {columns}
    FROM (
        SELECT place, date
        FROM (
            SELECT message.position AS place, message.created_at AS date
            {messages}
            ORDER BY message_index.rowid DESC LIMIT {added_last}
        )
        ORDER BY date DESC, place DESC LIMIT :limit
    )
    CROSS JOIN chat_message AS message ON message.position = place
    CROSS JOIN conversation ON conversation.id = message.conversation_id
    ORDER BY date DESC, place DESC
"""
_BEST_FIRST = "SELECT {columns} {messages} ORDER BY bm25(message_index) LIMIT :limit"
_TITLES = f"""
    SELECT
        NULL AS message_id, conversation.title AS text, NULL AS parts, updated_at AS created_at,
        {_HIT_COLUMNS}
    FROM title_index
    CROSS JOIN conversation ON conversation.position = title_index.rowid
    WHERE title_index MATCH :words
"""  # noqa: S608 - constants
_ALL_TITLES = f"""
    SELECT
        NULL AS message_id, '' AS text, NULL AS parts, updated_at AS created_at, {_HIT_COLUMNS}
    FROM conversation
    WHERE TRUE
"""  # noqa: S608 - constants
_LATEST_FIRST = " ORDER BY conversation.updated_at DESC LIMIT :limit"
_MODEL = "conversation.model"
# A prompt has no model, so that it is found by that of its conversation.
_MESSAGE_MODEL = "coalesce(nullif(message.model, ''), conversation.model)"

_STEPS = 2000
"""Steps of SQLite's machine between two looks at whether to stop; a fraction of a millisecond."""


def index_message(connection: sqlite3.Connection, message_id: str) -> None:
    """Add the text of a message that has come to its end."""
    for position, text in connection.execute(_TEXT, {"id": message_id}).fetchall():
        _change_index(connection, _ADD_TEXT, position, text)


def index_new(connection: sqlite3.Connection, position: int, message: rows.Values) -> None:
    """Add the text of a message that was just added at that position, if it is at its end."""
    if message["owner"] is None:
        parts = message["parts"]
        text = rows.searched_text(str(message["text"]), None if parts is None else str(parts))
        _change_index(connection, _ADD_TEXT, position, text)


def unindex_message(connection: sqlite3.Connection, message_id: str) -> None:
    """Remove the text of a message. To be called before the text changes."""
    for position, text in connection.execute(_TEXT, {"id": message_id}).fetchall():
        _change_index(connection, _REMOVE_TEXT, position, text)


def unindex_conversation(connection: sqlite3.Connection, conversation_id: str) -> None:
    """Remove the title and all texts. To be called before they are deleted."""
    for position, text in connection.execute(_TEXTS, {"id": conversation_id}).fetchall():
        _change_index(connection, _REMOVE_TEXT, position, text)
    position, title = find_title(connection, conversation_id)
    if position is not None:
        _change_index(connection, _REMOVE_TITLE, position, title)


def find_title(connection: sqlite3.Connection, conversation_id: str) -> tuple[int | None, str]:
    """The position and text of a title; `None` where there is no such conversation."""
    row = connection.execute(_TITLE, {"id": conversation_id}).fetchone()
    return (None, "") if row is None else (row["position"], row["title"])


def reindex_title(
    connection: sqlite3.Connection, conversation_id: str, before: tuple[int | None, str]
) -> None:
    """Add the title, in place of the one that was there `before`."""
    after = find_title(connection, conversation_id)
    if after == before:
        return
    for statement, (position, title) in ((_REMOVE_TITLE, before), (_ADD_TITLE, after)):
        if position is not None:
            _change_index(connection, statement, position, title)


def repair_indexes(connection: sqlite3.Connection) -> None:
    """Rebuild an index that fails its check, from the texts in the tables.

    The connection must have migrated, for the functions that come with that.
    """
    for name, fill in migrations.FILL_INDEX.items():
        try:
            connection.execute(f"INSERT INTO {name} ({name}) VALUES ('integrity-check')")  # noqa: S608 - a constant
        except sqlite3.DatabaseError:
            connection.execute(f"INSERT INTO {name} ({name}) VALUES ('delete-all')")  # noqa: S608 - a constant
            connection.execute(fill)


def _change_index(connection: sqlite3.Connection, statement: str, position: int, text: str) -> None:
    try:
        connection.execute(statement, {"position": position, "text": tokenize(text)})
    except sqlite3.DatabaseError as error:
        # A damaged index must not keep anything from being saved. A search reports it, and the
        # next start rebuilds it.
        if error.sqlite_errorcode & _PRIMARY_CODE != sqlite3.SQLITE_CORRUPT:
            raise


def _find_hits(
    connection: sqlite3.Connection, query: SearchQuery, limit: int, *, best_first: bool
) -> Iterator[SearchHit]:
    """The hits, titles before messages."""
    words = FullTextQuery.parse(query.text)
    count = 0
    for statement, values in _statements(query, words, best_first=best_first):
        values["limit"] = max(limit - count, 0)
        for row in connection.execute(statement, values):
            count += 1
            yield _hit(row, words)


def _statements(
    query: SearchQuery, words: FullTextQuery, *, best_first: bool
) -> Iterator[tuple[str, _Values]]:
    conditions, values = _conditions(query)
    titles = conditions.format(time="conversation.updated_at", model=_MODEL) + _LATEST_FIRST
    if words.match:
        values["words"] = words.match
        yield _TITLES + titles, values
        if not query.title_only:
            messages = conditions.format(time="message.created_at", model=_MESSAGE_MODEL)
            yield (
                (_BEST_FIRST if best_first else _BY_DATE).format(
                    columns=_MESSAGE_COLUMNS,
                    messages=_IN_MESSAGES + messages,
                    added_last=_ADDED_LAST,
                ),
                values,
            )
    elif not query.text.strip() and query != SearchQuery(text=query.text):
        # Filters alone are a query, too: which conversations are there like that?
        yield _ALL_TITLES + titles, values


def _conditions(query: SearchQuery) -> tuple[str, _Values]:
    """The filters as SQL, with `{time}` and `{model}` for the columns, and their values."""
    conditions = ["conversation.trashed_at IS NULL"]
    values: _Values = {}
    if query.is_pinned:
        conditions.append("conversation.pinned")
    if query.is_archived:
        conditions.append("conversation.archived")
    if query.model:
        conditions.append("instr(lower({model}), lower(:model))")
        values["model"] = replace_surrogates(query.model)
    if query.folder:
        conditions.append(_IN_FOLDER)
        values["folder"] = replace_surrogates(f"/{query.folder.strip('/')}/".casefold())
    for number, tag in enumerate(query.tags):
        conditions.append(_TAGGED.replace("{number}", str(number)))
        values[f"tag{number}"] = replace_surrogates(f"\n{tag}\n".casefold())
    if query.before is not None:
        conditions.append("{time} < :before")
        values["before"] = rows.to_microseconds(query.before)
    if query.after is not None:
        conditions.append("{time} >= :after")
        values["after"] = rows.to_microseconds(query.after)
    return "".join(f" AND {condition}" for condition in conditions), values


def _hit(row: sqlite3.Row, words: FullTextQuery) -> SearchHit:
    text = rows.searched_text(row["text"], row["parts"])
    snippet, marks = tokenizer.make_snippet(text, words.terms, is_prefix=words.is_prefix)
    return SearchHit(
        conversation_id=row["conversation_id"],
        message_id=row["message_id"],
        title=row["title"],
        snippet=snippet,
        marks=marks,
        created_at=rows.from_microseconds(row["created_at"]),
        folder=row["folder"],
        tags=rows.decode_tags(row["tags"]),
    )


class SearchConnection:
    """Answers one query at a time: a newer one ends the one before."""

    def __init__(self, path: Path, open_connection: Callable[[], sqlite3.Connection]) -> None:
        self._path = path
        self._open = open_connection
        self._connection: sqlite3.Connection | None = None
        self._busy = threading.Lock()
        self._asking = threading.Lock()
        self._newest = 0
        self._is_closed = False

    def search(
        self,
        query: SearchQuery,
        limit: int,
        *,
        best_first: bool,
        stopped: Callable[[], bool] | None,
    ) -> tuple[SearchHit, ...]:
        """The hits; none once `stopped` says so, or a newer query has come.

        Raises:
            StoreError: The index cannot be read.
        """
        with self._asking:
            self._newest += 1
            number = self._newest
        self._interrupt()

        def is_over() -> bool:
            return self._is_closed or number != self._newest or bool(stopped and stopped())

        with self._busy, translate_errors(self._path):
            if self._is_closed:
                raise StoreError("The store is closed.")
            if self._connection is None:
                self._connection = self._open()
                # Unlike `lower`, which knows ASCII alone.
                self._connection.create_function("casefold", 1, str.casefold, deterministic=True)
            self._connection.set_progress_handler(is_over, _STEPS)
            try:
                hits = _find_hits(self._connection, query, limit, best_first=best_first)
                return tuple(takewhile(lambda _: not is_over(), hits))
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
