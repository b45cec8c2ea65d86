"""Writing config.toml whole and private; private folders, and the key of a host."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.config.private_files import edit_file, load_host_key, make_folders
from fakegpt_tui.config.spec import Folders
from fakegpt_tui.domain import ConfigError, SaveError, StoreError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_made_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    edit_file(path, lambda text: text + "a = 1\n")
    assert path.read_text() == "a = 1\n"
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert [each.name for each in path.parent.iterdir()] == ["config.toml"]


def test_a_file_that_is_there_keeps_its_permissions_and_its_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"a = 1\r\n")
    path.chmod(0o640)
    edit_file(path, lambda text: text + "b = 2\r\n")
    assert path.read_bytes() == b"a = 1\r\nb = 2\r\n"
    assert mode(path) == 0o640


def test_a_byte_order_mark_is_kept_and_not_seen(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")
    assert edit_file(path, lambda text: text + "b = 2\n") == "a = 1\nb = 2\n"
    assert path.read_bytes() == b"\xef\xbb\xbfa = 1\nb = 2\n"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles"
    kept.write_text("")
    link = tmp_path / "config.toml"
    link.symlink_to(kept)
    edit_file(link, lambda _: "a = 1\n")
    assert link.is_symlink()
    assert kept.read_text() == "a = 1\n"


def test_a_change_that_fails_changes_nothing(tmp_path: Path) -> None:
    def refuse(_: str) -> str:
        raise ConfigError("No.")

    path = tmp_path / "config.toml"
    path.write_text("a = 1\n")
    with pytest.raises(ConfigError):
        edit_file(path, refuse)
    assert path.read_text() == "a = 1\n"
    assert [each.name for each in tmp_path.iterdir()] == ["config.toml"]


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(SaveError, match="cannot be read"):
        edit_file(tmp_path / "config.toml", str)
    (tmp_path / "binary").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        edit_file(tmp_path / "binary", str)
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveError):
        edit_file(tmp_path / "file" / "config.toml", lambda _: "a = 1\n")


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    edit_file(path, str)
    assert not path.exists()


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(
        config=tmp_path / "config",
        data=tmp_path / "share" / "data",
        state=tmp_path / "state",
        cache=tmp_path / "cache",
        exports=tmp_path / "exports",
    )


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_missing_folders_are_created_private(folders: Folders, mask: int) -> None:
    before = os.umask(mask)
    try:
        make_folders(folders)
    finally:
        os.umask(before)
    made = (folders.data.parent, folders.data, folders.state)
    assert [oct(folder.stat().st_mode & 0o777) for folder in made] == ["0o700"] * 3
    assert not folders.cache.exists()


def test_a_folder_that_is_there_stays_as_it_is(folders: Folders) -> None:
    folders.data.mkdir(parents=True)
    folders.data.chmod(0o750)
    make_folders(folders)
    make_folders(folders)
    assert folders.data.stat().st_mode & 0o777 == 0o750


def test_a_file_in_the_way_is_told(folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for data in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError, match="cannot be used"):
            make_folders(replace(folders, data=data))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives folders away")
def test_a_folder_of_another_user_is_refused(folders: Folders) -> None:
    folders.state.mkdir()
    os.chown(folders.state, 12345, 12345)
    with pytest.raises(StoreError, match="belongs to another user"):
        make_folders(folders)


def test_a_key_is_created_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = load_host_key(path)
    assert len(key) == 32
    assert load_host_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_hosts_that_start_together_find_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(load_host_key, [tmp_path / "key"] * 40))
    assert len(set(keys)) == 1


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    load_host_key(path)
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_host_key(path)


def test_a_key_that_is_too_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"short")
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="fewer than 32 bytes"):
        load_host_key(path)


def test_a_key_where_no_file_can_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        load_host_key(tmp_path / "nowhere" / "key")
