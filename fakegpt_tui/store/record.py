"""The bytes of a row of SQLite as values."""

import struct
from collections.abc import Sequence
from typing import TypeAlias

Value: TypeAlias = str | int | float | bytes | None

_MOST_COLUMNS = 100
_MORE = 0x80
_INTEGERS = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 8: 0, 9: 0}
"""How many bytes an integer of that type takes; some are in the type itself."""
_REAL = 7
_FIRST_BLOB = 12


class InvalidRecord(Exception):
    """These bytes are not a row."""


def read_varint(data: Sequence[int], at: int) -> tuple[int, int]:
    """The number that begins at `at`, and where it ends."""
    number = 0
    for _ in range(8):
        byte = data[at]
        at += 1
        number = number << 7 | byte & ~_MORE
        if not byte & _MORE:
            return number, at
    return number << 8 | data[at], at + 1


def decode_record(payload: bytes) -> tuple[Value, ...]:
    """The values of a row, of which the last may be cut short and others be missing.

    Raises:
        NoRecord: This was never a row.
    """
    end, at = read_varint(payload, 0)
    kinds: list[int] = []
    while at < end and len(kinds) < _MOST_COLUMNS:
        kind, at = read_varint(payload, at)
        kinds.append(kind)
    if at != end:
        raise InvalidRecord
    found = []
    for kind in kinds:
        length = _length(kind)
        found.append(_value(kind, payload[at : at + length]) if at <= len(payload) else None)
        at += length
    return tuple(found)


def _length(kind: int) -> int:
    if kind >= _FIRST_BLOB:
        return (kind - _FIRST_BLOB) // 2
    if kind == _REAL:
        return 8
    if kind not in _INTEGERS:
        raise InvalidRecord
    return _INTEGERS[kind]


def _value(kind: int, data: bytes) -> Value:
    if kind == 0:
        return None
    if kind >= _FIRST_BLOB:
        return data.decode(errors="replace") if kind % 2 else data
    if len(data) < _length(kind):
        return None
    if kind == _REAL:
        (number,) = struct.unpack(">d", data)
        return float(number)
    return kind - 8 if kind in (8, 9) else int.from_bytes(data, signed=True)
