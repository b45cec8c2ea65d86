import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from fakegpt_tui.domain import StoreError
from fakegpt_tui.store import instances, open_store
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.store.tree import conversation, turn

ROOT = Path(__file__).parents[2]
OTHER_USER = 65534
MOUNTS = """\
21 1 254:0 / / rw,relatime - ext4 /dev/vda rw
22 21 0:20 / /home rw shared:1 - nfs4 server:/home rw,vers=4.2
23 22 0:21 / /home/local rw - ext4 /dev/vdb rw
24 21 0:22 / /mnt/a\\040share rw - cifs //server/share rw
25 21 0:23 / /twice rw - nfs server:/x rw
26 25 0:24 / /twice rw - tmpfs tmpfs rw
nonsense
"""


@pytest.mark.parametrize(
    ("folder", "is_remote"),
    [
        ("/var/data", False),
        ("/home/me/data", True),
        ("/home/local/data", False),
        ("/homework", False),
        ("/mnt/a share/data", True),
        ("/twice/data", False),
    ],
)
def test_disks_of_other_machines_are_found_in_the_table_of_mounts(
    tmp_path: Path, folder: str, is_remote: bool
) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS)
    assert instances.is_remote(Path(folder), table) == is_remote
    assert not instances.is_remote(Path(folder), tmp_path / "no table")


def test_a_store_on_another_machine_has_no_log_and_says_so(path: Path, tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text("1 1 0:1 / / rw - nfs server:/ rw")
    files = open_store.open_store(path, table)
    with ConversationStore(files) as store:
        (notice,) = store.notices
        assert "another machine" in notice
        store.add_turn(*turn(conversation())).result()
        assert len(store.conversations()) == 1
        assert not path.with_name(f"{path.name}-wal").exists()


def test_a_folder_that_every_user_may_write_to_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    (shared / "own").mkdir(parents=True, mode=0o700)
    shared.chmod(0o777)
    for path in (shared / "c.db", shared / "own" / "c.db", shared / "new" / "c.db"):
        with pytest.raises(StoreError, match="every user"):
            ConversationStore.open(path)
    shared.chmod(0o1777)
    with pytest.raises(StoreError, match="every user"):
        ConversationStore.open(shared / "c.db")
    with ConversationStore.open(shared / "own" / "c.db"):
        pass


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@as_root
def test_the_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "foreign"
    folder.mkdir(mode=0o755)
    os.chown(folder, OTHER_USER, OTHER_USER)
    with pytest.raises(StoreError, match="belongs to another user"):
        ConversationStore.open(folder / "c.db")
    assert list(folder.iterdir()) == []


READS = """
import os
import sys
from pathlib import Path
from fakegpt_tui.domain import NotSavedYet
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.store.tree import conversation, turn
os.setgid(int(sys.argv[2]))
os.setuid(int(sys.argv[2]))
with ConversationStore.open(Path(sys.argv[1])) as store:
    print(*store.notices)
    print([each.text for one in store.conversations() for each in store.path(one.id)])
    error = store.add_turn(*turn(conversation())).exception()
    print(type(error) is NotSavedYet, error)
    print(store.poll_changes(), len(store.conversations()))
"""


def read_as_other_user(path: Path) -> list[str]:
    return subprocess.run(
        [sys.executable, "-B", "-c", READS, str(path), str(OTHER_USER)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    ).stdout.splitlines()


@as_root
@pytest.mark.parametrize("is_open", [False, True])
def test_what_cannot_be_written_can_be_read(is_open: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.db"
        with ConversationStore.open(path) as store:
            store.add_turn(*turn(conversation(), "a prompt", reply="a reply")).result()
        Path(folder).chmod(0o755)
        path.chmod(0o644)
        before = sorted(Path(folder).iterdir())
        if is_open:
            with closing(sqlite3.connect(path)) as other:
                other.execute("SELECT * FROM conversation").fetchall()
                found = read_as_other_user(path)
        else:
            found = read_as_other_user(path)
        assert "can only be read here" in found[0]
        assert found[1] == "['a prompt', 'a reply']"
        assert found[2].startswith("True The store")
        assert found[3] == "False 1"
        assert sorted(Path(folder).iterdir()) == before


@as_root
def test_an_older_store_that_cannot_be_written_is_refused() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.db"
        with ConversationStore.open(path):
            pass
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA user_version = 1")
        Path(folder).chmod(0o755)
        path.chmod(0o644)
        with pytest.raises(subprocess.CalledProcessError) as failed:
            read_as_other_user(path)
        assert "older version" in failed.value.stderr
