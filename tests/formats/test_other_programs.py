"""Small files of other programs, with all that must come of them."""

import json
import random
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.base import FormatError
from fakegpt_tui.formats.discovery import list_import_files
from fakegpt_tui.formats.mods import decode_gob
from tests.formats.exports import ordinary, zipped
from tests.formats.reading import FILES, account, accounts, loaded, outline, read, read_bytes
from tests.formats.test_registry import ODD, places

NAMES = [str(path.relative_to(FILES).with_suffix("")) for path in accounts()]


@pytest.mark.parametrize("name", NAMES)
def test_all_that_was_said_is_taken_and_the_rest_told(name: str) -> None:
    assert account(FILES / name) == (FILES / f"{name}.outline").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_reading_twice_gives_the_same(name: str) -> None:
    found = loaded(read(FILES / name))
    assert found
    assert found == loaded(read(FILES / name))


def test_the_rest_of_an_archive_in_parts_is_no_trouble() -> None:
    with pytest.raises(LoadError, match=r"holds no conversations\.json, nor other"):
        read(FILES / "claude" / "light_metadata-000.zip")


def test_messages_of_claude_without_a_sender_take_turns(tmp_path: Path) -> None:
    said = [{"uuid": f"m{number}", "text": str(number)} for number in range(3)]
    document = [{"uuid": "c", "name": "Turns", "chat_messages": said}]
    found = read_bytes(tmp_path, json.dumps(document).encode())
    assert outline(found) == ["# Turns", "1 > '0'", "2 < '1'", "3 >* '2'"]


def test_a_list_of_messages_that_has_grown_extends_what_is_there(tmp_path: Path) -> None:
    said = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
    ]
    (first,) = loaded(read_bytes(tmp_path, json.dumps(said).encode()))
    said += [{"role": "user", "content": "And?"}]
    (grown,) = loaded(read_bytes(tmp_path, json.dumps(said).encode(), "other name"))
    assert grown.conversation.id == first.conversation.id
    assert [each.id for each in grown.messages[:2]] == [each.id for each in first.messages]
    said[1] = {"role": "user", "content": "Ho"}
    (other,) = loaded(read_bytes(tmp_path, json.dumps(said).encode()))
    assert other.conversation.id != first.conversation.id


def test_thinking_is_apart_only_where_a_reply_begins_with_it(tmp_path: Path) -> None:
    for text, told in [
        ("<think>Hm.</think>\n\nYes.", "2 <* (Hm.) 'Yes.'"),
        ("Use `<think>x</think>`.", "2 <* 'Use `<think>x</think>`.'"),
        ("<think>unclosed", "2 <* '<think>unclosed'"),
    ]:
        said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": text}]
        assert outline(read_bytes(tmp_path, json.dumps(said).encode()))[-1] == told


def webui(**messages: dict[str, object]) -> bytes:
    chat = {"title": "T", "history": {"messages": messages, "currentId": "nowhere"}}
    return json.dumps([{"id": "c", "chat": chat}]).encode()


def test_messages_in_a_list_are_read_as_those_by_their_ids(tmp_path: Path) -> None:
    first = {"id": "a", "role": "user", "content": "Hi", "message": {"fragments": [request("Hi")]}}
    other = {"id": "b", "role": "user", "content": "Ho", "message": {"fragments": [request("Ho")]}}
    for nodes, told in [
        ([first, other], ["1 > 'Hi'", "2 >* 'Ho'"]),
        ([first, {**other, "parent": "a", "parentId": "a"}], ["1 > 'Hi'", "2 >* 'Ho'"]),
    ]:
        webui = {"id": "c", "chat": {"history": {"messages": nodes, "currentId": "b"}}}
        deepseek = {"id": "c", "inserted_at": "2026-01-01T00:00:00Z", "mapping": nodes}
        for document in (webui, deepseek):
            found = read_bytes(tmp_path, json.dumps([document]).encode())
            assert outline(found)[1:] == told


def request(text: str) -> dict[str, object]:
    return {"type": "REQUEST", "content": text}


def test_conversations_by_their_ids_are_read_as_those_in_a_list(tmp_path: Path) -> None:
    chats = {each: ordinary(conversation_id=each, title=each) for each in ("one", "two")}
    for document in (chats, {"conversations": chats}):
        found = loaded(read_bytes(tmp_path, json.dumps(document).encode()))
        assert [each.conversation.title for each in found] == ["one", "two"]


