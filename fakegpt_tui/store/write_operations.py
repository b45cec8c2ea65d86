"""Write operations: the statements that change conversations and chat messages."""

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus
from fakegpt_tui.store import queries, rows, search
from fakegpt_tui.store.connection import WriteOperation, transaction
from fakegpt_tui.store.errors import RowDeleted
from fakegpt_tui.text import replace_surrogates

_CHANGES = rows.assignments(name for name in rows.CONVERSATION.columns if name != "id")
_SAVE_CONVERSATION = f"UPDATE conversation SET {_CHANGES} WHERE id = :id"  # noqa: S608 - constants
_ADD_OR_SAVE_CONVERSATION = (
    rows.insert_statement("conversation", rows.CONVERSATION.columns)
    + f" ON CONFLICT (id) DO UPDATE SET {_CHANGES}"
)

_FIXED_COLUMNS = {"id", "conversation_id", "parent_id", "role", "created_at", "trashed_at"}
"""What the end of a reply does not change; it may be in the trash by then."""

_ENDING = rows.assignments(each for each in rows.MESSAGE_COLUMNS if each not in _FIXED_COLUMNS)
_ADD_MESSAGE = rows.insert_statement("chat_message", rows.MESSAGE_COLUMNS)
_FINISH_REPLY = f"UPDATE chat_message SET {_ENDING} WHERE id = :id"  # noqa: S608 - constants
# A reply that is finished or deleted takes nothing more; its text is what was saved last.
_ADD_DELTA = """
    INSERT INTO reply_delta (message_id, seq, keep, text, part)
    SELECT
        id,
        (SELECT coalesce(max(seq), 0) + 1 FROM reply_delta WHERE message_id = :id),
        :keep,
        :text,
        :part
    FROM chat_message
    WHERE id = :id AND owner IS NOT NULL
"""
_DELETE_DELTAS = "DELETE FROM reply_delta WHERE message_id = :id"
_SET_STATUS = """
    UPDATE chat_message SET status = :status, owner = :owner, checksum = NULL WHERE id = :id
"""
_END_REPLY = """
    UPDATE chat_message
    SET
        status = :status,
        owner = NULL,
        text = :text,
        reasoning = :reasoning,
        parts = :parts,
        checksum = :checksum
    WHERE id = :id
"""
_MESSAGE = "SELECT * FROM chat_message WHERE id = :id"
_DELETE_CONVERSATION = (
    # Those of its edited prompts have its id and a space before their own.
    "DELETE FROM draft WHERE conversation_id = :id"
    " OR substr(conversation_id, 1, length(:id) + 1) = :id || ' '",
    "DELETE FROM bookmark WHERE conversation_id = :id",
    "DELETE FROM queued_prompt WHERE conversation_id = :id",
    "DELETE FROM conversation WHERE id = :id",
)
_OWNED = "SELECT id, owner FROM chat_message WHERE owner IS NOT NULL"
_CLEAR_USES = "DELETE FROM blob_use WHERE kind = :kind AND user_id = :id"
_SET_TRASHED = """
    UPDATE chat_message SET trashed_at = :trashed_at, checksum = :checksum WHERE id = :id
"""
_OLD_CONVERSATIONS = "SELECT id FROM conversation WHERE trashed_at < :before"
# The sign keeps SQLite from walking through all messages for the order of the few.
_OLD_MESSAGES = "SELECT id FROM chat_message WHERE trashed_at < :before ORDER BY +position DESC"
_CHILDREN = "SELECT id FROM chat_message WHERE parent_id = :id"
_DELETE_MESSAGE = "DELETE FROM chat_message WHERE id = :id"

_DELETED_NOTICE = "This is no longer in the store; it may have been deleted elsewhere."


def save_conversation(conversation: Conversation) -> WriteOperation:
    values = rows.CONVERSATION.encode(conversation)
    return lambda connection: _write_conversation(connection, _SAVE_CONVERSATION, values)


