"""Exports of Grok: conversations beside their responses, which name the one they follow."""

import re
from collections.abc import Iterator

from fakegpt_tui.domain import MessageStatus, Role
from fakegpt_tui.formats.base import ImportItem, Record, RecordFormat, SourceDefaults
from fakegpt_tui.formats.foreign_files import file_beside
from fakegpt_tui.formats.foreign_values import (
    cut_elements,
    dict_of,
    dicts_of,
    list_of,
    read_time,
    texts_of,
)
from fakegpt_tui.formats.message_parts import MessageParts, file_name
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage

_RENDERED = re.compile(r"(?<!\s)\s*+<grok:render\b"), "</grok:render>"
_FILES = {
    "file_attachments": "File",
    "image_attachments": "Picture",
    "generated_image_urls": "Picture",
}
_ASSET_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_CARDS = re.compile(r"(?<!\s)\s*+<xai:tool_usage_card>"), "</xai:tool_usage_card>"


def _sniff(record: Record) -> str:
    is_one = isinstance(record.get("conversation"), dict) and isinstance(
        record.get("responses"), list
    )
    return "it has a conversation and its responses, as Grok has" if is_one else ""


def _read(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    about = dict_of(record.get("conversation"))
    conversation = SourceConversation(
        program="grok",
        key=texts_of(about, "id", "conversation_id"),
        title=texts_of(about, "title"),
        created=read_time(about.get("create_time")),
        updated=read_time(about.get("modify_time")),
        leaf=texts_of(about, "leaf_response_id") or None,
        pinned=about.get("starred") is True,
    )
    for each in dicts_of(record.get("responses")):
        held = each.get("response", each)
        if isinstance(held, dict):
            conversation.add(_read_response(held, origin))
    yield conversation.build(origin)


def _places(asset: str) -> tuple[str, ...]:
    """The places in an archive of an asset with this id, or with an address that ends so."""
    ids = [each for each in asset.split("/") if _ASSET_ID.fullmatch(each)]
    return tuple(f"prod-mc-asset-server/{each}/content" for each in reversed(ids))


def _read_response(held: Record, origin: SourceDefaults) -> SourceMessage:
    parts = MessageParts()
    parts.add_text(cut_elements(texts_of(held, "message"), *_RENDERED))
    parts.add_reasoning(cut_elements(texts_of(held, "thinking_trace"), *_CARDS).strip())
    for each in dicts_of(held.get("agent_thinking_traces")):
        parts.add_reasoning(cut_elements(texts_of(each, "thinking_trace"), *_CARDS).strip())
    for each in dicts_of(held.get("cited_web_search_results")):
        parts.add_source(each.get("title"), each.get("url"))
    for name, kind in _FILES.items():
        for asset in map(file_name, list_of(held.get(name))):
            parts.add_file(asset, kind, file_beside(origin.assets, *_places(asset)))
    sender = texts_of(held, "sender").lower()
    is_cut = held.get("partial") is True or bool(held.get("error"))
    return SourceMessage(
        key=texts_of(held, "_id", "response_id"),
        parent=texts_of(held, "parent_response_id") or None,
        role=Role.USER if sender in ("human", "user") else Role.ASSISTANT,
        **parts.said(),
        time=read_time(held.get("create_time")),
        model=texts_of(held, "model") or ("" if sender == "assistant" else sender),
        status=MessageStatus.STOPPED if is_cut else MessageStatus.COMPLETE,
    )


FORMAT = RecordFormat(name="Grok", sniff=_sniff, read=_read)
