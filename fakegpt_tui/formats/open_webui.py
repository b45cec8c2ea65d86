"""Chats of Open WebUI, read and written: trees, with models side by side as siblings.

https://github.com/open-webui/open-webui, `backend/open_webui/models/chats.py`
"""

import html
import re
from collections.abc import Iterator, Sequence

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from fakegpt_tui.domain.folders import Folder, clean_folder
from fakegpt_tui.domain.parts import CitationPart
from fakegpt_tui.formats.assets import EmbeddedFile, ReadBlob, embedded_files, sources_of
from fakegpt_tui.formats.base import (
    Format,
    ImportItem,
    Record,
    RecordFormat,
    SourceDefaults,
    dump_json,
    reading_order,
)
from fakegpt_tui.formats.foreign_files import ForeignFile, file_beside, held_file
from fakegpt_tui.formats.foreign_values import (
    UNNAMED_FOLDER,
    cut_elements,
    dict_of,
    dicts_of,
    objects_by_id,
    read_role,
    read_tags,
    read_time,
    read_usage,
    texts_of,
)
from fakegpt_tui.formats.message_parts import MessageParts, split_thinking
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage

_THINKING = re.compile(
    r'\s*<details type="reasoning"[^<>]*>\s*(?:<summary>.*?</summary>)?', re.DOTALL
)
_DETAILS = re.compile(r"<(/?)details\b[^<>]*>")
_FILE_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
UPLOADS = "uploads"
"""Below this name the memo of a database has the names of uploaded files, by their ids."""
_TOOL_CALLS = re.compile(r'(?<!\s)\s*+<details type="tool_calls"[^<>]*>'), "</details>"


def _history(record: Record) -> Record:
    return dict_of(dict_of(record.get("chat", record)).get("history"))


def _sniff(record: Record) -> str:
    is_one = isinstance(_history(record).get("messages"), dict | list)
    return "it has a history of messages by id, as Open WebUI has" if is_one else ""


