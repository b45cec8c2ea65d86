"""Conversations as the shared state keeps them: records, their names, and scripts that change them.

Each script changes a conversation as a whole. A message is kept as its number in the conversation,
a blank, and its fields as JSON. A reply is `streaming` until it has ended; a write of its text is
refused as soon as it is not. The first number of each result says what came of it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from fakegpt_tui.domain import FinishReason, MessageStatus
from fakegpt_tui.host.conversation_cache import MESSAGE_WEIGHT, CachedConversation, Owner
from fakegpt_tui.host.shared_state.connection import owner_slot
from fakegpt_tui.protocol.fakegpt import ConversationSummary, StoredMessage
from fakegpt_tui.text import replace_surrogates

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class OwnerNames:
    """Names of the keys of an owner, all of one slot."""

    prefix: str

    @classmethod
    def of(cls, owner: Owner) -> "OwnerNames":
        return cls(owner_slot(owner))

    def conversation(self, conversation_id: str) -> list[str]:
        """The header, the messages, the index and the weights."""
        one = [f"{self.prefix}c:{conversation_id}", f"{self.prefix}m:{conversation_id}"]
        return [*one, self.index, f"{self.prefix}w"]

    @property
    def index(self) -> str:
        return f"{self.prefix}i"

    def deleted(self, conversation_id: str) -> str:
        """There for a while after a conversation was deleted."""
        return f"{self.prefix}d:{conversation_id}"

    def lease(self, reply_id: str) -> str:
        return f"{self.prefix}a:{reply_id}"

    def text(self, reply_id: str) -> str:
        return f"{self.prefix}g:{reply_id}"


def encode_message(message: StoredMessage) -> tuple[str, str, int]:
    """A message for a script: its id, its fields, and its weight."""
    fields = {
        "parent": message.parent_id,
        "role": message.role,
        "text": message.text,
        "created": stamp_of(message.created_at),
        "status": message.status.value,
        "model": message.model,
        "finish": message.finish.value if message.finish else "",
    }
    record = replace_surrogates(json.dumps(fields, ensure_ascii=False))
    return message.id, record, MESSAGE_WEIGHT + len(message.text)


def decode_messages(records: Mapping[str, str]) -> list[StoredMessage]:
    """The messages in the order in which they came."""
    rows: list[tuple[int, str, Any]] = []
    for key, record in records.items():
        number, _, fields = record.partition(" ")
        rows.append((int(number), key, json.loads(fields)))
    return [
        StoredMessage(
            id=key,
            parent_id=fields["parent"],
            role=fields["role"],
            text=fields["text"],
            created_at=_time(fields["created"]),
            status=MessageStatus(fields["status"]),
            model=fields["model"],
            finish=FinishReason(fields["finish"]) if fields["finish"] else None,
        )
        for _, key, fields in sorted(rows, key=lambda row: row[0])
    ]


def decode_conversation(
    conversation_id: str, header: Mapping[str, str], messages: Iterable[StoredMessage]
) -> CachedConversation:
    summary = decode_summary(conversation_id, header)
    found = CachedConversation(
        conversation_id=conversation_id, root_id=header["root"], created_at=summary.created_at
    )
    for message in messages:
        found.put(message, summary.updated_at)
    found.title = summary.title
    found.leaf_id = header.get("leaf", header["root"])
    return found


def decode_summary(conversation_id: str, header: Mapping[str, str]) -> ConversationSummary:
    return ConversationSummary(
        id=conversation_id,
        title=header["title"],
        created_at=_time(header["created"]),
        updated_at=_time(header["updated"]),
    )


def stamp_of(time: datetime) -> int:
    return round(time.timestamp() * _MICROSECONDS)


def _time(stamp: str | float) -> datetime:
    return datetime.fromtimestamp(int(stamp) / _MICROSECONDS, UTC)


DONE, TAKEN_OVER, GONE, RESEND, UNKNOWN = range(5)
"""It was done; the reply has ended elsewhere; it was deleted; its text is needed from the start;
nothing is there, because the engine has lost it or never had it."""

_LIFE: Final = 30 * 24 * 3600
_DELETED_SECONDS: Final = 3_600
"""For how long it is known that a conversation was deleted, and not lost."""
_BUFFER_MILLISECONDS: Final = 900_000

_IS_STREAMING: Final = """
local function fields(record) return cjson.decode(string.match(record, '^%d+ (.*)$')) end
local function refusal(messages, lease, id, token)
    local record = redis.call('HGET', messages, id)
    if not record then return 2 end
    local holder = redis.call('GET', lease)
    if fields(record).status ~= 'streaming' or (holder and holder ~= token) then return 1 end
    return 0
end
"""

_TOUCH: Final = f"""
local function touch(id, now, weight)
    redis.call('HSET', KEYS[1], 'updated', now)
    redis.call('HSET', KEYS[4], id, redis.call('HINCRBY', KEYS[1], 'weight', weight))
    redis.call('ZADD', KEYS[3], now, id)
    for i = 1, 4 do redis.call('EXPIRE', KEYS[i], {_LIFE}) end
