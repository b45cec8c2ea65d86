"""Rows: domain values as columns of the store and back, with a checksum per chat message."""

import json
import re
import sqlite3
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from enum import Enum
from operator import itemgetter
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar, get_type_hints

from fakegpt_tui.domain import (
    Bookmark,
    ChatMessage,
    Conversation,
    FinishReason,
    GenerationSettings,
    MessageStatus,
    QueuedPrompt,
    Role,
    TitleSource,
    Usage,
)
from fakegpt_tui.text import replace_surrogates

if TYPE_CHECKING:
    from fakegpt_tui.domain.parts import Part

CHECKSUM_FIELDS = (
    *("id", "conversation_id", "parent_id", "role", "status", "created_at", "service", "model"),
    *("error", "finish", "prompt_tokens", "reply_tokens", "server_id", "trashed_at"),
    *("reasoning", "text"),
)
"""The columns of a chat message that its checksum covers. Never changed: stores hold the sums."""

SUMMED_LATER = ("parts",)
"""Columns that the checksum covers where they are not `NULL`, in the order in which they came."""

CHECKSUM_FUNCTION = "message_checksum"
SEARCHED_FUNCTION = "searched_text"

Values: TypeAlias = dict[str, str | int | None]
"""Named parameters that SQLite takes as they are."""

_checksum_values = itemgetter(*CHECKSUM_FIELDS)
_INSTANCE_ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NULL = "\1"

_NO_SETTINGS = "{}"
_UNSET_VALUES = (None, (), "")
_DEFAULT_SETTINGS = GenerationSettings()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LARGEST_INTEGER = 2**63 - 1
_LONGEST = timedelta.max // _MICROSECOND


def checksum(*values: object) -> int:
    """The checksum over the values of `CHECKSUM_FIELDS` and of later columns that have any."""
    later = (value for value in values[len(CHECKSUM_FIELDS) :] if value is not None)
    values = (*values[: len(CHECKSUM_FIELDS)], *later)
    joined = "\0".join([_NULL if value is None else str(value) for value in values])
    return zlib.crc32(joined.encode(errors="replace"))


def checksum_call(*, nulls: Collection[str] = (), later: Collection[str] = SUMMED_LATER) -> str:
    """The checksum in SQL, with `NULL` in place of some columns."""
    values = ("NULL" if name in nulls else name for name in (*CHECKSUM_FIELDS, *later))
    return f"{CHECKSUM_FUNCTION}({', '.join(values)})"


def row_checksum(values: Mapping[str, object] | sqlite3.Row) -> int:
    """The checksum of a row, or of the values that will be one."""
    names = values.keys()  # a row has no `in`, and older ones lack the later columns
    later = (values[name] for name in SUMMED_LATER if name in names)
    return checksum(*_checksum_values(values), *later)


def is_intact(row: sqlite3.Row | Mapping[str, object]) -> bool:
    """Is that row what was written? Only a reply that is still streaming has no checksum yet."""
    # The last column came later than the first stores.
    if "checksum" not in row.keys():  # noqa: SIM118 - a row has no `in`
        return True
    expected = row["checksum"]
    return is_instance_id(row["owner"]) if expected is None else expected == row_checksum(row)


def is_instance_id(value: object) -> bool:
    """Is that the id of an instance, which is a UUID? Damage puts other values there."""
    return isinstance(value, str) and re.fullmatch(_INSTANCE_ID, value) is not None


def to_microseconds(time: datetime) -> int:
    """`time` since 1970 in UTC; a time without a zone counts as UTC."""
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return (time - _EPOCH) // _MICROSECOND


def from_microseconds(count: int) -> datetime:
    """The time that many microseconds after 1970, clamped to what a `datetime` can hold."""
    try:
        return _EPOCH + timedelta(microseconds=count)
    except OverflowError:
        return (datetime.min if count < 0 else datetime.max).replace(tzinfo=UTC)


def _duration(microseconds: int) -> timedelta | None:
    """A length of time; `None` for an impossible one, as in a damaged store."""
    return timedelta(microseconds=microseconds) if 0 <= microseconds <= _LONGEST else None


def encode_generation(settings: GenerationSettings) -> str:
    """The settings as JSON, without those that are left to the service."""
    if settings == _DEFAULT_SETTINGS:
        return _NO_SETTINGS
    chosen = {name: value for name, value in asdict(settings).items() if value not in _UNSET_VALUES}
    return json.dumps(chosen, sort_keys=True)


def decode_generation(text: str) -> GenerationSettings:
    """The settings of a row; damaged ones count as left to the service."""
    if text == _NO_SETTINGS:
        return _DEFAULT_SETTINGS
    from fakegpt_tui.domain.generation import read_settings  # noqa: PLC0415 - seldom needed

    return read_settings(_json_object(text))


def _json_object(text: str) -> dict[str, Any]:
    """What a column of JSON says; nothing where it is damaged."""
    with suppress(ValueError):
        found = json.loads(text)
        return found if isinstance(found, dict) else {}
    return {}


