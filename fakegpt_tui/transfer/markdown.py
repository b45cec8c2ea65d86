"""A conversation as a Markdown file.

The file can be read back without loss, whatever the texts hold. Its front matter names a `mark`,
a word that occurs in none of the texts. A chat message begins at a line

    <!-- message MARK {"id": …, "parent": …, "role": …, "status": …, "created": …} -->

and nowhere else; what comes before the first such line is for people, and so is what follows a
line `<!-- version MARK -->` up to the next of the former. After a message's line come a heading and
an empty line; where the line has an `error`, one line that shows it and an empty line; where it
has `reasoning`, a quote that holds it, below a line that names it, and an empty line; then the
text as it came, a line that closes a fence or an HTML block if the line of the mark has
`closed_by`, and an empty line.

The messages of the shown path come first. Where others follow, `place` tells where each message
stands in the order of the whole tree.
"""

import json
import re
from collections.abc import Iterable, Sequence
from hashlib import sha256

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from fakegpt_tui.text import replace_surrogates, safe_line
from fakegpt_tui.transfer.fields import FORMAT, encode_conversation, encode_message
from fakegpt_tui.transfer.front_matter import format_value
from fakegpt_tui.transfer.open_blocks import find_closing_line
from fakegpt_tui.transfer.sealing import EMPTY_DIGEST
from fakegpt_tui.transfer.tree import OtherBranch, ReadingOrder

REASONING_HEAD = "> **Reasoning**\n>\n> "
_LINE_END = re.compile(r"\r\n|\n|\r")
_NAMES = {Role.USER: "User", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System"}
_MARK_LENGTH = 12
_SNIPPET_LENGTH = 60


def write_markdown(
    conversation: Conversation, messages: Sequence[ChatMessage], *, part: str = ""
) -> str:
    """The conversation with these chat messages, in any order that has parents first."""
    mark = _mark(conversation, messages)
    tree = ReadingOrder(messages, conversation.leaf_id)
    path, runs = tree.path(), list(tree.other_runs())
    in_file = [*path, *(message for run in runs for message in run.messages)]
    places = {message.id: place for place, message in enumerate(messages)}
    if in_file == list(messages):
        places.clear()
    sections = [_write_front_matter(conversation, mark, part)]
    if title := safe_line(conversation.title):
        sections.append(f"# {title}\n")
    if part:
        sections.append(f"*{part}*\n")
    sections.extend(_write_section(message, tree, mark, places) for message in path)
    for run in runs:
        sections.append(_write_version(run, tree, mark))
        sections.extend(_write_section(message, tree, mark, places) for message in run.messages)
    return "\n".join(sections)


def _mark(conversation: Conversation, messages: Iterable[ChatMessage]) -> str:
    """A word that none of the texts contains; the same for the same conversation."""
    texts = [message.text for message in messages]
    mark = replace_surrogates(conversation.id)
    while True:
        mark = sha256(mark.encode()).hexdigest()[:_MARK_LENGTH]
        if not any(mark in text for text in texts):
            return mark


def _write_front_matter(conversation: Conversation, mark: str, part: str) -> str:
    fields = {
        "digest": EMPTY_DIGEST,
        "format": FORMAT,
        **({"part": part} if part else {}),
        **encode_conversation(conversation),
        "mark": mark,
    }
    lines = (f"{name}: {format_value(value)}\n" for name, value in fields.items())
    return f"---\n{''.join(lines)}---\n"


def _write_version(run: OtherBranch, tree: ReadingOrder, mark: str) -> str:
    """What tells a person where the messages that follow belong."""
    number, count = tree.variant(run.messages[0])
    said = safe_line(run.after.text, _SNIPPET_LENGTH) if run.after else ""
    if run.after is None:
        where = "from the beginning"
    else:
        where = f"after “{said}”" if said else f"after an empty {_NAMES[run.after.role]} message"
    return f"<!-- version {mark} -->\n# Version {number} of {count}, {where}\n"


def _write_section(
    message: ChatMessage, tree: ReadingOrder, mark: str, places: dict[str, int]
) -> str:
    text = replace_surrogates(message.text)
    closed_by = find_closing_line(text)
    fields = encode_message(message)
    if message.id in places:
        fields["place"] = places[message.id]
    if message.reasoning:
        fields["reasoning"] = True
    if closed_by:
        fields["closed_by"] = closed_by
    shown = _escape_comment(json.dumps(fields))
    lines = [f"<!-- message {mark} {shown} -->", _heading(message, tree), ""]
    if message.error is not None:
        lines += [f"> {safe_line(message.error, 1000)}", ""]
    if message.reasoning:
        quote = _LINE_END.sub(lambda end: f"{end[0]}> ", replace_surrogates(message.reasoning))
        lines += [REASONING_HEAD + quote, ""]
    lines.append(text)
    if closed_by:
        lines.append(closed_by)
    return "\n".join(lines) + "\n"


def _heading(message: ChatMessage, tree: ReadingOrder) -> str:
    number, count = tree.variant(message)
    variant = f" ‹{number}/{count}›" if count > 1 else ""
    status = "" if message.status is MessageStatus.COMPLETE else f" ({message.status.value})"
    return f"## {_NAMES[message.role]}{variant}{status}"


def _escape_comment(text: str) -> str:
    """JSON in which nothing looks like the end of an HTML comment; it means the same."""
    return text.replace("--", "-\\u002d")