def delete_conversation(conversation_id: str) -> WriteOperation:
    return partial(_delete_conversation, conversation_id=replace_surrogates(conversation_id))


def add_turn(
    conversation: Conversation, messages: Sequence[ChatMessage], owner: str
) -> WriteOperation:
    header = rows.CONVERSATION.encode(conversation)
    added = [_message_values(message, owner) for message in messages]

    def write(connection: sqlite3.Connection) -> None:
        # A caller that was told `NotSavedYet` may ask again when it has long been saved and the
        # header has changed since.
        if added and all(_exists(connection, values) for values in added):
            return
        _write_conversation(connection, _ADD_OR_SAVE_CONVERSATION, header)
        for values in added:
            position = connection.execute(_ADD_MESSAGE, values).lastrowid
            record_uses(connection, "message", str(values["id"]), values["parts"], keep=True)
            if position is not None:
                search.index_new(connection, position, values)

    return write


def finish_reply(reply: ChatMessage, owner: str) -> WriteOperation:
    reply_id = replace_surrogates(reply.id)

    def write(connection: sqlite3.Connection) -> None:
        # Here, as to sum up a reply of megabytes takes long.
        values = _message_values(reply, owner)
        search.unindex_message(connection, reply_id)
        _execute_change(connection, _FINISH_REPLY, _keep_trashed_at(connection, values))
        record_uses(connection, "message", reply_id, values["parts"])
        connection.execute(_DELETE_DELTAS, {"id": reply_id})
        search.index_message(connection, reply_id)

    return write


def add_deltas(deltas: Sequence[rows.Values]) -> WriteOperation:
    """Add to replies; each delta has `id`, and `keep`, `text` and `part` as `queries.Delta`."""

    def write(connection: sqlite3.Connection) -> None:
        connection.executemany(_ADD_DELTA, deltas)
        for each in deltas:
            if each["part"] not in (None, queries.REASONING):
                record_uses(connection, "message", str(each["id"]), f"[{each['part']}]", keep=True)

    return write


def set_status(message_id: str, status: MessageStatus, owner: str) -> WriteOperation:
    message_id = replace_surrogates(message_id)
    if status.is_final:
        return lambda connection: end_reply(connection, message_id, status)
    values: rows.Values = {"id": message_id, "status": status.value, "owner": owner}

    def write(connection: sqlite3.Connection) -> None:
        search.unindex_message(connection, message_id)
        _execute_change(connection, _SET_STATUS, values)

    return write


def end_reply(connection: sqlite3.Connection, message_id: str, status: MessageStatus) -> None:
    """End a reply with the text that arrived."""
    row = connection.execute(_MESSAGE, {"id": message_id}).fetchone()
    if row is None:
        raise RowDeleted(_DELETED_NOTICE)
    search.unindex_message(connection, message_id)
    growth = queries.get_growth(connection, row)
    values = {**dict(row), **growth, "status": status.value}
    if "parts" in growth:
        values["parts"] = rows.part_json().encode_parts(growth["parts"])
        record_uses(connection, "message", message_id, values["parts"])
    connection.execute(_END_REPLY, {**values, "checksum": rows.row_checksum(values)})
    connection.execute(_DELETE_DELTAS, {"id": message_id})
    search.index_message(connection, message_id)


def _delete_conversation(connection: sqlite3.Connection, conversation_id: str) -> None:
    """Delete a conversation for good, with its drafts, bookmark and queued prompts."""
    search.unindex_conversation(connection, conversation_id)
    for statement in _DELETE_CONVERSATION:
        connection.execute(statement, {"id": conversation_id})


def record_uses(
    connection: sqlite3.Connection, kind: str, user_id: str, parts: object, *, keep: bool = False
) -> None:
    """Note which blobs a row uses from now on; `keep` adds to what it used before."""
    if not keep:
        connection.execute(_CLEAR_USES, {"kind": kind, "id": user_id})
    if parts is not None:
        from fakegpt_tui.store import blob_uses  # noqa: PLC0415 - most rows use none

        blob_uses.add_uses(connection, kind, user_id, str(parts))


