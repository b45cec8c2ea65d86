"""Writing config.toml: atomically, in its place, and private."""

import stat
from pathlib import Path

import pytest

from fakegpt_tui.config.atomic_file import edit_file
from fakegpt_tui.domain import ConfigError, SaveError


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
