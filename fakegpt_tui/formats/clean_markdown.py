"""Markdown for people: the shown path of a conversation, without ids, digests and reasoning.

It is written for someone to read, and is not read back; `markdown` writes the lossless one.
"""

from collections.abc import Sequence

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from fakegpt_tui.domain.captions import split_at_captions
from fakegpt_tui.formats.assets import ReadBlob
from fakegpt_tui.formats.base import Format, reading_order
from fakegpt_tui.formats.markdown_blocks import block_starts, find_closing_line, plain_words
from fakegpt_tui.text import replace_surrogates, safe_line

_NAMES = {Role.USER: "Question", Role.ASSISTANT: "Answer", Role.SYSTEM: "Instruction"}


def write_clean_markdown(
    conversation: Conversation,
    messages: Sequence[ChatMessage],
    *,
    part: str = "",
    read_blob: ReadBlob | None = None,
) -> str:
    """The messages of the shown path, each below a heading that says whose it is.

    Of files it has the names alone.
    """
    del read_blob
    _, path = reading_order(messages, conversation.leaf_id)
    title = safe_line(conversation.title)
    sections = [f"# {title}\n"] if title else []
    sections.extend(f"*{each}*\n" for each in (_place(conversation), part) if each)
    sections.extend(_write_section(message) for message in path)
    return "\n".join(sections)


def _place(conversation: Conversation) -> str:
    """The folder and the tags."""
    tags = " ".join(f"#{tag}" for tag in conversation.tags)
    return " · ".join(plain_words(safe_line(each)) for each in (conversation.folder, tags) if each)


def _write_section(message: ChatMessage) -> str:
    text = _with_captions(message).rstrip("\n")
    model = safe_line(message.model) if message.role is Role.ASSISTANT else ""
    who = f"{_NAMES[message.role]} ({model})" if model else _NAMES[message.role]
    status = "" if message.status is MessageStatus.COMPLETE else f", {message.status.value}"
    closing = find_closing_line(text) if not message.parts else ""
    lines = [f"## {who}{status}", "", text, *([closing] if closing else [])]
    return "\n".join(lines) + "\n"


def _with_captions(message: ChatMessage) -> str:
    """The text, with a line for each picture, file and source where it stands."""
    text = replace_surrogates(message.text)
    if not message.parts:
        return text
    pieces = list(split_at_captions(text, message.parts, block_starts))
    closing = find_closing_line(text)
    last = max((at for at, each in enumerate(pieces) if isinstance(each, str)), default=-1)
    if closing and last >= 0:
        pieces[last] = f"{pieces[last]}\n{closing}"
    shown = (
        each.strip("\r\n") if isinstance(each, str) else plain_words(safe_line(each.caption.text))
        for each in pieces
    )
    return "\n\n".join(each for each in shown if each)


FORMAT = Format(
    name="clean Markdown, without ids, for others to read",
    suffix="clean.md",
    write=write_clean_markdown,
)
