"""Files that can be attached, and those that are refused with a sentence."""

import os
import socket
from io import BytesIO
from pathlib import Path

import pytest

from fakegpt_tui.attachments.files import (
    MAX_PICTURE,
    MAX_TEXT,
    check_file,
    make_part,
    open_regular,
)
from fakegpt_tui.domain import LoadError
from fakegpt_tui.domain.parts import Blob, FilePart, ImagePart
from tests.attachments.examples import png


def refusal(data: bytes, name: str = "a") -> str:
    with pytest.raises(LoadError) as error:
        check_file(BytesIO(data), name)
    return str(error.value)


def special(folder: Path, kind: str) -> Path:
    path = folder / kind
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as each:
                os.chdir(folder)
                each.bind(kind)
        case "device":
            return Path("/dev/zero")
        case "loop":
            path.symlink_to(path)
        case "dangling":
            path.symlink_to(folder / "gone")
        case _:
            pass
    return path


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("folder", "folder is a folder"),
        ("pipe", "pipe is a pipe"),
        ("socket", "socket"),
        ("device", "zero is a device"),
        ("loop", "loop cannot be read"),
        ("dangling", "There is no file"),
        ("missing", "There is no file"),
        ("a\0b", "cannot be read"),
        ("x" * 300, "cannot be read"),
    ],
)
def test_what_is_no_file_is_refused_and_never_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LoadError, match=sentence), open_regular(special(tmp_path, kind)):
        pytest.fail("it was opened")


def test_a_link_to_a_file_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "a.txt")
    with open_regular(tmp_path / "link") as file:
        assert check_file(file, "link").name == "text/plain"
        assert file.read() == b"x"


def test_accents_may_be_apart_from_their_letters_or_not(tmp_path: Path) -> None:
    for name, typed in (("e\u0301.txt", "\u00e9.txt"), ("\u00e0.txt", "a\u0300.txt")):
        (tmp_path / name).write_text(name)
        with open_regular(tmp_path / typed) as file:
            assert file.read().decode() == name


def test_the_bytes_decide_and_not_the_name() -> None:
    assert check_file(BytesIO(png(3, 2)), "notes.txt") == ("image/png", 3, 2)
    assert check_file(BytesIO(b"RIFF\x24\0\0\0WAVEfmt "), "photo.webp").name == "audio/wav"
    assert "MSVIDEO" in refusal(b"RIFF\x24\0\0\0AVI LIST", "photo.webp")


def test_sizes_are_limited_by_kind() -> None:
    check_file(BytesIO(b"x" * MAX_TEXT), "a.txt")
    assert "1 MB at most" in refusal(b"x" * (MAX_TEXT + 1), "a.txt")
    assert "20 MB at most" in refusal(png(3, 2, padding=MAX_PICTURE), "a.png")


def test_a_picture_that_would_take_all_memory_is_refused() -> None:
    assert "cannot be sent" in refusal(
        png(1, 1).replace(b"\0\0\0\1\0\0\0\1", b"\0\0\x4e\x21" * 2, 1)
    )


def test_text_that_is_none_to_its_end_is_refused() -> None:
    assert "not text to its end" in refusal(b"x" * 700_000 + b"\xff\0\1\2" * 90)


def test_a_part_has_the_base_name_without_what_a_terminal_would_act_on() -> None:
    assert make_part(Blob("a" * 64, 1, "image/png"), "a\x1b[31m\u202eb.png") == ImagePart(
        Blob("a" * 64, 1, "image/png"), "a␛[31m‹202E›b.png"
    )
    part = make_part(Blob("a" * 64, 1, "text/plain"), "b.txt")
    assert isinstance(part, FilePart)
    assert part.as_text
