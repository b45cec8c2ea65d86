"""Temporary files: whole where they are moved, and gone where nothing needs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakegpt_tui.attachments.example_snippets import add_examples
from fakegpt_tui.cli.log import LogFile, write_crash_report
from fakegpt_tui.config.access_keys_file import edit_access_keys
from fakegpt_tui.config.private_files import edit_file, load_host_key
from fakegpt_tui.domain import Secret, Session
from fakegpt_tui.formats.files import save_file
from fakegpt_tui.login.storage import SessionFile
from fakegpt_tui.temporary_files import temporary_file, temporary_folder

KILLED = """
import os, signal, sys
from pathlib import Path
from fakegpt_tui.temporary_files import temporary_file
with temporary_file(Path(sys.argv[1]), b"half", name=sys.argv[2]) as path:
    os.kill(os.getpid(), signal.SIGKILL)
"""
OWNER = "aaaa1111-0000-4000-8000-000000000000"


def leave_behind(folder: Path, name: str = "") -> None:
    """What a kill in the middle of a write leaves, of this version and of the one before it."""
    subprocess.run([sys.executable, "-c", KILLED, str(folder), name], check=False, timeout=60)
    (left,) = folder.glob(".*")
    assert left.read_bytes() == b"half"
    left.with_name(left.name.replace(".part", "") if name else f".{'0' * 16}.part").touch()


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def save_text(folder: Path) -> None:
    save_file(folder, "Rivers", ".md", "text", owner_id=OWNER)


def save_session(folder: Path) -> None:
    session = Session(base_url="http://x", token=Secret("t"), account="a", password=Secret("p"),
        expires_at=None, cookies=())  # fmt: skip
    SessionFile(folder / "sessions.json").save(session)


def save_config(folder: Path) -> None:
    edit_file(folder / "config.toml", lambda _: "a = 1\n")


def save_key(folder: Path) -> None:
    load_host_key(folder / "host.key")


@pytest.mark.parametrize(
    ("save", "name"),
    [
        (save_text, ""),
        (save_session, "sessions.json"),
        (save_config, "config.toml"),
        (save_key, "host.key"),
    ],
)
def test_what_a_kill_left_is_removed_by_the_next_write(tmp_path, save, name) -> None:
    leave_behind(tmp_path, name)
    assert len(hidden(tmp_path)) == 2
    save(tmp_path)
    assert hidden(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 1


def test_what_another_process_is_writing_stays(tmp_path: Path) -> None:
    holding = f"{KILLED.partition('    os.kill')[0]}    print(path, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(tmp_path), ""],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        written = Path(process.stdout.readline().strip())
        save_text(tmp_path)
        assert written.exists()
        process.communicate("\n")
    assert hidden(tmp_path) == []


def test_a_folder_that_a_kill_left_goes_and_one_in_use_stays(tmp_path: Path) -> None:
    left = tmp_path / "copy-abcd1234"
    left.mkdir()
    (left / "copy.db").write_bytes(b"secret")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "copy-link5678").symlink_to(elsewhere)
    with temporary_folder("copy-", tmp_path) as first:
        assert first.stat().st_mode & 0o777 == 0o700
        with temporary_folder("copy-", tmp_path) as second:
            assert first.is_dir()
        assert not second.exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["copy-link5678", "elsewhere"]


def test_files_of_others_stay(tmp_path: Path) -> None:
    names = {".hidden", ".0123.part", ".config.toml", ".sessions.json.bak", f".{'0' * 16}"}
    for name in names:
        (tmp_path / name).touch()
    save_text(tmp_path)
    save_config(tmp_path)
    assert set(hidden(tmp_path)) == names


def test_an_empty_file_that_a_kill_left_under_a_final_name_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "rivers-aaaa1111.md").touch(mode=0o600)
    save_text(tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.name == "rivers-aaaa1111.md"
    assert file.read_text() == "text"


def test_a_file_is_private_and_gone_unless_it_was_moved(tmp_path: Path) -> None:
    with temporary_file(tmp_path, b"x") as path:
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_bytes() == b"x"
    assert list(tmp_path.iterdir()) == []


def open_log(folder: Path) -> None:
    LogFile(folder / "log").close()


def write_crash(folder: Path) -> None:
    write_crash_report(ValueError(), folder=folder)


def edit_keys(folder: Path) -> None:
    edit_access_keys(folder / "keys.toml", lambda keys: keys)


@pytest.mark.parametrize(
    "save",
    [save_text, save_session, save_config, add_examples, open_log, write_crash, edit_keys],
)
def test_new_folders_and_those_above_them_are_closed_to_others(tmp_path, save) -> None:
    before = os.umask(0o022)
    try:
        save(tmp_path / "above" / "folder")
    finally:
        os.umask(before)
    made = (tmp_path / "above", tmp_path / "above" / "folder")
    assert [oct(folder.stat().st_mode & 0o777) for folder in made] == ["0o700"] * 2
