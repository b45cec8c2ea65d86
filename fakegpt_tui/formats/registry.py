"""The formats that a conversation can be saved in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from fakegpt_tui.domain import ChatMessage, Conversation
from fakegpt_tui.formats.files import save_file
from fakegpt_tui.formats.html import write_html
from fakegpt_tui.formats.json_lines import write_json_lines
from fakegpt_tui.formats.markdown import write_markdown
from fakegpt_tui.formats.reading_order import select_messages


class Write(Protocol):
    """Makes a text of a conversation; where that is a part of it, `part` says so to people."""

    def __call__(
        self, conversation: Conversation, messages: Sequence[ChatMessage], *, part: str = ""
    ) -> str: ...


MARKDOWN = "md"

FORMATS: Mapping[str, Write] = {
    MARKDOWN: write_markdown,
    "jsonl": write_json_lines,
    "html": write_html,
}
"""What writes a conversation, by the suffix of the file."""


def save_as(
    conversation: Conversation,
    messages: Sequence[ChatMessage],
    folder: Path,
    *,
    suffix: str = MARKDOWN,
    only: Collection[str] = (),
) -> Path:
    """Write a conversation as a file into `folder`, in place of its last such file.

    `messages` are its whole tree, parents first. What is in the trash is not written. With `only`
    just the chat messages of these ids are; the file says that it is a part, and is one beside
    that of the whole.

    Raises:
        SaveError: The file could not be written.
    """
    there = {each.id for each in messages if each.trashed_at is None}
    kept = select_messages(messages, there & set(only) if only else there)
    if not any(message.id == conversation.leaf_id for message in kept):
        conversation = replace(conversation, leaf_id=kept[-1].id if kept else None)
    part = f"A selection: {len(kept)} of {len(there)} messages." if only else ""
    name = "selection" if only else ""
    return save_file(
        folder,
        f"{conversation.title} {name}",
        f".{suffix}",
        FORMATS[suffix](conversation, kept, part=part),
        owner_id=f"{conversation.id} {name}".rstrip(),
    )