def test_each_of_several_people_or_models_is_named(tmp_path: Path) -> None:
    said = [
        {"role": "user", "name": "Ann", "content": "Hi"},
        {"role": "user", "name": "Ben", "content": "Ho"},
        {"role": "assistant", "name": "Guide", "content": "Hello"},
    ]
    told = ["1 > 'Ann: Hi'", "2 > 'Ben: Ho'", "3 <* 'Hello'"]
    assert outline(read_bytes(tmp_path, json.dumps(said).encode()))[1:] == told
    lines: list[dict[str, object]] = [
        {"user_name": "Ann", "character_name": "Guide"},
        {"name": "Ann", "is_user": True, "mes": "Hi", "extra": {"image": "sky.png"}},
        {"name": "Guide", "is_user": False, "mes": "Hello"},
        {"name": "Bosun", "is_user": False, "mes": "Ahoy"},
        {"name": "Bosun", "is_user": False, "mes": "1. Row"},
    ]
    found = read_bytes(tmp_path, "\n".join(map(json.dumps, lines)).encode())
    assert outline(found)[1:] == [
        "1 > 'Hi' - sky.png",
        "2 < 'Hello'",
        "3 < '**Bosun:** Ahoy'",
        "4 <* '**Bosun:**\\n\\n1. Row'",
    ]


def test_reasoning_of_open_webui_in_the_text_is_apart(tmp_path: Path) -> None:
    summary = "<summary>Thought</summary>"
    details = f'<details type="reasoning" done="true">\n{summary}\n&gt; 1 &lt; 2\n</details>\n'
    found = read_bytes(
        tmp_path,
        webui(a={"role": "assistant", "content": f"{details}Yes.\0", "timestamp": 1767225600}),
    )
    assert outline(found) == ["# T", "1 <* (1 < 2) 'Yes.'"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '<details type="reasoning"><summary>T</summary>\n> a\n<details><summary>S</summary>\n'
            "> b\n</details>\n> c\n</details>\nYes. <details>d</details>",
            "(a\n<details><summary>S</summary>\nb\n</details>\nc) 'Yes. <details>d</details>'",
        ),
        (
            '<details type="reasoning">\n> a\n</details>\n<details type="reasoning">\n> b\n'
            "</details>\nYes.",
            "(a\n\nb) 'Yes.'",
        ),
        (
            '<details type="reasoning">\n<details>a</details>\nnever closed',
            "'<details type=\"reasoning\">\\n<details>a</details>\\nnever closed'",
        ),
    ],
)
def test_details_in_the_reasoning_of_open_webui_do_not_end_it(
    tmp_path: Path, text: str, told: str
) -> None:
    found = read_bytes(
        tmp_path, webui(a={"role": "assistant", "content": text, "timestamp": 1767225600})
    )
    assert outline(found) == ["# T", f"1 <* {told}"]


def test_a_parent_that_is_missing_or_the_message_itself_is_borne(tmp_path: Path) -> None:
    found = read_bytes(
        tmp_path,
        webui(
            a={"role": "user", "content": "a", "parentId": "a", "timestamp": 1},
            b={"role": "user", "content": "b", "parentId": "c", "timestamp": 2},
            c={"role": "user", "content": "c", "parentId": "b", "timestamp": 3},
            d={"role": "user", "content": "d", "parentId": "gone", "timestamp": None},
            e="odd",
        ),
    )
    assert sorted(outline(found)[1:]) == ["1 > 'a'", "1 > 'b'", "1 > 'd'", "2 >* 'c'"]


def test_half_a_last_line_is_read_at_the_next_import(tmp_path: Path) -> None:
    data = (FILES / "claude-code" / "session.jsonl").read_bytes()
    whole = data.rpartition(b"\n")[0] + b"\n"
    more = json.dumps(
        {
            "type": "user",
            "uuid": "u9",
            "parentUuid": "a6",
            "sessionId": "44444444-0000-4000-8000-000000000001",
            "message": {"role": "user", "content": "And now?"},
        }
    )
    (first,) = loaded(read_bytes(tmp_path, data))
    (later,) = loaded(read_bytes(tmp_path, whole + more.encode()))
    assert later.conversation.id == first.conversation.id
    assert later.messages[:-1] == first.messages
    assert later.messages[-1].parent_id == first.conversation.leaf_id
    assert "1 damaged line was left out." in account(FILES / "claude-code" / "session.jsonl")


