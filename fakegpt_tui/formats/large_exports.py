"""Large exports: members of a ZIP file and elements of a JSON array, read as streams."""

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import IO

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.base import ByteStream
from fakegpt_tui.text import safe_line

_SUFFIXES = (
    *(".json", ".jsonl", ".ndjson", ".html", ".txt", ".md", ".yaml", ".zip", ".xlsx"),
    *(".db", ".sqlite", ".sqlite3"),
)
"""Of members that may hold conversations; what is in them decides."""

_NEVER_OPENED = re.compile(r"auth|billing|secret|token", re.IGNORECASE)
"""Members that tell of accounts and sessions, which is no business of an import."""

_PART = re.compile(r"(?P<before>(?:.*/)?conversations-)(?P<number>\d{1,6})(?P<after>\.json)", re.I)
_MOST_PARTS = 10_000
_MOST_BYTES = 32 * 2**30
_MOST_TIMES_LARGER = 250
_TOO_SMALL_FOR_A_BOMB = 16 * 2**20
_IS_ENCRYPTED = 0x1
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)


class ZipExport:
    """An opened ZIP file; only members that may hold conversations are looked at."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read the directory of `file`.

        Raises:
            LoadError: It cannot be read, or there are no conversations in it.
        """
        with _translate_errors():
            self._zip = zipfile.ZipFile(file)
        found = {
            info.filename: info
            for info in self._zip.infolist()
            if _may_hold_conversations(info.filename)
        }
        self.members = tuple(found[name] for name in sorted(found))
        self._read = 0

    def missing_parts(self) -> Iterator[str]:
        """The names of numbered parts that are not there, between two that are."""
        numbers: dict[tuple[str, str], dict[int, int]] = {}
        for name in self.by_name:
            if part := _PART.fullmatch(name):
                held = numbers.setdefault((part["before"], part["after"]), {})
                held[int(part["number"])] = len(part["number"])
        for (before, after), there in numbers.items():
            for number in range(min(there), min(max(there), min(there) + _MOST_PARTS)):
                if number not in there:
                    yield f"{before}{number:0{max(there.values())}}{after}"

    def assets(self, folder: str) -> "ZipAssets":
        """The pictures and files below a folder of the archive."""
        return ZipAssets(self, "" if folder in ("", ".") else f"{folder}/")

    @cached_property
    def by_name(self) -> dict[str, zipfile.ZipInfo]:
        """All members by their names; of doubles the last one, as unpacking has it."""
        return {info.filename: info for info in self._zip.infolist() if not info.is_dir()}

    @property
    def size(self) -> int:
        """How many bytes there are to read, as far as the archive says."""
        return sum(max(info.file_size, 0) for info in self.members)

    @contextmanager
    def open(self, member: zipfile.ZipInfo) -> Iterator["_Member"]:
        """One of the members, to be read from its beginning.

        Raises:
            LoadError: It is encrypted or damaged.
        """
        if member.flag_bits & _IS_ENCRYPTED:
            raise LoadError(f"{safe_line(member.filename)} is locked with a password.")
        with _translate_errors():
            stream = self._zip.open(member)
        with stream:
            yield _Member(self, stream, member)

    def count(self, size: int) -> int:
        """Note that `size` more bytes were unpacked; how many that are in all."""
        self._read += size
        return self._read


class ZipAssets:
    """Pictures and files in an archive, by their paths below a folder of it."""

    def __init__(self, archive: ZipExport, folder: str) -> None:
        self._archive = archive
        self._folder = folder

    def names(self) -> Iterator[str]:
        for name in self._archive.by_name:
            if name.startswith(self._folder):
                yield name.removeprefix(self._folder)

    @contextmanager
    def open(self, name: str) -> Iterator[ByteStream]:
        """One of them, as `AssetSource.open` says."""
        member = self._archive.by_name.get(self._folder + name)
        if member is None:
            raise LoadError("A picture or file is not in the archive.")
        with self._archive.open(member) as stream:
            yield stream


