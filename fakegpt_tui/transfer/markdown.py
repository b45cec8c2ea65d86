"""A conversation as a Markdown file.

The file can be read back without loss, whatever the texts hold. Its front matter names a `mark`,
a word that occurs in none of the texts. A chat message begins at a line

    <!-- message MARK {"id": …, "parent": …, "role": …, "status": …, "created": …} -->

and nowhere else; what comes before the first such line is for people. After that line come a
heading and an empty line; where the line has an `error`, one line that shows it and an empty
line; then the text as it came, a line that closes a fence or an HTML block if the line of the
mark has `closed_by`, and an empty line.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from fakegpt_tui.text import repaired, safe_line
from fakegpt_tui.transfer.open_blocks import closing_line

_SHORT_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_NAMES = {Role.USER: "User", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System"}
_MARK_LENGTH = 12
_LAST_OF_FOUR_DIGITS = 0xFFFF


def to_markdown(conversation: Conversation, messages: Sequence[ChatMessage]) -> str:
    """The conversation with these chat messages, in any order that has parents first."""
    mark = _mark(conversation, messages)
    parts = [_front_matter(conversation, mark)]
    if title := safe_line(conversation.title):
        parts.append(f"# {title}\n")
    parts.extend(_section(message, mark) for message in messages)
    return "\n".join(parts)


def _mark(conversation: Conversation, messages: Iterable[ChatMessage]) -> str:
    """A word that none of the texts contains; the same for the same conversation."""
    texts = [message.text for message in messages]
    mark = repaired(conversation.id)
    while True:
        mark = sha256(mark.encode()).hexdigest()[:_MARK_LENGTH]
        if not any(mark in text for text in texts):
            return mark


def _front_matter(conversation: Conversation, mark: str) -> str:
    fields = {
        "id": quoted(conversation.id),
        "title": quoted(conversation.title),
        "title_source": quoted(conversation.title_source.value),
        "created": quoted(_time(conversation.created_at)),
        "updated": quoted(_time(conversation.updated_at)),
        "service": quoted(conversation.service),
        "model": quoted(conversation.model),
        "pinned": "true" if conversation.pinned else "false",
        "archived": "true" if conversation.archived else "false",
        "leaf": "null" if conversation.leaf_id is None else quoted(conversation.leaf_id),
        "mark": quoted(mark),
    }
    lines = (f"{name}: {value}\n" for name, value in fields.items())
    return f"---\n{''.join(lines)}---\n"


def quoted(text: str) -> str:
    """`text` as a YAML scalar in double quotes, on one line and in printable characters."""
    return '"' + "".join(map(_escaped, repaired(text))) + '"'


def _escaped(character: str) -> str:
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04X}" if code <= _LAST_OF_FOUR_DIGITS else f"\\U{code:08X}"


def _section(message: ChatMessage, mark: str) -> str:
    text = repaired(message.text)
    closed_by = closing_line(text)
    lines = [_marked(message, mark, closed_by), _heading(message), ""]
    if message.error is not None:
        lines += [f"> {safe_line(message.error, 1000)}", ""]
    lines.append(text)
    if closed_by:
        lines.append(closed_by)
    return "\n".join(lines) + "\n"


def _heading(message: ChatMessage) -> str:
    name = _NAMES[message.role]
    if message.status is MessageStatus.COMPLETE:
        return f"## {name}"
    return f"## {name} ({message.status.value})"


def _marked(message: ChatMessage, mark: str, closed_by: str) -> str:
    fields = {
        "id": message.id,
        "parent": message.parent_id,
        "role": message.role.value,
        "status": message.status.value,
        "created": _time(message.created_at),
    }
    if message.role is Role.ASSISTANT:
        fields |= {"service": message.service, "model": message.model}
    if message.error is not None:
        fields["error"] = message.error
    if closed_by:
        fields["closed_by"] = closed_by
    return f"<!-- message {mark} {_for_a_comment(json.dumps(fields))} -->"


def _for_a_comment(text: str) -> str:
    """JSON in which nothing looks like the end of an HTML comment; it means the same."""
    return text.replace("--", "-\\u002d")


def _time(time: datetime) -> str:
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    return time.astimezone(UTC).isoformat()
