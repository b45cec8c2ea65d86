"""Ending the replies of instances that died while they streamed them."""

import sqlite3
from collections.abc import Collection

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.store import checksum, writing
from fakegpt_tui.store.connection import transaction

_OWNED = "SELECT id, owner FROM chat_message WHERE owner IS NOT NULL"


def interrupt_orphaned_replies(connection: sqlite3.Connection, living: Collection[str]) -> int:
    """Mark what nobody streams any more as interrupted, with the text that arrived.

    To be called under the store's lock. Returns how many chat messages that were.
    """
    with transaction(connection):
        owned = connection.execute(_OWNED).fetchall()
        # What no instance ever owned is damaged, and must not get a sum that says otherwise.
        owners = {row["id"]: row["owner"] for row in owned if checksum.is_instance_id(row["owner"])}
        orphans = [message_id for message_id, owner in owners.items() if owner not in living]
        for message_id in orphans:
            writing.end_reply(connection, message_id, MessageStatus.INTERRUPTED)
    return len(orphans)
