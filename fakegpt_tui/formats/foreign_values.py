"""Values as other programs write them: texts, times, roles, counts of tokens, and folders."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from fakegpt_tui.domain import Role, Usage
from fakegpt_tui.domain.folders import Folder, join_folder
from fakegpt_tui.formats.base import Loss, Record, parse_json
from fakegpt_tui.text import replace_surrogates, safe_line

UNNAMED_FOLDER = Loss(
    "conversations were in folders whose names are not in the file",
    one="conversation was in a folder whose name is not in the file",
)
_ITEM = re.compile(r"\d+[.)]\s")
_IDS = ("id", "uuid", "node_id", "message_id", "messageId")
_DEEPEST = 8
"""Folders that are looked at around one."""

EARLIEST: Final = datetime.fromtimestamp(0, UTC)
"""Stands for a time that is not known."""

_LAST_IN_MILLISECONDS = 253_402_300_799_000
_LAST_IN_SECONDS = 100_000_000_000
"""Greater numbers are milliseconds."""
_ROLES = {
    "user": Role.USER,
    "human": Role.USER,
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
}


def texts_of(value: object, *names: str) -> str:
    """The first text of these names that says something."""
    if not isinstance(value, Mapping):
        return ""
    found = (value.get(name) for name in names)
    return next((text for text in found if isinstance(text, str) and text), "")


def dict_of(value: object) -> dict[str, object]:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[object]:
    """A list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def dicts_of(value: object) -> list[dict[str, object]]:
    """The objects of a list; empty if the value is no list."""
    return [each for each in list_of(value) if isinstance(each, dict)]


def objects_by_id(held: object) -> dict[str, object]:
    """Objects by their ids, also of a list of objects that have one, or else by their places."""
    if isinstance(held, dict):
        return held
    found: dict[str, object] = {}
    for number, each in enumerate(dicts_of(held)):
        key = texts_of(each, *_IDS) or texts_of(each.get("message"), *_IDS)
        found.setdefault(key or f"#{number}", each)
    return found


def name_speaker(name: str, text: str, role: Role) -> str:
    """The text of one of several people behind the name, if there is one.

    Prompts are shown as they are; in Markdown the name is bold, and above a block that begins.
    """
    if not name or role is Role.USER:
        return f"{safe_line(name)}: {text}" if name else text
    gap = " " if text[:1].isalnum() and not _ITEM.match(text) else "\n\n"
    return f"**{safe_line(name)}:**{gap}{text}"


def read_tags(held: object) -> list[str]:
    """The texts of a list of tags."""
    return [each for each in list_of(held) if isinstance(each, str)]


def parse_object(data: object) -> dict[str, object]:
    """What a text of JSON says, where that is an object."""
    return dict_of(parse_json(data) if isinstance(data, str | bytes) else None)


def read_role(name: object) -> Role:
    """Who speaks; models and tools have many names."""
    return _ROLES.get(name.lower() if isinstance(name, str) else "", Role.ASSISTANT)


def read_usage(usage: object) -> Usage | None:
    """Tokens of a prompt and its reply, under the names that services have for them."""
    if not isinstance(usage, dict):
        return None
    counts = [
        next((count for name in names if isinstance(count := usage.get(name), int)), None)
        for names in (
            ("prompt_tokens", "input_tokens", "inputTokens", "input"),
            ("completion_tokens", "output_tokens", "outputTokens", "output"),
        )
    ]
    return None if counts[1] is None else Usage(counts[0], counts[1])


def read_time(value: object) -> datetime | None:
    """A time in seconds or milliseconds since 1970, as ISO 8601, or as MongoDB writes it."""
    match value:
        case {"$date": inner} | {"$numberLong": inner}:
            return read_time(inner)
        case str(text):
            is_count = text.isdecimal() and len(text) < len(str(_LAST_IN_MILLISECONDS))
            return read_time(int(text)) if is_count else _read_date(text)
        case int(count) | float(count) if not isinstance(value, bool):
            if 0 < count < _LAST_IN_MILLISECONDS:
                seconds = count / 1000 if count > _LAST_IN_SECONDS else count
                return datetime.fromtimestamp(seconds, UTC)
        case _:
            pass
    return None


def _read_date(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_folders(held: object) -> dict[str, Folder]:
    """Folders from a list or an object by ids; each may name its parent.

    Those that name their conversations are known by the ids of these, too.
    """
    if isinstance(held, dict) and "folders" not in held:
        held = [{"id": key, **value} for key, value in held.items() if isinstance(value, dict)]
    records = dicts_of(held.get("folders") if isinstance(held, dict) else held)
    found = nest_folders(records)
    for each in records:
        inside, folder = each.get("conversationIds"), found.get(texts_of(each, "id"))
        if folder is not None and isinstance(inside, list):
            found |= {key: folder for key in inside if isinstance(key, str)}
    return found


def nest_folders(records: Iterable[Record]) -> dict[str, Folder]:
    """Folders with an id, a name, a system prompt if they have one, and maybe a parent."""
    by_id = {texts_of(each, "id"): each for each in records}
    return {
        key: Folder(join_folder(*_names(by_id, key)), system_prompt=_prompt(each))
        for key, each in by_id.items()
        if key and texts_of(each, "name", "title")
    }


def _names(by_id: Mapping[str, Record], key: str) -> list[str]:
    """The names from the top to a folder; a circle of parents ends somewhere."""
    names: list[str] = []
    while (found := by_id.get(key)) is not None and len(names) < _DEEPEST:
        names.append(texts_of(found, "name", "title"))
        key = texts_of(found, "parent_id")
    return names[::-1]


def _prompt(folder: Record) -> str:
    found = texts_of(folder, "prompt_template") or texts_of(folder.get("data"), "system_prompt")
    return replace_surrogates(found)


def cut_elements(text: str, opening: re.Pattern[str], closing: str) -> str:
    """`text` without what stands from each opening to the next closing; what is not closed stays.

    One expression for both would read the rest of the text once for each opening without an end.
    """
    kept, at = [], 0
    while (begin := opening.search(text, at)) and (end := text.find(closing, begin.end())) >= 0:
        kept.append(text[at : begin.start()])
        at = end + len(closing)
    return "".join((*kept, text[at:]))
