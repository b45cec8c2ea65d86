import json
import os
import random
import zipfile
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.archives import READ_SUFFIXES, ZipExport
from fakegpt_tui.formats.base import ImportItem, LoadedItem, SkippedItem, validate_tree
from fakegpt_tui.formats.discovery import is_import_name
from fakegpt_tui.formats.documents import ImportFile
from fakegpt_tui.formats.registry import read_conversations
from fakegpt_tui.formats.saving import save_as
from tests.examples import examples
from tests.formats.exports import many, ordinary, write_json, zipped
from tests.formats.reading import explained, read, read_bytes
from tests.formats.trees import branched


def titles(found: list[ImportItem]) -> list[str]:
    return [each.conversation.title for each in found if isinstance(each, LoadedItem)]


@pytest.mark.parametrize("suffix", ["md", "jsonl"])
def test_what_was_saved_is_read(tmp_path: Path, suffix: str) -> None:
    conversation, messages = branched()
    saved = save_as(conversation, messages, tmp_path, suffix=suffix)
    assert read(saved) == [LoadedItem(conversation, tuple(messages))]


def test_a_list_of_conversations_is_read(tmp_path: Path) -> None:
    path = write_json(tmp_path / "conversations.json", many(3))
    assert titles(read(path)) == ["Talk 0", "Talk 1", "Talk 2"]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_single_conversation_is_read(tmp_path: Path, indent: int | None) -> None:
    data = json.dumps(ordinary(), indent=indent).encode()
    assert titles(read_bytes(tmp_path, data)) == ["Rivers"]
    assert titles(read_bytes(tmp_path, b"\xef\xbb\xbf" + data)) == ["Rivers"]


def test_an_archive_is_read_in_both_forms(tmp_path: Path) -> None:
    first, *rest = many(4)
    parts = {
        "chat.html": b"<html>",
        "user.json": {"email": "a@b"},
        "conversations-001.json": rest,
        "conversations-000.json": [first],
        "conversations.json.index": b"x",
    }
    expected = [f"Talk {number}" for number in range(4)]
    assert titles(read_bytes(tmp_path, zipped(parts))) == expected
    assert titles(read_bytes(tmp_path, zipped({"export/conversations.json": many(4)}))) == expected


def test_one_damaged_conversation_does_not_hide_the_others(tmp_path: Path) -> None:
    first, last = map(json.dumps, many(2))
    data = f'[{first}, {{"mapping": nonsense}}, {{"title": 3}}, {"[" * 5000}{"]" * 5000}, {last}]'
    found = read_bytes(tmp_path, data.encode())
    assert titles(found) == ["Talk 0", "Talk 1"]
    assert [each.reason for each in found if isinstance(each, SkippedItem)] == [
        "Conversation 2 is damaged JSON.",
        "Conversation 3 is no conversation of a known kind.",
        "Conversation 4 is nested too deep.",
    ]


def test_numbers_of_thousands_of_digits_are_borne(tmp_path: Path) -> None:
    data = json.dumps([ordinary(), ordinary()]).replace("1700000000.0", "1" * 5000, 1)
    found = read_bytes(tmp_path, data.encode())
    assert [type(each) for each in found] == [SkippedItem, LoadedItem]


