"""What is odd in files of other programs: members of archives, characters, times, tools, roles."""

import io
import json
import shutil
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fakegpt_tui.domain import LoadError, Role
from fakegpt_tui.formats.base import SkippedItem
from tests.formats.exports import many, zipped
from tests.formats.reading import FILES, loaded, outline, read, read_bytes


def titles(folder: Path, data: bytes) -> list[str]:
    return [each.conversation.title for each in loaded(read_bytes(folder, data))]


def test_a_part_that_is_missing_between_others_is_told(tmp_path: Path) -> None:
    first, second, third = many(3)
    parts = {
        "a/conversations-000.json": [first],
        "a/conversations-003.json": [second],
        "a/conversations-004.json": [third],
        "b/conversations-007.json": [first],
    }
    found = read_bytes(tmp_path, zipped(parts))
    assert [each.conversation.title for each in loaded(found)][:3] == ["Talk 0", "Talk 1", "Talk 2"]
    assert [each.reason for each in found if isinstance(each, SkippedItem)] == [
        "a/conversations-001.json is not in the archive; what it held is missing.",
        "a/conversations-002.json is not in the archive; what it held is missing.",
    ]


def test_an_archive_of_thousands_of_members_is_read(tmp_path: Path) -> None:
    members = {f"files/{number}.dat": b"" for number in range(30_000)}
    data = zipped({**members, "conversations.json": many(2)}, compression=zipfile.ZIP_STORED)
    assert titles(tmp_path, data) == ["Talk 0", "Talk 1"]


def test_of_members_of_one_name_the_last_is_read(tmp_path: Path) -> None:
    first, second = many(2)
    data = zipped({"a.json": [first], "b.json": [second]}).replace(b"b.json", b"a.json")
    assert titles(tmp_path, data) == ["Talk 1"]


def test_a_compression_that_is_unknown_here_is_told(tmp_path: Path) -> None:
    data = bytearray(zipped({"c.json": many(1)}, compression=zipfile.ZIP_STORED))
    deflate64 = 9
    data[8] = data[data.rfind(b"PK\x01\x02") + 10] = deflate64
    (skipped,) = read_bytes(tmp_path, bytes(data))
    assert isinstance(skipped, SkippedItem)
    assert skipped.reason == (
        "The archive is packed in a way that cannot be read here; unpack it and import the folder."
    )


