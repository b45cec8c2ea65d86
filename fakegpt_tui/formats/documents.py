"""Documents to import: files, members of archives, and members of archives in archives."""

import codecs
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, Self, cast

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.archives import ArchiveGroup, ZipExport, missing_parts
from fakegpt_tui.formats.assets import AssetFolder, NoAssets
from fakegpt_tui.formats.base import (
    LARGEST_CONVERSATION,
    AssetSource,
    ByteStream,
    SkippedItem,
    SourceDefaults,
    unreadable,
)
from fakegpt_tui.text import safe_line

_LARGEST_FILE = 2**29
"""In bytes, of files that are read whole."""

_SNIFFED = 64 * 1024
_CHUNK_SIZE = 256 * 1024
_KEPT_IN_MEMORY = 8 * 2**20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = {
    b"\xff\xfe\0\0": "utf-32-le",
    b"\0\0\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
_WIDE_TEXT = {rb"[^\0]\0[^\0]\0": "utf-16-le", rb"\0[^\0]\0[^\0]": "utf-16-be"}
"""How ASCII begins in encodings without a mark."""
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!": "RAR",
}
NO_UTF_8 = "The file is not UTF-8 text, so it was damaged or converted."
_ZIP = b"PK\x03\x04"
_DEEPEST = 1


class ImportFile:
    """An opened file to import; `bytes_read` of `size` bytes have been read so far.

    Conversations of other programs continue with `service` and `model`. The path `-` is standard
    input.
    """

    def __init__(
        self, path: Path, *, service: str, model: str, group: ArchiveGroup | None = None
    ) -> None:
        """Open the file; pictures and files may lie in others of its `group`.

        Raises:
            LoadError: It cannot be opened.
        """
        self.path = path
        try:
            self.stream = _open(path)
            self.size = self.stream.seek(0, 2)
            self.stream.seek(0)
            modified = path.stat().st_mtime if path.is_file() else None
        except OSError as error:
            raise unreadable(error) from error
        self.origin = SourceDefaults(
            service=service,
            model=model,
            name=path.stem,
            modified=datetime.fromtimestamp(modified, UTC) if modified else datetime.now(UTC),
        )
        self.bytes_read = 0
        self.group = group or ArchiveGroup()
        own = AssetFolder(path.parent) if path.is_file() else NoAssets()
        self.assets = self.group.joined(own)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stream.close()

    def documents(self) -> Iterator["OpenDocument | SkippedItem"]:
        """The file, or what is in it that may hold conversations, each open until the next."""
        document = OpenDocument(self, self.stream, "", self.origin.name)
        if not document.head().startswith(_ZIP):
            yield document
            return
        self.stream.seek(0)
        yield from self._members(self.stream, "", 0)

    def _members(
        self, stream: IO[bytes], folder: str, depth: int
    ) -> Iterator["OpenDocument | SkippedItem"]:
        archive = ZipExport(stream)
        if "xl/workbook.xml" in archive.by_name:
            from fakegpt_tui.formats.workbooks import read_workbook  # noqa: PLC0415 - few are

            rows = json.dumps(read_workbook(archive)).encode()
            yield OpenDocument(self, BytesIO(rows), folder.rstrip("/"), self.origin.name)
            return
        self.size = max(self.size if depth else 0, self.bytes_read) + archive.size
        for part in map(safe_line, missing_parts(archive.by_name)):
            reason = f"{folder}{part} is not in the archive; what it held is missing."
            yield SkippedItem(f"{folder}{part}", reason)
        for member in archive.members:
            name = safe_line(folder + member.filename)
            try:
                with archive.open(member) as opened:
                    if not member.filename.lower().endswith((".zip", ".xlsx")):
                        stem = PurePosixPath(member.filename).stem
                        below = archive.assets(str(PurePosixPath(member.filename).parent))
                        yield OpenDocument(self, opened, name, stem, self.group.joined(below))
                    elif depth == _DEEPEST:
                        reason = f"{name} is an archive too deep inside; unpack it first."
                        yield SkippedItem(name, reason)
                    else:
                        with _kept(opened) as inner:
                            yield from self._members(inner, f"{name}/", depth + 1)
            except LoadError as error:
                # The other members of the archive may be whole.
                yield SkippedItem(name, str(error))


