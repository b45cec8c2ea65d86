"""The interface of a file format, the file it reads, and what it finds there."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self, TypeAlias

from fakegpt_tui.domain import ChatMessage, Conversation, LoadError
from fakegpt_tui.domain.message_tree import MessageTree

LARGEST_CONVERSATION = 64 * 2**20
"""In bytes, of other programs; more might not fit into memory."""
_LARGEST_FILE = 2**29
"""In bytes, of this program's own, which are read whole."""

_SNIFFED = 4096
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class FormatError(ValueError):
    """What is wrong with a file's content, as the end of a sentence about it."""


class Loss(str):
    """What is not in an imported conversation, or not as it was, in words below a plural count.

    `one` are the words below a count of one.
    """

    __slots__ = ("one",)
    one: str

    def __new__(cls, many: str, *, one: str) -> Self:
        loss = super().__new__(cls, many)
        loss.one = one
        return loss

    def counted(self, count: int) -> str:
        """The count and the words, as a sentence."""
        return f"{count} {self.one if count == 1 else self}."


@dataclass(frozen=True, slots=True)
class LoadedItem:
    """A conversation and its tree, parents first.

    `left_out` counts what a person should be told is not in it, or not as it was.
    """

    conversation: Conversation
    messages: tuple[ChatMessage, ...]
    left_out: Mapping[Loss, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SkippedItem:
    """Something that cannot be imported, and why, in a sentence; `where` names it."""

    where: str
    reason: str


ImportItem: TypeAlias = LoadedItem | SkippedItem


class ByteStream(Protocol):
    """Something to read bytes from."""

    def read(self, size: int, /) -> bytes: ...


class ImportFile:
    """An opened file to import; `bytes_read` of `size` bytes have been read so far.

    Conversations of other programs continue with `service` and `model`.
    """

    def __init__(self, path: Path, *, service: str, model: str) -> None:
        """Open the file.

        Raises:
            LoadError: It cannot be opened.
        """
        try:
            if not path.is_file():
                raise LoadError("No such file, or not a regular file.")
            self.size = path.stat().st_size
            self.stream: IO[bytes] = path.open("rb")
        except OSError as error:
            raise unreadable(error) from error
        self.service = service
        self.model = model
        self.bytes_read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stream.close()

    def head(self) -> bytes:
        """The beginning of the file, without a byte order mark; reading starts over after it."""
        found = self.stream.read(_SNIFFED)
        self.stream.seek(0)
        return found.removeprefix(_BYTE_ORDER_MARK)

    def whole(self, largest: int = _LARGEST_FILE) -> bytes:
        """All of the file.

        Raises:
            LoadError: It has more than `largest` bytes.
        """
        data = self.stream.read(largest + 1)
        if len(data) > largest:
            raise LoadError("The file is larger than any real conversation.")
        self.bytes_read = len(data)
        return data.removeprefix(_BYTE_ORDER_MARK)

    def text(self) -> str:
        """All of the file, decoded.

        Raises:
            LoadError: It is not UTF-8, or too large.
        """
        try:
            return self.whole().decode()
        except UnicodeDecodeError as error:
            raise LoadError(
                "The file is not UTF-8 text, so it was damaged or converted."
            ) from error

    def lines(self) -> Iterator[bytes]:
        """The lines of the file, one in memory at a time."""
        while line := self.stream.readline(LARGEST_CONVERSATION + 1):
            if len(line) > LARGEST_CONVERSATION:
                raise LoadError("A line of the file is larger than any real message.")
            self.bytes_read += len(line)
            yield line.removeprefix(_BYTE_ORDER_MARK)

    def counted(self, stream: ByteStream) -> ByteStream:
        """`stream`, whose reads are counted as progress of this file."""
        return _CountedStream(self, stream)


class _CountedStream:
    """A stream that tells how far it has been read."""

    def __init__(self, file: ImportFile, stream: ByteStream) -> None:
        self._file = file
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        self._file.bytes_read += len(data)
        return data


def unreadable(error: OSError) -> LoadError:
    return LoadError(f"The file cannot be read: {error.strerror or error}.")


class Writer(Protocol):
    """Makes a text of a conversation; where that is a part of it, `part` tells people so."""

    def __call__(
        self, conversation: Conversation, messages: Sequence[ChatMessage], *, part: str = ""
    ) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format: how it is called, recognised, read and written.

    Args:
        name: For people, as in "saved as NAME".
        suffix: Of the files, without a dot.
        sniff: Whether a file that begins so has this format; `None` if it cannot be read.
        read: The conversations of a file, one in memory at a time. Raises `LoadError` where the
            rest of the file cannot be read.
        write: Makes the text of a file; `None` if it cannot be written.
    """

    name: str
    suffix: str
    sniff: Callable[[bytes], bool] | None = None
    read: Callable[[ImportFile], Iterable[ImportItem]] | None = None
    write: Writer | None = None


def validate_tree(messages: Iterable[ChatMessage], leaf_id: str | None) -> None:
    """Refuse chat messages that are not a tree with parents first.

    Raises:
        FormatError: An id occurs twice, or one that is named is missing.
    """
    seen: set[str] = set()
    for message in messages:
        if message.id in seen:
            raise FormatError("holds two messages of the same id")
        if message.parent_id is not None and message.parent_id not in seen:
            raise FormatError("lacks the message that another one follows")
        seen.add(message.id)
    if seen and leaf_id is not None and leaf_id not in seen:
        raise FormatError("lacks the message that its shown path ends in")


def reading_order(
    messages: Sequence[ChatMessage], leaf_id: str | None
) -> tuple[MessageTree, tuple[ChatMessage, ...]]:
    """The tree, and the shown path; a leaf that is missing is taken for the newest message."""
    tree = MessageTree(messages, with_trash=True)
    newest = messages[-1].id if messages else None
    return tree, tree.path(leaf_id if tree.get(leaf_id) else newest)
