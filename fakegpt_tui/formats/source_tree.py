"""Conversations of other programs as trees of chat messages, whatever shape the file has.

A reader names its messages by keys and says which follows which. Here keys become ids that are the
same at every import, parents that are missing are told, and places without a word are passed over.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha1, sha256

from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    FinishReason,
    MessageStatus,
    Role,
    TitleSource,
    Usage,
)
from fakegpt_tui.domain.folders import Folder, clean_tags
from fakegpt_tui.formats.base import (
    EmptyConversation,
    EmptyItem,
    ImportItem,
    LoadedItem,
    Loss,
    SourceDefaults,
)
from fakegpt_tui.formats.foreign_files import NO_FILES, MessageFiles
from fakegpt_tui.formats.foreign_values import name_speaker
from fakegpt_tui.formats.message_parts import MessageParts
from fakegpt_tui.text import replace_surrogates, safe_line

ORPHANS = Loss(
    "messages follow others that are not in the file, and begin a branch instead",
    one="message follows one that is not in the file, and begins a branch instead",
)
CIRCLES = Loss(
    "circles of messages that follow each other were cut",
    one="circle of messages that follow each other was cut",
)
DAMAGED = Loss("damaged lines were left out", one="damaged line was left out")
UNKNOWN_LINES = Loss(
    "lines of an unknown kind were left out", one="line of an unknown kind was left out"
)
FORKED = Loss(
    "conversations were forked from others, and begin with what those hold, too",
    one="conversation was forked from another, and begins with what that holds, too",
)
_NAMESPACE = bytes.fromhex("9b1c6d0e64a15c0e9d556f1f5d1f7a10")
_TITLE_LENGTH = 60
_NO_FOLDER = Folder("")


@dataclass(slots=True, kw_only=True)
class SourceMessage:
    """A message as another program keeps it; `parent` is the key of the one that it follows."""

    key: str
    parent: str | None
    role: Role
    text: str = ""
    reasoning: str = ""
    speaker: str = ""
    """The name of who speaks, where the file has one."""
    time: datetime | None = None
    model: str = ""
    status: MessageStatus = MessageStatus.COMPLETE
    finish: FinishReason | None = None
    usage: Usage | None = None
    files: MessageFiles = NO_FILES
    losses: Set[Loss] = frozenset()
    """What of the message is missing here, or changed."""

    def say(self, parts: MessageParts) -> None:
        """Set what is said in it, when all of its parts are known."""
        self.text, self.reasoning = parts.text, parts.reasoning
        self.files, self.losses = parts.files, parts.losses


@dataclass(slots=True, kw_only=True)
class SourceConversation:
    """A conversation as another program keeps it; `leaf` is the key of the last one shown."""

    program: str
    key: str
    title: str = ""
    titled_by: TitleSource = TitleSource.SERVICE
    created: datetime | None = None
    updated: datetime | None = None
    leaf: str | None = None
    pinned: bool = False
    archived: bool = False
    system_prompt: str = ""
    folder: Folder = _NO_FOLDER
    tags: Sequence[str] = ()
    messages: list[SourceMessage] = field(default_factory=list)
    left_out: Counter[Loss] = field(default_factory=Counter)
    _keys: set[str] = field(default_factory=set, init=False)

    def add(self, message: SourceMessage) -> str:
        """Add a message, and tell its key, which a second one of the same key makes another."""
        number, key = 2, message.key
        while message.key in self._keys:
            message.key = f"{key}#{number}"
            number += 1
        self._keys.add(message.key)
        self.messages.append(message)
        self.left_out.update(message.losses)
        return message.key

    def take_prompt(self, message: SourceMessage) -> None:
        """Make a message the system prompt."""
        self.system_prompt = message.text
        self.left_out.update(message.losses)

    def add_all(self, messages: Sequence[SourceMessage], *, in_order: bool) -> None:
        """Add messages; `in_order`, each follows the one before where none names a parent."""
        if in_order and not any(each.parent for each in messages):
            self.chain(messages)
        else:
            for each in messages:
                self.add(each)

    def chain(self, messages: Iterable[SourceMessage]) -> None:
        """Add messages of which each follows the one before."""
        before = self.messages[-1].key if self.messages else None
        for message in messages:
            message.parent = before
            before = self.add(message)

    def build(self, origin: SourceDefaults) -> LoadedItem:
        """The conversation and its chat messages, parents first.

        Raises:
            EmptyConversation: Nothing was said in it, or only instructions.
        """
        if not self.key:
            said = "\0".join(f"{each.role}\0{each.text}" for each in self.messages)
            self.key = sha256(said.encode(errors="replace")).hexdigest()
        _name_speakers(self.messages)
        parents = self._parents()
        ordered = self._parents_first(parents)
        nearest: dict[str | None, ChatMessage | None] = {None: None}
        built: list[ChatMessage] = []
        for source in ordered:
            before = nearest[parents[source.key]]
            nearest[source.key] = before
            if source.text or source.reasoning or source.files.places:
                message = self._message(source, before, origin)
                nearest[source.key] = message
                built.append(message)
        if all(each.role is Role.SYSTEM for each in built):
            raise EmptyConversation
        header = self._header(built, nearest, origin)
        folder = self.folder if self.folder.has_preset else None
        blobs = {key: opener for each in ordered for key, opener in each.files.blobs.items()}
        return LoadedItem(header, tuple(built), self.left_out, blobs, folder)

    def item(self, origin: SourceDefaults) -> ImportItem:
        """The conversation as one of several; here an empty one is no error."""
        try:
            return self.build(origin)
        except EmptyConversation:
            return EmptyItem(safe_line(self.title) or self.key)

    def _parents(self) -> dict[str, str | None]:
        """The parent of each message, which exists and leads to a root."""
        keys = {each.key for each in self.messages}
        parents: dict[str, str | None] = {}
        for each in self.messages:
            parents[each.key] = each.parent if each.parent in keys else None
            self.left_out[ORPHANS] += each.parent is not None and each.parent not in keys
        self.left_out[CIRCLES] += cut_circles(parents)
        self.left_out = +self.left_out
        return parents

    def _parents_first(self, parents: Mapping[str, str | None]) -> list[SourceMessage]:
        by_key = {each.key: each for each in self.messages}
        children: dict[str | None, list[str]] = {}
        for key in by_key:
            children.setdefault(parents[key], []).append(key)
        return [by_key[key] for key in parents_first(children)]

    def _message(
        self, source: SourceMessage, before: ChatMessage | None, origin: SourceDefaults
    ) -> ChatMessage:
        is_reply = source.role is Role.ASSISTANT
        text = replace_surrogates(source.text)
        reasoning = replace_surrogates(source.reasoning) if is_reply else ""
        return ChatMessage(
            id=source_id(f"{self.program}/{self.key}/{source.key}"),
            conversation_id=self._id(),
            parent_id=before.id if before else None,
            role=source.role,
            text=text,
            status=source.status if is_reply else MessageStatus.COMPLETE,
            created_at=source.time or (before.created_at if before else self._began_at(origin)),
            service=self.program if is_reply else "",
            model=replace_surrogates(source.model) if is_reply else "",
            reasoning=reasoning,
            parts=source.files.lay_out(text, reasoning),
            finish=source.finish,
            usage=source.usage,
        )

    def _began_at(self, origin: SourceDefaults) -> datetime:
        """The time for messages without one that no other with a time precedes; never now."""
        times = (each.time for each in self.messages if each.time)
        return self.created or self.updated or min(times, default=origin.modified)

    def _header(
        self,
        built: list[ChatMessage],
        nearest: Mapping[str | None, ChatMessage | None],
        origin: SourceDefaults,
    ) -> Conversation:
        title = safe_line(self.title)
        prompts = (each.text for each in built if each.role is Role.USER and each.text)
        times = [each.created_at for each in built]
        shown = nearest.get(self.leaf) or _newest_leaf(built)
        return Conversation(
            id=self._id(),
            title=title or _title_from(next(prompts, built[0].text)),
            title_source=self.titled_by if title else TitleSource.PROMPT,
            service=origin.service,
            model=origin.model,
            created_at=self.created or min(times),
            updated_at=self.updated or max(times),
            leaf_id=shown.id,
            pinned=self.pinned,
            archived=self.archived,
            system_prompt=replace_surrogates(self.system_prompt),
            folder=self.folder.path,
            tags=clean_tags(self.tags),
        )

    def _id(self) -> str:
        return source_id(f"{self.program}/{self.key}")


def _name_speakers(messages: Iterable[SourceMessage]) -> None:
    """Name the speakers of prompts, or of replies, where there are several."""
    for role in Role:
        spoken = [each for each in messages if each.role is role and each.text]
        for each in spoken if len({one.speaker for one in spoken}) > 1 else ():
            each.text = name_speaker(each.speaker, each.text, role)


def source_id(name: str) -> str:
    """The UUID of version 5 of a name, as RFC 9562 has it, so that it is the same at every import.

    `uuid.uuid5` makes the same, four times as slowly, which tells where there are a million.
    """
    named = _NAMESPACE + replace_surrogates(name).encode()
    found = sha1(named, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(found[16], 16) & 3]
    return f"{found[:8]}-{found[8:12]}-5{found[13:16]}-{variant}{found[17:20]}-{found[20:32]}"


def _title_from(prompt: str) -> str:
    """The beginning of a prompt, without the files that are named below it."""
    said = prompt.partition("\n\n[")[0]
    return safe_line(said, _TITLE_LENGTH) or safe_line(prompt, _TITLE_LENGTH) or "Untitled"


def cut_circles(parents: dict[str, str | None]) -> int:
    """Break circles of keys, each at one message, which becomes a root; return their number."""
    cut = 0
    settled: set[str | None] = {None}
    for key in parents:
        walked: set[str | None] = set()
        step: str | None = key
        while step is not None and step not in settled:
            if step in walked:
                cut += 1
                parents[step] = None
                break
            walked.add(step)
            step = parents[step]
        settled |= walked
    return cut


def parents_first(children: Mapping[str | None, Sequence[str]]) -> Iterator[str]:
    """All keys from the roots on, which are below `None`, with siblings in their order."""
    waiting = [*reversed(children.get(None, ()))]
    while waiting:
        key = waiting.pop()
        yield key
        waiting.extend(reversed(children.get(key, ())))


def _newest_leaf(built: list[ChatMessage]) -> ChatMessage:
    inner = {each.parent_id for each in built}
    leaves = [each for each in reversed(built) if each.id not in inner]
    return max(leaves, key=lambda each: each.created_at)