def codex(*lines: tuple[str, dict[str, object]]) -> bytes:
    first = {"type": "session_meta", "payload": {"id": "c"}}
    rest = [{"type": kind, "payload": payload} for kind, payload in lines]
    return "\n".join(map(json.dumps, [first, *rest])).encode()


def test_a_session_of_claude_code_that_was_forked_is_another_conversation_and_says_so(
    tmp_path: Path,
) -> None:
    def line(uuid: str, parent: str | None, said: str, session: str, **more: object) -> str:
        message = {"role": "user", "content": said}
        about = {"type": "user", "uuid": uuid, "parentUuid": parent, "sessionId": session}
        return json.dumps({**about, "message": message, **more})

    copied = {"forkedFrom": {"sessionId": "s1", "messageUuid": "u1"}}
    whole = [line("u1", None, "Hi", "s1"), line("u2", "u1", "And?", "s1")]
    fork = [line("u1", None, "Hi", "s2", **copied), line("u3", "u1", "But?", "s2")]
    (first,) = loaded(read_bytes(tmp_path, "\n".join(whole).encode()))
    (second,) = loaded(read_bytes(tmp_path, "\n".join(fork).encode()))
    assert first.conversation.id != second.conversation.id
    assert not {each.id for each in first.messages} & {each.id for each in second.messages}
    assert outline([second]) == ["# Hi", "1 > 'Hi'", "2 >* 'But?'"]
    told = [loss.counted(count) for loss, count in second.left_out.items() if count]
    assert told == ["1 conversation was forked from another, and begins with what that holds, too."]
    only_copied = read_bytes(tmp_path, f"{fork[0]}\n{fork[0]}".encode())
    assert outline(only_copied) == ["(empty)"]


def item(role: str, text: str) -> tuple[str, dict[str, object]]:
    return "response_item", {"type": "message", "role": role, "content": [{"text": text}]}


def test_turns_of_codex_that_were_rolled_back_stay_as_a_branch(tmp_path: Path) -> None:
    said = [item("user", "a"), item("assistant", "b"), item("user", "c"), item("assistant", "d")]
    back = ("event_msg", {"type": "thread_rolled_back", "num_turns": 1})
    found = read_bytes(tmp_path, codex(*said, back, item("user", "e")))
    assert outline(found) == ["# a", "1 > 'a'", "2 < 'b'", "3 > 'c'", "4 < 'd'", "3 >* 'e'"]


def test_a_title_that_codex_keeps_above_its_sessions_is_read(tmp_path: Path) -> None:
    sessions = tmp_path / "sessions" / "2026" / "03" / "01"
    sessions.mkdir(parents=True)
    names = [("c", "First"), ("other", "Other"), ("c", "Renamed")]
    lines = [json.dumps({"id": key, "thread_name": name}) for key, name in names]
    (tmp_path / "session_index.jsonl").write_text("\n".join([*lines, '{"id": "c"']))
    assert outline(read_bytes(sessions, codex(item("user", "a")))) == ["# Renamed", "1 >* 'a'"]


def test_a_session_of_codex_that_another_one_began_is_no_conversation(tmp_path: Path) -> None:
    helper = {"id": "h", "source": {"subagent": {"thread_spawn": {"parent_thread_id": "c"}}}}
    lines = [{"type": "session_meta", "payload": helper}]
    kind, payload = item("user", "a")
    lines.append({"type": kind, "payload": payload})
    data = "\n".join(map(json.dumps, lines)).encode()
    assert outline(read_bytes(tmp_path, data)) == ["(empty)"]


def activity(minute: int, title: str, answer: str = "") -> dict[str, object]:
    held = {"safeHtmlItem": [{"html": answer}]} if answer else {}
    time = f"2026-03-01T10:{minute:02}:00Z"
    return {"header": "Gemini Apps", "title": title, "time": time, "products": [], **held}


def test_a_group_of_prompts_that_has_grown_is_the_same_conversation(tmp_path: Path) -> None:
    newest_first = [
        activity(9, "Prompted Two", "<p>2</p>"),
        activity(1, "Prompted One", "<p>1</p>"),
    ]
    (first,) = loaded(read_bytes(tmp_path, json.dumps(newest_first[1:]).encode()))
    (grown,) = loaded(read_bytes(tmp_path, json.dumps(newest_first).encode()))
    assert grown.conversation.id == first.conversation.id
    assert grown.messages[:2] == first.messages
    assert outline([grown]) == ["# One", "1 > 'One'", "2 < '1'", "3 > 'Two'", "4 <* '2'"]


