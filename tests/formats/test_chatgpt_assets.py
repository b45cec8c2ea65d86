"""Pictures, files and voice of ChatGPT exports of all years come along, each to its place."""

import json
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from fakegpt_tui.domain import ChatMessage, StoreError
from fakegpt_tui.domain.captions import captions
from fakegpt_tui.domain.part_json import missing_name
from fakegpt_tui.domain.parts import FilePart, ImagePart, TextSpan, UnknownPart, attached_parts
from fakegpt_tui.formats.archives import ArchiveGroup
from fakegpt_tui.formats.documents import ImportFile
from fakegpt_tui.formats.importer import Importer
from fakegpt_tui.formats.registry import read_conversations
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.attachments.examples import png, webp
from tests.dict_store import DictStore
from tests.formats.reading import FILES

PNG, WAV, PDF = png(4, 3), b"RIFF\x24\0\0\0WAVEfmt ", b"%PDF-1.4\nx"


def taken(*paths: Path, store: DictStore | ConversationStore | None = None) -> tuple:
    store = store or DictStore()
    importer = Importer(store)
    with ArchiveGroup(paths) as group:
        for path in paths:
            with ImportFile(path, service="s", model="m", group=group) as file:
                for item in read_conversations(file):
                    importer.add(item)
    return store, importer


def exported(*parts: object, attachments: object = None, name: str = "user") -> bytes:
    """A conversation of one prompt."""
    node = {
        "id": "p",
        "parent": None,
        "children": [],
        "message": {
            "id": "p",
            "author": {"role": name, "name": "dalle.text2im" if name == "tool" else None},
            "create_time": 1_700_000_000.0,
            "content": {"content_type": "multimodal_text", "parts": list(parts)},
            "metadata": {"attachments": attachments or []},
        },
    }
    document = {"conversation_id": "c", "title": "T", "mapping": {"p": node}, "current_node": "p"}
    return json.dumps([document]).encode()


def pointer(where: str, kind: str = "image_asset_pointer", **more: object) -> dict[str, object]:
    return {"content_type": kind, "asset_pointer": where, **more}


def zipped(folder: Path, conversations: bytes, members: dict[str, bytes]) -> Path:
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conversations.json", conversations)
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def only(store: DictStore) -> ChatMessage:
    (message,) = store.nodes.values()
    return message


@pytest.mark.parametrize("year", [2024, 2026])
def test_the_exports_of_both_forms_bring_their_bytes(year: int) -> None:
    path = FILES / "chatgpt" / f"export-{year}.zip"
    store, _ = taken(path)
    with zipfile.ZipFile(path) as archive:
        held = {archive.read(each) for each in archive.namelist()}
    parts = [part for node in store.nodes.values() for part in attached_parts(node.parts)]
    names = sorted(part.name for part in parts)
    assert len(parts) == 4
    assert "notes.pdf" in names
    assert "swatch.png" in names
    assert all(store.read_blob(part.blob.digest) in held for part in parts)
    sound = next(part for part in parts if part.blob.media_type == "audio/wav")
    assert isinstance(sound, FilePart)
    assert sum(isinstance(part, ImagePart) for part in parts) >= 2
    again, second = taken(path, store=store)
    assert second.report.messages == 0
    assert len(again.nodes) == len(store.nodes)


@pytest.mark.parametrize(
    ("where", "member"),
    [
        ("file-service://file-Ab1", "file-Ab1-my cat.png"),
        ("file-service://file-Ab1", "file_Ab1.png"),
        ("sediment://file_Ab1", "file-Ab1.dat"),
        ("sediment://file_Ab1?shared_conversation_id=x", "user-Xy/file_Ab1-x.png"),
        ("sediment://file_Ab1#file_Cd2#p_0.1.jpg", "dalle-generations/file-Ab1-uuid.webp"),
        ("sediment://file_Ab1", "c/audio/file_Ab1-uuid.wav"),
        ("sediment://file_Ab1", "../file_Ab1.png"),
    ],
)
def test_a_pointer_finds_its_file(tmp_path: Path, where: str, member: str) -> None:
    path = zipped(tmp_path, exported("Before", pointer(where), "After"), {member: PNG})
    store, importer = taken(path)
    message = only(store)
    assert message.text == "Before\n\nAfter"
    assert [type(part) for part in message.parts] == [TextSpan, ImagePart, TextSpan]
    (part,) = attached_parts(message.parts)
    assert store.read_blob(part.blob.digest) == PNG
    assert (part.blob.width, part.blob.height) == (4, 3)
    assert not importer.report.left_out
    assert not list(tmp_path.parent.glob("file_Ab1*"))


