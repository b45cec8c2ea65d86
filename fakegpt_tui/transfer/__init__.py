"""Conversations out of and into files of other formats."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fakegpt_tui.domain import ChatMessage, Conversation
from fakegpt_tui.transfer.files import save_file
from fakegpt_tui.transfer.markdown import to_markdown

FORMATS: Mapping[str, Callable[[Conversation, Sequence[ChatMessage]], str]] = {
    ".md": to_markdown,
}
"""What writes a conversation, by the suffix of the file."""


def save_as(
    conversation: Conversation,
    messages: Sequence[ChatMessage],
    folder: Path,
    *,
    suffix: str = ".md",
) -> Path:
    """Write a conversation as a file into `folder`, in place of its last such file.

    Raises:
        SaveError: The file could not be written.
    """
    text = FORMATS[suffix](conversation, messages)
    return save_file(folder, conversation.title, suffix, text, owner_id=conversation.id)
