"""Gemini: the activity of Google's Takeout, and conversations of Gemini in Workspace.

Activity knows no conversations: prompts less than half an hour apart are taken for one. Takeout
has it as JSON, or else as one HTML page, whose times are in the words of the account's language;
only those that say their zone are read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from html import unescape
from urllib.parse import unquote

from fakegpt_tui.domain import Role
from fakegpt_tui.formats.base import (
    EmptyConversation,
    ImportItem,
    ListFormat,
    Loss,
    Record,
    RecordFormat,
    SkippedItem,
    SourceDefaults,
    TextFormat,
)
from fakegpt_tui.formats.foreign_files import file_beside, held_file
from fakegpt_tui.formats.foreign_values import (
    EARLIEST,
    dict_of,
    dicts_of,
    list_of,
    read_time,
    texts_of,
)
from fakegpt_tui.formats.html_markdown import html_to_markdown
from fakegpt_tui.formats.message_parts import MessageParts, file_name
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage

OTHERS = Loss(
    "activities that are no prompts were left out", one="activity that is no prompt was left out"
)
DELETED = Loss(
    "messages that had been deleted were left out",
    one="message that had been deleted was left out",
)
_SILENCE = timedelta(minutes=30)
_VERB = re.compile(
    r"(?:Prompted|Asked Bard:|Asked|Said|Branched|Answered"
    r"|Eingegebener Prompt:|Prompt saisi\s*:|Petición enviada:)\s+"
)
_ATTACHED = re.compile(r"(?<!\s)[^\S\n]*\n\s*Attached \d+ files?\.\s*$")
_PICTURES = re.compile(r"<img\b[^<>]*\bsrc=\"([^\"]+)\"")
_NAMES = re.compile(r"gemini|bard", re.IGNORECASE)

_CELL = '<div class="outer-cell'
_HEADER = re.compile(r'<div class="header-cell[^<>]*>\s*<p[^<>]*>([^<]*)<')
_CONTENT = re.compile(r'<div class="content-cell[^"<>]*mdl-typography--body-1"[^<>]*>')
_CONTENT_END = re.compile(r'</div>\s*<div class="content-cell')
_PAGE_TIME = re.compile(
    r"(?P<at>[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d{2}:\d{2} [AP]M) "
    r"(?P<zone>UTC|GMT(?P<offset>[+-]\d{1,2}(?::\d{2})?)?)"
)
_FILE = re.compile(r'<(?:a|img)\b[^<>]*\b(?:href|src)="([^":]+)"')
"""A link to what lies beside the page, which has no scheme."""
_PAGE_NAMES = re.compile("Gemini|Bard")


def _is_gemini(record: Record) -> bool:
    names = [record.get("header"), *list_of(record.get("products"))]
    return any(isinstance(name, str) and _NAMES.search(name) for name in names)


def _sniff_activity(first: Record) -> str:
    is_one = {"header", "title", "time"} <= first.keys() and _is_gemini(first)
    return "it is a list of activities of Gemini, as Takeout has" if is_one else ""


@dataclass(frozen=True, slots=True)
class _Activity:
    time: datetime
    prompt: str
    record: Record


def _read_activity(values: list[object], origin: SourceDefaults) -> Iterator[ImportItem]:
    """Conversations by their times, oldest first."""
    others = 0
    found: list[_Activity] = []
    for record in dicts_of(values):
        time = read_time(record.get("time"))
        prompt = _prompt(record)
        if time is None or prompt is None:
            others += 1
            continue
        found.append(_Activity(time, prompt, record))
    # The newest comes first, also of those of one moment.
    found.reverse()
    found.sort(key=lambda each: each.time)
    groups: list[list[_Activity]] = []
    for each in found:
        if not groups or each.time - groups[-1][-1].time > _SILENCE:
            groups.append([])
        groups[-1].append(each)
    if not groups:
        yield SkippedItem("Gemini", "The activity of Gemini holds no prompts.")
    for number, group in enumerate(groups):
        conversation = _conversation(group, origin)
        if number == 0 and others:
            conversation.left_out[OTHERS] += others
        yield conversation.build(origin)


def _prompt(record: Record) -> str | None:
    """The prompt of an activity; nothing if it is of another kind."""
    title = texts_of(record, "title")
    verb = _VERB.match(title.replace("\u00a0", " "))
    if not _is_gemini(record) or (verb is None and not record.get("safeHtmlItem")):
        return None
    return _ATTACHED.sub("", title[verb.end() :] if verb else title)


def _conversation(group: list[_Activity], origin: SourceDefaults) -> SourceConversation:
    conversation = SourceConversation(program="gemini", key=group[0].time.isoformat())
    for each in group:
        asked, answered = MessageParts(), MessageParts()
        asked.add_text(each.prompt)
        listed = [*list_of(each.record.get("attachedFiles")), each.record.get("imageFile")]
        for name in dict.fromkeys(filter(None, map(file_name, listed))):
            asked.add_file(name, found=file_beside(origin.assets, name))
        for item in dicts_of(each.record.get("safeHtmlItem")):
            page = texts_of(item, "html")
            answered.add_text(html_to_markdown(page))
            for source in _PICTURES.findall(page):
                where = unquote(unescape(source))
                found = held_file(where) or file_beside(origin.assets, where)
                answered.add_file(where, "Picture", found)
        for source in dicts_of(each.record.get("subtitles")):
            answered.add_source(source.get("name"), source.get("url"))
        key = each.time.isoformat()
        for role, parts in ((Role.USER, asked), (Role.ASSISTANT, answered)):
            message = SourceMessage(
                key=f"{key}/{role}", parent=None, role=role, time=each.time, **parts.said()
            )
            conversation.chain([message])
    return conversation


def _sniff_page(head: str) -> str:
    is_one = _CELL in head and _PAGE_NAMES.search(head) is not None
    return "it is a page of activities of Gemini, as Takeout has" if is_one else ""


def _read_page(text: str, origin: SourceDefaults) -> Iterator[ImportItem]:
    yield from _read_activity([_read_cell(cell) for cell in text.split(_CELL)[1:]], origin)


def _read_cell(cell: str) -> Record:
    """An activity as JSON has it; without a time where that cannot be read."""
    header, begin = _HEADER.search(cell), _CONTENT.search(cell)
    end = _CONTENT_END.search(cell, begin.end()) if begin else None
    content = cell[begin.end() : end.start()] if begin and end else ""
    lines = re.split(r"<br\s*/?>", content)
    for number, line in enumerate(lines):
        if match := _PAGE_TIME.fullmatch(_plain(line)):
            answer = "<br>".join(lines[number + 1 :]).strip()
            files = [name for each in lines[:number] for name in _FILE.findall(each)]
            said = (_plain(each) for each in lines[:number] if not _FILE.search(each))
            return {
                "header": _plain(header[1]) if header else "",
                "title": "\n".join(said),
                "attachedFiles": [unquote(unescape(name)) for name in files],
                "time": _read_page_time(match).isoformat(),
                "products": [],
                **({"safeHtmlItem": [{"html": answer}]} if answer else {}),
            }
    return {}


def _plain(html: str) -> str:
    text = unescape(re.sub(r"<[^<>]*>", "", html))
    return re.sub("[\u00a0\u202f]", " ", text).strip()


def _read_page_time(match: re.Match[str]) -> datetime:
    hours, _, minutes = (match["offset"] or "0").partition(":")
    sign = -1 if hours.startswith("-") else 1
    offset = timedelta(hours=int(hours), minutes=sign * int(minutes or 0))
    found = datetime.strptime(match["at"], "%b %d, %Y, %I:%M:%S %p")
    return found.replace(tzinfo=timezone(offset))


def _sniff_turns(record: Record) -> str:
    is_one = isinstance(record.get("conversation_turns"), list)
    return "it has conversation_turns, as Gemini in Workspace has" if is_one else ""


def _read_turns(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    """A turn that comes again is another version of the first."""
    created = read_time(record.get("creation_time"))
    if not record.get("conversation_turns"):
        raise EmptyConversation
    conversation = SourceConversation(
        program="gemini",
        key=f"{texts_of(record, 'title')}/{texts_of(record, 'creation_time')}",
        title=texts_of(record, "title"),
        created=created or EARLIEST,
        updated=read_time(record.get("last_modification_time")),
    )
    before: str | None = None
    last: tuple[object, str | None] = (None, None)
    for number, turn in enumerate(dicts_of(record.get("conversation_turns"))):
        message = _read_turn(conversation, number, turn)
        if message is None:
            continue
        index = dict_of(turn.get("user_turn") or turn.get("system_turn")).get("turn_index")
        message.parent = last[1] if index is not None and index == last[0] else before
        last = index, message.parent
        before = conversation.add(message)
    yield conversation.build(origin)


def _read_turn(conversation: SourceConversation, number: int, turn: Record) -> SourceMessage | None:
    parts = MessageParts()
    match turn:
        case {"user_turn": dict(held)}:
            role = Role.USER
            parts.add_text(held.get("prompt"))
        case {"system_turn": dict(held)}:
            role = Role.ASSISTANT
            for thought in dicts_of(held.get("model_thoughts")):
                told = (f"**{texts_of(thought, 'headline')}**", texts_of(thought, "description"))
                parts.add_reasoning("\n\n".join(told))
            for text in dicts_of(held.get("text")):
                parts.add_text(text.get("data"))
                for card in dicts_of(text.get("cards")):
                    parts.add_text(card.get("content"))
        case _:
            return None
    if held.get("turn_deleted_time"):
        conversation.left_out[DELETED] += 1
        return None
    parts.add_files(held.get("images"), "Picture")
    return SourceMessage(
        key=str(number),
        parent=None,
        role=role,
        **parts.said(),
        time=read_time(held.get("turn_last_modified")),
    )


PAGE = TextFormat(name="Gemini", sniff=_sniff_page, read=_read_page)
ACTIVITY = ListFormat(name="Gemini", sniff=_sniff_activity, read=_read_activity)
TURNS = RecordFormat(name="Gemini", sniff=_sniff_turns, read=_read_turns)
