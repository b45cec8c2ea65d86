"""Exports for Open WebUI: a chat with all its branches, tags, pictures and files."""

import html
from collections.abc import Sequence

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from fakegpt_tui.domain.parts import CitationPart
from fakegpt_tui.formats.assets import ReadBlob
from fakegpt_tui.formats.base import Format, dump_json, reading_order
from fakegpt_tui.formats.embedded_files import EmbeddedFile, embedded_files, sources_of


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
    """A picture, or a file with its text, as far as it is one, which the program searches."""
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
