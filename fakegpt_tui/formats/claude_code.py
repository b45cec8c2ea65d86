"""Sessions of Claude Code: JSON lines in which each message names the line that it follows.

One reply is several lines, and what its tools gave back are lines of the person's; both are put
together here. Shapes as seen in files of versions 1 and 2; there is no public schema.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from fakegpt_tui.domain import Role, TitleSource, Usage
from fakegpt_tui.formats.base import (
    EmptyConversation,
    ImportItem,
    LinesFormat,
    Loss,
    Record,
    SourceDefaults,
)
from fakegpt_tui.formats.chatgpt_conversation import HIDDEN
from fakegpt_tui.formats.foreign_values import dict_of, dicts_of, read_time, texts_of
from fakegpt_tui.formats.message_parts import MessageParts
from fakegpt_tui.formats.source_tree import DAMAGED, FORKED, SourceConversation, SourceMessage

HELPERS = Loss(
    "messages between the model and its helpers were left out",
    one="message between the model and its helpers was left out",
)
_WRAPPERS = ("<local-command", "<command-name>", "<command-message>", "<ide_", "Caveat: ")
_TITLES = {
    "custom-title": ("customTitle", TitleSource.PERSON),
    "ai-title": ("aiTitle", TitleSource.SERVICE),
    "summary": ("summary", TitleSource.SERVICE),
}


def _sniff(lines: Sequence[Record]) -> str:
    if any("parentUuid" in each and "uuid" in each for each in lines):
        return "its lines have a uuid and a parentUuid, as Claude Code's have"
    is_one = any("sessionId" in each and each.get("type") in _TITLES for each in lines)
    return "its lines have a sessionId and a title, as Claude Code's have" if is_one else ""


@dataclass(slots=True)
class _Said:
    """A message that more lines may add to."""

    message: SourceMessage
    parts: MessageParts = field(default_factory=MessageParts)
    blocks: list[object] = field(default_factory=list)


class _Session:
    """Puts the lines of a session together."""

    def __init__(self, key: str) -> None:
        self.conversation = SourceConversation(program="claude-code", key=key)
        self._said: dict[str, _Said] = {}
        self._places: dict[str, str] = {}
        """For each line, the message that it belongs to."""
        self._calls: dict[str, tuple[str, str]] = {}
        """For each call of a tool, the message that it is in, and the tool's name."""
        self._last: str | None = None
        self._has_own = False
        """Is there a line that was not copied from another session?"""

    def add(self, line: Record) -> None:
        kind = texts_of(line, "type")
        if kind in _TITLES:
            self._add_title(kind, line)
        elif line.get("isSidechain") is True:
            self.conversation.left_out[HELPERS] += 1
        elif kind == "attachment":
            self._add_queued(line)
        elif "uuid" in line:
            if isinstance(line.get("forkedFrom"), dict):
                self.conversation.left_out[FORKED] = 1
            else:
                self._has_own = True
            self._add_message(kind, line)

    def close(self) -> SourceConversation:
        """The conversation.

        Raises:
            EmptyConversation: All of it was copied from another session, and nothing added.
        """
        if self.conversation.left_out[FORKED] and not self._has_own:
            raise EmptyConversation
        for said in self._said.values():
            said.message.say(said.parts)
            self.conversation.add(said.message)
        self.conversation.leaf = self._last
        return self.conversation

    def _add_title(self, kind: str, line: Record) -> None:
        name, titled_by = _TITLES[kind]
        title = texts_of(line, name)
        is_ours = self.conversation.titled_by is TitleSource.PERSON and self.conversation.title
        if title and (kind == "custom-title" or not is_ours):
            self.conversation.title, self.conversation.titled_by = title, titled_by

    def _add_queued(self, line: Record) -> None:
        """A prompt that was typed while the model was at work; what comes after follows it."""
        held = line.get("attachment")
        if not isinstance(held, dict) or held.get("type") != "queued_command":
            return
        said = self._new(f"queued-{texts_of(line, 'timestamp')}", Role.USER, line, self._last)
        said.parts.add_content(held.get("prompt"))
        if self._last is not None:
            followed = [line for line, place in self._places.items() if place == self._last]
            self._places |= dict.fromkeys(followed, said.message.key)
        self._last = said.message.key

    def _add_message(self, kind: str, line: Record) -> None:
        held = dict_of(line.get("message"))
        before = texts_of(line, "parentUuid", "logicalParentUuid")
        parent = self._places.get(before, before or None)
        own = texts_of(line, "uuid")
        if kind == "assistant" and held.get("model") != "<synthetic>":
            self._places[own] = self._last = self._add_reply(own, parent, line, held)
        elif kind == "user" and _is_result(held):
            self._places[own] = self._add_results(own, parent, line, held)
        elif kind == "user" and not _is_hidden(line, held):
            said = self._new(own, Role.USER, line, parent)
            said.parts.add_content(held.get("content"))
            self._places[own] = self._last = own
        else:
            # A place that leads on, of which nothing was said by a person or the model.
            self._new(own, Role.SYSTEM, line, parent)
            self._places[own] = own
            self.conversation.left_out[HIDDEN] += kind == "user"

    def _new(self, key: str, role: Role, line: Record, parent: str | None) -> _Said:
        time = read_time(line.get("timestamp"))
        said = _Said(SourceMessage(key=key, parent=parent, role=role, time=time))
        self._said.setdefault(key, said)
        return self._said[key]

    def _add_reply(self, own: str, parent: str | None, line: Record, held: Record) -> str:
        key = texts_of(held, "id") or own
        said = self._said.get(key) or self._new(key, Role.ASSISTANT, line, parent)
        said.message.model = texts_of(held, "model")
        said.message.usage = _larger(said.message.usage, held.get("usage"))
        content = held.get("content")
        if isinstance(content, str):
            said.parts.add_text(content)
        for block in dicts_of(content):
            # Some versions repeat all that was said so far.
            if block not in said.blocks:
                said.blocks.append(block)
                self._add_block(said, block)
        return key

    def _add_block(self, said: _Said, block: Record) -> None:
        match block:
            case {"type": "thinking", "thinking": text}:
                said.parts.add_reasoning(text)
            case {"type": "redacted_thinking"}:
                said.parts.add_hidden_reasoning()
            case {"type": "tool_use", "id": call_id, "name": name}:
                self._calls[str(call_id)] = said.message.key, str(name)
                said.parts.add_call(name, block.get("input"))
            case _:
                said.parts.add_content([block])

    def _add_results(self, own: str, parent: str | None, line: Record, held: Record) -> str:
        """What tools gave back, which goes to the reply that asked for it."""
        place = parent
        for block in dicts_of(held.get("content")):
            key, name = self._calls.get(texts_of(block, "tool_use_id"), (parent or own, ""))
            said = self._said.get(key) or self._new(own, Role.ASSISTANT, line, parent)
            if block.get("type") == "tool_result":
                is_error = block.get("is_error") is True
                said.parts.add_result(name, block.get("content"), is_error=is_error)
            else:
                said.parts.add_content([block])
            place = said.message.key
        return place or own