class _Member:
    """A stream out of an archive that does not let itself be flooded."""

    def __init__(self, archive: ZipExport, stream: IO[bytes], member: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._stream = stream
        self._packed = max(member.compress_size, 1)
        self._read = 0

    def read(self, size: int, /) -> bytes:
        """The next bytes.

        Raises:
            LoadError: They are damaged, or unpack to so many that they look like a bomb.
        """
        with _translate_errors():
            data = self._stream.read(size)
        self._read += len(data)
        is_bomb = self._read > max(self._packed * _MOST_TIMES_LARGER, _TOO_SMALL_FOR_A_BOMB)
        if is_bomb or self._archive.count(len(data)) > _MOST_BYTES:
            raise LoadError("The archive unpacks to far more than an export would.")
        return data


def _may_hold_conversations(name: str) -> bool:
    base = name.rsplit("/", 1)[-1]
    return (
        base.lower().endswith(_SUFFIXES)
        and not name.startswith("..")
        and not base.startswith("._")  # which macOS puts beside each file
        and not _NEVER_OPENED.search(base)
    )


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except NotImplementedError as error:
        raise LoadError(
            "The archive is packed in a way that cannot be read here; "
            "unpack it and import the folder."
        ) from error
    except _UNREADABLE as error:
        raise LoadError(f"The archive is damaged: {safe_line(str(error))}.") from error


_CHUNK_SIZE = 256 * 1024
_TOKEN = re.compile(rb'["\[\]{},]')
_IN_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_BACKSLASH = ord("\\")


def iter_array(
    stream: ByteStream, largest: int, *, has_more: bool = False
) -> Iterator[bytes | None]:
    """The text of each element; `None` in place of one that has more than `largest` bytes.

    Several arrays after each other are as one. With `has_more` the first one ends all, and the
    rest is not looked at.

    Raises:
        LoadError: There is no array, something else follows it, or the file ends before it does.
    """
    scanner = _Scanner(largest, stops=has_more)
    while chunk := stream.read(_CHUNK_SIZE):
        yield from scanner.elements(chunk)
        if has_more and scanner.is_done:
            return
    if not scanner.is_done:
        raise LoadError("The file ends in the middle, so it was not copied whole.")


class _Scanner:
    """Where in an array the reading has come to."""

    def __init__(self, largest: int, *, stops: bool) -> None:
        self._largest = largest
        self._stops = stops
        self._depth = 0
        self._is_in_string = False
        self._is_escaped = False
        self._parts: list[bytes] = []
        self._size = 0
        self.is_done = False

    def elements(self, chunk: bytes) -> Iterator[bytes | None]:
        """The elements that end in this chunk, which is the next one."""
        begin = 0
        at = self._after_string(chunk, 0) if self._is_in_string else 0
        while found := _TOKEN.search(chunk, at):
            if self.is_done and not self._goes_on(chunk[at : found.end()]):
                return
            at = found.end()
            if found[0] == b'"':
                at = self._after_string(chunk, at)
            elif self._ends_element(found[0]):
                self._keep(chunk[begin : found.start()])
                yield from self._taken()
                begin = at
            elif self._depth == 1 and found[0] == b"[":
                self._forget()
                begin = at
        if not self.is_done:
            self._keep(chunk[begin:])
        elif chunk[at:].strip():
            self._goes_on(chunk[at:])

    def _goes_on(self, between: bytes) -> bool:
        """Does another array begin after one that has ended?"""
        if self._stops:
            return False
        if between.strip() != b"[":
            raise LoadError("Something that is no list follows the list of conversations.")
        self.is_done = False
        return True

    def _ends_element(self, token: bytes) -> bool:
        if token == b",":
            return self._depth == 1
        if self._depth == 0 and token != b"[":
            raise LoadError("The file does not hold a list of conversations.")
        self._depth += 1 if token in (b"[", b"{") else -1
        self.is_done = self._depth <= 0
        return self.is_done

    def _after_string(self, chunk: bytes, at: int) -> int:
        """Where the string that is open at `at` ends, or else the chunk."""
        begin = at + 1 if self._is_escaped else at
        match = _IN_STRING.match(chunk, begin)
        end = match.end() if match else len(chunk)
        self._is_escaped = end < len(chunk) and chunk[end] == _BACKSLASH
        self._is_in_string = end == len(chunk) or self._is_escaped
        return end + 1

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._largest:
            self._parts.clear()
        elif part:
            self._parts.append(part)

    def _taken(self) -> Iterator[bytes | None]:
        """The element that has ended, if there is one: `[]` has none."""
        if self._size > self._largest:
            yield None
        elif element := b"".join(self._parts).strip():
            yield element
        self._forget()

    def _forget(self) -> None:
        self._parts.clear()
        self._size = 0
