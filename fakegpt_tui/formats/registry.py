"""Registry of file formats: which are read and written, and reading a file of any."""

from collections.abc import Iterable, Iterator
from typing import Any

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats import (
    big_agi,
    chat_apps,
    chatbox,
    chatgpt_conversation,
    claude,
    claude_code,
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
    markdown_blocks,
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
from fakegpt_tui.formats.base import (
    EmptyConversation,
    EmptyItem,
    FormatError,
    ImportItem,
    SkippedItem,
    SourceFormat,
    UnknownFormat,
    find_format,
    unreadable,
)
from fakegpt_tui.formats.documents import ImportFile, OpenDocument, unknown_reason
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
    lists=(gemini.ACTIVITY, web_chats.LECHAT, openai_messages.MESSAGES, openai_messages.TURNS),
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
    markdown_blocks.FORMAT,
    open_webui.EXPORT,
    librechat.EXPORT,
    openai_messages.OPENAI_EXPORT,
    openai_messages.SHAREGPT_EXPORT,
)
WRITERS = {each.suffix: each.write for each in EXPORT_FORMATS if each.write is not None}
NAMES = {each.suffix: each.name for each in EXPORT_FORMATS if each.write is not None}
"""What a conversation can be saved as, and what people call it, by the suffix of the file."""


def known_formats() -> list[str]:
    """What can be imported, as people call it."""
    foreign: tuple[Iterable[SourceFormat[Any, Any]], ...] = (
        *(JSON_FORMATS.records, JSON_FORMATS.lists, JSON_FORMATS.lines),
        *(DATABASE_FORMATS, TEXT_FORMATS),
    )
    names = {each.name for formats in foreign for each in formats}
    return [*sorted(names, key=str.lower), "Markdown and JSON lines of this program"]


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
    """A sentence for each format that is found in the file, with the reason.

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
    match = find_format(TEXT_FORMATS, document.head().decode(errors="replace").lstrip())
    if match is None:
        raise UnknownFormat(unknown_reason(document.head()))
    found, why = match
    yield f"{where}{found.name}, because {why}.", None
    try:
        for item in found.read(document.text(), document.origin):
            yield "", item
    except EmptyConversation:
        yield "", EmptyItem(document.where or document.stem)
    except FormatError as error:
        raise LoadError(f"What the file holds {error}.") from error


def _read_database(document: OpenDocument, where: str) -> Iterator[tuple[str, ImportItem | None]]:
    with databases.open_database(document) as database:
        match = find_format(DATABASE_FORMATS, database.tables)
        if match is None:
            raise UnknownFormat("The database has tables of no kind that is known.")
        found, why = match
        yield f"{where}{found.name}, because {why}.", None
        for item in found.read(database, document.origin):
            yield "", item