def decode_tags(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n")) if text else ()


def _decode_parts(text: str | None) -> "tuple[Part, ...]":
    return part_json().decode_parts(text) if text else ()


def searched_text(text: str, parts: str | None) -> str:
    """What a search looks at: the text, and below it the names of files and of sources."""
    if parts is None:
        return text
    from fakegpt_tui.domain.captions import searched_names  # noqa: PLC0415 - most rows have none

    return "\n".join([text, *searched_names(_decode_parts(parts))])


def part_json() -> ModuleType:
    """The module that reads and writes parts, which most conversations do without."""
    from fakegpt_tui.domain import part_json  # noqa: PLC0415 - not at the start

    return part_json


class _Codec(NamedTuple):
    """How a field becomes the value of a column, and back; `None` where both are the same."""

    encode: Callable[[Any], str | int | None] | None = None
    decode: Callable[[Any], Any] | None = None

    def optional(self) -> "_Codec":
        return _Codec(*(convert and _skip_none(convert) for convert in self))


def _skip_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _enum_codec(kind: type[Enum], unknown: Enum) -> _Codec:
    # A word that damage has made unknown must not make a whole conversation unreadable.
    words = {each.value: each for each in kind}
    return _Codec(lambda each: each.value, lambda word: words.get(word, unknown))


_TEXT = _Codec(replace_surrogates)
_TIME = _Codec(to_microseconds, from_microseconds)
_FINISH_REASONS = {each.value: each for each in FinishReason}
_CODECS: Mapping[object, _Codec] = {
    str: _TEXT,
    str | None: _TEXT.optional(),
    int: _Codec(),
    bool: _Codec(int, bool),
    datetime: _TIME,
    datetime | None: _TIME.optional(),
    timedelta | None: _Codec(lambda length: length // _MICROSECOND, _duration).optional(),
    GenerationSettings: _Codec(encode_generation, decode_generation),
    TitleSource: _enum_codec(TitleSource, TitleSource.PERSON),
    Role: _enum_codec(Role, Role.SYSTEM),
    MessageStatus: _enum_codec(MessageStatus, MessageStatus.INTERRUPTED),
    FinishReason | None: _Codec(lambda each: each and each.value, _FINISH_REASONS.get),
    tuple[str, ...]: _Codec(lambda tags: replace_surrogates("\n".join(tags)), decode_tags),
    tuple[object, ...]: _Codec(
        lambda parts: part_json().encode_parts(parts) if parts else None, _decode_parts
    ),
}
_LATE_NAMES = {"Part": object}
"""Types in hints that are imported only where there are values of them."""

_Value = TypeVar("_Value")


class RowMapping(Generic[_Value]):
    """The fields of a dataclass as columns of the same names.

    A new field is a new column: with a type that has a codec, all it takes is the migration.
    """

    def __init__(self, kind: Callable[..., _Value], *, omit: Collection[str] = ()) -> None:
        """`omit` names the fields that have no column of their own."""
        codecs = {
            name: _CODECS[hint]
            for name, hint in get_type_hints(kind, localns=_LATE_NAMES).items()
            if name not in omit
        }
        self.columns = tuple(codecs)
        self._kind = kind
        self._encoders = [(name, codec.encode) for name, codec in codecs.items()]
        self._decoders = [
            (index, codec.decode)
            for index, codec in enumerate(codecs.values())
            if codec.decode is not None
        ]

    def encode(self, value: _Value) -> Values:
        return {
            name: getattr(value, name) if encode is None else encode(getattr(value, name))
            for name, encode in self._encoders
        }

    def decode(self, row: sqlite3.Row, **changes: object) -> _Value:
        """The value of a row that begins with `columns`; `changes` come in place of its fields."""
        values = list(row)
        for index, decode in self._decoders:
            values[index] = decode(values[index])
        fields = dict(zip(self.columns, values, strict=False))
        fields.update(changes)
        return self._kind(**fields)


CONVERSATION = RowMapping(Conversation)
BOOKMARK = RowMapping(Bookmark)
QUEUED_PROMPT = RowMapping(QueuedPrompt)
_MESSAGE = RowMapping(ChatMessage, omit={"usage"})
USAGE_COLUMNS = ("prompt_tokens", "reply_tokens", "usage")
MESSAGE_COLUMNS = (*_MESSAGE.columns, *USAGE_COLUMNS, "owner", "checksum")


def encode_message(message: ChatMessage) -> Values:
    return {**_MESSAGE.encode(message), **encode_usage(message.usage)}


def decode_message(row: sqlite3.Row, **changes: object) -> ChatMessage:
    """The chat message of a row of `MESSAGE_COLUMNS`, with what its deltas changed."""
    return _MESSAGE.decode(row, usage=decode_usage(row), **changes)


def encode_usage(usage: Usage | None) -> Values:
    """The `USAGE_COLUMNS`: two counts, and as JSON what they do not hold, if there is more."""
    if usage is None:
        return dict.fromkeys(USAGE_COLUMNS)
    details = json.dumps(usage.details, sort_keys=True) if usage.details else None
    counts = (
        None if count is None else min(max(count, 0), _LARGEST_INTEGER)
        for count in (usage.prompt_tokens, usage.output)
    )
    return dict(zip(USAGE_COLUMNS, (*counts, details), strict=True))


def decode_usage(row: sqlite3.Row | Mapping[str, Any]) -> Usage | None:
    """The usage of a row; damaged details count as unknown."""
    prompt, reply, details = row["prompt_tokens"], row["reply_tokens"], row["usage"]
    if prompt is None and reply is None and details is None:
        return None
    return Usage.from_totals(prompt, reply, _json_object(details or ""))


def select_statement(table: str, columns: Iterable[str]) -> str:
    return f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608 - names of this program


def insert_statement(table: str, columns: Iterable[str]) -> str:
    names = tuple(columns)
    marks = ", ".join(f":{name}" for name in names)
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 - names of this program


def assignments(columns: Iterable[str]) -> str:
    """What follows `SET` in a statement that changes these columns."""
    return ", ".join(f"{name} = :{name}" for name in columns)
