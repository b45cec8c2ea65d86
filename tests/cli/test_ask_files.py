"""`ask` with files: text files between marks, pictures, and standard input by its first bytes."""

import base64
import json
import subprocess
from pathlib import Path

import pytest

from tests.attachments.examples import png
from tests.cli.program import COMMAND, Home
from tests.cli.test_openai import serving, use
from tests.openai_server import CHAT, replies

PICTURE = png(3, 2)
SOUND = b"RIFF\x24\0\0\0WAVEfmt " + bytes(20)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.py").write_text("print('a')\n")
    (folder / "b.py").write_text("print('b')\n")
    (folder / "photo.png").write_bytes(PICTURE)
    (folder / "latin.txt").write_bytes("Grüße".encode("cp1252"))
    (folder / "data.zip").write_bytes(b"PK\3\4rest")
    return folder


def asked(home: Home, *arguments: str, stdin: bytes = b"") -> tuple[object, int, str]:
    """The content that a service got, the exit code, and what was said about errors."""
    with serving(*replies("ok")) as server:
        use(home, server)
        done = subprocess.run(
            [*COMMAND, "ask", *arguments],
            check=False,
            input=stdin,
            capture_output=True,
            env=home.environment,
            timeout=60,
        )
        exchanges = server.asked(CHAT)
    content = json.loads(exchanges[-1].body)["messages"][-1]["content"] if exchanges else None
    return content, done.returncode, done.stderr.decode()


def test_text_files_go_between_marks_before_the_prompt(home: Home, files: Path) -> None:
    content, code, error = asked(home, "-f", f"{files}/a.py", "-f", f"{files}/latin.txt", "Why?")
    assert (code, error) == (0, "")
    assert isinstance(content, str)
    assert content.index("<source>a.py</source>") < content.index("print('a')")
    assert content.index("Grüße") < content.index("Why?")


def test_a_pattern_that_no_shell_replaced_names_all_that_fit(home: Home, files: Path) -> None:
    content, code, _ = asked(home, "-f", f"{files}/*.py", "Why?")
    assert code == 0
    assert "<source>a.py</source>" in str(content)
    assert "<source>b.py</source>" in str(content)


def test_a_picture_is_attached_as_it_is(home: Home, files: Path) -> None:
    content, code, _ = asked(home, "--attach", f"{files}/photo.png", "What is it?")
    assert code == 0
    assert isinstance(content, list)
    kinds = {each["type"]: each for each in content}
    assert kinds["text"]["text"] == "What is it?"
    address = kinds["image_url"]["image_url"]["url"]
    assert base64.b64decode(address.partition(",")[2]) == PICTURE


def test_a_picture_on_standard_input_is_known_by_its_bytes(home: Home) -> None:
    content, code, _ = asked(home, "What is it?", stdin=PICTURE)
    assert code == 0
    assert [each["type"] for each in content] == ["image_url", "text"]
    content, code, _ = asked(home, stdin=PICTURE)
    assert code == 0
    assert [each["type"] for each in content] == ["image_url"]


def test_a_sound_is_attached_as_it_is(home: Home) -> None:
    content, code, _ = asked(home, "Who speaks?", stdin=SOUND)
    assert code == 0
    assert content[0]["input_audio"]["format"] == "wav"
    assert base64.b64decode(content[0]["input_audio"]["data"]) == SOUND


def test_text_on_standard_input_stays_a_plain_string_in_any_encoding(home: Home) -> None:
    content, code, _ = asked(home, "Translate:", stdin="Grüße".encode("utf-16"))
    assert (content, code) == ("Translate:\n\nGrüße", 0)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["-f", "missing.py", "x"], 1, "There is no file missing.py"),
        (["-f", "{files}/photo.png", "x"], 1, "--attach sends it"),
        (["--attach", "{files}/data.zip", "x"], 1, "models take text, pictures, PDFs, WAV and MP3"),
        (["--attach", "{files}", "x"], 1, "is a folder"),
        (["-f", "/dev/zero", "x"], 1, "is a device"),
        (["--attach", "a"] * 21, 2, "21 files are too many"),
    ],
)
def test_what_cannot_be_sent_is_said_and_nothing_is_sent(
    home: Home, files: Path, arguments: list[str], code: int, sentence: str
) -> None:
    content, ended, error = asked(home, *(each.format(files=files) for each in arguments))
    assert (content, ended) == (None, code)
    assert sentence in error


def test_a_picture_for_a_service_that_takes_text_is_refused_before_anything_is_sent(
    home: Home, files: Path
) -> None:
    done = home.run("ask", "--attach", f"{files}/photo.png", "What is it?")
    assert done.returncode == 1
    assert "picture" in done.stderr