def test_one_damaged_member_does_not_hide_the_others(tmp_path: Path) -> None:
    members = {
        "conversations-000.json": many(2),
        "conversations-001.json": b'[{"mapping"',
        "conversations-002.json": b'{"not": "a list"}',
        "conversations-003.json": many(4)[3:],
    }
    found = read_bytes(tmp_path, zipped(members))
    assert titles(found) == ["Talk 0", "Talk 1", "Talk 3"]
    assert [each.where for each in found if isinstance(each, SkippedItem)] == [
        "conversations-001.json",
        "conversations-002.json",
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"hello", "neither a saved conversation nor an export"),
        (b"\x00\xff" * 100, "neither"),
        (b"---\n\xff\n---\n", "not UTF-8"),
        (b"---\ntitle: a\n---\n", "The front matter has no 'id'"),
        (b"[1, 2", "ends in the middle"),
        (b"[1, 2]", "a list of nothing that is known. What can be imported: aichat,"),
        (b'{"a": 1}', "JSON of no kind that is known"),
        (b'{"a": 1}\n{"a": 2}\n', "JSON lines of no kind that is known"),
        (b'{"a": ', "damaged JSON"),
        (b"PK\x03\x04 and nonsense", "The archive is damaged"),
        (zipped({"chat.html": b"x"}), "holds no conversations.json"),
        (zipped({"../conversations.json": many(1)}), "holds no conversations.json"),
        (zipped({"/conversations.json.exe": many(1)}), "holds no conversations.json"),
    ],
    ids=range(13),
)
def test_what_cannot_be_read_is_a_sentence(tmp_path: Path, data: bytes, sentence: str) -> None:
    with pytest.raises(LoadError, match=sentence):
        read_bytes(tmp_path, data)


def test_what_is_no_file_is_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(LoadError, match="No such file"):
            read(path)


def test_an_archive_that_wants_to_fill_the_memory_is_left(tmp_path: Path) -> None:
    bomb = b'["' + b"a" * (40 * 2**20) + b'"]'
    data = zipped({"conversations-000.json": bomb, "conversations-001.json": many(1)})
    assert len(data) < len(bomb) / 500
    found = read_bytes(tmp_path, data)
    assert isinstance(found[0], SkippedItem)
    assert "unpacks to far more" in found[0].reason
    assert titles(found) == ["Talk 0"]


