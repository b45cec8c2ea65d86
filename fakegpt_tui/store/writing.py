"""The statements that change the store, as work for its writer."""

import sqlite3

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus
from fakegpt_tui.store import reading, rows
from fakegpt_tui.store.trouble import GoneFromStore
from fakegpt_tui.store.writer import Work
from fakegpt_tui.text import repaired

_ADD_CONVERSATION = """
    INSERT INTO conversation (
        id, title, title_source, service, model, created_at, updated_at, leaf_id,
        unread, pinned, archived, trashed_at, server_id, system_prompt, generation
    )
    VALUES (
        :id, :title, :title_source, :service, :model, :created_at, :updated_at, :leaf_id,
        :unread, :pinned, :archived, :trashed_at, :server_id, :system_prompt, :generation
    )
"""
_CHANGES = """
    title = :title,
    title_source = :title_source,
    service = :service,
    model = :model,
    created_at = :created_at,
    updated_at = :updated_at,
    leaf_id = :leaf_id,
    unread = :unread,
    pinned = :pinned,
    archived = :archived,
    trashed_at = :trashed_at,
    server_id = :server_id,
    system_prompt = :system_prompt,
    generation = :generation
"""
_SAVE_CONVERSATION = f"UPDATE conversation SET {_CHANGES} WHERE id = :id"  # noqa: S608 - constants
_ADD_OR_SAVE_CONVERSATION = f"{_ADD_CONVERSATION} ON CONFLICT (id) DO UPDATE SET {_CHANGES}"
_DELETE_CONVERSATION = "DELETE FROM conversation WHERE id = :id"

_ADD_MESSAGE = """
    INSERT INTO chat_message (
        id, conversation_id, parent_id, role, status, owner, created_at, service, model, error,
        finish, prompt_tokens, reply_tokens, server_id, trashed_at, reasoning, text
    )
    VALUES (
        :id, :conversation_id, :parent_id, :role, :status, :owner, :created_at, :service, :model,
        :error, :finish, :prompt_tokens, :reply_tokens, :server_id, :trashed_at, :reasoning, :text
    )
"""
_FINISH_REPLY = """
    UPDATE chat_message
    SET status = :status, owner = :owner, service = :service, model = :model, error = :error,
        finish = :finish, prompt_tokens = :prompt_tokens, reply_tokens = :reply_tokens,
        server_id = :server_id, reasoning = :reasoning, text = :text
    WHERE id = :id
"""
_FORGET_DELTAS = "DELETE FROM reply_delta WHERE message_id = :id"
_SET_STATUS = "UPDATE chat_message SET status = :status, owner = :owner WHERE id = :id"
_SETTLE = "UPDATE chat_message SET status = :status, owner = NULL, text = :text WHERE id = :id"
_MESSAGE = "SELECT * FROM chat_message WHERE id = :id"

_GONE = "This is no longer in the store; it may have been deleted elsewhere."


def add_conversation(conversation: Conversation) -> Work:
    values = rows.conversation_values(conversation)
    return lambda connection: _execute(connection, _ADD_CONVERSATION, values)


def save_conversation(conversation: Conversation) -> Work:
    values = rows.conversation_values(conversation)
    return lambda connection: _change(connection, _SAVE_CONVERSATION, values)


def delete_conversation(conversation_id: str) -> Work:
    values = {"id": repaired(conversation_id)}
    return lambda connection: _execute(connection, _DELETE_CONVERSATION, values)


def add_turn(
    conversation: Conversation, prompt: ChatMessage, reply: ChatMessage, owner: str
) -> Work:
    header = rows.conversation_values(conversation)
    messages = [_message_values(message, owner) for message in (prompt, reply)]

    def work(connection: sqlite3.Connection) -> None:
        connection.execute(_ADD_OR_SAVE_CONVERSATION, header)
        connection.executemany(_ADD_MESSAGE, messages)

    return work


def add_message(message: ChatMessage, owner: str) -> Work:
    values = _message_values(message, owner)
    return lambda connection: _execute(connection, _ADD_MESSAGE, values)


def finish_reply(reply: ChatMessage, owner: str) -> Work:
    values = _message_values(reply, owner)

    def work(connection: sqlite3.Connection) -> None:
        _change(connection, _FINISH_REPLY, values)
        connection.execute(_FORGET_DELTAS, {"id": values["id"]})

    return work


def set_status(message_id: str, status: MessageStatus, owner: str) -> Work:
    message_id = repaired(message_id)
    if status.is_final:
        return lambda connection: settle(connection, message_id, status)
    values = {"id": message_id, "status": status.value, "owner": owner}
    return lambda connection: _change(connection, _SET_STATUS, values)


def settle(connection: sqlite3.Connection, message_id: str, status: MessageStatus) -> None:
    """End a reply with the text that arrived."""
    row = connection.execute(_MESSAGE, {"id": message_id}).fetchone()
    if row is None:
        raise GoneFromStore(_GONE)
    text = reading.chat_message(connection, row).text
    connection.execute(_SETTLE, {"id": message_id, "status": status.value, "text": text})
    connection.execute(_FORGET_DELTAS, {"id": message_id})


def _message_values(message: ChatMessage, owner: str) -> rows.Values:
    """Only what is under way has an owner, who is asked after by the next instance to start."""
    return {**rows.message_values(message), "owner": None if message.status.is_final else owner}


def _execute(connection: sqlite3.Connection, statement: str, values: rows.Values) -> None:
    connection.execute(statement, values)


def _change(connection: sqlite3.Connection, statement: str, values: rows.Values) -> None:
    if connection.execute(statement, values).rowcount == 0:
        raise GoneFromStore(_GONE)
