"""Names in place of pictures: for models that see none, and of old ones where room is short."""

from __future__ import annotations

from collections.abc import Sequence
from types import UnionType
from typing import TypeAlias

from fakegpt_tui.domain import ContextMessage, Role
from fakegpt_tui.domain.parts import FilePart, ImagePart, Part, TextSpan, fit_parts, place_parts
from fakegpt_tui.text import safe_line

Messages: TypeAlias = tuple[ContextMessage, ...]


def label(part: ImagePart | FilePart) -> str:
    """What stands for a picture or file where none is taken."""
    if isinstance(part, FilePart):
        return f"[file: {safe_line(part.name) or 'no name'}]"
    return f"[picture: {safe_line(part.name or part.alt) or 'no name'}]"


def name_pictures(messages: Sequence[ContextMessage], *, turns: int) -> tuple[Messages, int]:
    """The messages with names in place of all pictures but those of the last `turns` turns.

    Returns: The messages, and how many pictures are only named.
    """
    starts = [index for index, each in enumerate(messages) if each.role == Role.USER]
    first = starts[-turns] if len(starts) >= turns else 0
    count = sum(isinstance(part, ImagePart) for each in messages[:first] for part in each.parts)
    if not count:
        return tuple(messages), 0
    return (*(_named(each, ImagePart) for each in messages[:first]), *messages[first:]), count


def name_media(message: ContextMessage) -> ContextMessage:
    """The message with names in place of all pictures and files."""
    return _named(message, ImagePart | FilePart)


def _named(message: ContextMessage, kind: type[ImagePart] | UnionType) -> ContextMessage:
    if not any(isinstance(part, kind) for part in message.parts):
        return message
    texts: list[str] = []
    parts: list[Part] = []
    for part, text in place_parts(message.text, message.reasoning, message.parts):
        if isinstance(part, ImagePart | FilePart) and isinstance(part, kind):
            texts.append(label(part))
            parts.append(TextSpan(len(texts[-1])))
            continue
        if isinstance(part, TextSpan):
            texts.append(text)
        parts.append(part)
    joined = "".join(texts)
    fitted = fit_parts(parts, joined, message.reasoning)
    return ContextMessage(message.role, joined, message.reasoning, fitted)
