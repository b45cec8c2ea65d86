from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fakegpt_tui.cli.private_files import load_host_key
from fakegpt_tui.domain import ConfigError


def test_a_key_is_made_once_and_for_nobody_else_to_read(tmp_path: Path) -> None:
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
