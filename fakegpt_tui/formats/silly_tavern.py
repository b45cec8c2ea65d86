"""Chats of SillyTavern: JSON lines, in which other versions of a message are its swipes."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from fakegpt_tui.domain import Role
from fakegpt_tui.formats.assets import AssetFolder
from fakegpt_tui.formats.base import AssetSource, ImportItem, LinesFormat, Record, SourceDefaults
from fakegpt_tui.formats.foreign_files import base_name_of, file_beside, held_file
from fakegpt_tui.formats.foreign_values import dict_of, dicts_of, list_of, read_time, texts_of
from fakegpt_tui.formats.message_parts import MessageParts, file_name, split_thinking
from fakegpt_tui.formats.source_tree import DAMAGED, SourceConversation, SourceMessage

_STAMP = re.compile(r"(\d{4})-(\d\d?)-(\d\d?) ?@(\d\d?)h ?(\d\d?)m ?(\d\d?)s")
_SPOKEN = "%B %d, %Y %I:%M%p"


def _sniff(lines: Sequence[Record]) -> str:
    if any({"user_name", "character_name"} <= each.keys() for each in lines[:1]):
        return "its first line has user_name and character_name, as SillyTavern has"
    is_one = any({"mes", "is_user"} <= each.keys() for each in lines)
    return "its lines have mes and is_user, as SillyTavern's have" if is_one else ""


def _read(lines: Iterable[Record | None], origin: SourceDefaults) -> Iterator[ImportItem]:
    conversation = SourceConversation(program="sillytavern", key="", title=origin.name)
    character = ""
    files = _user_files(origin.folder)
    place = 0
    before: str | None = None
    for line in lines:
        if line is None:
            conversation.left_out[DAMAGED] += 1
        elif "mes" not in line:
            character = texts_of(line, "character_name")
            metadata = line.get("chat_metadata")
            conversation.system_prompt = texts_of(metadata, "note_prompt")
            conversation.created = _time(line.get("create_date"))
            conversation.key = f"{character}/{line.get('create_date') or origin.name}"
        else:
            before = _add_versions(conversation, place, before, _ChatLine(line, character, files))
            place += 1
    conversation.leaf = before
    yield conversation.build(origin)


class _ChatLine(NamedTuple):
    """A line, whose chat it is in, and where its pictures are."""

    held: Record
    character: str
    files: AssetSource | None


def _add_versions(
    conversation: SourceConversation, place: int, before: str | None, said: _ChatLine
) -> str:
    """Add a message and its swipes; which of them is shown."""
    line = said.held
    texts = [each for each in list_of(line.get("swipes")) if isinstance(each, str)]
    infos = dicts_of(line.get("swipe_info"))
    shown = line.get("swipe_id")
    if not texts or not isinstance(shown, int) or not 0 <= shown < len(texts):
        texts, shown, infos = [texts_of(line, "mes")], 0, []
    keys = []
    for number, text in enumerate(texts):
        held = infos[number] if number < len(infos) else line
        message = _read_version(said, held, text)
        message.key, message.parent = f"{place}/{number}", before
        # In groups several characters speak; the one of the first line needs no name.
        name = texts_of(line, "name")
        message.speaker = "" if name == said.character else name
        keys.append(conversation.add(message))
    return keys[shown]


def _read_version(said: _ChatLine, held: Record, text: str) -> SourceMessage:
    line, about = said.held, dict_of(held.get("extra"))
    parts = MessageParts()
    thinking, spoken = split_thinking(text)
    parts.add_text(spoken)
    parts.add_reasoning(texts_of(about, "reasoning") or thinking)
    for name in ("image", "media", "file"):
        held_in = about.get(name)
        for each in held_in if isinstance(held_in, list) else filter(None, [held_in]):
            path = file_name(each)
            found = held_file(each) or file_beside(
                said.files, path.lstrip("/").removeprefix("user/")
            )
            parts.add_file(base_name_of(path), "File" if name == "file" else "Picture", found)
    role = Role.USER if line.get("is_user") is True else Role.ASSISTANT
    return SourceMessage(
        key="",
        parent=None,
        role=Role.SYSTEM if line.get("is_system") is True else role,
        **parts.said(),
        time=_time(held.get("send_date") or line.get("send_date")),
        model=texts_of(about, "model"),
    )


def _user_files(place: Path | None) -> AssetSource | None:
    """The pictures and files of a user, beside whose folder are the chats, and also secrets."""
    for folder in place.parents if place is not None else ():
        if folder.name in ("chats", "group chats"):
            return AssetFolder(folder.parent / "user")
    return None


def _time(value: object) -> datetime | None:
    """A time as its many versions write it; without a zone, that of this machine."""
    if found := read_time(value):
        return found
    if not isinstance(value, str):
        return None
    if match := _STAMP.match(value):
        year, month, day, hour, minute, second = map(int, match.groups())
        try:
            return datetime(year, month, day, hour, minute, second).astimezone()
        except ValueError:
            return None
    try:
        return datetime.strptime(value, _SPOKEN).astimezone()
    except ValueError:
        return None


FORMAT = LinesFormat(name="SillyTavern", sniff=_sniff, read=_read)
