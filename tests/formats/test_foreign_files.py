"""Pictures and files of other programs come along, wherever their bytes are."""

import base64
import json
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fakegpt_tui.domain.part_json import LOST_BYTES, missing_name
from fakegpt_tui.domain.parts import FilePart, ImagePart, UnknownPart, attached_parts, place_parts
from fakegpt_tui.formats.archives import ArchiveGroup
from fakegpt_tui.formats.base import LoadedItem
from fakegpt_tui.formats.documents import ImportFile
from fakegpt_tui.formats.importer import Importer
from fakegpt_tui.formats.registry import read_conversations
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.formats.exports import zipped
from tests.formats.reading import FILES, accounts, loaded, outline, read, read_bytes

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DATA = "data:image/png;base64," + base64.b64encode(PNG).decode()
USER_ID = "11111111-0000-4000-8000-000000000001"


def held_bytes(item: LoadedItem) -> list[tuple[str, bytes | None]]:
    """The files of a conversation by name; nothing for those whose bytes the source lacks."""
    found: list[tuple[str, bytes | None]] = []
    for part in (part for each in item.messages for part in attached_parts(each.parts)):
        opener = item.blobs.get(part.blob.digest)
        if opener is None:
            found.append((part.name, None))
            continue
        with opener() as stream:
            found.append((part.name, stream.read(10_000_000)))
    return found


def files_of(path: Path) -> list[tuple[str, bytes | None]]:
    """The files of all conversations, read as an import does: while what they are in is open."""
    with ImportFile(path, service="s", model="m") as file:
        items = (each for each in read_conversations(file) if isinstance(each, LoadedItem))
        return [found for item in items for found in held_bytes(item)]


def chat(content: object, **more: object) -> bytes:
    return json.dumps([{"role": "user", "content": content, **more}]).encode()


@pytest.mark.parametrize("path", accounts(), ids=lambda path: str(path.relative_to(FILES)))
def test_all_files_of_all_programs_can_be_opened(path: Path) -> None:
    assert b"" not in [data for _, data in files_of(path.with_suffix(""))]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": DATA}},
        {"type": "image_url", "image_url": DATA},
        {"type": "input_image", "image_url": DATA},
        {"type": "image", "source": {"type": "base64", "data": DATA.partition(",")[2]}},
        {"type": "input_audio", "input_audio": {"data": DATA.partition(",")[2], "format": "wav"}},
        {"type": "file", "file": {"filename": "a.png", "file_data": DATA}},
        {"inlineData": {"mimeType": "image/png", "data": DATA.partition(",")[2]}},
    ],
    ids=range(7),
)
def test_bytes_in_a_part_stand_where_the_part_stood(tmp_path: Path, part: Any) -> None:
    said = [{"type": "text", "text": "Look:"}, part, {"type": "text", "text": "So?"}]
    (item,) = loaded(read_bytes(tmp_path, chat(said)))
    (message,) = item.messages
    assert [data for _, data in held_bytes(item)] == [PNG]
    placed = place_parts(message.text, "", message.parts)
    assert [each.text or type(each.part).__name__ for each in placed] == [
        "Look:",
        "ImagePart",
        "\n\nSo?",
    ]


def test_what_is_no_base64_is_told_as_missing(tmp_path: Path) -> None:
    data = chat([{"type": "image_url", "image_url": {"url": "data:image/png;base64,%%%"}}])
    with ConversationStore.open(tmp_path / "c.db") as store:
        importer = Importer(store)
        (found,) = read_bytes(tmp_path, data)
        importer.add(found)
        (message,) = store.messages(store.conversations()[0].id)
    assert [part.kind for part in message.parts if isinstance(part, UnknownPart)] == [LOST_BYTES]
    assert "1 picture or file is not in the export; its name is kept." in (
        importer.report.loss_sentences()
    )


