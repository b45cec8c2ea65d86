"""Page reader: the rows of a damaged SQLite file, read from its pages one by one."""

import mmap
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
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
        InvalidRecord: This was never a row.
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


_MAGIC = b"SQLite format 3\0"
_USUAL_SIZE = 4096
_LEAST_SIZE = 512
_LOG_HEADER = 32
_FRAME_HEADER = 24
_HEADER = 100
_TABLE_LEAF, _INDEX_LEAF, _INDEX_INNER = 0x0D, 0x0A, 0x02
_KINDS = {_TABLE_LEAF: 8, _INDEX_LEAF: 8, _INDEX_INNER: 12}
"""Pages that rows lie on, and how long their headers are."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """The values of a row. `rowid` is `None` on the pages of tables without one and of indexes.

    A row that is not whole lacks the end of its last text, and what comes after that.
    """

    rowid: int | None
    values: tuple[Value, ...]
    is_complete: bool


def read_rows(path: Path) -> Iterator[RawRow]:
    """Every row in the file at `path` and in the log beside it, in no order that means anything."""
    with ExitStack() as stack:
        file = _PageFile(path, stack)
        for number in file.numbers():
            with suppress(IndexError):
                yield from _read_page(file, number)


def _read_page(file: "_PageFile", number: int) -> Iterator[RawRow]:
    page = file.page(number)
    start = _HEADER if number == 1 else 0
    kind = page[start]
    if kind not in _KINDS:
        return
    cells = start + _KINDS[kind]
    for cell in range(cells, cells + 2 * _read_integer(page, start + 3, 2), 2):
        with suppress(IndexError, InvalidRecord):
            # On an inner page the number of a child is before the row.
            at = _read_integer(page, cell, 2) + (4 if kind == _INDEX_INNER else 0)
            length, at = read_varint(page, at)
            rowid = None
            if kind == _TABLE_LEAF:
                rowid, at = read_varint(page, at)
            payload = file.payload(page, at, length, is_table=kind == _TABLE_LEAF)
            yield RawRow(rowid, decode_record(payload), len(payload) == length)


class _PageFile:
    """The pages of a database as of the last commit in its log."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._file = _map_file(path, stack)
        self._log = _map_file(path.with_name(f"{path.name}-wal"), stack)
        self._size = self._page_size()
        self._logged = self._logged_pages()
        self._count = max([len(self._file) // self._size, *self._logged])

    def numbers(self) -> Iterator[int]:
        """The pages that are in use."""
        free = self._free()
        return (number for number in range(1, self._count + 1) if number not in free)

    def page(self, number: int) -> bytes:
        if number in self._logged:
            start = self._logged[number]
            return self._log[start : start + self._size]
        start = (number - 1) * self._size
        return self._file[start : start + self._size]

    def payload(self, page: bytes, at: int, length: int, *, is_table: bool) -> bytes:
        """The bytes of a row, with those on other pages as far as they can be followed."""
        if length > (self._count + 1) * self._size:
            raise InvalidRecord
        here = self._local(length, is_table)
        pieces = [page[at : at + here]]
        missing = length - here
        following = _read_integer(page, at + here, 4) if missing > 0 else 0
        seen: set[int] = set()
        while missing > 0 and 0 < following <= self._count and following not in seen:
            seen.add(following)
            page = self.page(following)
            pieces.append(page[4 : 4 + missing])
            missing -= self._size - 4
            following = _read_integer(page, 0, 4)
        return b"".join(pieces)

    def _local(self, length: int, is_table: bool) -> int:
        """How much of a row is on its own page."""
        size = self._size
        most = size - 35 if is_table else (size - 12) * 64 // 255 - 23
        if length <= most:
            return length
        least = (size - 12) * 32 // 255 - 23
        here = least + (length - least) % (size - 4)
        return here if here <= most else least

    def _page_size(self) -> int:
        size = _read_integer(self._file, 16, 2) if self._file[:16] == _MAGIC else _USUAL_SIZE
        size = 65536 if size == 1 else size
        return size if size >= _LEAST_SIZE and size.bit_count() == 1 else _USUAL_SIZE

    def _logged_pages(self) -> dict[int, int]:
        """Where in the log the newest version of each page begins."""
        salt, known, fresh = self._log[16:24], dict[int, int](), dict[int, int]()
        length = _FRAME_HEADER + self._size
        for start in range(_LOG_HEADER, len(self._log) - length + 1, length):
            if self._log[start + 8 : start + 16] != salt:
                break
            fresh[_read_integer(self._log, start, 4)] = start + _FRAME_HEADER
            if _read_integer(self._log, start + 4, 4):
                known |= fresh
                fresh = {}
        highest = len(self._file) // self._size + len(known)
        return {number: start for number, start in known.items() if number <= highest}

    def _free(self) -> set[int]:
        """The pages that hold only what was deleted, where the first page still tells."""
        first = self.page(1)
        free: set[int] = set()
        if first[:16] != _MAGIC:
            return free
        trunk = _read_integer(first, 32, 4)
        while 0 < trunk <= self._count and trunk not in free:
            page = self.page(trunk)
            free.add(trunk)
            leaves = min(_read_integer(page, 4, 4), self._size // 4 - 2)
            free |= {_read_integer(page, 8 + 4 * leaf, 4) for leaf in range(leaves)}
            trunk = _read_integer(page, 0, 4)
        return free


def _read_integer(data: "bytes | mmap.mmap", at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length])


def _map_file(path: Path, stack: ExitStack) -> "bytes | mmap.mmap":
    if not path.exists() or not path.stat().st_size:
        return b""
    with path.open("rb") as file:
        return stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
