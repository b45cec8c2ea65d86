"""Conversations as JSON lines: a line for the conversation, then one for each chat message.

The messages come in the order of the tree. A file may hold any number of conversations.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fakegpt_tui.domain import ChatMessage, Conversation, LoadError
from fakegpt_tui.text import replace_surrogates
from fakegpt_tui.transfer.fields import (
    FORMAT,
    Fields,
    Misfit,
    conversation_fields,
    conversation_from,
    message_fields,
    message_from,
)
from fakegpt_tui.transfer.sealing import UNSEALED
from fakegpt_tui.transfer.tree import must_be_tree


def to_json_lines(
    conversation: Conversation, messages: Sequence[ChatMessage], *, part: str = ""
) -> str:
    """The conversation with these chat messages, in any order that has parents first."""
    head = {
        "digest": UNSEALED,
        **({"part": part} if part else {}),
        "conversation": {"format": FORMAT, **conversation_fields(conversation)},
    }
    rows = [head, *({"message": message_document(message)} for message in messages)]
    return "".join(replace_surrogates(json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)


def message_document(message: ChatMessage) -> dict[str, object]:
    """A chat message as one JSON object, text and reasoning with it."""
    reasoning = {"reasoning": message.reasoning} if message.reasoning else {}
    return {**message_fields(message), **reasoning, "text": message.text}


def from_json_lines(
    lines: Iterable[bytes],
) -> Iterator[tuple[Conversation, tuple[ChatMessage, ...]]]:
    """The conversations one after the other; only one of them is kept in memory.

    Raises:
        LoadError: A line is damaged, or says something else; which one.
    """
    open_one: _Open | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        begun = _read_line(number, line, open_one)
        if begun is not open_one and open_one is not None:
            yield open_one.closed()
        open_one = begun
    if open_one is not None:
        yield open_one.closed()


def _read_line(number: int, line: bytes, open_one: "_Open | None") -> "_Open":
    """The conversation that is open after this line."""
    try:
        match _document(line):
            case {"conversation": dict(fields)}:
                return _Open(number, conversation_from(Fields(fields)))
            case {"message": dict(fields)} if open_one is not None:
                open_one.add(fields)
                return open_one
    except Misfit as misfit:
        raise LoadError(f"What is in line {number} {misfit}.") from misfit
    raise LoadError(f"Line {number} is neither a conversation nor a message of one.")


@dataclass(slots=True)
class _Open:
    """A conversation of which more messages may come."""

    line: int
    conversation: Conversation
    messages: list[ChatMessage] = field(default_factory=list)

    def add(self, values: Mapping[str, object]) -> None:
        fields = Fields(values)
        text, reasoning = fields.text("text"), fields.text("reasoning", "")
        self.messages.append(
            message_from(fields, self.conversation.id, text=text, reasoning=reasoning)
        )

    def closed(self) -> tuple[Conversation, tuple[ChatMessage, ...]]:
        try:
            must_be_tree(self.messages, self.conversation.leaf_id)
        except Misfit as misfit:
            raise LoadError(
                f"The conversation that begins in line {self.line} {misfit}."
            ) from misfit
        return self.conversation, tuple(self.messages)


def _document(line: bytes) -> object:
    """What the line says; nothing, where it is not JSON."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