def test_a_picture_in_the_text_and_among_the_attachments_is_one(tmp_path: Path) -> None:
    attachments = [{"id": "file_Ab1", "name": "cat.png"}, {"id": "file-Cd2", "name": "a.pdf"}]
    path = zipped(
        tmp_path,
        exported(pointer("sediment://file_Ab1"), "Look", attachments=attachments),
        {"file_Ab1.dat": PNG, "file-Cd2.dat": PDF},
    )
    store, _ = taken(path)
    first, text, last = only(store).parts
    assert isinstance(first, ImagePart)
    assert (first.name, text) == ("cat.png", TextSpan(4))
    assert isinstance(last, FilePart)
    assert (last.name, store.read_blob(last.blob.digest)) == ("a.pdf", PDF)


@pytest.mark.parametrize(
    ("data", "kind", "media_type"),
    [
        (WAV, FilePart, "audio/wav"),
        (PNG, ImagePart, "image/png"),
        (webp(4, 3), ImagePart, "image/webp"),
        (PDF, FilePart, "application/pdf"),
        (b"one\ntwo", FilePart, "text/plain"),
        (b"", FilePart, "application/x-empty"),
    ],
    ids=["wave", "png", "webp", "pdf", "text", "empty"],
)
def test_the_bytes_say_what_a_file_is_whatever_it_is_called(
    tmp_path: Path, data: bytes, kind: type, media_type: str
) -> None:
    names = {"file_Ab1.dat": "../dalle-generations/x\0.webp"}
    path = zipped(
        tmp_path,
        exported(pointer("sediment://file_Ab1")),
        {"file_Ab1.dat": data, "conversation_asset_file_names.json": json.dumps(names).encode()},
    )
    (part,) = only(taken(path)[0]).parts
    assert isinstance(part, kind)
    assert (part.name, part.blob.media_type, part.blob.size) == ("x\0.webp", media_type, len(data))


def test_what_is_not_in_the_export_keeps_its_line(tmp_path: Path) -> None:
    attachments = [{"id": "file-Gone", "name": "gone.docx"}]
    path = zipped(
        tmp_path,
        exported(pointer("file-service://file-Away"), "Hi", attachments=attachments),
        {"file-Other.dat": PNG},
    )
    store, importer = taken(path)
    assert only(store).text == "Hi"
    lost = [missing_name(part) for part in only(store).parts if isinstance(part, UnknownPart)]
    assert lost == ["file-service://file-Away", "gone.docx"]
    assert importer.report.loss_sentences()[:1] == [
        "2 pictures or files are not in the export; their names are kept."
    ]


def test_a_later_export_brings_a_file_that_an_earlier_one_lacked(tmp_path: Path) -> None:
    export = exported(pointer("file-service://file-Away"), "Hi")
    store, _ = taken(zipped(tmp_path, export, {"file-Other.dat": PNG}))
    later = zipped(tmp_path, export, {"file-Away.dat": PNG})
    _, importer = taken(later, store=store)
    (part,) = attached_parts(only(store).parts)
    assert store.read_blob(part.blob.digest) == PNG
    assert importer.report.loss_sentences()[:1] == [
        "1 message got pictures or files that were missing."
    ]


def test_a_member_that_is_damaged_leaves_its_name(tmp_path: Path) -> None:
    path = zipped(tmp_path, exported(pointer("sediment://file_Ab1"), "Hi"), {"file_Ab1.dat": PNG})
    data = path.read_bytes()
    path.write_bytes(data.replace(PNG, PNG[:-4] + b"evil", 1))
    store, importer = taken(path)
    assert only(store).text == "Hi"
    assert [each.text for each in captions(only(store).parts)] == ["▢ file_Ab1.dat · missing"]
    assert "is not in the export" in importer.report.loss_sentences()[0]


