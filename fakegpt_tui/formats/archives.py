"""Archives: ZIP files whose members are read as streams, alone or as one import of several."""

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.base import AssetSource, ByteStream
from fakegpt_tui.text import safe_line

READ_SUFFIXES = (
    *(".md", ".json", ".jsonl", ".ndjson", ".zip", ".html", ".txt", ".yaml", ".yml"),
    *(".db", ".sqlite", ".sqlite3", ".xlsx"),
)
"""Of files, in a folder or an archive, that may hold conversations; what is in them decides."""

_NEVER_OPENED = re.compile(r"auth|billing|secret|token", re.IGNORECASE)
"""Members that tell of accounts and sessions, which is no business of an import."""

_PART = re.compile(r"(?P<before>(?:.*/)?conversations-)(?P<number>\d{1,6})(?P<after>\.json)", re.I)
_MOST_PARTS = 10_000
_MOST_BYTES = 32 * 2**30
_MOST_TIMES_LARGER = 250
_TOO_SMALL_FOR_A_BOMB = 16 * 2**20
_IS_ENCRYPTED = 0x1
_ELSEWHERE = "\0"
"""Begins the name of a file in another archive; no path has it."""

_MOST_OPEN = 100
"""Archives that are open at a time."""

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
        """Note that `size` more bytes were unpacked; return the sum."""
        self._read += size
        return self._read


def missing_parts(names: Iterable[str]) -> Iterator[str]:
    """The names of numbered parts of an export that are missing between others."""
    numbers: dict[tuple[str, str], dict[int, int]] = {}
    for name in names:
        if part := _PART.fullmatch(name):
            held = numbers.setdefault((part["before"], part["after"]), {})
            held[int(part["number"])] = len(part["number"])
    for (before, after), there in numbers.items():
        for number in range(min(there), min(max(there), min(there) + _MOST_PARTS)):
            if number not in there:
                yield f"{before}{number:0{max(there.values())}}{after}"


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
        """Open one, as `AssetSource.open` does."""
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
        base.lower().endswith(READ_SUFFIXES)
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
        raise LoadError(
            f"The archive is damaged, or was not copied whole: {safe_line(str(error))}."
        ) from error


class ArchiveGroup(ExitStack):
    """The archives of one import, each opened when something is missing, and then kept open."""

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        super().__init__()
        self._paths = [path for path in paths if path.suffix.lower() == ".zip"][:_MOST_OPEN]
        self._opened: list[AssetSource] | None = None
        self._by_base: dict[str, list[tuple[AssetSource, str]]] | None = None

    def joined(self, own: AssetSource) -> AssetSource:
        """The files of one archive, and then those of the others."""
        return _JoinedAssets(own, self) if len(self._paths) > 1 else own

    def sources(self) -> list[AssetSource]:
        """The files of all archives that can be read."""
        if self._opened is None:
            self._opened = [found for path in self._paths if (found := self._open(path))]
        return self._opened

    def find(self, path: str) -> AbstractContextManager[ByteStream] | None:
        """The file of an archive whose path ends so, or `None`."""
        if self._by_base is None:
            self._by_base = {}
            for source in self.sources():
                for name in source.names():
                    self._by_base.setdefault(_base(name), []).append((source, name))
        for source, name in self._by_base.get(_base(path), []):
            if f"/{name}".endswith(f"/{path}"):
                return source.open(name)
        return None

    def _open(self, path: Path) -> AssetSource | None:
        try:
            return ZipExport(self.enter_context(path.open("rb"))).assets("")
        except (OSError, LoadError):
            return None  # It is told of where it is imported.


def _base(path: str) -> str:
    return path.rpartition("/")[2]


class _JoinedAssets:
    """The files of one archive, and then those of the other archives of an import."""

    def __init__(self, own: AssetSource, group: ArchiveGroup) -> None:
        self._own = own
        self._group = group

    def names(self) -> Iterator[str]:
        yield from self._own.names()
        for number, source in enumerate(self._group.sources()):
            yield from (f"{_ELSEWHERE}{number}/{name}" for name in source.names())

    @contextmanager
    def open(self, name: str) -> Iterator[ByteStream]:
        """Open a file as `AssetSource.open` does; if this archive lacks it, from another one."""
        with ExitStack() as stack:
            if name.startswith(_ELSEWHERE):
                number, _, path = name.removeprefix(_ELSEWHERE).partition("/")
                yield stack.enter_context(self._group.sources()[int(number)].open(path))
                return
            try:
                opened = stack.enter_context(self._own.open(name))
            except LoadError:
                found = self._group.find(name)
                if found is None:
                    raise
                opened = stack.enter_context(found)
            yield opened
