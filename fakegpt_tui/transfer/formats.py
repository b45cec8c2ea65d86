"""The formats that a conversation can be saved in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from fakegpt_tui.domain import ChatMessage, Conversation
from fakegpt_tui.transfer.files import save_file
from fakegpt_tui.transfer.html import to_html
from fakegpt_tui.transfer.json_lines import to_json_lines
from fakegpt_tui.transfer.markdown import to_markdown
from fakegpt_tui.transfer.tree import selected

Write: TypeAlias = Callable[[Conversation, Sequence[ChatMessage]], str]

MARKDOWN = "md"

FORMATS: Mapping[str, Write] = {
    MARKDOWN: to_markdown,
    "jsonl": to_json_lines,
    "html": to_html,
}
"""What writes a conversation, by the suffix of the file."""


def save_as(
    conversation: Conversation,
    messages: Sequence[ChatMessage],
    folder: Path,
    *,
    suffix: str = MARKDOWN,
    part: str = "",
) -> Path:
    """Write a conversation as a file into `folder`, in place of its last such file.

    `messages` are its whole tree, or a part of it (see `tree.selected`), parents first. What is in
    the trash is not written. A `part` is called so, and has a file of its own beside the whole.

    Raises:
        SaveError: The file could not be written.
    """
    kept = selected(messages, {each.id for each in messages if each.trashed_at is None})
    if not any(message.id == conversation.leaf_id for message in kept):
        conversation = replace(conversation, leaf_id=kept[-1].id if kept else None)
    text = FORMATS[suffix](conversation, kept)
    return save_file(
        folder,
        f"{conversation.title} {part}",
        f".{suffix}",
        text,
        owner_id=f"{conversation.id} {part}".rstrip(),
    )
