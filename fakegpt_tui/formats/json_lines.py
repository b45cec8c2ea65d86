"""JSON lines: a line for each conversation, followed by one for each of its chat messages.

The messages come in the order of the tree. A file may hold any number of conversations.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fakegpt_tui.domain import ChatMessage, Conversation, LoadError
from fakegpt_tui.formats.base import Format, FormatError, LoadedItem, SourceDocument, validate_tree
from fakegpt_tui.formats.fields import (
    FIELDS_VERSION,
    Fields,
    decode_conversation,
    decode_message,
    encode_conversation,
    encode_message,
)
from fakegpt_tui.formats.files import EMPTY_DIGEST
from fakegpt_tui.text import replace_surrogates

_OUR_LINE = re.compile(rb'\{\s*"(?:digest|conversation|message)"')


def write_json_lines(
    conversation: Conversation, messages: Sequence[ChatMessage], *, part: str = ""
) -> str:
    """The conversation with these chat messages, in any order that has parents first."""
    head = {
        "digest": EMPTY_DIGEST,
        **({"part": part} if part else {}),
        "conversation": {"format": FIELDS_VERSION, **encode_conversation(conversation)},
    }
    rows = [head, *({"message": encode_full_message(message)} for message in messages)]
    return "".join(replace_surrogates(json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)


def encode_full_message(message: ChatMessage) -> dict[str, object]:
    """A chat message as one JSON object, text and reasoning with it."""
    reasoning = {"reasoning": message.reasoning} if message.reasoning else {}
    return {**encode_message(message), **reasoning, "text": message.text}


def read_json_lines(
    lines: Iterable[bytes],
) -> Iterator[tuple[Conversation, tuple[ChatMessage, ...]]]:
    """The conversations one after the other; only one of them is kept in memory.

    Raises:
        LoadError: A line is damaged, or says something else; which one.
    """
    open_one: _OpenConversation | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        begun = _read_line(number, line, open_one)
        if begun is not open_one and open_one is not None:
            yield open_one.close()
        open_one = begun
    if open_one is not None:
        yield open_one.close()


def _read_line(
    number: int, line: bytes, open_one: "_OpenConversation | None"
) -> "_OpenConversation":
    """The conversation that is open after this line."""
    try:
        match _parse_json(line):
            case {"conversation": dict(fields)}:
                return _OpenConversation(number, decode_conversation(Fields(fields)))
            case {"message": dict(fields)} if open_one is not None:
                open_one.add(fields)
                return open_one
    except FormatError as error:
        raise LoadError(f"What is in line {number} {error}.") from error
    raise LoadError(f"Line {number} is neither a conversation nor a message of one.")


@dataclass(slots=True)
class _OpenConversation:
    """A conversation of which more messages may come."""

    line: int
    conversation: Conversation
    messages: list[ChatMessage] = field(default_factory=list)

    def add(self, values: Mapping[str, object]) -> None:
        fields = Fields(values)
        text, reasoning = fields.text("text"), fields.text("reasoning", "")
        self.messages.append(
            decode_message(fields, self.conversation.id, text=text, reasoning=reasoning)
        )

    def close(self) -> tuple[Conversation, tuple[ChatMessage, ...]]:
        try:
            validate_tree(self.messages, self.conversation.leaf_id)
        except FormatError as error:
            raise LoadError(f"The conversation that begins in line {self.line} {error}.") from error
        return self.conversation, tuple(self.messages)


def _parse_json(line: bytes) -> object:
    """What the line says; nothing, where it is not JSON."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _sniff(head: bytes) -> bool:
    return _OUR_LINE.match(head.lstrip()) is not None


def _read(file: SourceDocument) -> Iterator[LoadedItem]:
    return (LoadedItem(*each) for each in read_json_lines(file.lines()))


FORMAT = Format(name="JSON lines", suffix="jsonl", sniff=_sniff, read=_read, write=write_json_lines)
