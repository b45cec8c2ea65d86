"""Files as people convert, join, pack and cut them are read, or refused for what they are."""

import gzip
import json
import lzma
from pathlib import Path

import pytest

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.documents import ImportFile
from fakegpt_tui.formats.message_parts import UNKNOWN
from fakegpt_tui.formats.registry import read_conversations
from tests.formats.exports import many, ordinary, zipped
from tests.formats.reading import loaded, read_bytes

REQUEST = {"type": "REQUEST", "content": "Why wind?"}


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        ("\ufeff", "utf-8"),
        ("\ufeff", "utf-16-le"),
        ("\ufeff", "utf-16-be"),
        ("\ufeff", "utf-32-le"),
        ("\ufeff", "utf-32-be"),
        ("", "utf-16-le"),
        ("", "utf-16-be"),
    ],
)
def test_what_windows_writes_is_read(tmp_path: Path, mark: str, encoding: str) -> None:
    text = json.dumps([ordinary(title="川")], ensure_ascii=False)
    (found,) = loaded(read_bytes(tmp_path, (mark + text).encode(encoding)))
    assert found.conversation.title == "川"


@pytest.mark.parametrize("shape", ["{}", "[{}]", '{{"conversations": [{}]}}'])
def test_a_file_in_another_encoding_is_refused_for_that(tmp_path: Path, shape: str) -> None:
    data = shape.format(json.dumps(ordinary(title="Été"), ensure_ascii=False)).encode("latin-1")
    with pytest.raises(LoadError, match="The file is not UTF-8 text, so it was damaged or conv"):
        read_bytes(tmp_path, data)


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("between", ["", "\n", ",\n", "\n\ufeff"])
def test_objects_after_each_other_are_all_read(
    tmp_path: Path, between: str, indent: int | None
) -> None:
    first, second, third = (json.dumps(each, indent=indent) for each in many(3))
    wrapped = f'{{"user": 1, "chats": [{third}]}}'
    found = loaded(read_bytes(tmp_path, between.join((first, second, wrapped)).encode()))
    assert [each.conversation.title for each in found] == ["Talk 0", "Talk 1", "Talk 2"]


def test_what_is_whole_before_something_damaged_is_taken_and_the_rest_told(tmp_path: Path) -> None:
    first, second = (json.dumps(each, indent=1) for each in many(2))
    path = tmp_path / "joined.json"
    path.write_text(f"{first}\n{second[:-9]}")
    with ImportFile(path, service="embedded", model="") as file:
        items = read_conversations(file)
        (found,) = loaded([next(items)])
        assert found.conversation.title == "Talk 0"
        with pytest.raises(LoadError, match="damaged JSON, or was not copied whole"):
            next(items)


def test_a_mapping_whose_messages_are_of_another_kind_is_not_called_empty(tmp_path: Path) -> None:
    def mapping(message: object) -> bytes:
        nodes = {"a": {"id": "a", "parent": None, "children": [], "message": message}}
        return json.dumps([{"id": "i", "title": "T", "mapping": nodes}]).encode()

    (found,) = loaded(read_bytes(tmp_path, mapping({"fragments": [REQUEST]})))
    assert found.messages[0].text == "Why wind?"
    with pytest.raises(LoadError, match="a list of nothing that is known"):
        read_bytes(tmp_path, mapping({"who": "me", "says": "Why wind?"}))


def test_what_a_message_says_elsewhere_than_others_is_kept_and_told(tmp_path: Path) -> None:
    said = [
        {"role": "user", "content": "Why wind?"},
        {"from": "bot", "text": "Pressure."},
        {"role": "assistant", "content": 5},
    ]
    (found,) = loaded(read_bytes(tmp_path, json.dumps(said).encode()))
    assert '"text": "Pressure."' in found.messages[1].text
    assert "5" in found.messages[2].text
    assert found.left_out[UNKNOWN] == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The file is empty"),
        (b" \n", "The file is empty"),
        (gzip.compress(b"[]"), "packed with gzip; unpack it first"),
        (lzma.compress(b"[]"), "packed with xz; unpack it first"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "packed with 7-Zip; unpack it first"),
        (zipped({"conversations.json": many(9)})[:200], "or was not copied whole"),
    ],
    ids=range(6),  # What is packed holds the time.
)
def test_what_is_packed_empty_or_cut_is_refused_for_that(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    with pytest.raises(LoadError, match=reason):
        read_bytes(tmp_path, data)
