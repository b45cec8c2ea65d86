"""Chats that are kept as text: aichat's sessions and log, gptme, and archives of tenere."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from fakegpt_tui.domain import Role
from fakegpt_tui.formats.base import (
    FormatError,
    ImportItem,
    LinesFormat,
    Record,
    SourceDefaults,
    TextFormat,
    parse_json,
)
from fakegpt_tui.formats.foreign_files import base_name_of, file_beside
from fakegpt_tui.formats.foreign_values import (
    dict_of,
    dicts_of,
    list_of,
    read_role,
    read_time,
    read_usage,
    texts_of,
)
from fakegpt_tui.formats.message_parts import MessageParts, file_name
from fakegpt_tui.formats.openai_messages import add_messages
from fakegpt_tui.formats.source_tree import DAMAGED, SourceConversation, SourceMessage

_SESSION = re.compile(r"^model: .*$[\s\S]*?^(?:compressed_messages|messages):", re.MULTILINE)
_CHAT = re.compile(
    r"^# CHAT: (?P<title>.*) \[(?P<time>\d{4}-\d\d-\d\dT[^\]]+)\](?: \((?P<role>.*)\))?$",
    re.MULTILINE,
)
GPTME_LOG = "conversation.jsonl"
GPTME_FOLDERS = ("branches", "views")
"""Folders beside the log: other histories, which are read with it, and shortened ones."""
_RULE = "\n--------\n"
_ASKED, _ANSWERED = "👤 : ", "🤖: "


def _sniff_session(head: str) -> str:
    is_one = _SESSION.match(head) is not None
    return "it has a model and messages as YAML, as a session of aichat has" if is_one else ""


def _read_session(text: str, origin: SourceDefaults) -> Iterator[ImportItem]:
    document = _read_yaml(text)
    if not isinstance(document, dict):
        raise FormatError("is no session of aichat")
    conversation = SourceConversation(program="aichat", key=origin.name, title=origin.name)
    conversation.updated = origin.modified
    held = dicts_of(document.get("compressed_messages")) + dicts_of(document.get("messages"))
    messages = [each for message in held for each in _flatten(message)]
    add_messages(conversation, messages, model=texts_of(document, "model"))
    yield conversation.build(origin)


def _read_yaml(text: str) -> object:
    import yaml  # noqa: PLC0415 - not for --help, which names the formats

    class TextLoader(yaml.BaseLoader):
        """Loads every value as a text, and refuses aliases, of which few can stand for millions."""

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("it has an alias")
            return super().compose_node(parent, index)

    try:
        return yaml.load(text, TextLoader)  # noqa: S506 - it makes texts, lists and maps alone
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        where = getattr(error, "problem_mark", None)
        place = f", in line {where.line + 1}" if where else ""
        raise FormatError(f"is not YAML that can be read{place}") from error


def _flatten(message: Record) -> list[Record]:
    """A message, or the calls and results of tools that it stands for."""
    content = message.get("content")
    if not isinstance(content, dict):
        return [message]
    found: list[Record] = []
    if text := texts_of(content, "text"):
        found.append({"role": "assistant", "content": text})
    for each in dicts_of(content.get("tool_results")):
        call = each.get("call")
        found.append({"role": "assistant", "content": "", "tool_calls": [call]})
        found.append(
            {"role": "tool", "name": texts_of(call, "name"), "content": each.get("output")}
        )
    return found


def _sniff_log(head: str) -> str:
    is_one = head.startswith("# CHAT: ") and _CHAT.match(head) is not None
    return "it begins with a line of aichat's log" if is_one else ""


def _read_log(text: str, origin: SourceDefaults) -> Iterator[ImportItem]:
    """Each prompt of the log with its answer; headings inside of answers are none."""
    begins = [
        match
        for match in _CHAT.finditer(text)
        if match.start() == 0 or text[: match.start()].endswith(f"{_RULE}\n")
    ]
    ends = [*(match.start() for match in begins[1:]), len(text)]
    for match, end in zip(begins, ends, strict=True):
        prompt, _, answer = text[match.end() + 1 : end].partition(_RULE)
        answer = answer.rstrip("\n").removesuffix("--------").rstrip("\n")
        time = read_time(match["time"])
        conversation = SourceConversation(
            program="aichat", key=f"{match['time']}/{match['title']}", title=match["title"]
        )
        conversation.chain(
            SourceMessage(key=role.value, parent=None, role=role, text=said, time=time)
            for role, said in ((Role.USER, prompt), (Role.ASSISTANT, answer))
        )
        yield conversation.item(origin)


def _sniff_tenere(head: str) -> str:
    return "it begins as an archive of tenere does" if head.startswith(_ASKED) else ""


def _read_tenere(text: str, origin: SourceDefaults) -> Iterator[ImportItem]:
    found: list[Record] = []
    for turn in re.split(rf"(?:^|(?<=\n)|(?<=[^\n]))(?={_ASKED})", text):
        asked, _, answered = turn.removeprefix(_ASKED).partition(_ANSWERED)
        found.append({"role": "user", "content": asked.strip("\n")})
        found.append({"role": "assistant", "content": answered.strip("\n")})
    conversation = SourceConversation(program="tenere", key=str(found[0]["content"]))
    add_messages(conversation, [each for each in found if each["content"]])
    yield conversation.build(origin)


def _sniff_gptme(lines: Sequence[Record]) -> str:
    is_one = bool(lines) and all({"role", "content"} <= each.keys() for each in lines)
    has_time = any("timestamp" in each for each in lines)
    is_theirs = is_one and has_time
    return "its lines have role, content and timestamp, as gptme's have" if is_theirs else ""


def _read_gptme(lines: Iterable[Record | None], origin: SourceDefaults) -> Iterator[ImportItem]:
    conversation = SourceConversation(program="gptme", key="")
    about = _gptme_settings(origin)
    conversation.title = texts_of(about, "name")
    conversation.leaf = _add_history(conversation, lines, origin)
    assets = origin.assets if f"{origin.name}.jsonl" == GPTME_LOG else None
    for name in sorted(assets.names()) if assets else ():
        if re.fullmatch(r"branches/[^/]+\.jsonl", name):
            _add_history(conversation, _parse_lines(origin.beside(name)), origin)
    for message in conversation.messages:
        message.model = message.model or texts_of(about, "model")
    yield conversation.build(origin)


def _gptme_settings(origin: SourceDefaults) -> object:
    try:
        return tomllib.loads(origin.beside("config.toml").decode()).get("chat")
    except (ValueError, RecursionError):
        return None


def _parse_lines(data: bytes) -> Iterator[Record | None]:
    for line in filter(None, map(bytes.strip, data.split(b"\n"))):
        found = parse_json(line)
        yield found if isinstance(found, dict) else None


def _add_history(
    conversation: SourceConversation, lines: Iterable[Record | None], origin: SourceDefaults
) -> str | None:
    """Add the new messages of a whole history; return the key of its last message.

    The key of a message is a digest of all up to it, so that histories share their beginning.
    """
    known = {each.key for each in conversation.messages}
    digest, last = sha256(), None
    prompts: list[str] = []
    for line in lines:
        if line is None:
            conversation.left_out[DAMAGED] += 1
            continue
        message = _read_gptme_line(line, origin)
        conversation.key = conversation.key or f"{line.get('timestamp')}/{message.text}"
        digest.update(f"{message.role}\0{message.text}\0".encode(errors="replace"))
        message.key, message.parent = digest.hexdigest(), last
        if message.role is Role.SYSTEM and last is None:
            prompts.append(message.text)
            conversation.left_out.update(message.losses)
            continue
        if message.key not in known:
            conversation.add(message)
        last = message.key
    conversation.system_prompt = conversation.system_prompt or "\n\n".join(prompts)
    return last


def _read_gptme_line(line: Record, origin: SourceDefaults) -> SourceMessage:
    parts = MessageParts()
    parts.add_content(line.get("content"))
    for path in filter(None, map(file_name, list_of(line.get("files")))):
        below = path.rpartition(f"/{origin.folder.name}/")[2] if origin.folder else path
        parts.add_file(base_name_of(path), found=file_beside(origin.assets, below.lstrip("/")))
    about = dict_of(line.get("metadata"))
    return SourceMessage(
        key="",
        parent=None,
        role=read_role(line.get("role")),
        **parts.said(),
        time=_local_time(line.get("timestamp")),
        model=texts_of(about, "model"),
        usage=read_usage(about.get("usage") or about),
    )


def _local_time(value: object) -> datetime | None:
    """A time that without a zone is that of this machine."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.astimezone() if found is not None and found.tzinfo is None else read_time(value)


AICHAT = TextFormat(name="aichat", sniff=_sniff_session, read=_read_session)
AICHAT_LOG = TextFormat(name="aichat", sniff=_sniff_log, read=_read_log)
TENERE = TextFormat(name="tenere", sniff=_sniff_tenere, read=_read_tenere)
GPTME = LinesFormat(name="gptme", sniff=_sniff_gptme, read=_read_gptme)
