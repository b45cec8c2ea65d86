"""Registry of file formats: saving a conversation in one, and importing a file of any."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from fakegpt_tui.domain import ChatMessage, Conversation, LoadError
from fakegpt_tui.formats import chatgpt, html, json_lines, markdown
from fakegpt_tui.formats.base import ImportFile, ImportItem, unreadable
from fakegpt_tui.formats.files import save_file

FORMATS = (markdown.FORMAT, json_lines.FORMAT, html.FORMAT, chatgpt.FORMAT)
"""All formats; the first that recognises a file reads it."""

WRITERS = {each.suffix: each.write for each in FORMATS if each.write is not None}
NAMES = {each.suffix: each.name for each in FORMATS if each.write is not None}
"""What a conversation can be saved as, and what people call it, by the suffix of the file."""

_READ_SUFFIXES = {f".{each.suffix}" for each in FORMATS if each.read is not None}


def save_as(
    conversation: Conversation,
    messages: Sequence[ChatMessage],
    folder: Path,
    *,
    suffix: str = markdown.FORMAT.suffix,
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
        WRITERS[suffix](conversation, kept, part=part),
        owner_id=f"{conversation.id} {name}".rstrip(),
    )


def select_messages(
    messages: Iterable[ChatMessage], ids: Collection[str]
) -> tuple[ChatMessage, ...]:
    """The chat messages of these ids, each after the nearest of them that it came from.

    `messages` are the whole tree, parents first.
    """
    nearest: dict[str | None, str | None] = {}
    found = []
    for message in messages:
        parent_id = nearest.get(message.parent_id)
        if message.id in ids:
            found.append(replace(message, parent_id=parent_id))
        nearest[message.id] = message.id if message.id in ids else parent_id
    return tuple(found)


def read_conversations(file: ImportFile) -> Iterator[ImportItem]:
    """The conversations of a file, one in memory at a time.

    Raises:
        LoadError: The file, or what is left of it, cannot be read.
    """
    try:
        head = file.head()
        for each in FORMATS:
            if each.read is not None and each.sniff is not None and each.sniff(head):
                yield from each.read(file)
                return
    except OSError as error:
        raise unreadable(error) from error
    raise LoadError("This is neither a saved conversation nor an export of ChatGPT.")


def list_import_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files, and for each folder those in it that may hold conversations."""
    for path in paths:
        try:
            yield from _list_folder(path) if path.is_dir() else [path]
        except OSError:
            # Opening it says what is wrong.
            yield path


def _list_folder(folder: Path) -> list[Path]:
    inside = sorted(folder.iterdir())
    exports = [each for each in inside if each.match(chatgpt.UNPACKED)]
    return exports or [each for each in inside if each.suffix in _READ_SUFFIXES]
