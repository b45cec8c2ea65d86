"""`@path` in a prompt: where it begins, how it is quoted, what it names."""

from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.attachments.prompt_paths import (
    read_reference,
    reference_at,
    resolve,
    write_reference,
)


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("@", ""),
        ("@src/ma", "src/ma"),
        ("look at @README.md", "README.md"),
        ("(@a", "a"),
        ('"@a', "a"),
        ("a,@b", "b"),
        ('@"my fi', "my fi"),
        ("@'my fi", "my fi"),
        (r"@my\ fi", "my fi"),
        ("@~/notes", "~/notes"),
        ("@日本", "日本"),
        ("@.env", ".env"),
    ],
)
def test_a_path_is_typed_behind_the_sign(line: str, path: str) -> None:
    found = reference_at(line, len(line))
    assert found is not None
    assert found.path == path


@pytest.mark.parametrize(
    "line",
    ["me@example.org", "a@b.c", "user@host", r"\@name", r"say \@name", "@a b", '@"a b" c', "x @a "],
)
def test_addresses_and_ended_paths_are_not_completed(line: str) -> None:
    assert reference_at(line, len(line)) is None


def test_the_cursor_may_be_in_the_middle_of_the_line() -> None:
    line = "see @src/main.py and @other"
    found = reference_at(line, line.index(" and"))
    assert found is not None
    assert (line[found.start : found.end], found.is_closed) == ("@src/main.py", True)
    assert found.folder == "src/"
    assert found.name == "main.py"
    assert reference_at(line, line.index("nd @")) is None


names = st.text(
    alphabet=st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="\"'\\"),
    min_size=1,
).filter(lambda name: not name[0].isspace())


@given(names)
def test_what_is_written_is_read_again(path: str) -> None:
    line = f"see {write_reference(path)} there"
    found = read_reference(line, 4)
    assert found.path == path
    assert line[found.end :] == " there"


@pytest.mark.parametrize("path", ['say "hi".txt', "it's here.txt", "a\\b.txt"])
def test_quotes_are_chosen_that_are_not_in_the_name(path: str) -> None:
    assert read_reference(write_reference(path), 0).path == path


def test_signs_of_the_sentence_do_not_belong_to_a_name(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    (tmp_path / "odd.").write_text("")
    for typed, name in {"a.py": "a.py", "a.py,": "a.py", "a.py).": "a.py", "odd.": "odd."}.items():
        assert resolve(typed, tmp_path, Path.exists) == (tmp_path / name, name)
    for name in ("~tilde.txt", "cafe\u0301.txt"):
        (tmp_path / name).write_text("")
        typed = normalize("NFC", name)
        assert resolve(f"{typed},", tmp_path, Path.exists) == (tmp_path / name, typed)
    assert resolve("b.py", tmp_path, Path.exists) is None
    assert resolve("a\0b", tmp_path, Path.exists) is None
    assert resolve("~nobody-here/x", tmp_path, Path.exists) is None