def test_other_languages_are_read_where_there_is_an_answer(tmp_path: Path) -> None:
    found = read_bytes(
        tmp_path,
        json.dumps(
            [
                activity(3, "السؤال: نهر", "<p>ماء</p>"),
                activity(2, "作成"),
                activity(1, "プロンプト: 川", "<p>水</p>"),
            ]
        ).encode(),
    )
    assert outline(found) == [
        "# プロンプト: 川",
        "1 > 'プロンプト: 川'",
        "2 < '水'",
        "3 > 'السؤال: نهر'",
        "4 <* 'ماء'",
    ]


def test_prompts_of_one_moment_are_both_there_the_newer_one_last(tmp_path: Path) -> None:
    both = [activity(1, "Prompted Two", "<p>2</p>"), activity(1, "Prompted One", "<p>1</p>")]
    found = read_bytes(tmp_path, json.dumps(both).encode())
    assert outline(found) == ["# One", "1 > 'One'", "2 < '1'", "3 > 'Two'", "4 <* '2'"]


@pytest.mark.parametrize(("selected", "shown"), [(7, "b"), (-3, "a"), (None, "a"), (1, "b")])
def test_a_selection_of_lm_studio_that_is_out_of_range_is_borne(
    tmp_path: Path, selected: int | None, shown: str
) -> None:
    versions = [{"role": "user", "content": [{"type": "text", "text": text}]} for text in "ab"]
    document = {
        "name": "T",
        "createdAt": 1772359200123,
        "messages": [
            {"versions": []},
            {"versions": versions, "currentlySelected": selected},
            {"versions": [{"role": "assistant", "content": [{"text": "c"}]}]},
        ],
    }
    (found,) = loaded(read_bytes(tmp_path, json.dumps(document).encode()))
    first, second, reply = sorted(found.messages, key=lambda each: each.text)
    assert reply.parent_id == {"a": first.id, "b": second.id}[shown]


def test_a_chat_of_sillytavern_without_swipes_is_read(tmp_path: Path) -> None:
    lines = [
        {"name": "You", "is_user": True, "mes": "Hi", "send_date": "2026-03-01@10h00m00s"},
        {"name": "A", "is_user": False, "mes": "<think>Hm.</think>Ho", "swipe_id": 3},
        {"name": "B", "is_user": False, "mes": "Hey", "swipe_id": 9, "swipes": ["x"]},
    ]
    data = "\n".join(map(json.dumps, lines)).encode()
    assert outline(read_bytes(tmp_path, data, "talk.jsonl")) == [
        "# talk",
        "1 > 'Hi'",
        "2 < (Hm.) '**A:** Ho'",
        "3 <* '**B:** Hey'",
    ]


def test_settings_of_chatbox_are_not_looked_at(tmp_path: Path) -> None:
    export = json.loads((FILES / "chatbox" / "export.json").read_text())
    export["settings"] = {"providers": {"openai": {"apiKey": "sk-secret"}}}
    assert "sk-secret" not in repr(read_bytes(tmp_path, json.dumps(export).encode()))


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("Mar 1, 2026, 10:10:00\u202fAM UTC", "2026-03-01T10:10:00+00:00"),
        ("Mar 1, 2026, 1:10:00 PM GMT+5:30", "2026-03-01T07:40:00+00:00"),
        ("Mar 1, 2026, 1:10:00 PM GMT-8", "2026-03-01T21:10:00+00:00"),
        ("Mar 1, 2026, 1:10:00 PM PST", None),
        ("1 mars 2026, 13:10:00 CET", None),
    ],
)
def test_times_of_a_page_of_gemini_are_read_or_refused(
    tmp_path: Path, written: str, time: str | None
) -> None:
    page = (FILES / "gemini" / "MyActivity.html").read_text()
    page = page.replace("Mar 1, 2026, 10:10:00\u202fAM UTC", written)
    found = read_bytes(tmp_path, page.encode())
    times = [each.created_at.isoformat() for item in loaded(found) for each in item.messages]
    assert times == ([time, time] if time else [])
    assert outline(found) != []


