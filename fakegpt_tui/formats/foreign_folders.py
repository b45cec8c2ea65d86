"""Folders and projects of other programs, by the ids that their conversations name."""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress

from fakegpt_tui.domain import LoadError
from fakegpt_tui.domain.folders import Folder, join_folder
from fakegpt_tui.formats.base import Loss, Record, SourceDefaults
from fakegpt_tui.formats.message_parts import dicts_of, texts_of
from fakegpt_tui.text import replace_surrogates

UNNAMED_FOLDER = Loss(
    "conversations were in folders whose names are not in the file",
    one="conversation was in a folder whose name is not in the file",
)
_DEEPEST = 8
_SHORT_ID = 8
_PROJECTS = "projects"
_PROJECT_FILES = re.compile(r"(?:.*/)?projects(?:-\d+)?\.json")
_CHATGPT_PROJECT = re.compile(r"g-p-([0-9a-f]+)(?:-(.+))?")


def read_folders(held: object) -> dict[str, Folder]:
    """Folders in a list or by their ids, each of which may name the one that it is in.

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


def claude_project(origin: SourceDefaults, project_id: str) -> Folder:
    """The folder of a project, whose name and instructions are in a file of the export."""
    known = origin.memo.get(_PROJECTS)
    if not isinstance(known, dict):
        known = origin.memo[_PROJECTS] = _read_projects(origin)
    return known.get(project_id) or Folder(f"Claude project {project_id[:_SHORT_ID]}")


def _read_projects(origin: SourceDefaults) -> dict[str, Folder]:
    found: dict[str, Folder] = {}
    for name in origin.assets.names() if origin.assets else ():
        if _PROJECT_FILES.fullmatch(name):
            with suppress(LoadError, ValueError, RecursionError):
                records = dicts_of(json.loads(origin.require_beside(name)))
                found |= nest_folders({**each, "id": each.get("uuid")} for each in records)
    return found


def chatgpt_project(gizmo_id: object) -> Folder:
    """The folder of a project of ChatGPT, whose name is told in some exports, behind its id."""
    match = _CHATGPT_PROJECT.fullmatch(gizmo_id) if isinstance(gizmo_id, str) else None
    if match is None:
        return Folder("")
    named = (match[2] or "").replace("-", " ").strip()
    return Folder(join_folder(named or f"ChatGPT project {match[1][:_SHORT_ID]}"))