def _is_result(held: Record) -> bool:
    return any(each.get("type") == "tool_result" for each in dicts_of(held.get("content")))


def _is_hidden(line: Record, held: Record) -> bool:
    content = held.get("content")
    text = content if isinstance(content, str) else texts_of((dicts_of(content) or [{}])[0], "text")
    is_told = line.get("isMeta") is True or line.get("isCompactSummary") is True
    return is_told or text.lstrip().startswith(_WRAPPERS)


def _larger(known: Usage | None, held: object) -> Usage | None:
    """What a reply cost; lines before its last one count less of it."""
    if not isinstance(held, dict):
        return known
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    fresh, written, read = (_count(held.get(name)) for name in names)
    reply = _count(held.get("output_tokens"))
    if reply is None or (known and (known.output or 0) > reply):
        return known
    return Usage(fresh, reply, cache_read=read, cache_write=written)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _read(lines: Iterable[Record | None], origin: SourceDefaults) -> Iterator[ImportItem]:
    session: _Session | None = None
    damaged = 0
    for line in lines:
        if line is None:
            damaged += 1
            continue
        session = session or _Session(texts_of(line, "sessionId"))
        session.conversation.key = session.conversation.key or texts_of(line, "sessionId")
        session.add(line)
    session = session or _Session(origin.name)
    session.conversation.left_out[DAMAGED] += damaged
    yield session.close().build(origin)


FORMAT = LinesFormat(name="Claude Code", sniff=_sniff, read=_read)