def _read(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    chat, history = record.get("chat", record), _history(record)
    conversation = SourceConversation(
        program="open-webui",
        key=texts_of(record, "id") or texts_of(chat, "id") or texts_of(history, "currentId"),
        title=texts_of(record, "title") or texts_of(chat, "title"),
        created=read_time(record.get("created_at")),
        updated=read_time(record.get("updated_at")),
        leaf=texts_of(history, "currentId") or None,
        pinned=record.get("pinned") is True,
        archived=record.get("archived") is True,
        system_prompt=texts_of(dict_of(chat).get("params"), "system"),
        folder=_folder(record, origin),
        tags=_tags(record, chat),
    )
    if texts_of(record, "folder_id") and not conversation.folder.path:
        conversation.left_out[UNNAMED_FOLDER] += 1
    held = history.get("messages")
    messages = [
        _read_message(key, each, origin)
        for key, each in objects_by_id(held).items()
        if isinstance(each, dict)
    ]
    conversation.add_all(messages, in_order=isinstance(held, list))
    yield conversation.build(origin)


def _folder(record: Record, origin: SourceDefaults) -> Folder:
    """The folder that a database names, or an export of ours."""
    path = texts_of(record.get("meta"), "folder")
    return origin.folders.get(texts_of(record, "folder_id"), Folder(clean_folder(path)))


def _tags(record: Record, chat: object) -> list[str]:
    """The names of tags, or else their ids, which have lower case and underscores."""
    for held in (chat, record.get("meta")):
        if tags := read_tags(dict_of(held).get("tags")):
            return tags
    return []


def _read_message(key: str, held: Record, origin: SourceDefaults) -> SourceMessage:
    """A message, of which newer versions keep the output apart from the content."""
    parts = MessageParts()
    output = dicts_of(held.get("output"))
    for item in output:
        _add_output(parts, item)
    if not output:
        parts.add_content(held.get("content"))
    for each in dicts_of(held.get("files")):
        _add_file(parts, each, origin)
    for each in dicts_of(held.get("sources")):
        source = each.get("source")
        parts.add_source(texts_of(source, "name"), texts_of(source, "url"))
    thinking, text = _split_details(parts.text.replace("\0", ""))
    error = held.get("error")
    is_cut = bool(error) or held.get("done") is False
    return SourceMessage(
        key=key,
        parent=texts_of(held, "parentId") or None,
        role=read_role(held.get("role")),
        **(parts.said() | {"text": text, "reasoning": parts.reasoning or thinking}),
        time=read_time(held.get("timestamp")),
        model=texts_of(held, "model"),
        status=MessageStatus.STOPPED if is_cut else MessageStatus.COMPLETE,
        usage=read_usage(held.get("usage") or dict_of(held.get("info")).get("usage")),
    )


def _add_output(parts: MessageParts, item: Record) -> None:
    match item:
        case {"type": "message"}:
            parts.add_content(item.get("content"))
        case {"type": "reasoning"}:
            held = item.get("content") or item.get("summary")
            for each in dicts_of(held):
                parts.add_reasoning(each.get("text"))
        case {"type": "function_call"}:
            parts.add_call(item.get("name"), item.get("arguments"))
        case {"type": "function_call_output"}:
            texts = [texts_of(each, "text") for each in dicts_of(item.get("output"))]
            parts.add_result("", "\n\n".join(texts) or item.get("output"))
        case _:
            parts.add_unknown(item.get("type"), item)


def _add_file(parts: MessageParts, file: Record, origin: SourceDefaults) -> None:
    """Add a file: its bytes, or else the text that the program took out of it."""
    found = held_file(file.get("url")) or _upload(file, origin)
    name = texts_of(file, "name", "url", "id")
    data = dict_of(file.get("file")).get("data")
    if found is None and file.get("type") != "image":
        parts.add_attached_text(name, texts_of(data, "content"))
    else:
        parts.add_file(name, "Picture" if file.get("type") == "image" else "File", found)


def _upload(file: Record, origin: SourceDefaults) -> ForeignFile | None:
    """What was uploaded lies in a folder beside the database, below its id and name."""
    given = _FILE_ID.search(f"{texts_of(file, 'id')} {texts_of(file, 'url')}")
    known = origin.memo.get(UPLOADS)
    name = known.get(given[0]) if given and isinstance(known, dict) else None
    return file_beside(origin.assets, f"uploads/{name}") if name else None


def _split_details(text: str) -> tuple[str, str]:
    """Reasoning and tool calls that older versions keep as HTML in the content."""
    thoughts, at = [], 0
    while (begin := _THINKING.match(text, at)) and (end := _end_of_details(text, begin.end())):
        quoted = html.unescape(text[begin.end() : end.start()]).strip().split("\n")
        thoughts.append("\n".join(line.removeprefix(">").removeprefix(" ") for line in quoted))
        at = end.end()
    if not thoughts:
        return split_thinking(text)
    return "\n\n".join(thoughts), cut_elements(text[at:], *_TOOL_CALLS).lstrip()


def _end_of_details(text: str, at: int) -> re.Match[str] | None:
    """The tag that closes the one before `at`; others may be opened and closed between them."""
    depth = 1
    for tag in _DETAILS.finditer(text, at):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag
    return None


FORMAT = RecordFormat(name="Open WebUI", sniff=_sniff, read=_read)


def write_open_webui(
    conversation: Conversation,
    messages: Sequence[ChatMessage],
    *,
    part: str = "",
    read_blob: ReadBlob | None = None,
) -> str:
    """A list of this one chat, as Open WebUI exports and imports chats."""
    tree, path = reading_order(messages, conversation.leaf_id)
    written = {
        each.id: {**_write_message(each, read_blob), "childrenIds": tree.children(each.id)}
        for each in messages
    }
    models = dict.fromkeys(each.model for each in path if each.model)
    chat = {
        "title": conversation.title,
        "models": list(models),
        "params": {"system": conversation.system_prompt} if conversation.system_prompt else {},
        "history": {"messages": written, "currentId": path[-1].id if path else None},
        "messages": [written[each.id] for each in path],
        "tags": list(conversation.tags),
        "timestamp": round(conversation.created_at.timestamp() * 1000),
    }
    row = {
        "id": conversation.id,
        "title": conversation.title,
        "chat": chat,
        "created_at": int(conversation.created_at.timestamp()),
        "updated_at": int(conversation.updated_at.timestamp()),
        "pinned": conversation.pinned,
        "archived": conversation.archived,
        "meta": _write_meta(conversation, part),
    }
    return dump_json([row])


def _write_meta(conversation: Conversation, part: str) -> dict[str, object]:
    """Tags by their ids. The folder is for readers of ours: the program names one by an id."""
    tags = [tag.replace(" ", "_").lower() for tag in conversation.tags]
    held = {"note": part, "tags": tags, "folder": conversation.folder}
    return {name: value for name, value in held.items() if value}


def _write_message(message: ChatMessage, read_blob: ReadBlob | None) -> dict[str, object]:
    written: dict[str, object] = {
        "id": message.id,
        "parentId": message.parent_id,
        "role": message.role.value,
        "content": _write_thinking(message.reasoning) + message.text,
        "timestamp": int(message.created_at.timestamp()),
    }
    if message.role is Role.ASSISTANT:
        written |= {
            "model": message.model,
            "modelName": message.model,
            "done": message.status is MessageStatus.COMPLETE,
        }
    if files := [_write_file(each) for each in embedded_files(message.parts, read_blob)]:
        written["files"] = files
    if sources := [_write_source(each) for each in sources_of(message.parts)]:
        written["sources"] = sources
    if message.error:
        written["error"] = {"content": message.error}
    if message.usage:
        written["usage"] = {
            "prompt_tokens": message.usage.prompt_tokens,
            "completion_tokens": message.usage.output,
        }
    return written


def _write_file(file: EmbeddedFile) -> dict[str, object]:
    """A picture, or a file with its text, if it has any, which the program searches."""
    if file.is_picture:
        return {"type": "image", "name": file.name, "url": file.url}
    about = {"filename": file.name, "data": {"content": file.text}, "meta": {"name": file.name}}
    return {"type": "file", "name": file.name, "url": file.url, "file": about}


def _write_source(source: CitationPart) -> dict[str, object]:
    about = {"name": source.title or source.url, "url": source.url}
    return {"source": about, "document": [source.quote], "metadata": [{"source": source.url}]}


def _write_thinking(reasoning: str) -> str:
    if not reasoning:
        return ""
    quoted = "\n".join(f"> {line}" for line in html.escape(reasoning, quote=False).split("\n"))
    return (
        '<details type="reasoning" done="true">\n<summary>Thought</summary>\n'
        f"{quoted}\n</details>\n"
    )


EXPORT = Format(name="Open WebUI", suffix="openwebui.json", write=write_open_webui)
