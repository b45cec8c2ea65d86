"""Threads of Jan: the lines of `messages.jsonl`, each of which names its thread."""

from collections.abc import Iterable, Iterator, Sequence

from fakegpt_tui.formats.base import ImportItem, LinesFormat, Record, SourceDefaults
from fakegpt_tui.formats.fields import read_time
from fakegpt_tui.formats.message_list import read_usage
from fakegpt_tui.formats.message_parts import MessageParts, read_role, split_thinking, texts_of
from fakegpt_tui.formats.source_tree import DAMAGED, SourceConversation, SourceMessage


def _sniff(lines: Sequence[Record]) -> str:
    is_one = bool(lines) and {"thread_id", "role", "content"} <= lines[0].keys()
    return "its lines have a thread_id and a role, as Jan's have" if is_one else ""


def _read(lines: Iterable[Record | None], origin: SourceDefaults) -> Iterator[ImportItem]:
    conversation = SourceConversation(program="jan", key="")
    for line in lines:
        if line is None:
            conversation.left_out[DAMAGED] += 1
            continue
        conversation.key = conversation.key or texts_of(line, "thread_id")
        conversation.chain([_read_message(conversation, line)])
    yield conversation.build(origin)


def _read_message(conversation: SourceConversation, held: Record) -> SourceMessage:
    parts = MessageParts()
    parts.add_content(held.get("content"))
    parts.add_files(held.get("attachments"))
    metadata = held.get("metadata")
    about = metadata if isinstance(metadata, dict) else {}
    conversation.left_out.update(parts.losses)
    thinking, text = split_thinking(parts.text)
    return SourceMessage(
        key=texts_of(held, "id"),
        parent=None,
        role=read_role(held.get("role")),
        text=text,
        reasoning=parts.reasoning or thinking,
        time=read_time(held.get("created_at")),
        model=texts_of(about, "model", "modelId"),
        usage=read_usage(about.get("usage")),
    )


FORMAT = LinesFormat(name="Jan", sniff=_sniff, read=_read)
