"""Making the folders that files are kept in."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.cli.private_files import make_folders
from fakegpt_tui.config.spec import Folders
from fakegpt_tui.domain import StoreError


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
def test_what_was_missing_is_made_for_nobody_else(folders: Folders, mask: int) -> None:
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
def test_a_folder_of_somebody_else_is_refused(folders: Folders) -> None:
    folders.state.mkdir()
    os.chown(folders.state, 12345, 12345)
    with pytest.raises(StoreError, match="belongs to another user"):
        make_folders(folders)
