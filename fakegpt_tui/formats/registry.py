"""Registry of file formats: saving a conversation in one, and importing a file of any."""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Self

from fakegpt_tui.domain import ChatMessage, Conversation, LoadError, SaveError
from fakegpt_tui.domain.parts import fit_parts, without_origins
from fakegpt_tui.formats import (
    big_agi,
    chat_apps,
    chatbox,
    chatgpt_conversation,
    claude,
    claude_code,
    clean_markdown,
    codex,
    databases,
    deepseek,
    gemini,
    gemini_cli,
    grok,
    html,
    jan,
    json_lines,
    librechat,
    llama_cpp,
    llm_logs,
    lm_studio,
    markdown,
    markdown_transcripts,
    mods,
    open_webui,
    openai_messages,
    opencode,
    silly_tavern,
    terminal_chats,
    text_chats,
    web_chats,
)
from fakegpt_tui.formats.assets import ReadBlob, remove_assets, write_assets
from fakegpt_tui.formats.base import (
    EmptyConversation,
    EmptyItem,
    FormatError,
    ImportItem,
    SkippedItem,
    UnknownFormat,
    unreadable,
)
from fakegpt_tui.formats.documents import ImportFile, ImportPath, OpenDocument
from fakegpt_tui.formats.files import (
    base_name,
    make_private,
    save_file,
    save_file_at,
    save_sentence,
)
from fakegpt_tui.formats.json_documents import JsonFormats, JsonReader
from fakegpt_tui.text import safe_line

FORMATS = (markdown.FORMAT, json_lines.FORMAT, html.FORMAT)
"""The formats of this program; the first that recognises a file reads it."""

JSON_FORMATS = JsonFormats(
    records=(
        claude.FORMAT,
        deepseek.FORMAT,
        chatgpt_conversation.FORMAT,
        open_webui.FORMAT,
        grok.FORMAT,
        librechat.FORMAT,
        gemini.TURNS,
        gemini_cli.RECORD,
        lm_studio.FORMAT,
        llama_cpp.FORMAT,
        chatbox.FORMAT,
        big_agi.FORMAT,
        chat_apps.BETTERCHATGPT,
        chat_apps.TYPINGMIND,
        chat_apps.PARLLAMA,
        web_chats.PERPLEXITY,
        web_chats.PERPLEXITY_SHEETS,
        openai_messages.SHAREGPT,
        openai_messages.REQUEST,
    ),
    lists=(gemini.ACTIVITY, web_chats.LECHAT, openai_messages.MESSAGES),
    lines=(
        claude_code.FORMAT,
        codex.FORMAT,
        gemini_cli.LINES,
        jan.FORMAT,
        silly_tavern.FORMAT,
        text_chats.GPTME,
    ),
)
"""Those of other programs; the first that recognises an object reads it."""

DATABASE_FORMATS = (
    llm_logs.FORMAT,
    terminal_chats.OPEN_WEBUI,
    terminal_chats.OTERM,
    terminal_chats.ELIA,
    opencode.FORMAT,
    mods.FORMAT,
    jan.DATABASE,
)
TEXT_FORMATS = (
    text_chats.AICHAT,
    text_chats.AICHAT_LOG,
    text_chats.TENERE,
    gemini.PAGE,
    markdown_transcripts.FORMAT,
)

EXPORT_FORMATS = (
    *FORMATS,
    clean_markdown.FORMAT,
    open_webui.EXPORT,
    librechat.EXPORT,
    openai_messages.OPENAI_EXPORT,
    openai_messages.SHAREGPT_EXPORT,
)
WRITERS = {each.suffix: each.write for each in EXPORT_FORMATS if each.write is not None}
NAMES = {each.suffix: each.name for each in EXPORT_FORMATS if each.write is not None}
"""What a conversation can be saved as, and what people call it, by the suffix of the file."""

_READ_SUFFIXES = (
    *(".md", ".json", ".jsonl", ".ndjson", ".zip", ".html", ".txt", ".yaml", ".yml"),
    *(".db", ".sqlite", ".sqlite3", ".xlsx"),
)


