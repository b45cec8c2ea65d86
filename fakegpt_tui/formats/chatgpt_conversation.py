"""A conversation of a ChatGPT export as chat messages.

Ids are made from the export's own, so that the same conversation is known again. What the service
kept hidden, and places in the tree where nothing was said, are left out; the messages
below these follow the message above. A model's thinking becomes the reasoning of the next reply.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    FinishReason,
    MessageStatus,
    Role,
    TitleSource,
)
from fakegpt_tui.domain.folders import Folder, join_folder
from fakegpt_tui.formats.base import (
    AssetSource,
    EmptyConversation,
    FormatError,
    LoadedItem,
    Loss,
    OpenBlob,
    Record,
    RecordFormat,
    SourceDefaults,
)
from fakegpt_tui.formats.chatgpt_export import ExportNode, ExportTree, read_mapping
from fakegpt_tui.formats.chatgpt_messages import CONTEXTS, ContentReader, content_of
from fakegpt_tui.formats.foreign_values import (
    EARLIEST,
    dict_of,
    dicts_of,
    name_speaker,
    read_time,
)
from fakegpt_tui.formats.source_tree import source_id
from fakegpt_tui.text import replace_surrogates, safe_line

SERVICE = "chatgpt"
"""What replies are said to come from."""

HIDDEN = Loss(
    "messages that the service had hidden were left out",
    one="message that the service had hidden was left out",
)
NO_LEAF = Loss(
    "conversations named no end, so their newest message is shown",
    one="conversation named no end, so its newest message is shown",
)
_TITLE_LENGTH = 60
_SHORT_ID = 8
_PROJECT = re.compile(r"g-p-([0-9a-f]+)(?:-(.+))?")
_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "tool": Role.ASSISTANT}
_FINISHES = {
    "stop": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "length": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
}
_STATUSES = {
    "in_progress": MessageStatus.INTERRUPTED,
    "finished_partial_completion": MessageStatus.STOPPED,
}


def read_conversation(
    exported: object, *, service: str, model: str, assets: AssetSource | None = None
) -> LoadedItem:
    """The conversation; it goes on with `service` and `model`.

    Raises:
        FormatError: It is no conversation, or nothing was said in it.
    """
    if not isinstance(exported, dict) or not isinstance(exported.get("mapping"), dict | list):
        raise FormatError("is no conversation of ChatGPT")
    key = _source_key(exported)
    tree = ExportTree(read_mapping(exported["mapping"]))
    nodes = [*tree.nodes()]
    growing = _Builder(
        conversation_id=source_id(key),
        source_key=key,
        began_at=read_time(exported.get("create_time")) or EARLIEST,
        default_model=_text(exported.get("default_model_slug")),
        assets=assets,
        is_group=len({_author_name(each.message) for each in nodes if _is_prompt(each)}) > 1,
    )
    for node in nodes:
        growing.add(node)
    growing.add_loose_thoughts()
    if not growing.messages:
        raise EmptyConversation
    title = safe_line(_text(exported.get("title")))
    prompts = (each.text for each in growing.messages if each.role is Role.USER)
    times = [message.created_at for message in growing.messages]
    conversation = Conversation(
        id=growing.conversation_id,
        title=title or safe_line(next(prompts, ""), _TITLE_LENGTH) or "Untitled",
        title_source=TitleSource.SERVICE if title else TitleSource.PROMPT,
        service=service,
        model=model,
        created_at=read_time(exported.get("create_time")) or min(times),
        updated_at=read_time(exported.get("update_time")) or max(times),
        leaf_id=growing.leaf(exported.get("current_node")).id,
        pinned=exported.get("is_starred") is True,
        archived=exported.get("is_archived") is True,
        folder=project_folder(exported.get("gizmo_id")).path,
    )
    left_out = growing.left_out + tree.repairs
    return LoadedItem(conversation, tuple(growing.messages), left_out, growing.blobs)


@dataclass(slots=True)
class _Builder:
    """The messages of a conversation, as its nodes are gone through."""

    conversation_id: str
    source_key: str
    began_at: datetime
    default_model: str
    assets: AssetSource | None = None
    is_group: bool = False
    """Do several people ask, each of whom is named?"""
    blobs: dict[str, OpenBlob] = field(default_factory=dict)
    messages: list[ChatMessage] = field(default_factory=list)
    left_out: Counter[Loss] = field(default_factory=Counter)

    _nearest: dict[str | None, ChatMessage | None] = field(default_factory=dict, init=False)
    """For each node, the message there, or else the last one before it."""
    _thoughts: dict[str | None, tuple[ChatMessage, ...]] = field(default_factory=dict, init=False)
    """For each node, the thinking before it that no reply has taken yet."""
    _all_thoughts: list[ChatMessage] = field(default_factory=list, init=False)
    _taken: set[str] = field(default_factory=set, init=False)

    def add(self, node: ExportNode) -> None:
        before = self._nearest.get(node.parent_id)
        thoughts = self._thoughts.get(node.parent_id, ())
        message = self._message(node, before)
        if message is None or not (message.text or message.parts or _is_thought(message)):
            self._nearest[node.id], self._thoughts[node.id] = before, thoughts
        elif not (message.text or message.parts):
            self._nearest[node.id], self._thoughts[node.id] = before, (*thoughts, message)
            self._all_thoughts.append(message)
        else:
            if message.role is Role.ASSISTANT and thoughts:
                self._taken.update(thought.id for thought in thoughts)
                said = filter(None, (thought.reasoning for thought in thoughts))
                times = (thought.thought_for for thought in reversed(thoughts))
                message = replace(
                    message,
                    reasoning="\n\n".join(said),
                    thought_for=next(filter(None, times), None),
                )
                thoughts = ()
            self._nearest[node.id], self._thoughts[node.id] = message, thoughts
            self.messages.append(message)

    def add_loose_thoughts(self) -> None:
        """Keep thinking that no reply came after."""
        loose = (each for each in self._all_thoughts if each.id not in self._taken)
        self.messages += (each for each in loose if each.reasoning)

    def leaf(self, node_id: object) -> ChatMessage:
        """The message that ends the shown path."""
        found = self._nearest.get(node_id) if isinstance(node_id, str) else None
        if found is None:
            self.left_out[NO_LEAF] += 1
            found = max(reversed(self.messages), key=lambda message: message.created_at)
        return found

    def _message(self, node: ExportNode, before: ChatMessage | None) -> ChatMessage | None:
        match node.message:
            case {"metadata": {"is_visually_hidden_from_conversation": True}}:
                self.left_out[HIDDEN] += 1
                return None
            case dict(found):
                return self._read(node, found, before)
            case _:
                return None

    def _read(
        self, node: ExportNode, found: Mapping[str, object], before: ChatMessage | None
    ) -> ChatMessage:
        reader = ContentReader(dict_of(found.get("metadata")), self.assets)
        content = content_of(found)
        reasoning = reader.reasoning(content)
        text = "" if reasoning is not None else reader.text(content)
        self.left_out.update(reader.notes)
        self.blobs |= reader.blobs
        author = _text(_nested(found, "author", "role"))
        is_context = isinstance(content, dict) and content.get("content_type") in CONTEXTS
        role = Role.SYSTEM if is_context else _ROLES.get(author, Role.SYSTEM)
        is_reply = role is Role.ASSISTANT
        model = _text(reader.metadata.get("model_slug")) or self.default_model
        labelled = text if is_context else _label(text, found, author)
        if self.is_group and role is Role.USER and text:
            labelled = name_speaker(_author_name(found), text, role)
        labelled = replace_surrogates(labelled)
        return ChatMessage(
            id=source_id(f"{self.source_key}/{node.id}"),
            conversation_id=self.conversation_id,
            parent_id=None if before is None else before.id,
            role=role,
            text=labelled,
            parts=reader.layout(labelled, len(labelled) - len(text)),
            status=_status(found) if is_reply else MessageStatus.COMPLETE,
            created_at=read_time(found.get("create_time"))
            or (before.created_at if before else self.began_at),
            service=SERVICE if is_reply else "",
            model=replace_surrogates(model) if is_reply else "",
            reasoning=replace_surrogates(reasoning or ""),
            thought_for=reader.thought_for,
            finish=_FINISHES.get(_text(_nested(reader.metadata, "finish_details", "type"))),
        )


def _is_prompt(node: ExportNode) -> bool:
    return _nested(node.message, "author", "role") == "user"


def _author_name(message: object) -> str:
    return _text(_nested(message, "author", "name"))


def _is_thought(message: ChatMessage) -> bool:
    return bool(message.reasoning or message.thought_for)


def _label(text: str, found: Mapping[str, object], author: str) -> str:
    """The text of a message, below its sender or recipient if that is not the person."""
    if not text:
        return ""
    recipient = _text(found.get("recipient")) or "all"
    if author == "tool":
        name = _text(_nested(found, "author", "name")) or "a tool"
        return f"[From {safe_line(name)}]\n\n{text}"
    if author == "assistant" and recipient != "all":
        return f"[To {safe_line(recipient)}]\n\n{text}"
    return text


def _status(found: Mapping[str, object]) -> MessageStatus:
    if _nested(found, "metadata", "finish_details", "type") == "interrupted":
        return MessageStatus.STOPPED
    return _STATUSES.get(_text(found.get("status")), MessageStatus.COMPLETE)


def _source_key(exported: Mapping[str, object]) -> str:
    """The service's name for the conversation, or else one made of all that it holds."""
    for name in ("conversation_id", "id"):
        if found := _text(exported.get(name)):
            return replace_surrogates(found)
    return sha256(json.dumps(exported, sort_keys=True).encode()).hexdigest()


def project_folder(gizmo_id: object) -> Folder:
    """The folder of a project of ChatGPT, whose name is told in some exports, behind its id."""
    match = _PROJECT.fullmatch(gizmo_id) if isinstance(gizmo_id, str) else None
    if match is None:
        return Folder("")
    named = (match[2] or "").replace("-", " ").strip()
    return Folder(join_folder(named or f"ChatGPT project {match[1][:_SHORT_ID]}"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _nested(value: object, *names: str) -> object:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _sniff(record: Record) -> str:
    mapping = record.get("mapping")
    nodes = dicts_of([*mapping.values()] if isinstance(mapping, dict) else mapping)
    messages = dicts_of([each.get("message") for each in nodes])
    is_mapping = isinstance(mapping, dict) or any("message" in each for each in nodes)
    if not is_mapping or (messages and not any("content" in each for each in messages)):
        return ""
    return "it has a mapping of messages, as ChatGPT has"


def _read(record: Record, origin: SourceDefaults) -> Iterator[LoadedItem]:
    yield read_conversation(
        record, service=origin.service, model=origin.model, assets=origin.assets
    )


FORMAT = RecordFormat(name="ChatGPT", sniff=_sniff, read=_read)
