"""Markdown for people: the shown path of a conversation, without ids, digests and reasoning.

It is written for someone to read, and is not read back; `markdown` writes the lossless one.
"""

from collections.abc import Sequence

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from fakegpt_tui.formats.base import Format, reading_order
from fakegpt_tui.formats.markdown_syntax import find_closing_line
from fakegpt_tui.text import replace_surrogates, safe_line

_NAMES = {Role.USER: "Question", Role.ASSISTANT: "Answer", Role.SYSTEM: "Instruction"}


def write_clean_markdown(
    conversation: Conversation, messages: Sequence[ChatMessage], *, part: str = ""
) -> str:
    """The messages of the shown path, each below a heading that says whose it is."""
    _, path = reading_order(messages, conversation.leaf_id)
    title = safe_line(conversation.title)
    sections = [f"# {title}\n"] if title else []
    if part:
        sections.append(f"*{part}*\n")
    sections.extend(_write_section(message) for message in path)
    return "\n".join(sections)


def _write_section(message: ChatMessage) -> str:
    text = replace_surrogates(message.text).rstrip("\n")
    model = safe_line(message.model) if message.role is Role.ASSISTANT else ""
    who = f"{_NAMES[message.role]} ({model})" if model else _NAMES[message.role]
    status = "" if message.status is MessageStatus.COMPLETE else f", {message.status.value}"
    closing = find_closing_line(text)
    lines = [f"## {who}{status}", "", text, *([closing] if closing else [])]
    return "\n".join(lines) + "\n"


FORMAT = Format(
    name="clean Markdown, without ids, for others to read",
    suffix="clean.md",
    write=write_clean_markdown,
)