def test_a_drawn_picture_has_the_words_that_it_was_asked_for_with(tmp_path: Path) -> None:
    drawn = pointer("file-service://file-Ab1", metadata={"dalle": {"prompt": "a blue pixel"}})
    path = zipped(tmp_path, exported(drawn, name="tool"), {"file-Ab1.dat": PNG})
    message = only(taken(path)[0])
    (part,) = attached_parts(message.parts)
    assert isinstance(part, ImagePart)
    assert part.alt == "a blue pixel"


def test_a_folder_that_was_unpacked_brings_its_files(tmp_path: Path) -> None:
    (tmp_path / "user-Xy").mkdir()
    (tmp_path / "user-Xy" / "file_Ab1-cat.png").write_bytes(PNG)
    path = tmp_path / "conversations.json"
    path.write_bytes(exported(pointer("sediment://file_Ab1"), "Hi"))
    store, _ = taken(path)
    (part,) = attached_parts(only(store).parts)
    assert (part.name, store.read_blob(part.blob.digest)) == ("cat.png", PNG)


def test_an_archive_in_an_archive_brings_its_files(tmp_path: Path) -> None:
    inner = zipped(tmp_path, exported(pointer("sediment://file_Ab1"), "Hi"), {"file_Ab1.dat": PNG})
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, "inner.zip")
    store, _ = taken(outer)
    assert len(attached_parts(only(store).parts)) == 1


def test_a_file_may_be_in_another_archive_of_the_same_export(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    path = zipped(
        tmp_path / "a",
        exported(pointer("sediment://file_Ab1"), pointer("sediment://file_Cd2"), "Hi"),
        {"file_Cd2.dat": WAV},
    )
    names = {"file_Ab1.dat": "cat.png"}
    members = {
        "file_Ab1.dat": PNG,
        "file_Cd2.dat": PDF,
        "conversation_asset_file_names.json": json.dumps(names).encode(),
    }
    other = zipped(tmp_path / "b", b"[]", members)
    (tmp_path / "broken.zip").write_bytes(b"PK no archive")
    store, importer = taken(path, store=DictStore())
    assert [part.name for part in attached_parts(only(store).parts)] == ["file_Cd2.dat"]
    store = DictStore()
    importer = Importer(store)
    with (
        ArchiveGroup([path, tmp_path / "broken.zip", other]) as group,
        ImportFile(path, service="s", model="m", group=group) as file,
    ):
        for item in read_conversations(file):
            importer.add(item)
    picture, sound = attached_parts(only(store).parts)
    assert (picture.name, store.read_blob(picture.blob.digest)) == ("cat.png", PNG)
    assert store.read_blob(sound.blob.digest) == WAV
    assert not importer.report.left_out


def test_the_same_bytes_are_stored_once_and_undone_apart(tmp_path: Path) -> None:
    with ConversationStore.open(tmp_path / "data" / "c.db") as store:
        path = zipped(
            tmp_path,
            exported(pointer("sediment://file_Ab1"), pointer("sediment://file_Cd2")),
            {"file_Ab1.dat": PNG, "file_Cd2.dat": PNG},
        )
        taken(path, store=store)
        assert len(list((tmp_path / "data").glob("*.blobs/*"))) == 1
        (conversation,) = store.conversations()
        assert len(store.path(conversation.id)[0].parts) == 2


def test_a_dry_run_reads_no_bytes(tmp_path: Path) -> None:
    path = zipped(tmp_path, exported(pointer("sediment://file_Ab1")), {"file_Ab1.dat": PNG})
    store = DictStore()
    importer = Importer(store, dry_run=True)
    with ImportFile(path, service="s", model="m") as file:
        for item in read_conversations(file):
            importer.add(item)
    assert importer.report.messages == 1
    assert not importer.report.left_out
    with pytest.raises(StoreError):
        store.read_blob(sha256(PNG).hexdigest())
