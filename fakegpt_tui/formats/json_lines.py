"""JSON lines: a line for each conversation, followed by one for each of its chat messages.

The messages come in the order of the tree. A file may hold any number of conversations. Before the
first message that uses it, a picture or file comes in lines of its own,
`{"blob": {"digest": …, "size": …, "type": …, "part": …, "base64": …}}`, numbered from 0.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from os import SEEK_END
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from fakegpt_tui.domain import ChatMessage, Conversation, LoadError, StoreError
from fakegpt_tui.domain.parts import Blob, blobs_of
from fakegpt_tui.formats.assets import ReadBlob
from fakegpt_tui.formats.base import (
    ByteStream,
    Format,
    FormatError,
    LoadedItem,
    OpenBlob,
    SourceDocument,
    parse_json,
    validate_tree,
)
from fakegpt_tui.formats.fields import (
    Fields,
    decode_conversation,
    decode_message,
    encode_conversation,
    encode_message,
    fields_version,
)
from fakegpt_tui.formats.files import EMPTY_DIGEST
from fakegpt_tui.text import replace_surrogates

_CHUNK = 6 * 2**20
"""Bytes of a picture or file in a line."""
_IN_MEMORY = 8 * 2**20
_OUR_LINE = re.compile(rb'\{\s*"(?:digest|conversation|message)"')


def write_json_lines(
    conversation: Conversation,
    messages: Sequence[ChatMessage],
    *,
    part: str = "",
    read_blob: ReadBlob | None = None,
) -> str:
    """The conversation with these chat messages, in any order that has parents first."""
    head: dict[str, object] = {
        "digest": EMPTY_DIGEST,
        **({"part": part} if part else {}),
        "conversation": {"format": fields_version(messages), **encode_conversation(conversation)},
    }
    rows: list[dict[str, object]] = [head]
    written: set[str] = set()
    for message in messages:
        for blob in blobs_of(message.parts) if read_blob else ():
            if blob.digest not in written:
                rows += _blob_rows(blob, read_blob)
            written.add(blob.digest)
        rows.append({"message": encode_full_message(message)})
    return "".join(replace_surrogates(json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)


def _blob_rows(blob: Blob, read_blob: ReadBlob | None) -> Iterator[dict[str, object]]:
    """The lines with the bytes of a blob; none if they are missing or damaged."""
    with suppress(StoreError):
        data = read_blob(blob.digest) if read_blob else b""
        head = {"digest": blob.digest, "size": blob.size, "type": blob.media_type}
        for number, start in enumerate(range(0, len(data), _CHUNK)):
            piece = b64encode(data[start : start + _CHUNK]).decode()
            yield {"blob": {**head, "part": number, "base64": piece}}


def encode_full_message(message: ChatMessage) -> dict[str, object]:
    """A chat message as one JSON object, text and reasoning with it."""
    reasoning = {"reasoning": message.reasoning} if message.reasoning else {}
    return {**encode_message(message), **reasoning, "text": message.text}


def read_json_lines(lines: Iterable[bytes]) -> Iterator[LoadedItem]:
    """The conversations one after the other; only one of them is kept in memory.

    Raises:
        LoadError: A line is damaged, or says something else; which one.
    """
    open_one: _OpenConversation | None = None
    try:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            begun = _read_line(number, line, open_one)
            if begun is not open_one and open_one is not None:
                yield open_one.close()
                open_one.blobs.close()
            open_one = begun
        if open_one is not None:
            yield open_one.close()
    finally:
        if open_one is not None:
            open_one.blobs.close()


def _read_line(
    number: int, line: bytes, open_one: "_OpenConversation | None"
) -> "_OpenConversation":
    """The conversation that is open after this line."""
    try:
        match parse_json(line):
            case {"conversation": dict(fields)}:
                return _OpenConversation(number, decode_conversation(Fields(fields)))
            case {"blob": dict(fields)} if open_one is not None:
                open_one.blobs.add(Fields(fields))
                return open_one
            case {"message": dict(fields)} if open_one is not None:
                open_one.add(fields)
                return open_one
    except FormatError as error:
        raise LoadError(f"What is in line {number} {error}.") from error
    raise LoadError(f"Line {number} is neither a conversation nor a message of one.")


class _HeldBlobs:
    """The bytes in the lines of one conversation, in a temporary file until they are taken."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._places: dict[str, list[tuple[int, int]]] = {}

    def add(self, fields: Fields) -> None:
        """Hold the next bytes of a blob.

        Raises:
            FormatError: They are damaged, or do not follow those before them.
        """
        places = self._places.setdefault(fields.text("digest"), [])
        number = fields.whole("part") or 0
        if number == 0:
            places.clear()
        try:
            data = b64decode(fields.text("base64"), validate=True)
        except ValueError as error:
            raise FormatError("holds a picture or file that is damaged") from error
        if number != len(places):
            raise FormatError("lacks a part of a picture or file")
        if self._file is None:
            self._file = cast("IO[bytes]", SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115
        start = self._file.seek(0, SEEK_END)
        self._file.write(data)
        places.append((start, len(data)))

    def openers(self) -> dict[str, OpenBlob]:
        return {digest: partial(self._open, digest) for digest in self._places}

    @contextmanager
    def _open(self, digest: str) -> Iterator[ByteStream]:
        if self._file is not None:
            yield _Pieces(self._file, self._places[digest])

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class _Pieces:
    """Places of a file, read one after the other."""

    def __init__(self, file: IO[bytes], places: Iterable[tuple[int, int]]) -> None:
        self._file = file
        self._places = list(places)

    def read(self, size: int, /) -> bytes:
        while self._places:
            start, length = self._places[0]
            if length:
                self._file.seek(start)
                data = self._file.read(min(size, length))
                self._places[0] = start + len(data), length - len(data)
                return data
            del self._places[0]
        return b""


@dataclass(slots=True)
class _OpenConversation:
    """A conversation of which more messages may come."""

    line: int
    conversation: Conversation
    messages: list[ChatMessage] = field(default_factory=list)
    blobs: _HeldBlobs = field(default_factory=_HeldBlobs)

    def add(self, values: Mapping[str, object]) -> None:
        fields = Fields(values)
        text, reasoning = fields.text("text"), fields.text("reasoning", "")
        self.messages.append(
            decode_message(fields, self.conversation.id, text=text, reasoning=reasoning)
        )

    def close(self) -> LoadedItem:
        try:
            validate_tree(self.messages, self.conversation.leaf_id)
        except FormatError as error:
            raise LoadError(f"The conversation that begins in line {self.line} {error}.") from error
        return LoadedItem(self.conversation, tuple(self.messages), blobs=self.blobs.openers())


def _sniff(head: bytes) -> bool:
    return _OUR_LINE.match(head.lstrip()) is not None


def _read(file: SourceDocument) -> Iterator[LoadedItem]:
    return read_json_lines(file.lines())


FORMAT = Format(name="JSON lines", suffix="jsonl", sniff=_sniff, read=_read, write=write_json_lines)