def known_formats() -> list[str]:
    """What can be imported, as people call it."""
    names = dict.fromkeys(
        (
            *(each.name for each in JSON_FORMATS.records),
            *(each.name for each in JSON_FORMATS.lists),
            *(each.name for each in JSON_FORMATS.lines),
            *(each.name for each in DATABASE_FORMATS),
            *(each.name for each in TEXT_FORMATS),
        )
    )
    return [*sorted(names, key=str.lower), "Markdown and JSON lines of this program"]


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
    assets = folder / f"{base_name(title, chosen.owner_id)}{_ASSETS}"
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

    What something else has written there is left alone.

    Raises:
        SaveError: The name is of no format, or the file could not be written.
    """
    suffix = suffix or _suffix_of(path)
    is_named = path.name.lower().endswith(f".{suffix}")
    target = path if is_named else path.with_name(f"{path.name}.{suffix}")
    chosen = _Chosen.of(conversation, messages, ())
    assets = target.with_name(target.name.removesuffix(f".{suffix}") + _ASSETS)
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


_SELECTION = "selection"


_ASSETS = ".assets"
"""How the name of the folder ends that has the pictures and files of a Markdown file."""


class _Chosen(NamedTuple):
    """What of a conversation is saved, and the id that the file is written for."""

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
    """The text of a file; what it needs beside it is there, on the disk, before it is."""
    conversation, messages, part, _ = chosen
    if suffix == markdown.FORMAT.suffix and not with_origins:
        messages = tuple(map(_for_people, messages))
    if read_blob is None or not any(message.parts for message in messages):
        return WRITERS[suffix](conversation, messages, part=part)
    if suffix != markdown.FORMAT.suffix:
        return WRITERS[suffix](conversation, messages, part=part, read_blob=read_blob)
    try:
        make_private(assets.parent)
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


def read_conversations(file: ImportFile) -> Iterator[ImportItem]:
    """The conversations of a file, one in memory at a time.

    Raises:
        UnknownFormat: It holds nothing of a known format.
        LoadError: The file, or what is left of it, cannot be read.
    """
    for _, item in _read(file):
        if item is not None:
            yield item


def explain(file: ImportFile) -> Iterator[str]:
    """What the file is taken for, and why: a sentence for each format that is found in it.

    Raises:
        LoadError: As above.
    """
    told: set[str] = set()
    for sentence, _ in _read(file):
        if sentence not in told:
            told.add(sentence)
            yield sentence


def _read(file: ImportFile) -> Iterator[tuple[str, ImportItem | None]]:
    """What is in the file, each with why it is taken for that."""
    is_known = False
    try:
        for document in file.documents():
            if isinstance(document, SkippedItem):
                is_known = True
                yield document.reason, document
                continue
            for found in _read_document(document) if not document.where else _read_member(document):
                is_known = True
                yield found
    except OSError as error:
        raise unreadable(error) from error
    except UnknownFormat as error:
        raise UnknownFormat(f"{error} {_known_sentence()}") from error
    if not is_known:
        raise UnknownFormat(
            "The archive holds no conversations.json, nor other conversations of a known kind. "
            f"{_known_sentence()}"
        )
    file.bytes_read = file.size


def _read_member(document: OpenDocument) -> Iterator[tuple[str, ImportItem | None]]:
    """As `_read_document`; what is wrong with one member is no trouble of the others."""
    skipped: LoadError | None = None
    try:
        yield from _read_document(document)
    except UnknownFormat as error:
        # Archives hold much beside conversations; what is named as such should be some.
        if document.where.lower().rpartition("/")[2].startswith("conversations"):
            skipped = error
    except LoadError as error:
        skipped = error
    if skipped is not None:
        reason = f"{document.where}: {skipped}"
        yield reason, SkippedItem(document.where, reason)


def _known_sentence() -> str:
    return f"What can be imported: {', '.join(known_formats())}."


def _read_document(document: OpenDocument) -> Iterator[tuple[str, ImportItem | None]]:
    where = f"{document.where}: " if document.where else ""
    head = document.head()
    for each in () if _is_transcript(head) else FORMATS:
        if each.read is not None and each.sniff is not None and each.sniff(head):
            yield f"{where}{each.name}, saved by this program.", None
            for item in each.read(document):
                yield "", item
            return
    if head.startswith(databases.MAGIC):
        yield from _read_database(document, where)
        return
    if not head.lstrip().startswith((b"[", b"{")):
        yield from _read_text(document, where)
        return
    reader = JsonReader(JSON_FORMATS, document)
    for item in reader.read():
        name, why = next(reversed(reader.found.items()), ("", ""))
        yield f"{where}{safe_line(name)}, because {why}." if name else "", item
    yield "", None


def _is_transcript(head: bytes) -> bool:
    """Is a file with a front matter one of another program?"""
    is_foreign = head.startswith(b"---") and not markdown.has_our_fields(head)
    return is_foreign and markdown_transcripts.FORMAT.sniff(head.decode(errors="replace")) != ""


def _read_text(document: OpenDocument, where: str) -> Iterator[tuple[str, ImportItem | None]]:
    head = document.head().decode(errors="replace").lstrip()
    for each in TEXT_FORMATS:
        if why := each.sniff(head):
            yield f"{where}{each.name}, because {why}.", None
            try:
                for item in each.read(document.text(), document.origin):
                    yield "", item
            except EmptyConversation:
                yield "", EmptyItem(document.where or document.stem)
            except FormatError as error:
                raise LoadError(f"What the file holds {error}.") from error
            return
    raise UnknownFormat("This is neither a saved conversation nor an export that is known.")


def _read_database(document: OpenDocument, where: str) -> Iterator[tuple[str, ImportItem | None]]:
    with databases.open_database(document) as database:
        for each in DATABASE_FORMATS:
            if why := each.sniff(database.tables):
                yield f"{where}{each.name}, because {why}.", None
                for item in each.read(database, document.origin):
                    yield "", item
                return
    raise UnknownFormat("The database has tables of no kind that is known.")


def list_import_files(paths: Iterable[Path]) -> Iterator[ImportPath]:
    """The files, and for each folder those in it, and below it, that may hold conversations."""
    for path in paths:
        try:
            if not path.expanduser().is_dir():
                yield ImportPath(path, named=True)
                continue
        except OSError:
            # Opening it says what is wrong.
            yield ImportPath(path, named=True)
            continue
        for folder, folders, names in os.walk(path.expanduser()):
            passed = text_chats.GPTME_FOLDERS if text_chats.GPTME_LOG in names else ()
            folders[:] = sorted(
                each for each in folders if not each.startswith(".") and each not in passed
            )
            for name in sorted(names):
                if is_import_name(name):
                    yield ImportPath(Path(folder, name), named=False)


def is_import_name(name: str) -> bool:
    """May a file of this name in a folder hold conversations?"""
    return name.lower().endswith(_READ_SUFFIXES) and not name.startswith(".")