def test_pictures_files_and_texts_are_in_the_store_as_what_they_are(tmp_path: Path) -> None:
    files: list[Mapping[str, object]] = [
        {"type": "image", "url": DATA, "name": "sky.png"},
        {"type": "file", "name": "a.txt", "file": {"data": {"content": "one\ntwo"}}},
        {"type": "image", "url": "https://example.org/far.png"},
    ]
    message = {"role": "user", "content": "", "files": files, "timestamp": 1767225600}
    messages = {"a": message, "b": {**message, "parentId": "a"}}
    rows = [{"id": "c", "chat": {"history": {"messages": messages, "currentId": "b"}}}]
    with ConversationStore.open(tmp_path / "c.db") as store:
        importer = Importer(store)
        for found in read_bytes(tmp_path, json.dumps(rows).encode()):
            importer.add(found)
        (conversation,) = store.conversations()
        first, second = store.messages(conversation.id)
        picture, file = attached_parts(first.parts)
        (lost,) = (part for part in first.parts if isinstance(part, UnknownPart))
        assert isinstance(picture, ImagePart)
        assert (picture.name, picture.blob.width) == ("sky.png", 1)
        assert isinstance(file, FilePart)
        assert (file.name, file.as_text) == ("a.txt", True)
        assert store.read_blob(file.blob.digest) == b"one\ntwo"
        assert missing_name(lost) == "https://example.org/far.png"
        assert attached_parts(second.parts) == attached_parts(first.parts)
        assert store.blobs_size() == len(PNG) + 7


def copied(path: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(path, target))


def beside(path: Path, name: str, data: bytes = PNG) -> None:
    (path / name).parent.mkdir(parents=True, exist_ok=True)
    (path / name).write_bytes(data)


def test_uploads_beside_the_database_of_open_webui_are_found(tmp_path: Path) -> None:
    path = copied(FILES / "openwebui" / "webui.db", tmp_path / "webui.db")
    beside(tmp_path, f"uploads/{USER_ID}_keel.pdf", b"%PDF-1.7 x")
    with closing(sqlite3.connect(path)) as connection:
        held = {"type": "file", "id": USER_ID, "name": "keel.pdf", "url": USER_ID}
        connection.execute(
            "INSERT INTO file (id, path) VALUES (?, ?)",
            (USER_ID, f"/app/backend/data/uploads/{USER_ID}_keel.pdf"),
        )
        (key,) = connection.execute("SELECT id FROM chat_message LIMIT 1").fetchone()
        connection.execute(
            "UPDATE chat_message SET files = ? WHERE id = ?", (json.dumps([held]), key)
        )
        connection.commit()
    assert ("keel.pdf", b"%PDF-1.7 x") in files_of(path)
    members = {"b/webui.db": path.read_bytes(), f"b/uploads/{USER_ID}_keel.pdf": b"%PDF-1.7 x"}
    (tmp_path / "all.zip").write_bytes(zipped({"backup.zip": zipped(members)}))
    assert ("keel.pdf", b"%PDF-1.7 x") in files_of(tmp_path / "all.zip")


