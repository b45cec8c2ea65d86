"""Sessions of Codex: JSON lines, in which what was said stands twice, as items and as events.

Items are read; events tell which of them a person has typed. Shapes of the program's own protocol:
https://github.com/openai/codex/blob/main/codex-rs/protocol/src/protocol.rs
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from fakegpt_tui.domain import MessageStatus, Role
from fakegpt_tui.formats.base import (
    EmptyConversation,
    ImportItem,
    LinesFormat,
    Record,
    SourceDefaults,
)
from fakegpt_tui.formats.chatgpt_conversation import HIDDEN
from fakegpt_tui.formats.foreign_files import base64_file
from fakegpt_tui.formats.foreign_values import (
    dict_of,
    dicts_of,
    parse_object,
    read_time,
    read_usage,
    texts_of,
)
from fakegpt_tui.formats.message_parts import MessageParts
from fakegpt_tui.formats.source_tree import (
    DAMAGED,
    FORKED,
    UNKNOWN_LINES,
    SourceConversation,
    SourceMessage,
)

_CONTEXTS = ("<environment_context>", "<user_instructions>", "# AGENTS.md", "<permissions")
_FOLDERS = 4
_SILENT = ("session_meta", "world_state", "inter_agent_communication", "compacted")


def _sniff(lines: Sequence[Record]) -> str:
    is_one = any(
        each.get("type") == "session_meta" and isinstance(each.get("payload"), dict)
        for each in lines
    )
    return "its first line is a session_meta, as Codex has" if is_one else ""


class _Rollout:
    """Puts the lines of a session together: a prompt, and all up to the next as its reply."""

    def __init__(self, key: str, typed: set[str]) -> None:
        self.conversation = SourceConversation(program="codex", key=key)
        self._typed = typed
        self._shown: list[SourceMessage] = []
        self._reply: SourceMessage | None = None
        self._parts = MessageParts()
        self._names: dict[str, str] = {}
        self._model = ""
        self._count = 0

    def add(self, line: Record) -> None:
        held = dict_of(line.get("payload"))
        match line.get("type"):
            case "response_item":
                self._add_item(line, held)
            case "event_msg":
                self._add_event(held)
            case "turn_context":
                self._model = texts_of(held, "model") or self._model
            case "session_meta" if texts_of(held, "forked_from_id"):
                self.conversation.left_out[FORKED] = 1
            case str(kind) if kind in _SILENT:
                pass
            case _:
                self.conversation.left_out[UNKNOWN_LINES] += 1

    def close(self) -> SourceConversation:
        self._end_reply()
        self.conversation.leaf = self._shown[-1].key if self._shown else None
        return self.conversation

    def _add_item(self, line: Record, held: Record) -> None:
        match held:
            case {"type": "message", "role": "assistant"}:
                self._reply_parts(line).add_content(held.get("content"))
            case {"type": "message"}:
                self._add_prompt(line, held)
            case {"type": "reasoning"}:
                parts = self._reply_parts(line)
                if held.get("encrypted_content") and not held.get("content"):
                    parts.add_hidden_reasoning()
                for each in dicts_of(held.get("summary")) + dicts_of(held.get("content")):
                    parts.add_reasoning(each.get("text"))
            case {"type": "ghost_snapshot" | "compaction"}:
                pass
            case _:
                self._add_tool_item(line, held)

    def _add_tool_item(self, line: Record, held: Record) -> None:
        match held:
            case {"type": "image_generation_call", "result": str(data)}:
                self._reply_parts(line).add_file("", "Picture", base64_file(data))
            case {"type": str(kind)} if kind.endswith("_output"):
                self._add_output(line, held)
            case {"type": str(kind)} if kind.endswith("_call"):
                name = texts_of(held, "name") or kind.removesuffix("_call")
                self._names[texts_of(held, "call_id")] = name
                asked = held.get("arguments") or held.get("input") or held.get("action")
                self._reply_parts(line).add_call(name, asked)
            case _:
                self._reply_parts(line).add_unknown(held.get("type"), held)

    def _add_output(self, line: Record, held: Record) -> None:
        output = held.get("output")
        if isinstance(output, dict):
            output = output.get("content")
        name = self._names.get(texts_of(held, "call_id"), "")
        self._reply_parts(line).add_result(name, output)

    def _add_prompt(self, line: Record, held: Record) -> None:
        parts = MessageParts()
        content = held.get("content")
        parts.add_content(content)
        said = "\n".join(texts_of(each, "text") for each in dicts_of(content)).strip()
        is_typed = said in self._typed if self._typed else not said.startswith(_CONTEXTS)
        if held.get("role") != "user" or not is_typed:
            self.conversation.left_out[HIDDEN] += 1
            return
        self._end_reply()
        message = self._message(line, Role.USER)
        message.say(parts)
        self._show(message)

    def _add_event(self, held: Record) -> None:
        match held:
            case {"type": "thread_rolled_back", "num_turns": int(count)}:
                self._end_reply()
                for _ in range(count):
                    while self._shown and self._shown.pop().role is not Role.USER:
                        pass
            case {"type": "turn_aborted"}:
                self._end_reply()
                if self._shown and self._shown[-1].role is Role.ASSISTANT:
                    self._shown[-1].status = MessageStatus.STOPPED
            case {"type": "token_count", "info": {"last_token_usage": usage}} if self._reply:
                self._reply.usage = read_usage(usage)
            case _:
                pass

    def _reply_parts(self, line: Record) -> MessageParts:
        """Where to the reply that goes on is added."""
        if self._reply is None:
            self._reply = self._message(line, Role.ASSISTANT)
            self._reply.model = self._model
            self._parts = MessageParts()
        return self._parts

    def _end_reply(self) -> None:
        if self._reply is not None:
            self._reply.say(self._parts)
            self._show(self._reply)
            self._reply = None

    def _message(self, line: Record, role: Role) -> SourceMessage:
        self._count += 1
        time = read_time(line.get("timestamp"))
        return SourceMessage(key=str(self._count), parent=None, role=role, time=time)

    def _show(self, message: SourceMessage) -> None:
        message.parent = self._shown[-1].key if self._shown else None
        self.conversation.add(message)
        self._shown.append(message)


def _read(lines: Iterable[Record | None], origin: SourceDefaults) -> Iterator[ImportItem]:
    held = list(lines)
    whole = [line for line in held if line is not None]
    payloads = [(line.get("type"), line.get("payload")) for line in whole]
    key = next((texts_of(held, "id") for kind, held in payloads if kind == "session_meta"), "")
    typed = {
        texts_of(held, "message").strip()
        for kind, held in payloads
        if kind == "event_msg" and texts_of(held, "type") == "user_message"
    }
    if any(kind == "session_meta" and _is_helper(held) for kind, held in payloads):
        raise EmptyConversation
    rollout = _Rollout(key or origin.name, typed)
    for line in whole:
        rollout.add(line)
    rollout.conversation.title = _title(key, origin)
    rollout.conversation.left_out[DAMAGED] += len(held) - len(whole)
    yield rollout.close().build(origin)


def _is_helper(meta: object) -> bool:
    """Was a session begun by another one, and not by a person?"""
    source = meta.get("source") if isinstance(meta, dict) else None
    return isinstance(source, dict) and "subagent" in source


def _title(key: str, origin: SourceDefaults) -> str:
    """The title of a session, which is in a file above the folders of years, months and days."""
    title = ""
    for folder in (origin.folder, *origin.folder.parents[:_FOLDERS]) if origin.folder else ():
        for line in _index(folder):
            if key and key in line and texts_of(held := parse_object(line), "id") == key:
                title = texts_of(held, "thread_name") or title
    return title


def _index(folder: Path) -> list[str]:
    try:
        path = folder / "session_index.jsonl"
        return path.read_text(errors="replace").splitlines() if path.is_file() else []
    except OSError:
        return []


FORMAT = LinesFormat(name="Codex", sniff=_sniff, read=_read)
