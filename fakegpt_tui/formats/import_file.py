"""What kind of file somebody wants to import, and the conversations in it."""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.base import ImportItem, LoadedItem, SkippedItem
from fakegpt_tui.formats.chatgpt import read_conversation
from fakegpt_tui.formats.fields import FormatError
from fakegpt_tui.formats.json_lines import read_json_lines
from fakegpt_tui.formats.large_exports import ByteStream, ZipExport, iter_array
from fakegpt_tui.formats.markdown import read_markdown
from fakegpt_tui.text import safe_line

LARGEST_CONVERSATION = 64 * 2**20
"""In bytes, of other programs; more than that is none, and might not fit into memory."""
_LARGEST_FILE = 2**29
"""In bytes, of this program's own, which are read whole."""

_SNIFFED = 4096
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ZIP = b"PK\x03\x04"
_OUR_LINE = re.compile(rb'\{\s*"(?:digest|conversation|message)"')


class ImportFile:
    """A file with conversations in it; `done` of `size` bytes have been read so far."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            LoadError: It cannot be opened.
        """
        self._stack = ExitStack()
        try:
            if not path.is_file():
                raise LoadError("There is no such file, or it is no file that can be read.")
            self._file = self._stack.enter_context(path.open("rb"))
            self.size = path.stat().st_size
        except OSError as error:
            raise LoadError(f"The file cannot be read: {error.strerror or error}.") from error
        self.bytes_read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def read_conversations(self, *, service: str, model: str) -> Iterator[ImportItem]:
        """The conversations, one in memory at a time; other programs' go on with `service`.

        Raises:
            LoadError: The file, or what is left of it, cannot be read.
        """
        try:
            yield from self._found(service, model)
        except OSError as error:
            raise LoadError(f"The file cannot be read: {error.strerror or error}.") from error

    def _found(self, service: str, model: str) -> Iterator[ImportItem]:
        head = self._file.read(_SNIFFED)
        self._file.seek(0)
        start = head.removeprefix(_BYTE_ORDER_MARK).lstrip()
        if head.startswith(_ZIP):
            yield from self._of_archive(service, model)
        elif start.startswith(b"["):
            yield from self._of_array(_CountedStream(self, self._file), "", service, model)
        elif start.startswith(b"---"):
            yield LoadedItem(*read_markdown(self._text()))
        elif _OUR_LINE.match(start):
            yield from (LoadedItem(*each) for each in read_json_lines(self._lines()))
        elif start.startswith(b"{"):
            yield _read_exported(
                self._whole(LARGEST_CONVERSATION), "The conversation", service, model
            )
        else:
            raise LoadError("This is neither a saved conversation nor an export of ChatGPT.")

    def _of_archive(self, service: str, model: str) -> Iterator[ImportItem]:
        archive = ZipExport(self._file)
        self.size = archive.size
        for member in archive.members:
            name = safe_line(member.filename)
            try:
                with archive.open(member) as stream:
                    yield from self._of_array(_CountedStream(self, stream), name, service, model)
            except LoadError as error:
                # The other members of the archive may be whole.
                yield SkippedItem(name, str(error))

    def _of_array(
        self, stream: ByteStream, name: str, service: str, model: str
    ) -> Iterator[ImportItem]:
        for number, element in enumerate(iter_array(stream, LARGEST_CONVERSATION), start=1):
            where = f"Conversation {number}" + (f" of {name}" if name else "")
            if element is None:
                yield SkippedItem(where, f"{where} is larger than any real one.")
            else:
                yield _read_exported(element, where, service, model)

    def _whole(self, largest: int) -> bytes:
        data = self._file.read(largest + 1)
        if len(data) > largest:
            raise LoadError("The file is larger than any real conversation.")
        self.bytes_read = len(data)
        return data.removeprefix(_BYTE_ORDER_MARK)

    def _lines(self) -> Iterator[bytes]:
        while line := self._file.readline(LARGEST_CONVERSATION + 1):
            if len(line) > LARGEST_CONVERSATION:
                raise LoadError("A line of the file is larger than any real message.")
            self.bytes_read += len(line)
            yield line.removeprefix(_BYTE_ORDER_MARK)

    def _text(self) -> str:
        try:
            return self._whole(_LARGEST_FILE).decode()
        except UnicodeDecodeError as error:
            raise LoadError(
                "The file is not UTF-8 text, so it was damaged or converted."
            ) from error


def list_import_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files, and for each folder those in it that may hold conversations."""
    for path in paths:
        try:
            yield from _in_folder(path) if path.is_dir() else [path]
        except OSError:
            # Opening it says what is wrong.
            yield path


def _in_folder(folder: Path) -> list[Path]:
    inside = sorted(folder.iterdir())
    exports = [each for each in inside if each.match("conversations*.json")]
    return exports or [each for each in inside if each.suffix in (".md", ".jsonl", ".zip")]


class _CountedStream:
    """A stream that tells how far it has been read."""

    def __init__(self, file: ImportFile, stream: ByteStream) -> None:
        self._file = file
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        self._file.bytes_read += len(data)
        return data


def _read_exported(element: bytes, where: str, service: str, model: str) -> ImportItem:
    try:
        return read_conversation(json.loads(element), service=service, model=model)
    except FormatError as misfit:
        return SkippedItem(where, f"{where} {misfit}.")
    except RecursionError:
        return SkippedItem(where, f"{where} is nested too deep.")
    except ValueError:
        return SkippedItem(where, f"{where} is damaged JSON.")
