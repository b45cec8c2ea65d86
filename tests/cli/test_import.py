"""`import`: files into the store, and what is told about it."""

import json
import os
import signal
from pathlib import Path

import pytest

from fakegpt_tui.domain import ChatMessage, Conversation
from tests.chat.test_undo import chat_over
from tests.cli.program import COMMAND, Home
from tests.formats.exports import many, ordinary, write_json, zipped
from tests.formats.reading import FILES
from tests.formats.trees import branched
from tests.patience import PATIENCE
from tests.terminal import Terminal


def held(home: Home) -> list[tuple[Conversation, tuple[ChatMessage, ...]]]:
    with home.store() as store:
        found = [(each, store.messages(each.id)) for each in store.conversations()]
    return sorted(found, key=lambda each: each[0].id)


@pytest.mark.parametrize("suffix", ["md", "jsonl"])
def test_what_was_saved_here_is_the_same_elsewhere(home: Home, tmp_path: Path, suffix: str) -> None:
    conversation, messages = branched()
    with home.store() as store:
        store.add_turn(conversation, *messages).result(PATIENCE)
    home.run("save", "--all", str(tmp_path / "out"), "--format", suffix)
    other = Home(tmp_path / "other")
    done = other.run("import", str(tmp_path / "out"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Added: 1 conversation with 4 new messages." in done.stdout
    assert held(other) == [(conversation, tuple(messages))]


def test_an_export_is_taken_once(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "export.zip"
    file.write_bytes(zipped({"conversations.json": many(3)}))
    assert "Added: 3 conversations with 12 new messages." in home.invoke("import", str(file)).stdout
    before = held(home)
    assert "Added: 0 conversations with 0 new messages. Already there: 3." in (
        home.invoke("import", str(file)).stdout
    )
    assert held(home) == before


def test_what_is_imported_goes_on_with_the_service_chosen_last(home: Home, tmp_path: Path) -> None:
    home.configure('[services.lab]\nkind = "openai"\nurl = "http://127.0.0.1:1"\n')
    chosen = {"version": 1, "values": {"service": "lab", "model": "m-2"}}
    (home.data / "state").mkdir(parents=True)
    write_json(home.data / "state" / "last-choices.json", chosen)
    home.invoke("import", str(write_json(tmp_path / "conversations.json", many(1))))
    ((conversation, _),) = held(home)
    assert (conversation.service, conversation.model) == ("lab", "m-2")


def test_a_folder_with_the_parts_of_an_export_is_taken(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    write_json(folder / "conversations-000.json", many(2))
    write_json(folder / "conversations-002.json", many(3)[2:])
    write_json(folder / "user.json", {})
    done = home.invoke("import", str(folder))
    assert "Added: 3 conversations" in done.stdout
    lacking = f"{folder}/conversations-001.json is not there; what it held is missing."
    assert done.stderr == f"fakegpt-tui: {lacking}\n"


def test_a_dry_run_only_tells(home: Home, tmp_path: Path) -> None:
    file = write_json(tmp_path / "conversations.json", many(2))
    done = home.invoke("import", "--dry-run", str(file))
    assert "To add: 2 conversations with 8 new messages." in done.stdout
    assert "2 messages that the service had hidden were left out." in done.stdout
    assert held(home) == []


def test_what_was_skipped_is_told_with_its_reason(home: Home, tmp_path: Path) -> None:
    file = write_json(tmp_path / "conversations.json", [ordinary(), {}, *[3] * 30])
    done = home.invoke("import", str(file))
    assert done.exit_code == 0
    assert "Skipped: 31." in done.stdout
    assert "Conversation 2 is no conversation of a known kind." in done.stderr
    assert "And 11 more were skipped" in done.stderr


def test_the_report_is_json_with_a_version(home: Home, tmp_path: Path) -> None:
    file = write_json(tmp_path / "conversations.json", [ordinary(), {}])
    document = json.loads(home.invoke("import", "--json", "--verbose", str(file)).stdout)
    assert (document["version"], document["added"], document["messages"]) == (1, 1, 4)
    assert document["reasons"] == [
        {"where": "Conversation 2", "reason": "Conversation 2 is no conversation of a known kind."}
    ]


def test_a_file_that_cannot_be_read_does_not_stop_the_others(home: Home, tmp_path: Path) -> None:
    bad, good = tmp_path / "notes.txt", write_json(tmp_path / "c.json", many(1))
    bad.write_text("hello")
    done = home.invoke("import", str(bad), str(good))
    assert done.exit_code == 1
    assert "notes.txt: This is neither a saved conversation" in done.stderr
    assert "Added: 1 conversation" in done.stdout


def test_conversations_go_on_with_the_chosen_service(home: Home, tmp_path: Path) -> None:
    home.use_service("http://127.0.0.1:9")
    file = write_json(tmp_path / "c.json", many(1))
    home.invoke("import", "--model", "gpt-9", str(file))
    ((conversation, messages),) = held(home)
    assert (conversation.service, conversation.model) == ("home", "gpt-9")
    assert messages[1].model == "gpt-4o"


def test_a_killed_import_that_is_run_again_equals_a_single_run(tmp_path: Path) -> None:
    file = write_json(tmp_path / "c.json", many(300))
    whole = Home(tmp_path / "whole")
    assert whole.run("import", str(file)).returncode == 0
    home = Home(tmp_path / "killed")
    for lines in (1, 40):
        with home.started("import", "--verbose", str(file)) as process:
            assert process.stdout
            for _ in range(lines):
                assert process.stdout.readline()
            process.kill()
        assert len(held(home)) >= lines
    assert home.run("import", str(file)).returncode == 0
    assert held(home) == held(whole)
    with home.store() as store:
        chat = chat_over(store)
        assert [chat.history.undo() is not None for _ in range(4)] == [True, True, True, False]
    assert held(home) == []


def test_an_interrupted_import_tells_what_it_did(home: Home, tmp_path: Path) -> None:
    file = write_json(tmp_path / "c.json", many(2000))
    with home.started("import", "--verbose", str(file)) as process:
        assert process.stdout
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        told = process.stdout.read()
        assert process.wait(PATIENCE) == 130
    assert b"Added: " in told
    assert held(home)


def test_a_folder_is_looked_through_and_what_holds_nothing_is_counted(
    home: Home, tmp_path: Path
) -> None:
    folder = tmp_path / "vault"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    write_json(folder / "conversations.json", many(1))
    write_json(folder / ".hidden" / "c.json", many(9))
    (folder / "deep" / "SECOND.ZIP").write_bytes(zipped({"conversations.json": many(3)}))
    (folder / "deep" / "er" / "NOTE.MD").write_text("---\ntitle: mine\n---\nnote\n")
    (folder / "deep" / "picture.png").write_bytes(b"x")
    write_json(folder / "user.json", {})
    write_json(folder / "words", [{"role": "user", "content": "Hi"}])
    os.mkfifo(folder / "pipe.md")
    (folder / "dead.json").symlink_to("nowhere")
    done = home.invoke("import", str(folder))
    assert (done.exit_code, done.stderr) == (0, "")
    assert "Added: 4 conversations" in done.stdout
    assert "5 files looked at, 2 of them passed over: no known conversations." in done.stdout
    assert "1 file not looked at: names of files with conversations end in .md," in done.stdout
    told = home.invoke("import", "--verbose", str(folder)).stdout.splitlines()
    passed = [str(folder / "deep/er/NOTE.MD"), str(folder / "user.json")]
    assert sorted(each[10:] for each in told if each.startswith("no chats")) == sorted(passed)


def test_of_several_files_the_reasons_name_theirs(home: Home, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_json(tmp_path / f"{name}.json", [*many(1), {}])
    cut = tmp_path / "cut.json"
    cut.write_text("[1, ")
    reason = "Conversation 2 is no conversation of a known kind."
    done = home.invoke("import", str(tmp_path))
    assert f"{tmp_path}/a.json: {reason}" in done.stderr
    document = json.loads(home.invoke("import", "--json", str(tmp_path)).stdout)
    assert [each["reason"] for each in document["reasons"]] == [
        f"{cut}: The file ends in the middle, so it was not copied whole.",
        f"{tmp_path}/a.json: {reason}",
        f"{tmp_path}/b.json: {reason}",
    ]


@pytest.mark.parametrize("command", ["import", "save --all", "restore-backup", "list --config"])
def test_the_home_of_a_user_who_is_not_there_is_a_path_like_others(
    home: Home, command: str
) -> None:
    done = home.invoke(*command.split(), "~no-one-of-this-name/x")
    assert "defect" not in done.stderr
    assert done.exit_code in ((0,) if "save" in command else (1, 2))


def test_where_nothing_could_be_taken_the_exit_code_says_so(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    done = home.invoke("import", str(folder))
    assert (done.exit_code, "0 files looked at" in done.stdout) == (1, True)
    file = tmp_path / "c.json"
    assert home.invoke("import", str(write_json(file, [{"mapping": {}}, 3]))).exit_code == 1
    assert home.invoke("import", str(write_json(file, []))).exit_code == 0


def test_what_a_file_is_taken_for_is_explained_and_nothing_is_taken(
    home: Home, tmp_path: Path
) -> None:
    file = write_json(tmp_path / "notes.txt", many(1))
    done = home.invoke("import", "--explain", str(file))
    assert done.exit_code == 0
    assert "notes.txt: ChatGPT, because it has a mapping of messages" in done.stdout
    assert held(home) == []
    file.write_text('{"a": 1}')
    done = home.invoke("import", "--explain", str(file))
    assert done.exit_code == 1
    assert "What can be imported: aichat, BetterChatGPT" in done.stderr


def test_standard_input_is_a_file_too(home: Home) -> None:
    done = home.invoke("import", "-", stdin=json.dumps(many(2)))
    assert "Added: 2 conversations" in done.stdout


def keep_sessions(home: Home, *names: str) -> None:
    folder = home.folder / ".claude" / "projects" / "-boats"
    folder.mkdir(parents=True)
    session = (FILES / "claude-code" / "session.jsonl").read_bytes()
    for name in names:
        (folder / f"{name}.jsonl").write_bytes(session)


def test_without_a_file_and_a_terminal_what_is_there_is_listed(home: Home) -> None:
    keep_sessions(home, "one", "two")
    done = home.invoke("import")
    assert done.exit_code == 2
    assert "1  Claude Code  2 conversations, " in done.stdout
    assert "Name what to import" in done.stderr
    (found,) = json.loads(home.invoke("import", "--json").stdout)["sources"]
    assert (found["name"], found["conversations"]) == ("Claude Code", 2)
    assert held(home) == []


def test_where_nothing_is_found_a_file_is_asked_for(home: Home) -> None:
    done = home.invoke("import")
    assert done.exit_code == 2
    assert "Nothing was found on this machine. Name a file or folder." in done.stderr


@pytest.mark.parametrize(("answer", "count"), [("1", 1), ("all", 1), ("2", 0)])
def test_what_is_picked_on_a_terminal_is_imported(home: Home, answer: str, count: int) -> None:
    keep_sessions(home, "one")
    with Terminal((*COMMAND, "import"), env=home.environment) as terminal:
        terminal.wait_for("Import which?").type(f"{answer}\r")
        assert terminal.wait() == (0 if count else 2)
    assert len(held(home)) == count
