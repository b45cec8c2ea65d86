"""The interface of a file format, the file it reads, and what it finds there."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeAlias, TypeVar

from fakegpt_tui.domain import ChatMessage, Conversation, LoadError
from fakegpt_tui.domain.message_tree import MessageTree

if TYPE_CHECKING:
    from fakegpt_tui.domain.folders import Folder

LARGEST_CONVERSATION = 64 * 2**20
"""In bytes, of other programs; more might not fit into memory."""


class FormatError(ValueError):
    """What is wrong with a file's content, as the end of a sentence about it."""


class EmptyConversation(FormatError):
    """Nothing was said in it."""

    def __init__(self) -> None:
        super().__init__("has no messages")


class UnknownFormat(LoadError):
    """The file has no known format; it may be a file that was not meant."""


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
    blobs: "Mapping[str, OpenBlob]" = field(default_factory=dict, compare=False)
    """Opens the bytes of its parts, by the digest, or the stand-in for one, that a part names."""
    folder: "Folder | None" = None
    """Its folder, where that has a preset for new conversations."""


@dataclass(frozen=True, slots=True)
class SkippedItem:
    """Something that cannot be imported, and why, in a sentence; `where` names it in its `file`."""

    where: str
    reason: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class EmptyItem:
    """A conversation in which nothing was said; `where` names it."""

    where: str


ImportItem: TypeAlias = LoadedItem | SkippedItem | EmptyItem


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDefaults:
    """Where conversations of another program come from, and what they continue with.

    `name` is that of the file without its suffix; `modified` stands for times that it lacks.
    """

    service: str
    model: str
    name: str
    modified: datetime
    assets: "AssetSource | None" = None
    folder: Path | None = None
    """Where the file is, unless it came out of an archive or a pipe."""
    folders: "Mapping[str, Folder]" = field(default_factory=dict)
    """Folders that are beside the conversations in the same object, by their ids."""
    memo: dict[str, object] = field(default_factory=dict, compare=False)
    """What a reader has found beside the file, and needs again for its next conversation."""

    def beside(self, name: str) -> bytes:
        """What a file of this name beside that of the conversation holds; may be nothing."""
        try:
            return self.require_beside(name)
        except (LoadError, FormatError):
            return b""

    def require_beside(self, name: str) -> bytes:
        """What a file of this name beside that of the conversation holds.

        Raises:
            LoadError: It is not there, or cannot be read.
            FormatError: It is too large.
        """
        if self.assets is None:
            raise LoadError("The file is not there.")
        with self.assets.open(name) as file:
            data = file.read(LARGEST_CONVERSATION + 1)
        if len(data) > LARGEST_CONVERSATION:
            raise FormatError("is larger than any real conversation")
        return data


Record: TypeAlias = dict[str, object]
"""An object of JSON."""


_Sniffed = TypeVar("_Sniffed")
_Held = TypeVar("_Held")


@dataclass(frozen=True, kw_only=True)  # Calling an alias of it sets what slots do not hold.
class SourceFormat(Generic[_Sniffed, _Held]):
    """A format of another program.

    `sniff` returns why something has this format, and nothing where it has not. `read` raises
    `FormatError` where it turns out to be no conversation.
    """

    name: str
    sniff: Callable[[_Sniffed], str]
    read: Callable[[_Held, SourceDefaults], Iterable[ImportItem]]
    has_folders_behind: bool = False
    """Are there folders behind a list of conversations, so that a small file is read whole?"""


RecordFormat: TypeAlias = SourceFormat[Record, Record]
"""Of JSON objects, each of which holds conversations, in a list, lines or alone."""
ListFormat: TypeAlias = SourceFormat[Record, list[object]]
"""Of JSON lists that are conversations as a whole, told by an element."""
LinesFormat: TypeAlias = SourceFormat[Sequence[Record], Iterable[Record | None]]
"""Of JSON lines that are one conversation, told by the first; `None` for one that is damaged."""
TextFormat: TypeAlias = SourceFormat[str, str]
"""Of text files, told by how one begins."""


def find_format(
    formats: Iterable[SourceFormat[_Sniffed, _Held]], sniffed: _Sniffed
) -> tuple[SourceFormat[_Sniffed, _Held], str] | None:
    """The first format that something has, and why it has that."""
    found = ((each, each.sniff(sniffed)) for each in formats)
    return next((each for each in found if each[1]), None)


class ByteStream(Protocol):
    """Something to read bytes from."""

    def read(self, size: int, /) -> bytes: ...


OpenBlob: TypeAlias = Callable[[], AbstractContextManager[ByteStream]]
"""Opens the bytes of a picture or file that is imported; raises `LoadError`."""


class AssetSource(Protocol):
    """Where the pictures and files of an import lie."""

    def names(self) -> Iterable[str]:
        """The files that are there, as paths below the place of the conversation's own file."""
        ...

    def open(self, name: str) -> AbstractContextManager[ByteStream]:
        """One of them.

        Raises:
            LoadError: It is not there, or cannot be read.
        """
        ...


class SourceDocument(Protocol):
    """A file to import, or one inside of an archive; see `documents`."""

    def head(self) -> bytes: ...

    def text(self) -> str: ...

    def lines(self) -> Iterator[bytes]: ...

    @property
    def assets(self) -> AssetSource: ...


def unreadable(error: OSError) -> LoadError:
    return LoadError(f"The file cannot be read: {error.strerror or error}.")


class Writer(Protocol):
    """Makes a text of a conversation; `part` tells people which part of it this is.

    `read_blob` reads pictures and files by their digests, for formats that have room for them.
    """

    def __call__(
        self,
        conversation: Conversation,
        messages: Sequence[ChatMessage],
        *,
        part: str = "",
        read_blob: Callable[[str], bytes] | None = None,
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
    read: Callable[["SourceDocument"], Iterable[ImportItem]] | None = None
    write: Writer | None = None


def parse_json(text: str | bytes) -> object:
    """The value of a text of JSON; `None` if it is damaged."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def dump_json(document: object) -> str:
    """A text of JSON for other programs, with an end of line."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


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