class Pipe(io.RawIOBase):
    """Something to write to that knows no way back."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        held = bytes(data)  # type: ignore[call-overload]
        self.written += held
        return len(held)


def test_archives_of_large_files_and_of_pipes_are_read(tmp_path: Path) -> None:
    for target in (io.BytesIO(), Pipe()):
        with (
            zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("conversations.json", "w", force_zip64=True) as member,
        ):
            member.write(json.dumps(many(1)).encode())
        data = bytes(target.written) if isinstance(target, Pipe) else target.getvalue()
        assert titles(tmp_path, data) == ["Talk 0"]


def openai(*messages: dict[str, object]) -> bytes:
    return json.dumps(messages).encode()


def test_odd_characters_are_kept_as_far_as_text_can_have_them(tmp_path: Path) -> None:
    said = openai({"role": "user", "content": "a\0b\ud83dc\r\nd"}, {"role": "user", "content": "e"})
    (found,) = loaded(read_bytes(tmp_path, said))
    text = found.messages[0].text
    assert text.startswith("a\0b")
    assert text.endswith("c\r\nd")
    assert text.encode().decode() == text
    assert found.conversation.title.isprintable()


def test_only_instructions_are_no_conversation(tmp_path: Path) -> None:
    assert outline(read_bytes(tmp_path, openai({"role": "system", "content": "Be kind."}))) == [
        "(empty)"
    ]
    message = {"id": "a", "role": "system", "content": "Be kind.", "timestamp": 1}
    chat = {"title": "T", "history": {"messages": {"a": message}, "currentId": "a"}}
    assert outline(read_bytes(tmp_path, json.dumps([{"id": "c", "chat": chat}]).encode())) == [
        "(empty)"
    ]


def test_calls_and_results_of_tools_that_do_not_fit_together_are_kept(tmp_path: Path) -> None:
    call = {"id": None, "function": {"name": "look", "arguments": '{"a": 1}'}}
    found = read_bytes(
        tmp_path,
        openai(
            {"role": "user", "content": "Look."},
            {"role": "assistant", "content": None, "tool_calls": [call, call, None]},
            {"role": "tool", "tool_call_id": None, "content": "one"},
            {"role": "tool", "tool_call_id": "gone", "content": "x" * 5_000_000},
            {"role": "assistant", "content": "", "tool_calls": [call]},
        ),
    )
    texts = [each.text for each in loaded(found)[0].messages]
    assert texts[1].count("[To look]") == 2
    assert "one" in texts[2]
    assert "x" * 5_000_000 in texts[3]
    assert texts[4].startswith("[To look]")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("```\n<think>a</think>\n```", "```\n<think>a</think>\n```"),
        ("Yes. <think>a</think>", "Yes. <think>a</think>"),
        ("<details><summary>S</summary>a</details>", "<details><summary>S</summary>a</details>"),
    ],
)
def test_tags_that_do_not_begin_a_reply_are_text(tmp_path: Path, text: str, told: str) -> None:
    said = openai({"role": "user", "content": "Hi"}, {"role": "assistant", "content": text})
    (found,) = loaded(read_bytes(tmp_path, said))
    assert (found.messages[1].reasoning, found.messages[1].text) == ("", told)


@pytest.fixture
def berlin() -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of a process cannot be changed here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("berlin")
def test_times_without_a_zone_are_local_or_not_as_each_program_has_them(tmp_path: Path) -> None:
    lines = [
        {"role": "user", "content": "winter", "timestamp": "2026-03-29T01:30:00"},
        {"role": "assistant", "content": "summer", "timestamp": "2026-03-29T03:30:00"},
    ]
    (local,) = loaded(read_bytes(tmp_path, "\n".join(map(json.dumps, lines)).encode()))
    winter, summer = (each.created_at for each in local.messages)
    assert (summer - winter).total_seconds() == 3600
    assert winter.isoformat() == "2026-03-29T01:30:00+01:00"
    (oldest, _) = loaded(read(FILES / "llm" / "logs-0.4.db"))
    assert oldest.messages[0].created_at.isoformat() == "2023-06-15T10:00:00.500000+00:00"
    (elia,) = loaded(read(FILES / "elia" / "elia.sqlite"))
    assert {str(each.created_at.utcoffset()) for each in elia.messages} == {"0:00:00"}


def test_a_copy_that_was_cut_short_is_told(tmp_path: Path) -> None:
    data = zipped({"conversations.json": many(50)})
    with pytest.raises(LoadError, match="The archive is damaged"):
        read_bytes(tmp_path, data[: len(data) // 2])


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("sheet", "sentence"),
    [
        (b"<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>", "a workbook"),
        (b"", "The workbook is damaged"),
        (b"<worksheet><sheetData>", "The workbook is damaged"),
        (b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>', "has declarations"),
        (b'<row><c t="s"><v>99</v></c></row>', "a workbook with sheets of no kind that is known"),
    ],
)
def test_other_workbooks_and_damaged_ones_are_told(
    tmp_path: Path, sheet: bytes, sentence: str
) -> None:
    with pytest.raises(LoadError, match=sentence):
        read_bytes(tmp_path, zipped({"xl/workbook.xml": b"<workbook/>", SHEET: sheet}))


def test_a_workbook_in_an_archive_is_read(tmp_path: Path) -> None:
    inner = (FILES / "perplexity" / "export.xlsx").read_bytes()
    assert titles(tmp_path, zipped({"a/export.xlsx": inner})) == ["What is a jib?", "Nothing"]
    (first, _) = loaded(read(FILES / "perplexity" / "export.xlsx"))
    times = [each.created_at.isoformat() for each in first.messages]
    assert times == ["2026-03-01T12:00:00+00:00"] * 2


def test_an_answer_in_a_workbook_may_be_a_number(tmp_path: Path) -> None:
    rows = (("UUID", "TITLE", "OUTPUT_STR"), ("u", "How many?", "42"))
    cells = ("".join(f"<c><v>{value}</v></c>" for value in row) for row in rows)
    sheet = "".join(f"<row>{each}</row>" for each in cells)
    sheet = f"<worksheet><sheetData>{sheet}</sheetData></worksheet>"
    found = read_bytes(tmp_path, zipped({"xl/workbook.xml": b"<workbook/>", SHEET: sheet.encode()}))
    assert outline(found) == ["# How many?", "1 > 'How many?'", "2 <* '42'"]


ARCHIVES = [path.with_suffix("") for path in sorted(FILES.glob("*/*.zip.outline"))]


@pytest.mark.parametrize("path", ARCHIVES, ids=lambda path: path.parent.name)
def test_an_archive_under_another_name_holds_the_same(tmp_path: Path, path: Path) -> None:
    found, again = loaded(read(path)), loaded(read_bytes(tmp_path, path.read_bytes(), "other (1)"))
    ids = [[message.id for message in each.messages] for each in found]
    assert [[message.id for message in each.messages] for each in again] == ids
    assert [each.conversation.id for each in again] == [each.conversation.id for each in found]


@pytest.mark.parametrize("value", ["NaN", "1e999", "-1e999", "true", "0", "-5", "1e17", '"soon"'])
def test_numbers_that_are_no_times_are_borne(tmp_path: Path, value: str) -> None:
    said = {"role": "user", "content": "Hi", "timestamp": "TIME"}
    chat = {"title": "T", "history": {"messages": {"a": said}, "currentId": "a"}}
    chats = json.dumps([{"id": "c", "created_at": 1767225600, "chat": chat}])
    (found,) = loaded(read_bytes(tmp_path, chats.replace('"TIME"', value).encode()))
    assert found.messages[0].created_at.isoformat() == "2026-01-01T00:00:00+00:00"


def test_of_a_key_that_is_there_twice_the_last_counts(tmp_path: Path) -> None:
    data = b'[{"role": "user", "content": "a", "content": "b"}]'
    assert outline(read_bytes(tmp_path, data)) == ["# b", "1 >* 'b'"]


def test_lists_that_are_nested_a_hundred_thousand_deep_are_refused(tmp_path: Path) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    with pytest.raises(LoadError):
        read_bytes(tmp_path, deep)
    first, last = (json.dumps(each).encode() for each in many(2))
    assert titles(tmp_path, b"[%s, %s, %s]" % (first, deep, last)) == ["Talk 0", "Talk 1"]


def test_reasoning_without_a_reply_is_a_message(tmp_path: Path) -> None:
    reply = {"role": "assistant", "content": "", "reasoning_content": "Hm."}
    found = read_bytes(tmp_path, openai({"role": "user", "content": "Hi"}, reply))
    assert outline(found) == ["# Hi", "1 > 'Hi'", "2 <* (Hm.) ''"]


def test_what_replies_of_claude_code_cost_is_counted_once() -> None:
    (found,) = loaded(read(FILES / "claude-code" / "session.jsonl"))
    assert sum(each.usage.output or 0 for each in found.messages if each.usage) == 31


def test_members_and_fields_that_hold_secrets_are_not_looked_at(tmp_path: Path) -> None:
    backup = json.loads((FILES / "bigagi" / "backup.json").read_text())
    backup["models"] = {"sources": [{"setup": {"oaiKey": "sk-secret"}}]}
    assert "sk-secret" not in repr(read_bytes(tmp_path, json.dumps(backup).encode()))
    # What would be a conversation, were it looked at.
    members = {"conversations.json": many(1), "prod-mc-auth-mgmt-api.json": many(3)[1:]}
    assert titles(tmp_path, zipped(members)) == ["Talk 0"]


def test_a_chat_of_open_webui_without_a_title_is_read_from_its_rows(tmp_path: Path) -> None:
    path = Path(shutil.copyfile(FILES / "openwebui" / "webui.db", tmp_path / "webui.db"))
    with closing(sqlite3.connect(path)) as connection:
        changed = connection.execute("UPDATE chat_message SET content = ?", ('"by row\\u0000"',))
        assert changed.rowcount > 0
        connection.execute("UPDATE chat SET title = ''")
        connection.commit()
    texts = [each.text for chat in loaded(read(path)) for each in chat.messages]
    titles = {each.conversation.title for each in loaded(read(path))}
    assert "by row" in {text.rstrip("\0") for text in texts}
    assert all(titles)


def test_prompts_of_gemini_at_the_same_moment_are_all_taken(tmp_path: Path) -> None:
    told = {"header": "Gemini Apps", "products": [], "time": "2026-03-01T10:00:00.001Z"}
    records = [
        {**told, "title": f"أرسلت {number}", "safeHtmlItem": [{"html": f"<p>{number}</p>"}]}
        for number in (1, 2)
    ]
    (found,) = loaded(read_bytes(tmp_path, json.dumps(records).encode()))
    assert sorted(each.text for each in found.messages if each.role is Role.ASSISTANT) == ["1", "2"]
    assert len({each.id for each in found.messages}) == 4
