"""Folders, projects and tags of other programs."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakegpt_tui.chat.jobs import JobProgress
from fakegpt_tui.domain.folders import Folder
from fakegpt_tui.formats.chatgpt_conversation import project_folder
from fakegpt_tui.formats.foreign_values import read_folders
from tests.chat.fake_chat import service_of
from tests.formats.exports import ordinary, zipped
from tests.formats.reading import FILES, loaded, outline, read, read_bytes
from tests.formats.test_exports_for_others import saved
from tests.formats.trees import branched

SEA = {"uuid": "p1", "name": "Sea / salt", "prompt_template": "Answer as a sailor.", "docs": []}


def claude(number: int, **changes: Any) -> dict[str, Any]:
    said = [{"uuid": f"m{number}", "sender": "human", "text": "Tides?"}]
    return {"uuid": f"c{number}", "name": f"T{number}", "chat_messages": said, **changes}


def test_projects_of_claude_are_folders_with_their_instructions(tmp_path: Path) -> None:
    talks = [
        claude(1, project_uuid="p1"),
        claude(2, project={"uuid": "0123456789", "name": ""}),
        claude(3, project_uuid=None),
    ]
    members = {"conversations.json": talks, "projects.json": [SEA]}
    found = loaded(read_bytes(tmp_path, zipped(members), "e.zip"))
    name = "Sea \u2215 salt"
    assert [each.conversation.folder for each in found] == [name, "Claude project 01234567", ""]
    assert found[0].folder == Folder(name, system_prompt="Answer as a sailor.")
    damaged = {"conversations.json": talks[:1], "projects.json": b"[["}
    (other,) = loaded(read_bytes(tmp_path, zipped(damaged), "d.zip"))
    assert other.conversation.folder == "Claude project p1"


async def test_a_project_in_another_archive_of_the_export_is_made_and_taken_back(
    tmp_path: Path,
) -> None:
    chat, store, _ = service_of()
    talks, projects = tmp_path / "conversations-000.zip", tmp_path / "projects-000.zip"
    members = [claude(number, project_uuid="p1") for number in (1, 2)]
    talks.write_bytes(zipped({"conversations.json": members}))
    projects.write_bytes(zipped({"projects.json": [SEA | {"name": "Sea"}]}))
    await chat.imports.import_files([talks, projects], JobProgress())
    assert store.kept_folders == {"Sea": Folder("Sea", system_prompt="Answer as a sailor.")}
    assert {each.folder for each in store.headers.values()} == {"Sea"}
    assert chat.folders.new_conversation("Sea").system_prompt == "Answer as a sailor."
    assert chat.history.undo() is not None
    assert store.kept_folders == {}
    assert [each.path for each in chat.folders.all()] == []
    store.save_folder(Folder("Sea", system_prompt="Mine."))
    later = [claude(3, project_uuid="p1")]
    talks.write_bytes(zipped({"conversations.json": later, "projects.json": [SEA]}))
    await chat.imports.import_files([talks], JobProgress())
    assert store.kept_folders["Sea"].system_prompt == "Mine."


@pytest.mark.parametrize(
    ("gizmo", "folder"),
    [
        ("g-p-67a1b2c3d4e5f607-garden-plans", "garden plans"),
        ("g-p-67a1b2c3d4e5f607", "ChatGPT project 67a1b2c3"),
        ("g-abc123", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_a_project_of_chatgpt_is_a_folder(tmp_path: Path, gizmo: object, folder: str) -> None:
    assert project_folder(gizmo).path == folder
    document = json.dumps([ordinary(gizmo_id=gizmo)]).encode()
    (found,) = loaded(read_bytes(tmp_path, document))
    assert found.conversation.folder == folder


def test_folders_of_open_webui_lie_in_each_other(tmp_path: Path) -> None:
    path = Path(shutil.copyfile(FILES / "openwebui" / "webui.db", tmp_path / "webui.db"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE folder ADD COLUMN data json")
        connection.execute(
            "INSERT INTO folder (id, parent_id, name, data) VALUES"
            """ ('in', 'fo1', 'Sums', '{"system_prompt": "Be exact."}')"""
        )
        connection.execute("UPDATE chat SET folder_id = 'in'")
        connection.commit()
    (item,) = loaded(read(path))
    assert item.conversation.folder == "School/Sums"
    assert item.folder == Folder("School/Sums", system_prompt="Be exact.")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE folder SET parent_id = 'in' WHERE id = 'fo1'")
        connection.commit()
    (item,) = loaded(read(path))
    assert item.conversation.folder.endswith("School/Sums")


def test_folders_of_lm_studio_are_those_below_its_conversations(tmp_path: Path) -> None:
    source = FILES / "lmstudio" / "1772359200123.conversation.json"
    for folder, path in (("conversations/Sea/Deep", "Sea/Deep"), ("conversations", ""), ("x", "")):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        copied = Path(shutil.copy(source, tmp_path / folder))
        (item,) = loaded(read(copied))
        assert item.conversation.folder == path


@pytest.mark.parametrize("held", [None, [], {}, 7, [{"id": "a"}], {"a": 1}, {"folders": None}])
def test_what_names_no_folder_is_none(held: object) -> None:
    assert read_folders(held) == {}


def test_folder_and_tags_come_back_from_what_is_saved_for_others(tmp_path: Path) -> None:
    conversation, messages = branched()
    placed = replace(conversation, folder="Work/2026", tags=("late", "Two words"))
    path, item = saved(tmp_path, placed, messages, "openwebui.json")
    assert (item.conversation.folder, item.conversation.tags) == (placed.folder, placed.tags)
    (row,) = json.loads(path.read_text())
    assert row["meta"] == {"tags": ["late", "two_words"], "folder": "Work/2026"}
    assert row["chat"]["tags"] == ["late", "Two words"]
    _, item = saved(tmp_path, placed, messages, "librechat.json")
    assert item.conversation.tags == placed.tags
    plain, _ = saved(tmp_path / "plain", conversation, messages, "openwebui.json")
    (row,) = json.loads(plain.read_text())
    assert (row["meta"], row["chat"]["tags"]) == ({}, [])


def test_tags_of_open_webui_are_taken_by_their_ids_where_names_are_missing(tmp_path: Path) -> None:
    held = {"id": "a", "role": "user", "content": "Hi"}
    chat = {"id": "c", "title": "T", "meta": {"tags": ["two_words", 3]}, "folder_id": "gone"}
    chat["chat"] = {"history": {"messages": {"a": held}, "currentId": "a"}}
    found = read_bytes(tmp_path, json.dumps([chat]).encode())
    assert outline(found) == ["# T", "in: #two_words", "1 >* 'Hi'"]