class OpenDocument:
    """A document to read once, as bytes of UTF-8 from its beginning.

    `where` names it in an archive, and `stem` is the name without a suffix.
    """

    def __init__(
        self,
        file: ImportFile,
        stream: ByteStream,
        where: str,
        stem: str,
        assets: AssetSource | None = None,
    ) -> None:
        self.file = file
        self.where = where
        self.stem = stem
        self._stream = stream
        self.assets: AssetSource = file.assets if assets is None else assets
        self._peeked = b""
        self._fill(_SNIFFED)
        if wide := _wide_encoding(self._peeked[:4]):
            self._decoder = codecs.getincrementaldecoder(wide)("surrogatepass")
            self._peeked = self._narrow(self._peeked)
        self._peeked = self._peeked.removeprefix(_BYTE_ORDER_MARK)

    _decoder: codecs.IncrementalDecoder | None = None

    @property
    def origin(self) -> SourceDefaults:
        found = self.file.origin
        path = self.file.path
        folder = path.parent if path.is_file() and not self.where else None
        return replace(found, name=self.stem, assets=self.assets, folder=folder)

    def head(self) -> bytes:
        """The beginning, without a byte order mark; nothing is read by that."""
        return self._peeked[:_SNIFFED]

    def first_line(self) -> bytes:
        """All of the first line, however long; nothing is read by that."""
        while b"\n" not in self._peeked and len(self._peeked) <= LARGEST_CONVERSATION:
            if not self._fill(_CHUNK_SIZE):
                break
        return self._peeked.partition(b"\n")[0]

    def read(self, size: int, /) -> bytes:
        if self._peeked:
            data, self._peeked = self._peeked[:size], self._peeked[size:]
            return data
        self._fill(size)
        data, self._peeked = self._peeked, b""
        return data

    def whole(self, largest: int = _LARGEST_FILE) -> bytes:
        """All of it.

        Raises:
            LoadError: It has more than `largest` bytes.
        """
        parts, size = [], 0
        while data := self.read(_CHUNK_SIZE):
            parts.append(data)
            size += len(data)
            if size > largest:
                raise LoadError("The file is larger than any real conversation.")
        return b"".join(parts)

    def text(self) -> str:
        """All of it, decoded.

        Raises:
            LoadError: It is not UTF-8, or too large.
        """
        try:
            return self.whole().decode()
        except UnicodeDecodeError as error:
            raise LoadError(NO_UTF_8) from error

    def lines(self) -> Iterator[bytes]:
        """The lines, one in memory at a time.

        Raises:
            LoadError: One is too large.
        """
        rest = b""
        while data := self.read(_CHUNK_SIZE):
            *whole, rest = (rest + data).split(b"\n")
            yield from (line + b"\n" for line in whole)
            if len(rest) > LARGEST_CONVERSATION:
                raise LoadError("A line of the file is larger than any real message.")
        if rest:
            yield rest

    def _fill(self, size: int) -> bool:
        """Read more bytes; true if there were any."""
        data = self._stream.read(size)
        self.file.bytes_read += len(data)
        self._peeked += self._narrow(data) if self._decoder else data
        return bool(data)

    def _narrow(self, data: bytes) -> bytes:
        try:
            decoded = self._decoder.decode(data) if self._decoder else ""
        except UnicodeDecodeError as error:
            raise LoadError("The file is not the text of wide characters it begins as.") from error
        return decoded.encode(errors="surrogatepass")


def _wide_encoding(head: bytes) -> str:
    """What a text is encoded in that begins so; empty for UTF-8, and for what is no text."""
    found = (name for mark, name in _WIDE_MARKS.items() if head.startswith(mark))
    guessed = (name for text, name in _WIDE_TEXT.items() if re.fullmatch(text, head, re.DOTALL))
    return next(found, "") or next(guessed, "")


def unknown_reason(head: bytes) -> str:
    """Why nothing can be made of a file that begins so."""
    if not head.strip():
        return "The file is empty."
    for mark, name in _PACKED.items():
        if head.startswith(mark):
            return f"The file is packed with {name}; unpack it first."
    return "This is neither a saved conversation nor an export that is known."


@dataclass(frozen=True, slots=True)
class ImportPath:
    """A file to import; one that a person `named` is refused aloud, others are passed over.

    A folder may also hold others, which are not `opened`, as their names say what they are.
    """

    path: Path
    named: bool
    opened: bool = True


def _open(path: Path) -> IO[bytes]:
    if str(path) == "-":
        return _kept(sys.stdin.buffer)
    if path.is_fifo():
        with path.open("rb") as stream:
            return _kept(stream)
    if not path.is_file():
        raise LoadError("No such file, or not a regular file.")
    return path.open("rb")


def _kept(stream: ByteStream) -> IO[bytes]:
    """The bytes of a pipe as a file that can be read from its beginning."""
    kept = SpooledTemporaryFile(_KEPT_IN_MEMORY)  # noqa: SIM115 - its reader closes it
    while data := stream.read(_CHUNK_SIZE):
        kept.write(data)
    kept.seek(0)
    return cast("IO[bytes]", kept)
