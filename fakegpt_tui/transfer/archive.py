"""The conversations in a ZIP file, read as streams and never unpacked."""

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from fakegpt_tui.domain import LoadError
from fakegpt_tui.text import safe_line

_MEMBER = re.compile(r"(?:[^/\\]+/)?conversations(?:-\d{1,6})?\.json")
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
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


class ZipExport:
    """An opened ZIP file; only members that are named as exports name them are looked at."""

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
            if _MEMBER.fullmatch(info.filename) and not info.filename.startswith("..")
        }
        if not found:
            raise LoadError("The archive holds no conversations.json of a ChatGPT export.")
        self.members = tuple(found[name] for name in sorted(found))
        self._read = 0

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
            LoadError: They are damaged, or so many that somebody wants to fill the memory.
        """
        with _translate_errors():
            data = self._stream.read(size)
        self._read += len(data)
        is_bomb = self._read > max(self._packed * _MOST_TIMES_LARGER, _TOO_SMALL_FOR_A_BOMB)
        if is_bomb or self._archive.count(len(data)) > _MOST_BYTES:
            raise LoadError("The archive unpacks to far more than an export would.")
        return data


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise LoadError(f"The archive is damaged: {safe_line(str(error))}.") from error