def test_files_in_the_folders_of_programs_are_found(tmp_path: Path) -> None:
    studio = FILES / "lmstudio" / "1772359200123.conversation.json"
    name = "1772359200150 - 12.png"
    path = copied(studio, tmp_path / "lm" / "conversations" / "Sea" / studio.name)
    beside(tmp_path / "lm", f"user-files/{name}")
    assert files_of(path) == [(name, PNG)]
    tavern = copied(
        FILES / "sillytavern" / "captain.jsonl", tmp_path / "me" / "chats" / "C" / "c.jsonl"
    )
    beside(tmp_path / "me", "user/images/Captain/sky.png")
    assert files_of(tavern) == [("sky.png", PNG)]
    said = json.loads(tavern.read_text().splitlines()[2])
    said["extra"] = {"image": "secrets.json"}
    beside(tmp_path / "me", "secrets.json", b"mine")
    tavern.write_text("\n".join([tavern.read_text().splitlines()[0], json.dumps(said)]))
    assert files_of(tavern) == [("secrets.json", None)]
    lechat = copied(FILES / "lechat" / "chat.json", tmp_path / "le" / "chat-1.json")
    beside(tmp_path / "le", "chat-1-files/sky.png")
    assert files_of(lechat) == [("sky.png", PNG)]
    log = copied(FILES / "gptme" / "conversation.jsonl", tmp_path / "boat" / "conversation.jsonl")
    beside(tmp_path / "boat", "keel.png")
    assert files_of(log) == [("keel.png", PNG)]


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "C:\\secret", "a\0b", "a" * 300])
def test_a_name_that_leads_elsewhere_is_not_followed(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("mine")
    activity = {
        "header": "Gemini Apps",
        "title": "Prompted Look",
        "time": "2026-03-01T10:00:00Z",
        "attachedFiles": [name],
    }
    (tmp_path / "takeout").mkdir()
    (item,) = loaded(read_bytes(tmp_path / "takeout", json.dumps([activity]).encode()))
    assert held_bytes(item) == [(name, None)]


def test_files_that_a_page_of_gemini_links_are_found(tmp_path: Path) -> None:
    page = (FILES / "gemini" / "MyActivity.html").read_text()
    linked = '<br>Attached 1 file.<br>-&nbsp;<a href="my%20sky.png">my sky.png</a><br>'
    path = tmp_path / "MyActivity.html"
    page = page.replace("floats?<br>", f"floats?{linked}")
    path.write_text(page.replace("Wood", '<img src="wood.png">Wood'))
    beside(tmp_path, "my sky.png")
    beside(tmp_path, "wood.png")
    assert files_of(path) == [("my sky.png", PNG), ("wood.png", PNG)]
    assert outline(read(path))[:2] == ["# What floats?", "1 > 'What floats?' + my sky.png"]


def test_pictures_that_tools_gave_back_stand_before_their_words(tmp_path: Path) -> None:
    picture = {"type": "image", "source": {"type": "base64", "data": DATA.partition(",")[2]}}
    said = [
        {"role": "user", "content": "Look."},
        {"role": "tool", "name": "eye", "content": [picture, {"type": "text", "text": "a dot"}]},
    ]
    (item,) = loaded(read_bytes(tmp_path, json.dumps(said).encode()))
    assert [data for _, data in held_bytes(item)] == [PNG]
    assert item.messages[1].text == "[Output of eye]\n\n```\na dot\n```"


def test_what_an_earlier_import_lacked_is_filled_in_by_a_later_one(tmp_path: Path) -> None:
    place = tmp_path / "boat"
    log = copied(FILES / "gptme" / "conversation.jsonl", place / "conversation.jsonl")
    with ConversationStore.open(tmp_path / "c.db") as store:
        for _ in range(2):
            importer = Importer(store)
            for found in read(log):
                importer.add(found)
            beside(place, "keel.png")
        (conversation,) = store.conversations()
        (picture,) = (
            part for each in store.messages(conversation.id) for part in attached_parts(each.parts)
        )
        assert store.read_blob(picture.blob.digest) == PNG
    assert (
        importer.report.loss_sentences()[0] == "1 message got pictures or files that were missing."
    )


def test_a_file_in_another_archive_of_the_same_import_is_found(tmp_path: Path) -> None:
    activity = {
        "header": "Gemini Apps",
        "title": "Prompted Look",
        "time": "2026-03-01T10:00:00Z",
        "attachedFiles": ["sky.png"],
    }
    place = "Takeout/My Activity/Gemini Apps"
    first, second = tmp_path / "takeout-001.zip", tmp_path / "takeout-002.zip"
    first.write_bytes(zipped({f"{place}/MyActivity.json": [activity]}))
    second.write_bytes(zipped({f"{place}/sky.png": PNG}))
    with (
        ArchiveGroup([first, second]) as group,
        ImportFile(first, service="s", model="m", group=group) as file,
    ):
        (item,) = loaded(list(read_conversations(file)))
        assert held_bytes(item) == [("sky.png", PNG)]
