"""The `logs.db` of llm: one log up to 0.4, responses up to 0.31, and threads of messages since.

https://github.com/simonw/llm/blob/main/docs/logging.md describes the newer. A database that was
migrated holds old conversations in the forms of their time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from fakegpt_tui.domain import Role
from fakegpt_tui.formats.base import ImportItem, Record, SourceDefaults
from fakegpt_tui.formats.databases import DatabaseFormat, ForeignDatabase, Tables, has_tables
from fakegpt_tui.formats.foreign_files import bytes_file
from fakegpt_tui.formats.foreign_values import (
    dicts_of,
    parse_object,
    read_role,
    read_time,
    read_usage,
    texts_of,
)
from fakegpt_tui.formats.message_parts import MessageParts
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage

_RESPONSE = (
    *("id", "model", "prompt", "system", "response", "conversation_id", "datetime_utc"),
    *("input_tokens", "output_tokens", "resolved_model", "reasoning"),
)

_OLDEST = ("log", "logs")
_OLDEST_COLUMNS = "chat_id model prompt response system"


def _sniff(tables: Tables) -> str:
    if has_tables(tables, threads="id tip_message_hash", parts="message_hash type"):
        return "it has threads of messages with parts, as llm has"
    is_old = has_tables(tables, responses="id prompt response conversation_id", conversations="id")
    if is_old:
        return "it has responses of conversations, as llm has"
    if any(has_tables(tables, **{name: _OLDEST_COLUMNS}) for name in _OLDEST):
        return "it has a log of prompts and responses, as the first versions of llm have it"
    return ""


def _read(database: ForeignDatabase, origin: SourceDefaults) -> Iterator[ImportItem]:
    for table in _OLDEST:
        for conversation in _read_oldest(database, table):
            yield conversation.item(origin)
    for row in database.rows("conversations", "id", "name", "model", order="id"):
        yield _read_responses(database, row).item(origin)
    threads = {str(row["id"]): row for row in database.rows(*_THREAD, order="id")}
    families: dict[str, list[Record]] = {}
    for key, row in threads.items():
        families.setdefault(_root(threads, key), []).append(row)
    for root, rows in families.items():
        yield _Family(database, root, rows).read().item(origin)


def _read_oldest(database: ForeignDatabase, table: str) -> Iterator[SourceConversation]:
    """The chats of a log, in which each row names the first one of its chat."""
    columns = ("id", "chat_id", "reply_to_id", "model", "prompt", "system", "response")
    chats: dict[object, SourceConversation] = {}
    rows = database.rows(table, *columns, "datetime_utc", "timestamp", order="id")
    for number, row in enumerate(rows, start=1):
        row.setdefault("datetime_utc", row.get("timestamp"))
        row_id = row.get("id", number)
        # Ids count from one in each database.
        key = f"log/{texts_of(row, 'datetime_utc')}/{texts_of(row, 'prompt')}"
        chat = chats.setdefault(
            row.get("chat_id") or row_id, SourceConversation(program="llm", key=key)
        )
        chat.system_prompt = chat.system_prompt or texts_of(row, "system")
        prompt = _message(f"{row_id}/prompt", Role.USER, row)
        reply = _message(str(row_id), Role.ASSISTANT, row)
        prompt.text, reply.text = texts_of(row, "prompt"), texts_of(row, "response")
        chat.chain([prompt, reply])
        if before := row.get("reply_to_id"):
            prompt.parent = str(before)
    yield from chats.values()


def _read_responses(database: ForeignDatabase, about: Record) -> SourceConversation:
    key = str(about["id"])
    conversation = SourceConversation(program="llm", key=key, title=texts_of(about, "name"))
    reply: SourceMessage | None = None
    parts = MessageParts()
    replies: list[MessageParts] = []
    for row in database.rows("responses", *_RESPONSE, order="id", conversation_id=key):
        response_id = str(row["id"])
        asked = _prompt_parts(database, row)
        results = [*database.rows("tool_results", "name", "output", response_id=response_id)]
        if reply is None or not results or asked.text:
            prompt = _message(f"{response_id}/prompt", Role.USER, row)
            prompt.text, prompt.files = asked.text, asked.files
            conversation.left_out.update(asked.losses)
            reply, parts = _message(response_id, Role.ASSISTANT, row), MessageParts()
            replies.append(parts)
            conversation.chain([prompt, reply])
        # What its tools gave back belongs to the reply that called them.
        for result in results:
            parts.add_result(result.get("name"), result.get("output"))
        conversation.system_prompt = conversation.system_prompt or texts_of(row, "system")
        parts.add_reasoning(row.get("reasoning"))
        for call in database.rows("tool_calls", "name", "arguments", response_id=response_id):
            parts.add_call(call.get("name"), call.get("arguments"))
        parts.add_text(row.get("response"))
        reply.text, reply.reasoning = parts.text, parts.reasoning
        reply.usage = read_usage(row)
    for parts in replies:
        conversation.left_out.update(parts.losses)
    return conversation


def _prompt_parts(database: ForeignDatabase, row: Record) -> MessageParts:
    parts, response_id = MessageParts(), str(row["id"])
    links = database.rows("prompt_fragments", "fragment_id", order="order", response_id=response_id)
    for link in links:
        for fragment in database.rows("fragments", "content", id=link["fragment_id"]):
            parts.add_text(fragment.get("content"))
    parts.add_text(row.get("prompt"))
    for link in database.rows("prompt_attachments", "attachment_id", response_id=response_id):
        _add_attachment(database, parts, link["attachment_id"])
    return parts


def _add_attachment(database: ForeignDatabase, parts: MessageParts, attachment_id: object) -> None:
    for held in database.rows("attachments", "type", "path", "url", "content", id=attachment_id):
        kind = "Picture" if texts_of(held, "type").startswith("image") else "File"
        content = held.get("content")
        found = bytes_file(content) if isinstance(content, bytes) and content else None
        name = texts_of(held, "path", "url") or ("" if found else texts_of(held, "type"))
        parts.add_file(name, kind, found)


def _message(key: str, role: Role, row: Record) -> SourceMessage:
    time = read_time(row.get("datetime_utc"))
    model = texts_of(row, "resolved_model", "model")
    return SourceMessage(key=key, parent=None, role=role, time=time, model=model)


_THREAD = ("threads", "id", "name", "tip_message_hash", "forked_from", "datetime_utc")


def _root(threads: dict[str, Record], key: str) -> str:
    """The thread that one was forked from in the end."""
    seen = {key}
    while (before := texts_of(threads[key], "forked_from")) in threads and before not in seen:
        seen.add(before)
        key = before
    return key


@dataclass(slots=True)
class _Family:
    """Threads that were forked from one, which share their first messages.

    Other threads that begin alike share rows, too, but are other conversations.
    """

    database: ForeignDatabase
    root: str
    threads: list[Record]
    _turns: dict[str, Record] = field(default_factory=dict)

    def read(self) -> SourceConversation:
        first = next(row for row in self.threads if row["id"] == self.root)
        conversation = SourceConversation(
            program="llm", key=self.root, title=texts_of(first, "name")
        )
        conversation.created = read_time(first.get("datetime_utc"))
        self._cover_turns()
        known: set[str] = set()
        for thread in self.threads:
            path: list[tuple[str, Record]] = []
            step = texts_of(thread, "tip_message_hash")
            while step and step not in known:
                known.add(step)
                rows = self.database.rows("messages", "parent_hash", "role", hash=step)
                held = next(rows, None)
                if held is None:
                    break
                path.append((step, held))
                step = texts_of(held, "parent_hash")
            for key, held in reversed(path):
                self._add(conversation, key, held)
            conversation.leaf = texts_of(thread, "tip_message_hash")
        return conversation

    def _cover_turns(self) -> None:
        """Find the turn of each message, which tells its model and time."""
        columns = ("model", "resolved_model", "datetime_utc", "input_tokens", "output_tokens")
        for thread in self.threads:
            turns = self.database.rows(
                "turns",
                *("parent_message_hash", "tip_message_hash", *columns),
                order="datetime_utc",
                thread_id=thread["id"],
            )
            for turn in turns:
                step = texts_of(turn, "tip_message_hash")
                while step and step not in self._turns:
                    self._turns[step] = turn
                    held = next(self.database.rows("messages", "parent_hash", hash=step), {})
                    step = texts_of(held, "parent_hash")

    def _add(self, conversation: SourceConversation, key: str, held: Record) -> None:
        parts = MessageParts()
        columns = ("id", "type", "tool_name", "text", "payload")
        for row in self.database.rows("parts", *columns, order="position", message_hash=key):
            self._add_part(parts, row)
        turn = self._turns.get(key, {})
        message = _message(key, read_role(held.get("role")), turn)
        message.parent = texts_of(held, "parent_hash") or None
        message.say(parts)
        if texts_of(turn, "tip_message_hash") == key:
            message.usage = read_usage(turn)
        if message.role is Role.SYSTEM and message.parent is None:
            conversation.system_prompt, message.text = message.text, ""
        conversation.add(message)

    def _add_part(self, parts: MessageParts, row: Record) -> None:
        payload = parse_object(row.get("payload"))
        match row.get("type"):
            case "text":
                parts.add_text(texts_of(row, "text") or self._referred(payload))
            case "reasoning" if payload.get("redacted") is True:
                parts.add_hidden_reasoning()
            case "reasoning":
                parts.add_reasoning(texts_of(row, "text") or self._referred(payload))
            case "tool_call":
                parts.add_call(row.get("tool_name"), payload.get("arguments"))
            case "tool_result":
                parts.add_result(row.get("tool_name"), payload.get("output"))
            case "attachment":
                one = payload.get("attachment")
                for each in (
                    [one] if isinstance(one, dict) else dicts_of(payload.get("attachments"))
                ):
                    _add_attachment(self.database, parts, each.get("id"))
            case kind:
                parts.add_unknown(kind, payload)

    def _referred(self, payload: Record) -> str:
        """A text of which pieces are kept elsewhere."""
        pieces = []
        for each in dicts_of(payload.get("text_ref")):
            held = self.database.rows("fragments", "content", id=each.get("fragment"))
            pieces.append(texts_of(each, "text") or texts_of(next(held, {}), "content"))
        return "".join(pieces)


FORMAT = DatabaseFormat(name="llm", sniff=_sniff, read=_read)
