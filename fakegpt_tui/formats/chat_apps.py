"""Chats of BetterChatGPT, TypingMind and parllama: lists of messages with a head."""

from collections.abc import Iterator

from fakegpt_tui.domain.folders import Folder
from fakegpt_tui.formats.base import ImportItem, Record, RecordFormat, SourceDefaults
from fakegpt_tui.formats.foreign_values import dicts_of, parse_object, read_time, texts_of
from fakegpt_tui.formats.openai_messages import add_messages, first_exchange
from fakegpt_tui.formats.source_tree import SourceConversation


def _sniff_better(record: Record) -> str:
    is_one = {"titleSet", "config", "messages"} <= record.keys()
    return "it has titleSet and a config, as BetterChatGPT has" if is_one else ""


def _read_better(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    messages = dicts_of(record.get("messages"))
    conversation = SourceConversation(
        program="betterchatgpt",
        key=texts_of(record, "id") or first_exchange(messages),
        title=texts_of(record, "title"),
        folder=origin.folders.get(texts_of(record, "folder"), Folder("")),
    )
    add_messages(conversation, messages, model=texts_of(record.get("config"), "model"))
    yield conversation.build(origin)


def _sniff_typingmind(record: Record) -> str:
    is_one = {"chatTitle", "messages"} <= record.keys()
    return "it has a chatTitle, as TypingMind has" if is_one else ""


def _read_typingmind(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    conversation = SourceConversation(
        program="typingmind",
        key=texts_of(record, "id", "chatID"),
        title=texts_of(record, "chatTitle"),
        created=read_time(record.get("createdAt")),
        updated=read_time(record.get("updatedAt")),
        folder=origin.folders.get(texts_of(record, "folderID"), Folder("")),
    )
    messages = dicts_of(record.get("messages"))
    add_messages(conversation, messages, model=texts_of(record, "model"))
    yield conversation.build(origin)


def _sniff_parllama(record: Record) -> str:
    is_one = "messages" in record and {"llm_config", "llm_model_name"} & record.keys()
    return "it has an llm_config beside its messages, as parllama has" if is_one else ""


def _read_parllama(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    config = record.get("llm_config")
    if isinstance(config, str):
        config = parse_object(config)
    conversation = SourceConversation(
        program="parllama",
        key=texts_of(record, "id", "session_id"),
        title=texts_of(record, "name", "session_name"),
        updated=read_time(record.get("last_updated")),
    )
    # Older versions give all messages the same id, so that they are known by what was said.
    messages = [{**each, "id": ""} for each in dicts_of(record.get("messages"))]
    model = texts_of(config, "model_name") or texts_of(record, "llm_model_name")
    add_messages(conversation, messages, model=model)
    yield conversation.build(origin)


BETTERCHATGPT = RecordFormat(name="BetterChatGPT", sniff=_sniff_better, read=_read_better)
TYPINGMIND = RecordFormat(name="TypingMind", sniff=_sniff_typingmind, read=_read_typingmind)
PARLLAMA = RecordFormat(name="parllama", sniff=_sniff_parllama, read=_read_parllama)
