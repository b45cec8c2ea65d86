"""A conversation out of a Markdown file that this program wrote."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from fakegpt_tui.domain import ChatMessage, Conversation, LoadError
from fakegpt_tui.transfer.fields import Fields, FormatError, decode_conversation, decode_message
from fakegpt_tui.transfer.front_matter import parse_values
from fakegpt_tui.transfer.markdown import REASONING_HEAD
from fakegpt_tui.transfer.tree import validate_tree

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
