"""Saving a conversation, or a selection of its messages, as a file of any format."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Self

from fakegpt_tui.domain import ChatMessage, Conversation, SaveError
from fakegpt_tui.domain.parts import fit_parts, without_origins
from fakegpt_tui.formats import markdown
from fakegpt_tui.formats.assets import ASSETS_SUFFIX, ReadBlob, remove_assets, write_assets
from fakegpt_tui.formats.files import (
    base_name,
    save_file,
    save_file_at,
    save_sentence,
)
from fakegpt_tui.formats.registry import WRITERS
from fakegpt_tui.temporary_files import make_private_folder
from fakegpt_tui.text import safe_line

_SELECTION = "selection"
"""How the name of the folder ends that has the pictures and files of a Markdown file."""


def save_as(
    conversation: Conversation,
    messages: Sequence[ChatMessage],
    folder: Path,
    *,
    suffix: str = markdown.FORMAT.suffix,
    only: Collection[str] = (),
    read_blob: ReadBlob | None = None,
    with_origins: bool = False,
) -> Path:
    """Write a conversation as a file into `folder`, in place of its last such file.

    `messages` are its whole tree, parents first. What is in the trash is not written. With `only`
    just the chat messages of these ids are; the file says that it is a part, and is one beside
    that of the whole. `read_blob` reads pictures and files, which go along. Only `with_origins` has
    Markdown what a service wants back unread, such as signatures.

    Raises:
        SaveError: The file could not be written.
    """
    chosen = _Chosen.of(conversation, messages, only)
    title = f"{conversation.title} {_SELECTION if only else ''}"
    assets = folder / f"{base_name(title, chosen.owner_id)}{ASSETS_SUFFIX}"
    text = _written(chosen, suffix, assets, read_blob, with_origins=with_origins)
    return save_file(folder, title, f".{suffix}", text, owner_id=chosen.owner_id)


def save_at(
    conversation: Conversation,
    messages: Sequence[ChatMessage],
    path: Path,
    *,
    suffix: str = "",
    read_blob: ReadBlob | None = None,
) -> Path:
    """Write a conversation as the file at `path`, in the format of `suffix`, or of its name.

    A file that another program has written there is left alone.

    Raises:
        SaveError: The name is of no format, or the file could not be written.
    """
    suffix = suffix or _suffix_of(path)
    endings = (f".{suffix}", f".{suffix.rpartition('.')[2]}")
    ending = next((each for each in endings if path.name.lower().endswith(each)), "")
    target = path if ending else path.with_name(f"{path.name}.{suffix}")
    chosen = _Chosen.of(conversation, messages, ())
    assets = target.with_name(target.name[: -len(ending or endings[0])] + ASSETS_SUFFIX)
    text = _written(chosen, suffix, assets, read_blob)
    return save_file_at(target, text, owner_id=chosen.owner_id)


def _suffix_of(path: Path) -> str:
    """The suffix of the format that the name of a file asks for; without any, Markdown's."""
    name = path.name.lower()
    if "." not in name.strip("."):
        return markdown.FORMAT.suffix
    fitting = [suffix for suffix in WRITERS if name.endswith(f".{suffix}")]
    if not fitting:
        known = ", ".join(f".{suffix}" for suffix in WRITERS)
        raise SaveError(f"{safe_line(path.name)} names no format; there are {known}.")
    return max(fitting, key=len)


class _Chosen(NamedTuple):
    """The part of a conversation that is saved, and the id of the file's owner."""

    conversation: Conversation
    messages: tuple[ChatMessage, ...]
    part: str
    owner_id: str

    @classmethod
    def of(
        cls,
        conversation: Conversation,
        messages: Sequence[ChatMessage],
        only: Collection[str],
    ) -> Self:
        there = {each.id for each in messages if each.trashed_at is None}
        kept = select_messages(messages, there & set(only) if only else there)
        if not any(message.id == conversation.leaf_id for message in kept):
            conversation = replace(conversation, leaf_id=kept[-1].id if kept else None)
        part = f"A selection: {len(kept)} of {len(there)} messages." if only else ""
        owner_id = f"{conversation.id} {_SELECTION if only else ''}".rstrip()
        return cls(conversation, kept, part, owner_id)


def _for_people(message: ChatMessage) -> ChatMessage:
    """The message without what only a service can read, such as signatures."""
    if not message.parts:
        return message
    parts = fit_parts(without_origins(message.parts), message.text, message.reasoning)
    return replace(message, parts=parts)


def _written(
    chosen: _Chosen,
    suffix: str,
    assets: Path,
    read_blob: ReadBlob | None,
    *,
    with_origins: bool = False,
) -> str:
    """The text of a file, whose assets are written to the disk first."""
    conversation, messages, part, _ = chosen
    if suffix == markdown.FORMAT.suffix and not with_origins:
        messages = tuple(map(_for_people, messages))
    if read_blob is None or not any(message.parts for message in messages):
        return WRITERS[suffix](conversation, messages, part=part)
    if suffix != markdown.FORMAT.suffix:
        return WRITERS[suffix](conversation, messages, part=part, read_blob=read_blob)
    try:
        make_private_folder(assets.parent)
        paths = write_assets(
            assets.parent, assets.name, (each.parts for each in messages), read_blob
        )
        remove_assets(assets, paths.values())
    except OSError as error:
        raise SaveError(save_sentence(assets, error)) from error
    return markdown.write_markdown(conversation, messages, part=part, assets=paths)


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