def test_an_answer_of_aichat_that_ends_like_another_is_whole(tmp_path: Path) -> None:
    log = "# CHAT: a [2026-03-01T10:00:00Z]\na\n--------\nb\n--------\nc\n--------\n\n"
    assert outline(read_bytes(tmp_path, log.encode())) == [
        "# a",
        "1 > 'a'",
        "2 <* 'b\\n--------\\nc'",
    ]


def test_histories_of_gptme_are_read_as_branches_and_not_alone() -> None:
    folder = FILES / "gptme"
    named = [each.path for each in list_import_files([folder]) if each.opened]
    assert named == [folder / "conversation.jsonl"]
    branch = folder / "branches" / "main-edit-0.jsonl"
    ((whole,), (alone,)) = (loaded(read(path)) for path in (named[0], branch))
    assert alone.conversation.id == whole.conversation.id
    assert {each.id for each in alone.messages} < {each.id for each in whole.messages}


def test_a_title_beside_messages_in_an_archive_is_read_and_that_of_others_is_not(
    tmp_path: Path,
) -> None:
    thread = json.loads((FILES / "jan" / "thread.json").read_text())
    messages = (FILES / "jan" / "messages.jsonl").read_bytes()
    for key, title in {thread["id"]: "# Rudders", "other": "# What is a rudder?"}.items():
        members = {"a/thread.json": {**thread, "id": key}, "a/messages.jsonl": messages}
        assert outline(read_bytes(tmp_path, zipped(members)))[0] == title


def test_what_go_writes_is_read_or_refused() -> None:
    # An example of its own documentation.
    example = "1fff8103010105506f696e7401ff820001020101580104000101590104000000"
    point = bytes.fromhex(f"{example}07ff82012c014200")
    assert decode_gob(point) == {"X": 22, "Y": 33}
    source = random.Random(3)
    for path in (FILES / "mods").glob("*.gob"):
        data = path.read_bytes()
        for end in range(len(data)):
            with pytest.raises(FormatError):
                decode_gob(data[:end])
        for _ in range(500):
            changed = bytearray(data)
            changed[source.randrange(len(data))] = source.randrange(256)
            with suppress(FormatError):
                decode_gob(bytes(changed))


@pytest.mark.parametrize(
    "text",
    [
        "# Manual\n\n## User\n\nWho logs in.\n\n## Model\n\nWhat it runs.\n",
        "## You\n\nonly a person\n\n## You\n\nspeaks\n",
        "## User\n\na\n\n### Assistant\n\nof another level\n",
        "```\n## User\n\n## Assistant\n```\n",
        "## User guide\n\na\n\n## Assistant settings\n\nb\n",
    ],
)
def test_notes_in_which_no_person_and_model_speak_are_no_transcripts(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises(LoadError, match="neither a saved conversation"):
        read_bytes(tmp_path, text.encode(), "notes.md")


def documents() -> Iterator[tuple[bool, Any]]:
    """What the files hold as JSON, and whether it is lines."""
    for path in (each.with_suffix("") for each in accounts()):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if name.endswith(".json"):
                        yield False, json.loads(archive.read(name))
        elif path.suffix == ".json":
            yield False, json.loads(path.read_text())
        elif path.suffix == ".jsonl":
            yield True, [json.loads(each) for each in path.read_text().splitlines()[:-1]]


def mutate(source: random.Random, document: Any) -> None:
    for _ in range(source.randint(1, 6)):
        inside, key = source.choice(places(document) or [({"": 0}, "")])
        if isinstance(inside, dict) and source.randrange(4) == 0:
            del inside[key]
        else:
            inside[key] = deepcopy(source.choice(ODD))


def check_mutations(path: Path, count: int, seed: int) -> None:
    source = random.Random(seed)
    for is_lines, document in documents():
        for _ in range(count):
            changed = deepcopy(document)
            mutate(source, changed)
            with suppress(ValueError, RecursionError):  # of a circle, which JSON cannot say
                rows = map(json.dumps, changed) if is_lines else [json.dumps(changed)]
                path.write_text("\n".join(rows))
            with suppress(LoadError):
                outline(read(path))


def test_no_mutation_of_a_file_is_more_than_a_report(tmp_path: Path) -> None:
    check_mutations(tmp_path / "file", 8, seed=1)


@pytest.mark.long
def test_thousands_of_mutations_of_each_file_are_no_more_than_reports(tmp_path: Path) -> None:
    check_mutations(tmp_path / "file", 2000, seed=2)