def test_a_locked_archive_is_told(tmp_path: Path) -> None:
    data = bytearray(zipped({"conversations.json": many(1)}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (found,) = read_bytes(tmp_path, bytes(data))
    assert isinstance(found, SkippedItem)
    assert "password" in found.reason


@examples(150)
@given(st.data())
def test_no_damage_to_an_archive_is_more_than_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    compression = data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_LZMA, 8, 12]))
    archive = bytearray(zipped({"conversations.json": many(2)}, compression=compression))
    for _ in range(data.draw(st.integers(1, 6))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_bytes(tmp_path_factory.mktemp("zip"), bytes(archive))
    except LoadError:
        return
    assert len(found) <= 3


ODD: list[Any] = [
    *(None, True, False, 0, -1, 1e308, float("nan"), float("inf"), 10**30, "", "x", "\ud800"),
    *([], {}, [None], [[]], {"a": {}}, "root", "p1", "r2", ["p1", "root"], "text", "code"),
    *("thoughts", "user", "tool", {"content_type": "code", "text": None}),
]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every key and index of a document, with what it is in."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        inside = waiting.pop()
        keys = inside if isinstance(inside, dict) else range(len(inside))
        for key in keys:
            found.append((inside, key))
            if isinstance(inside[key], dict | list):
                waiting.append(inside[key])
    return found


def mutated(source: random.Random) -> list[Any]:
    document = [ordinary(), ordinary(conversation_id="b", current_node="r1")]
    for _ in range(source.randint(1, 8)):
        inside, key = source.choice(places(document))
        match source.randrange(4):
            case 0 if isinstance(inside, dict):
                del inside[key]
            case 1 if isinstance(inside, dict):
                inside[source.choice(["parent", "children", "content", "mapping", "parts"])] = (
                    inside[key]
                )
            case _:
                inside[key] = deepcopy(source.choice(ODD))
    return document


def check_mutations(path: Path, count: int, seed: int) -> None:
    source = random.Random(seed)
    for _ in range(count):
        try:
            write_json(path, mutated(source))
        except (ValueError, RecursionError):
            continue  # The change made a circle, which JSON cannot say.
        try:
            found = read(path)
        except LoadError:
            continue
        assert len(found) == 2
        for each in found:
            if isinstance(each, LoadedItem):
                validate_tree(each.messages, each.conversation.leaf_id)
            elif isinstance(each, SkippedItem):
                assert each.reason.endswith(".")


def test_no_mutation_of_an_export_is_more_than_a_report(tmp_path: Path) -> None:
    check_mutations(tmp_path / "conversations.json", 400, seed=1)


@pytest.mark.long
def test_a_hundred_thousand_mutations_of_an_export_are_no_more_than_reports(tmp_path: Path) -> None:
    check_mutations(tmp_path / "conversations.json", 100_000, seed=2)


def test_progress_reaches_the_size_of_the_file(tmp_path: Path) -> None:
    for data in (json.dumps(many(30)).encode(), zipped({"conversations.json": many(30)})):
        path = tmp_path / "file"
        path.write_bytes(data)
        with ImportFile(path, service="s", model="m") as file:
            seen = [file.bytes_read for _ in read_conversations(file)]
            assert seen == sorted(seen)
            assert file.bytes_read == file.size


def test_lists_that_were_joined_by_hand_are_read(tmp_path: Path) -> None:
    first, second = json.dumps(many(2)), json.dumps(many(3)[2:])
    expected = ["Talk 0", "Talk 1", "Talk 2"]
    for data in (
        f"{first}\n{second}",
        f"[{first}, {second}]",
        f'{{"conversations": [{first[1:-1]}, {second[1:-1]}], "more": [1]}}',
        f'{{"title": "x", "conversations": {json.dumps(many(3))}}}',
        "".join(json.dumps(each) + "\n" for each in many(3)),
    ):
        assert titles(read_bytes(tmp_path, data.encode())) == expected


def test_something_after_the_list_is_told(tmp_path: Path) -> None:
    data = json.dumps(many(1)).encode() + b"\n{}"
    with pytest.raises(LoadError, match="Something that is no list follows"):
        read_bytes(tmp_path, data)


@pytest.mark.parametrize(
    "name",
    [
        "a/b/c/conversations.json",
        "conversations (1).json",
        "Conversations.JSON",
        "Conversations__x-chatgpt-0001-part-0001/conversations-006.json",
        "one talk.json",
    ],
)
def test_members_are_judged_by_what_they_hold(tmp_path: Path, name: str) -> None:
    members = {name: many(2), "user.json": {"email": "a"}, "__MACOSX/._conversations.json": b"\0"}
    assert titles(read_bytes(tmp_path, zipped(members))) == ["Talk 0", "Talk 1"]


@pytest.mark.parametrize("suffix", READ_SUFFIXES)
def test_a_folder_and_an_archive_have_the_same_members(tmp_path: Path, suffix: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(f"talk{suffix}", "x")
    with (tmp_path / "a.zip").open("rb") as file:
        assert [each.filename for each in ZipExport(file).members] == [f"talk{suffix}"]
    assert is_import_name(f"talk{suffix}")


def test_an_archive_in_an_archive_is_read_and_a_deeper_one_is_told(tmp_path: Path) -> None:
    inner = zipped({"conversations-000.json": many(2), "deep.zip": zipped({"c.json": many(1)})})
    portal = {
        "User Online Activity/Conversations__h-chatgpt-0001.zip": inner,
        "User Online Activity/Files__h-files-0001.zip": zipped({"a.png": b"x"}),
        "report.html": b"<html>",
    }
    found = read_bytes(tmp_path, zipped(portal))
    assert titles(found) == ["Talk 0", "Talk 1"]
    (skipped,) = [each for each in found if isinstance(each, SkippedItem)]
    assert skipped.reason.endswith("deep.zip is an archive too deep inside; unpack it first.")


def test_what_a_file_is_taken_for_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "any name"
    path.write_bytes(zipped({"c.json": many(2), "user.json": {}}))
    assert explained(path) == [
        "c.json: ChatGPT, because it has a mapping of messages, as ChatGPT has."
    ]


def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(pipe.write_bytes, json.dumps(many(2)).encode())
        assert titles(read(pipe)) == ["Talk 0", "Talk 1"]
        writing.result()