def _message_values(message: ChatMessage, owner: str) -> rows.Values:
    """Only a streaming reply has an owner: the next start ends the replies of dead owners."""
    values = rows.encode_message(message)
    if message.status.is_final:
        return {**values, "owner": None, "checksum": rows.row_checksum(values)}
    return {**values, "owner": owner, "checksum": None}


def _keep_trashed_at(connection: sqlite3.Connection, values: rows.Values) -> rows.Values:
    """The values as they will be in the store: a reply that ends in the trash stays there."""
    row = connection.execute(_MESSAGE, values).fetchone()
    if row is None or values["checksum"] is None:
        return values
    changed = {**values, "trashed_at": row["trashed_at"]}
    return {**changed, "checksum": rows.row_checksum(changed)}


def _exists(connection: sqlite3.Connection, values: rows.Values) -> bool:
    row = connection.execute(_MESSAGE, values).fetchone()
    return row is not None and row["conversation_id"] == values["conversation_id"]


def _write_conversation(
    connection: sqlite3.Connection, statement: str, values: rows.Values
) -> None:
    conversation_id = str(values["id"])
    before = search.find_title(connection, conversation_id)
    _execute_change(connection, statement, values)
    search.reindex_title(connection, conversation_id, before)


def _execute_change(connection: sqlite3.Connection, statement: str, values: rows.Values) -> None:
    if connection.execute(statement, values).rowcount == 0:
        raise RowDeleted(_DELETED_NOTICE)


def interrupt_orphaned_replies(connection: sqlite3.Connection, living: Collection[str]) -> int:
    """Mark the replies of dead instances as interrupted, with the text that arrived.

    To be called under the store's lock. Returns how many chat messages that were.
    """
    with transaction(connection):
        owned = connection.execute(_OWNED).fetchall()
        # An owner that is no instance id is damage, and must not get a checksum that hides it.
        owners = {row["id"]: row["owner"] for row in owned if rows.is_instance_id(row["owner"])}
        orphans = [message_id for message_id, owner in owners.items() if owner not in living]
        for message_id in orphans:
            end_reply(connection, message_id, MessageStatus.INTERRUPTED)
    return len(orphans)


def trash_messages(message_ids: Sequence[str], at: datetime | None) -> WriteOperation:
    """Put chat messages into the trash; without a time, take them out."""
    ids = [replace_surrogates(message_id) for message_id in message_ids]
    trashed_at = None if at is None else rows.to_microseconds(at)

    def write(connection: sqlite3.Connection) -> None:
        for message_id in ids:
            row = connection.execute(_MESSAGE, {"id": message_id}).fetchone()
            if row is None:
                raise RowDeleted("A message is no longer in the store.")
            values = {**dict(row), "trashed_at": trashed_at}
            # A damaged message must not become intact by being trashed.
            if row["checksum"] is not None and rows.is_intact(row):
                values["checksum"] = rows.row_checksum(values)
            connection.execute(_SET_TRASHED, values)

    return write


def delete_trashed(before: datetime) -> WriteOperation:
    """Delete for good what went into the trash before that time.

    A chat message stays as long as it has children.
    """
    values = {"before": rows.to_microseconds(before)}

    def write(connection: sqlite3.Connection) -> None:
        for row in connection.execute(_OLD_CONVERSATIONS, values).fetchall():
            _delete_conversation(connection, row["id"])
        # Backwards, because children come after their parents.
        for row in connection.execute(_OLD_MESSAGES, values).fetchall():
            if connection.execute(_CHILDREN, {"id": row["id"]}).fetchone() is None:
                search.unindex_message(connection, row["id"])
                connection.execute(_DELETE_MESSAGE, {"id": row["id"]})

    return write
