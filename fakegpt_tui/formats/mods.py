"""Conversations of mods: a database of titles, and beside it a file of Go's gob for each.

https://github.com/charmbracelet/mods has the tables in `db.go`, and what a message holds in
`internal/proto`; https://pkg.go.dev/encoding/gob tells how gob describes its types before it uses
them. A description is a value itself, of types that are known. Interfaces, complex numbers and
types with an encoding of their own are not read.
"""

import base64
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.base import FormatError, ImportItem, Record, SkippedItem, SourceDefaults
from fakegpt_tui.formats.databases import DatabaseFormat, ForeignDatabase, Tables, has_tables
from fakegpt_tui.formats.foreign_values import dicts_of, read_time, texts_of
from fakegpt_tui.formats.openai_messages import add_messages
from fakegpt_tui.formats.source_tree import SourceConversation
from fakegpt_tui.text import safe_line


def _sniff(tables: Tables) -> str:
    is_one = has_tables(tables, conversations="id title updated_at") and len(tables) == 1
    return "it has titles of conversations and nothing else, as mods has" if is_one else ""


def _read(database: ForeignDatabase, origin: SourceDefaults) -> Iterator[ImportItem]:
    columns = ("id", "title", "updated_at", "model")
    for row in database.rows("conversations", *columns, order="updated_at"):
        title, key = texts_of(row, "title"), str(row["id"])
        conversation = SourceConversation(
            program="mods", key=key, title=title, updated=read_time(row.get("updated_at"))
        )
        try:
            held = dicts_of(decode_gob(origin.require_beside(f"{key}.gob")))
        except (LoadError, FormatError) as error:
            reason = (
                f"The messages of “{safe_line(title)}”, in {safe_line(key)}.gob, cannot be read"
            )
            told = f"; it {error}." if isinstance(error, FormatError) else "."
            yield SkippedItem(safe_line(title), f"{reason}{told}")
            continue
        add_messages(conversation, map(_message, held), model=texts_of(row, "model"))
        yield conversation.item(origin)


def _message(held: Record) -> Record:
    """A message in the words of OpenAI's API."""
    calls = [
        {"name": texts_of(function, "Name"), "arguments": _arguments(function)}
        for call in dicts_of(held.get("ToolCalls"))
        if isinstance(function := call.get("Function"), dict)
    ]
    is_result = texts_of(held, "Role") == "tool"
    return {
        "role": texts_of(held, "Role"),
        "content": texts_of(held, "Content"),
        "is_error": any(call.get("IsError") is True for call in dicts_of(held.get("ToolCalls"))),
        "name": calls[0]["name"] if is_result and calls else "",
        "tool_calls": [] if is_result else calls,
        "images": [_image(each) for each in dicts_of(held.get("Images"))],
    }


def _image(held: Record) -> Record:
    """A picture, whose bytes are there as they are, or in base64."""
    data = held.get("Data")
    if not isinstance(data, bytes):
        data = b""
    is_encoded = data.isascii() and len(data) % 4 == 0
    encoded = data if is_encoded else base64.b64encode(data)
    return {"name": texts_of(held, "Filename"), "data": encoded.decode()}


def _arguments(function: Record) -> str:
    held = function.get("Arguments")
    return held.decode(errors="replace") if isinstance(held, bytes) else ""


FORMAT = DatabaseFormat(name="mods", sniff=_sniff, read=_read)

_BOOL, _INT, _UINT, _FLOAT, _BYTES, _TEXT = range(1, 7)
_DEEPEST = 50
_LARGE = 0x80
"""From here on the first byte of a whole number tells how many bytes follow, counted down."""


class _Struct(NamedTuple):
    """The fields of a structure, in their order: what each is called, and its type."""

    fields: tuple[tuple[str, int], ...]


class _List(NamedTuple):
    """A type of slices and arrays."""

    of: int


class _Map(NamedTuple):
    """A type of maps."""

    key: int
    of: int


_Type: TypeAlias = _Struct | _List | _Map

