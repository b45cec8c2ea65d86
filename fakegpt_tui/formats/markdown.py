"""Markdown files of conversations, written and read back without loss."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from fakegpt_tui.domain import ChatMessage, Conversation, LoadError, MessageStatus, Role
from fakegpt_tui.formats.fields import (
    FORMAT,
    Fields,
    FormatError,
    decode_conversation,
    decode_message,
    encode_conversation,
    encode_message,
)
from fakegpt_tui.formats.files import EMPTY_DIGEST
from fakegpt_tui.formats.front_matter import format_value, parse_values
from fakegpt_tui.formats.reading_order import OtherBranch, ReadingOrder, validate_tree
from fakegpt_tui.formats.unclosed_markdown import find_closing_line
from fakegpt_tui.text import replace_surrogates, safe_line

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


_NAMED_LINE = re.compile(r"(\w+):(.*)")
_VALID_MARK = re.compile(r"[0-9a-f]{12}")
_QUOTED_END = re.compile(r"(\r\n|\n|\r)> ")


@dataclass(frozen=True, slots=True)
class _Section:
    line: int
    fields: dict[str, object]
    body: str


def read_markdown(text: str) -> tuple[Conversation, tuple[ChatMessage, ...]]:
    """The conversation that was written, and its chat messages in the order of the tree.

    Raises:
        LoadError: It is another kind of file, or one that was damaged, and in which line.
    """
    try:
        values = parse_values(_read_front_matter(text))
        conversation = decode_conversation(Fields(values))
    except FormatError as misfit:
        raise LoadError(f"The front matter {misfit}.") from misfit
    mark = values.get("mark")
    if not isinstance(mark, str) or not _VALID_MARK.fullmatch(mark):
        raise LoadError("The front matter names no mark, so the messages cannot be told apart.")
    placed = [_read_placed(section, conversation.id) for section in _read_sections(text, mark)]
    messages = tuple(message for _, message in sorted(placed, key=lambda each: each[0]))
    try:
        validate_tree(messages, conversation.leaf_id)
    except FormatError as misfit:
        raise LoadError(f"The file {misfit}.") from misfit
    return conversation, messages


def _read_front_matter(text: str) -> dict[str, str]:
    """The lines by name; those that another program added and that name nothing are left out."""
    if not text.startswith("---\n"):
        raise LoadError("Line 1 does not begin a front matter, so this is no saved conversation.")
    head, end, _ = text[4:].partition("\n---\n")
    if not end:
        raise LoadError("The front matter has no end, so this is no saved conversation.")
    found: dict[str, str] = {}
    for match in filter(None, map(_NAMED_LINE.fullmatch, head.split("\n"))):
        if match[1] in found:
            raise LoadError(f"The front matter says {match[1]!r} twice.")
        found[match[1]] = match[2]
    return found


def _read_sections(text: str, mark: str) -> Iterator[_Section]:
    """The messages; what lies between them for people is passed over."""
    begins = re.compile(rf"^<!-- (?:message {mark} (.*)|version {mark}) -->$", re.MULTILINE)
    found = list(begins.finditer(text))
    ends = [*(each.start() for each in found[1:]), len(text)][: len(found)]
    line, counted = 1, 0
    for match, end in zip(found, ends, strict=True):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        if match[1] is not None:
            # Sections are joined by a line feed, so that the last one has one less.
            ending = "\n" if end == len(text) else "\n\n"
            body = text[match.end() + 1 : end].removesuffix(ending)
            yield _Section(line, _read_fields(match[1], line), body)


def _read_fields(shown: str, line: int) -> dict[str, object]:
    try:
        found = json.loads(shown)
    except (ValueError, RecursionError) as error:
        raise LoadError(f"Line {line} begins a message, but its JSON is damaged.") from error
    if not isinstance(found, dict):
        raise LoadError(f"Line {line} begins a message, but has no JSON object.")
    return found


def _read_placed(section: _Section, conversation_id: str) -> tuple[int, ChatMessage]:
    fields = Fields(section.fields)
    try:
        return fields.whole("place") or 0, _read_message(fields, section.body, conversation_id)
    except FormatError as misfit:
        raise LoadError(f"The message that begins in line {section.line} {misfit}.") from misfit


def _read_message(fields: Fields, body: str, conversation_id: str) -> ChatMessage:
    heading, empty, text = _split(body, "\n", "\n")
    if not heading.startswith("## ") or empty:
        raise FormatError("has no heading")
    if fields.optional_text("error") is not None:
        shown, empty, text = _split(text, "\n", "\n")
        if not shown.startswith("> ") or empty:
            raise FormatError("has an error that is not shown below its heading")
    reasoning = ""
    if fields.flag("reasoning"):
        quote, text = _split(text, "\n\n")
        if not quote.startswith(REASONING_HEAD):
            raise FormatError("has reasoning that is not shown below its heading")
        reasoning = _QUOTED_END.sub(r"\1", quote.removeprefix(REASONING_HEAD))
    if closed_by := fields.text("closed_by", ""):
        text = text.removesuffix("\n" + closed_by)
    return decode_message(fields, conversation_id, text=text, reasoning=reasoning)


def _split(text: str, *ends: str) -> tuple[str, ...]:
    """What is before each of the ends in turn, and the rest.

    Raises:
        Misfit: One of them is not there.
    """
    parts = []
    for end in ends:
        part, found, text = text.partition(end)
        if not found:
            raise FormatError("is cut off")
        parts.append(part)
    return (*parts, text)
