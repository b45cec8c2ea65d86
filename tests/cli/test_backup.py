"""`backup` and `restore-backup`: everything comes back, and nothing is lost on the way."""

import json
import zipfile
from pathlib import Path

import pytest

from tests.cli.program import Home
from tests.formats.trees import CONVERSATION, branched
from tests.patience import PATIENCE

PICTURE = b"\x89PNG\r\n\x1a\n" + b"x" * 100


@pytest.fixture
def filled(home: Home) -> Home:
    conversation, messages = branched()
    with home.store() as store:
        store.add_turn(conversation, *messages).result(PATIENCE)
        store.put_blob(PICTURE)
    return home


def everything(home: Home) -> list[object]:
    with home.store() as store:
        return [(each, store.messages(each.id)) for each in store.conversations()]


def blobs(home: Home) -> set[str]:
    return {path.name for path in (home.data / "conversations.db.blobs").iterdir()}


def test_a_backup_brings_everything_back_elsewhere(filled: Home, tmp_path: Path) -> None:
    file = tmp_path / "all.zip"
    done = filled.run("backup", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{file}\n", "")
    assert file.stat().st_mode & 0o777 == 0o600
    other = Home(tmp_path / "other")
    done = other.run("restore-backup", "--yes", str(file))
    assert (done.returncode, done.stdout) == (0, "Restored: 1 conversation.\n")
    assert everything(other) == everything(filled)
    assert blobs(other) == blobs(filled)


def test_what_was_there_before_stays_beside_it(filled: Home, tmp_path: Path) -> None:
    left = filled.data / "conversations.db.restored-half"
    left.write_bytes(b"what a kill left")
    file, notes = tmp_path / "all.zip", tmp_path / "notes"
    filled.configure(f'mirror = "{notes}"\n')
    filled.invoke("backup", str(file))
    before = everything(filled)
    filled.invoke("rename", "5f6c", "Lakes")
    assert [each.name for each in notes.iterdir()] == ["lakes-5f6c2a5e.md"]
    done = filled.invoke("restore-backup", "--yes", "--json", str(file))
    assert everything(filled) == before
    aside = Path(json.loads(done.stdout)["before"])
    assert aside.name.endswith(".before-restore")
    assert aside.exists()
    assert not left.exists()
    assert [each.name for each in notes.iterdir()] == ["rivers-5f6c2a5e.md"]


def test_a_backup_replaces_no_file(filled: Home, tmp_path: Path) -> None:
    file = tmp_path / "all.zip"
    file.write_text("mine")
    done = filled.invoke("backup", str(file))
    assert done.exit_code == 1
    assert "already" in done.stderr
    assert file.read_text() == "mine"


def test_without_a_name_it_gets_the_time(filled: Home) -> None:
    document = json.loads(filled.invoke("backup", "--json").stdout)
    path = Path(document["path"])
    try:
        assert document["conversations"] == 1
        assert zipfile.is_zipfile(path)
    finally:
        path.unlink()


def damaged(file: Path) -> bytes:
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 0xFF
    return bytes(data)


def other_archive(_: Path) -> bytes:
    path = _.with_name("other.zip")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conversations.json", "[]")
    return path.read_bytes()


def outside(file: Path) -> bytes:
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("blobs/../../outside", "x")
    return file.read_bytes()


def no_store(file: Path) -> bytes:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("conversations.db", b"x" * 5000)
    return file.read_bytes()


@pytest.mark.parametrize(
    "spoil", [damaged, lambda file: file.read_bytes()[:-50], other_archive, outside, no_store]
)
def test_what_is_no_whole_backup_changes_nothing(filled: Home, tmp_path: Path, spoil) -> None:
    file = tmp_path / "all.zip"
    filled.invoke("backup", str(file))
    file.write_bytes(spoil(file))
    before = everything(filled)
    done = filled.invoke("restore-backup", "--yes", str(file))
    assert done.exit_code == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("fakegpt-tui: ")
    assert everything(filled) == before
    assert not list(filled.data.glob("*restored-half*"))
    assert filled.invoke("restore-backup", "--yes", str(tmp_path)).exit_code == 2


def test_nothing_is_restored_while_the_program_is_open(filled: Home, tmp_path: Path) -> None:
    file = tmp_path / "all.zip"
    filled.invoke("backup", str(file))
    with filled.store():
        done = filled.invoke("restore-backup", "--yes", str(file))
    assert done.exit_code == 1
    assert "Close it everywhere" in done.stderr


def test_a_question_that_is_not_answered_changes_nothing(filled: Home, tmp_path: Path) -> None:
    file = tmp_path / "all.zip"
    filled.invoke("backup", str(file))
    done = filled.invoke("restore-backup", str(file))
    assert done.exit_code == 1
    assert done.stderr.endswith("Nothing was changed; --yes restores without a question.\n")
    assert list(filled.data.glob("*.before-restore")) == []


def test_the_conversation_of_a_backup_is_shown(filled: Home, tmp_path: Path) -> None:
    file = tmp_path / "all.zip"
    filled.invoke("backup", str(file))
    with zipfile.ZipFile(file) as archive:
        assert CONVERSATION.title.encode() in archive.read("conversations.db")


def test_a_damaged_picture_of_a_backup_replaces_no_whole_one(filled: Home, tmp_path: Path) -> None:
    (picture,) = (filled.data / "conversations.db.blobs").iterdir()
    picture.write_bytes(b"damaged")
    file = tmp_path / "all.zip"
    filled.invoke("backup", str(file))
    picture.write_bytes(PICTURE)
    assert filled.invoke("restore-backup", "--yes", str(file)).exit_code == 0
    assert picture.read_bytes() == PICTURE
    picture.unlink()
    done = filled.invoke("restore-backup", "--yes", str(file))
    assert done.exit_code == 1
    assert "a picture or file is not what was saved" in done.stderr
    assert list(picture.parent.iterdir()) == []
