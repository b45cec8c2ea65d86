"""Finding words in titles and chat messages."""

import sqlite3
from collections.abc import Callable, Iterator

from fakegpt_tui.domain import SearchHit, SearchQuery
from fakegpt_tui.store import rows, snippets
from fakegpt_tui.store.words import FullTextQuery
from fakegpt_tui.text import replace_surrogates

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
    snippet, marks = snippets.make_snippet(row["text"], words.terms, is_open=words.is_prefix)
    return SearchHit(
        conversation_id=row["conversation_id"],
        message_id=row["message_id"],
        title=row["title"],
        snippet=snippet,
        marks=marks,
        created_at=rows.from_microseconds(row["created_at"]),
    )
