"""What rows of the store's tables look like, so that a row alone tells where it belongs."""

from collections.abc import Mapping
from types import MappingProxyType

from fakegpt_tui.store.pages import RawRow, RowValue

# In the order of the columns: text, integer; small letters where there may be nothing.
_LETTERS: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {"T": (str,), "I": (int,), "t": (str, type(None)), "i": (int, type(None))}
)

_SCHEMA = {
    "conversation": (
        "position:i id:T title:T title_source:T service:T model:T created_at:I updated_at:I"
        " leaf_id:t unread:I pinned:I archived:I trashed_at:i server_id:T system_prompt:T"
        " generation:T"
    ),
    "chat_message": (
        "position:i id:T conversation_id:T parent_id:t role:T status:T owner:t created_at:I"
        " service:T model:T error:t finish:t prompt_tokens:i reply_tokens:i server_id:T"
        " trashed_at:i reasoning:T text:T checksum:i"
    ),
    "reply_delta": "message_id:T seq:I keep:i text:T",
    "draft": "conversation_id:T text:T line:I place:I",
    "queued_prompt": "position:i id:T conversation_id:T text:T",
}
_WITHOUT_ROWID = {"reply_delta"}
_ADDED_LATER = {"chat_message": 1}
"""How many of the last columns rows of older versions lack."""

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        table: tuple(column.partition(":")[0] for column in shape.split())
        for table, shape in _SCHEMA.items()
    }
)
ORDERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "conversation": ("position",),
        "chat_message": ("position",),
        "reply_delta": ("message_id", "seq"),
        "draft": ("rowid",),
        "queued_prompt": ("position",),
    }
)
_TYPES = {
    table: tuple(_LETTERS[column.partition(":")[2]] for column in shape.split())
    for table, shape in _SCHEMA.items()
}


def match_table(found: RawRow) -> tuple[str, dict[str, RowValue]] | None:
    """The table that a row belongs to, and its values by column; `None` for any other row."""
    for table, types in _TYPES.items():
        missing = len(types) - len(found.values)
        has_place = found.rowid is not None
        if not 0 <= missing <= _ADDED_LATER.get(table, 0) or has_place == (table in _WITHOUT_ROWID):
            continue
        if all(isinstance(*pair) for pair in zip(found.values, types, strict=False)):
            row = dict(zip(COLUMNS[table], found.values, strict=False))
            if "position" in row:
                row["position"] = found.rowid
            return table, row
    return None