_DESCRIPTION, _LISTED, _STRUCTURED, _MAPPED, _COMMON, _FIELDS, _FIELD = range(-1, -8, -1)
_DESCRIBING: Mapping[int, _Type] = {
    _DESCRIPTION: _Struct(
        (("array", _LISTED), ("slice", _LISTED), ("struct", _STRUCTURED), ("map", _MAPPED))
    ),
    _LISTED: _Struct((("common", _COMMON), ("of", _INT), ("length", _INT))),
    _STRUCTURED: _Struct((("common", _COMMON), ("fields", _FIELDS))),
    _MAPPED: _Struct((("common", _COMMON), ("key", _INT), ("of", _INT))),
    _COMMON: _Struct((("name", _TEXT), ("id", _INT))),
    _FIELDS: _List(_FIELD),
    _FIELD: _Struct((("name", _TEXT), ("id", _INT))),
}
"""The types of descriptions, under ids that no file has."""


def decode_gob(data: bytes) -> object:
    """The first value of a file; fields that are zero are not there.

    Raises:
        FormatError: It is damaged, cut short, or of types that are not read.
    """
    decoder = _Decoder(data)
    try:
        return decoder.first_value()
    except (IndexError, KeyError, TypeError, OverflowError, struct.error) as error:
        raise FormatError("is not what Go writes, or was not copied whole") from error


class _Decoder:
    """Reads values one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._types: dict[int, _Type] = dict(_DESCRIBING)
        self._simple: Mapping[int, Callable[[], object]] = {
            _BOOL: lambda: bool(self._whole()),
            _INT: self._signed,
            _UINT: self._whole,
            _FLOAT: self._float,
            _BYTES: self._bytes,
            _TEXT: lambda: self._bytes().decode(errors="replace"),
        }

    def first_value(self) -> object:
        while True:
            self._whole()  # How long this is.
            kind = self._signed()
            if kind >= 0:
                if not isinstance(self._types.get(kind), _Struct):
                    self._take(1)
                return self._value(kind, 0)
            described = self._value(_DESCRIPTION, 0)
            self._types[-kind] = _described(described)

    def _value(self, kind: int, depth: int) -> object:
        if simple := self._simple.get(kind):
            return simple()
        if depth > _DEEPEST:
            raise FormatError("is nested too deep")
        match self._types[kind]:
            case _Struct(fields):
                return self._fields(fields, depth + 1)
            case _List(of):
                return [self._value(of, depth + 1) for _ in range(self._count())]
            case _Map(key, of):
                pairs = range(self._count())
                return {str(self._value(key, depth + 1)): self._value(of, depth + 1) for _ in pairs}

    def _fields(self, fields: tuple[tuple[str, int], ...], depth: int) -> dict[str, object]:
        """A structure, in which each field tells how far it is behind the one before."""
        found: dict[str, object] = {}
        place = -1
        while step := self._whole():
            place += step
            name, kind = fields[place]
            found[name] = self._value(kind, depth)
        return found

    def _count(self) -> int:
        """How many values follow, each of which has a byte at least."""
        count = self._whole()
        if count > len(self._data) - self._at:
            raise FormatError("was not copied whole")
        return count

    def _whole(self) -> int:
        (first,) = self._take(1)
        return first if first < _LARGE else int.from_bytes(self._take(2 * _LARGE - first), "big")

    def _signed(self) -> int:
        held = self._whole()
        return ~(held >> 1) if held & 1 else held >> 1

    def _float(self) -> float:
        """A number whose bytes are the other way round, since most of the last ones are zero."""
        found: tuple[float] = struct.unpack("<d", self._whole().to_bytes(8, "big"))
        return found[0]

    def _bytes(self) -> bytes:
        return self._take(self._whole())

    def _take(self, size: int) -> bytes:
        if size > len(self._data) - self._at:
            raise FormatError("was not copied whole")
        self._at += size
        return self._data[self._at - size : self._at]


def _described(description: object) -> _Type:
    """The type that a description is of."""
    match description:
        case {"array": {"of": int(of)}} | {"slice": {"of": int(of)}}:
            return _List(of)
        case {"struct": dict(held)}:
            fields = held.get("fields")
            found = fields if isinstance(fields, list) else []
            return _Struct(tuple((each["name"], each["id"]) for each in found))
        case {"map": {"key": int(key), "of": int(of)}}:
            return _Map(key, of)
        case _:
            raise FormatError("has values of a type that is not read")