end
"""

BEGIN: Final = (
    _TOUCH
    + """
local is_new, id, root, title, created, now = unpack(ARGV, 1, 6)
local token, lease, most, characters, prefix = unpack(ARGV, 7, 11)
if redis.call('EXISTS', KEYS[6]) == 1 then return {2, 0} end
if redis.call('EXISTS', KEYS[1]) == 0 then
    if is_new ~= '1' then return {4, 0} end
    redis.call('HSET', KEYS[1], 'root', root, 'created', created, 'title', title, 'weight', 500)
end
local weight = 0
for i = 12, #ARGV, 3 do
    if redis.call('HEXISTS', KEYS[2], ARGV[i]) == 0 then
        local number = redis.call('HINCRBY', KEYS[1], 'count', 1)
        redis.call('HSET', KEYS[2], ARGV[i], number .. ' ' .. ARGV[i + 1])
        redis.call('HSET', KEYS[1], 'leaf', ARGV[i])
        weight = weight + ARGV[i + 2]
    end
end
touch(id, now, weight)
redis.call('SET', KEYS[5], token, 'PX', lease)
local place, dropped = 0, 0
while dropped < 20 do
    local total = 0
    for _, each in ipairs(redis.call('HVALS', KEYS[4])) do total = total + each end
    local count = redis.call('ZCARD', KEYS[3])
    local oldest = redis.call('ZRANGE', KEYS[3], place, place)[1]
    local fits = count <= tonumber(most) and total <= tonumber(characters)
    if fits or not oldest or oldest == id then break end
    local leaf = redis.call('HGET', prefix .. 'c:' .. oldest, 'leaf')
    if leaf and redis.call('EXISTS', prefix .. 'a:' .. leaf) == 1 then
        place = place + 1
    else
        redis.call('DEL', prefix .. 'c:' .. oldest, prefix .. 'm:' .. oldest)
        redis.call('ZREM', KEYS[3], oldest)
        redis.call('HDEL', KEYS[4], oldest)
        dropped = dropped + 1
    end
end
return {0, dropped}
"""
)
"""Adds messages that are not there yet, of which the last is a reply that begins.

What is too much is dropped, except what is being replied to. Doing it twice is doing it once.
"""

TEXT: Final = (
    _IS_STREAMING
    + f"""
local id, token, kept, text, lease = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local refused = refusal(KEYS[1], KEYS[2], id, token)
if refused ~= 0 then return {{refused, 0}} end
local length = redis.call('STRLEN', KEYS[3])
if length < kept then return {{3, length}} end
if length > kept then
    redis.call('SET', KEYS[3], kept > 0 and redis.call('GETRANGE', KEYS[3], 0, kept - 1) or '')
end
redis.call('APPEND', KEYS[3], text)
redis.call('PEXPIRE', KEYS[3], {_BUFFER_MILLISECONDS})
redis.call('SET', KEYS[2], token, 'PX', lease)
return {{0, 0}}
"""
)
"""Writes what a reply says after its first bytes, and keeps its lease."""

END: Final = (
    _IS_STREAMING
    + _TOUCH
    + """
local id, reply, token, record = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local title, now, weight = ARGV[5], ARGV[6], ARGV[7]
local refused = refusal(KEYS[2], KEYS[5], reply, token)
if refused ~= 0 then return {refused, 0} end
local number = string.match(redis.call('HGET', KEYS[2], reply), '^%d+')
redis.call('DEL', KEYS[5], KEYS[6])
redis.call('HSET', KEYS[2], reply, number .. ' ' .. record)
if title ~= '' and redis.call('HGET', KEYS[1], 'title') == '' then
    redis.call('HSET', KEYS[1], 'title', title)
end
touch(id, now, weight)
return {0, 0}
"""
)
"""Replaces a reply by what it was at its end.

A script that has deleted something may write although the engine is full.
"""

INTERRUPT: Final = (
    _IS_STREAMING
    + """
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record or redis.call('EXISTS', KEYS[2]) == 1 then return {0, 0} end
local found = fields(record)
if found.status ~= 'streaming' then return {0, 0} end
found.status = 'interrupted'
found.text = redis.call('GET', KEYS[3]) or ''
local number = string.match(record, '^%d+')
redis.call('DEL', KEYS[3])
redis.call('HSET', KEYS[1], ARGV[1], number .. ' ' .. cjson.encode(found))
return {1, 0}
"""
)
"""Ends a reply whose process is gone, with what was written of it."""

RENAME: Final = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'title', ARGV[1]) end
return {0, 0}
"""

DELETE: Final = f"""
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('SET', KEYS[5], '', 'EX', {_DELETED_SECONDS})
return {{0, 0}}
"""
