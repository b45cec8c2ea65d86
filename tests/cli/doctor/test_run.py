"""`doctor`: what is so, told without changing anything or telling a secret."""

import json
import os
import signal
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.backends.scripted import Step
from fakegpt_tui.domain import ReplyEnded, TextDelta
from fakegpt_tui.domain.parts import FilePart
from tests.cli.program import Home, served
from tests.cli.terminals import ANSWERS, must_be_left_clean, shell, shell_running, wait_for_question
from tests.formats.trees import branched
from tests.patience import PATIENCE

WORK = '[services.work]\nkind = "fakegpt"\nurl = "http://127.0.0.1:9"\n'
ANSWER: list[Step] = [TextDelta("OK"), ReplyEnded()]


def findings(home: Home, *arguments: str, code: int = 0) -> dict[str, list[dict[str, str]]]:
    done = home.invoke("doctor", "--json", *arguments)
    assert (done.exit_code, done.stderr) == (code, "")
    document = json.loads(done.stdout)
    assert (document["version"], document["well"]) == (1, code == 0)
    found: dict[str, list[dict[str, str]]] = {}
    for each in document["findings"]:
        found.setdefault(each["id"], []).append(each)
    return found


def said(home: Home, name: str, level: str = "attention", code: int = 1) -> str:
    """The sentences of one kind, all of that level."""
    found = findings(home, code=code)[name]
    assert {each["level"] for each in found} == {level}
    return " ".join(f"{each['sentence']} {each['advice']}" for each in found)


def test_with_nothing_configured_all_is_well(home: Home) -> None:
    done = home.run("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("All is well.\n")
    for topic in ("Terminal", "Versions", "Files", "Store", "Configuration", "Services"):
        assert f"\n{topic}\n" in f"\n{done.stdout}"
    assert "There is no store yet" in done.stdout
    assert not home.data.exists()


def test_a_terminal_that_answers_is_described(home: Home) -> None:
    home.environment["COLORTERM"] = "truecolor"
    with shell(home, "doctor") as terminal:
        wait_for_question(terminal)
        terminal.send(ANSWERS)
        terminal.wait_for("ended with 0")
        text = " ".join(terminal.text.split())
        for sentence in (
            "The terminal is kitty(0.35.2), and answers",
            "It has all colours",
            "Its background is light; --theme light suits it.",
            "It draws whole frames",
            "It marks pasted text (bracketed paste).",
            "Shift+enter is a key of its own",
            "Alt and a letter arrive as such",
        ):
            assert sentence in text
        must_be_left_clean(terminal)


def test_a_terminal_that_does_not_answer_is_not_waited_for(home: Home) -> None:
    with shell(home, "doctor") as terminal:
        terminal.wait_for("ended with 0")
        assert "The terminal did not answer in time" in terminal.text
        assert "ctrl+j, or \\ before enter" in terminal.text
        must_be_left_clean(terminal)


def test_an_answer_that_comes_in_pieces_is_put_together(home: Home) -> None:
    with shell(home, "doctor") as terminal:
        wait_for_question(terminal)
        for byte in ANSWERS:
            terminal.send(bytes([byte]))
        terminal.wait_for("ended with 0")
        assert "kitty(0.35.2)" in terminal.text
        must_be_left_clean(terminal)


LATE = """
import os, select
from fakegpt_tui.terminal import TerminalQuery
from fakegpt_tui.terminal import raw_mode

with raw_mode(0):
    assert not TerminalQuery(0, 1, os.environ).ask(0.01).is_complete
    print("given up", flush=True)
    select.select([0], [], [])
"""


def test_an_answer_that_comes_too_late_is_typed_nowhere(home: Home) -> None:
    with shell_running([sys.executable, "-c", LATE], home) as terminal:
        terminal.wait_for("given up")
        terminal.send(ANSWERS)
        terminal.wait_for("ended with 0")
        must_be_left_clean(terminal)
        assert "kitty" not in terminal.text


def test_ctrl_c_leaves_the_terminal_as_it_was(home: Home) -> None:
    with shell(home, "doctor") as terminal:
        wait_for_question(terminal)
        terminal.send(b"\x03")
        terminal.send(ANSWERS)
        terminal.wait_for("ended with 130")
        must_be_left_clean(terminal)


def test_a_signal_leaves_the_terminal_as_it_was(home: Home) -> None:
    with shell(home, "doctor") as terminal:
        wait_for_question(terminal)
        shell_id = terminal.process.pid
        children = Path(f"/proc/{shell_id}/task/{shell_id}/children").read_text()
        os.kill(int(children.split()[0]), signal.SIGTERM)
        terminal.wait_for("ended with 143")
        must_be_left_clean(terminal)


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_would_show_the_questions_is_not_asked(home: Home, term: str) -> None:
    home.environment["TERM"] = term
    with shell(home, "doctor") as terminal:
        terminal.wait_for("ended with 0")
        assert b"\x1b[?u" not in terminal.raw
        assert "The terminal was not asked" in terminal.text


def test_keys_are_shown_as_they_arrive(home: Home) -> None:
    home.configure('[keys]\n"chat.new" = "f12"\n')
    with shell(home, "doctor", "--keys") as terminal:
        terminal.wait_for("Press keys")
        for key, words in (
            ("f12", "^[[24~"),
            ("ctrl+j", "Break the line"),
            ("shift+enter", "^[[13;2u"),
            ("esc", "Stop the reply"),
            ("a", "types a"),
        ):
            terminal.press(key)
            terminal.wait_for(words)
        assert "Start a new conversation" in terminal.text
        assert b"\x1b[>25u" in terminal.raw
        terminal.paste("two\nlines")
        terminal.wait_for("A paste of 9 characters")
        terminal.press("ctrl+c")
        terminal.wait_for("ended with 0")
        assert b"\x1b[<u" in terminal.raw
        assert b"\x1b[?2004l" in terminal.raw
        must_be_left_clean(terminal)


def test_keys_need_a_terminal(home: Home) -> None:
    done = home.run("doctor", "--keys")
    assert (done.returncode, done.stdout) == (2, "")
    assert "only be shown in a terminal" in done.stderr


def test_a_configuration_that_cannot_be_used_is_a_finding_and_no_end(home: Home) -> None:
    home.configure("max_turns = 0\n")
    found = findings(home, code=1)
    assert "whole number from 1 to 64" in found["configuration.file"][0]["sentence"]
    assert str(home.data) in found["store.file"][0]["sentence"]


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        ('theme = "nothing-like-it"', "configuration.theme", "There is no theme"),
        ('[keys]\n"chat.nwe" = "f12"', "configuration.keys", "There is no command"),
        ('[keys]\n"chat.new" = "ctrl+s"', "configuration.keys", "ctrl+s is given to both"),
        ('service = "nobody"', "configuration.service", "There is no service named"),
        (f'{WORK}verify = "gone.pem"', "services.work.route", "certificate file"),
        (
            '[services.o]\nkind = "openai"\nurl = "http://127.0.0.1:9"\nkey_env = "NO_SUCH"',
            "services.o.key",
            "NO_SUCH holds no key",
        ),
    ],
)
def test_what_is_wrong_in_the_configuration_is_said(
    home: Home, content: str, name: str, sentence: str
) -> None:
    home.configure(f"{content}\n")
    assert sentence in said(home, name)


def test_a_service_without_a_session_is_only_a_note(home: Home) -> None:
    home.configure(WORK)
    assert "login --service work" in said(home, "services.work", "note", 0)


def test_no_secret_is_shown(home: Home) -> None:
    (home.folder / "key").write_text("sk-canary-3")
    (home.folder / "key").chmod(0o600)
    home.configure(
        f'{WORK}proxy = "http://me:canary-1@127.0.0.1:8"\nheaders = {{ X-Key = "canary-2" }}\n'
        '[services.o]\nkind = "openai"\nurl = "http://127.0.0.1:9"\nkey_file = "key"\n'
    )
    home.environment |= {
        "HTTPS_PROXY": "http://you:canary-4@127.0.0.1:7",
        "FAKEGPT_CANARY": "canary-5",
    }
    sessions = home.data / "state" / "sessions.json"
    sessions.parent.mkdir(parents=True)
    sessions.write_text(
        json.dumps(
            {
                "version": 1,
                "sessions": {
                    "http://127.0.0.1:9": {
                        "token": "canary-6",
                        "expires_at": None,
                        "account": "account-1",
                        "password": "canary-7",
                        "cookies": [["c", "canary-8"]],
                    }
                },
            }
        )
    )
    for options in ([], ["--json"], ["--connect"]):
        done = home.run("doctor", *options)
        assert "canary" not in done.stdout + done.stderr
    told = home.run("doctor").stdout
    assert "signed in to account account-1" in told
    assert "through the proxy" in told
    assert "The key of o is at hand." in told


def test_what_others_may_read_or_write_is_said(home: Home) -> None:
    home.run("ask", "Hi")
    home.data.chmod(0o755)
    assert "may list the folder" in said(home, "files.folder", "note", 0)
    home.data.chmod(0o770)
    assert f"chmod 700 {home.data}" in said(home, "files.folder")
    home.data.chmod(0o700)
    (home.data / "conversations.db").chmod(0o644)
    assert f"chmod 600 {home.data}/conversations.db" in said(home, "files.file")


def test_a_file_with_a_password_in_it_must_be_private(home: Home) -> None:
    home.configure(WORK)
    home.config.chmod(0o644)
    findings(home)
    home.configure(f'{WORK}proxy = "http://me:secret@127.0.0.1:8"\n')
    assert str(home.config) in said(home, "files.file")


def test_a_file_of_sessions_is_judged_and_left_as_it_is(home: Home) -> None:
    home.configure(WORK)
    sessions = home.data / "state" / "sessions.json"
    sessions.parent.mkdir(parents=True, mode=0o700)
    sessions.write_text("no sessions at all")
    sessions.chmod(0o644)
    before = snapshot(home.data)
    assert str(sessions) in said(home, "files.file")
    assert snapshot(home.data) == before


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path): (path.stat().st_mode, path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_store_is_looked_through_and_left_alone(home: Home) -> None:
    home.run("ask", "Hi")
    before = snapshot(home.data)
    found = findings(home)
    assert "1 conversation and 2 chat messages" in found["store.file"][0]["sentence"]
    assert found["store.messages"][0]["level"] == "good"
    assert found["store.search"][0]["level"] == "good"
    assert found["store.structure"][0]["level"] == "good"
    assert snapshot(home.data) == before


def test_the_largest_pictures_and_files_are_named(home: Home) -> None:
    with home.store() as store:
        blobs = [store.put_blob(bytes(size)) for size in range(1_000, 1_012)]
        conversation, (prompt, *_) = branched()
        prompt = replace(prompt, parts=tuple(FilePart(each, "f") for each in blobs))
        store.add_turn(replace(conversation, leaf_id=prompt.id), prompt).result(PATIENCE)
    sentence = findings(home)["store.largest"][0]["sentence"]
    places = [sentence.index(each.digest[:12]) for each in reversed(blobs[2:])]
    assert places == sorted(places)
    assert not any(each.digest[:12] in sentence for each in blobs[:2])


def test_a_damaged_message_needs_attention(home: Home) -> None:
    home.run("ask", "Hi")
    with closing(sqlite3.connect(home.data / "conversations.db")) as connection, connection:
        connection.execute("UPDATE chat_message SET role = 'x' WHERE parent_id IS NULL")
    assert "1 of 2 chat messages are not as they were written" in said(home, "store.messages")


def test_a_store_that_is_no_store_needs_attention(home: Home) -> None:
    home.data.mkdir(mode=0o700)
    database = home.data / "conversations.db"
    database.touch(0o600)
    database.write_text("This is no database, but a text of some length.")
    assert "is not a store" in said(home, "store.file")
    assert database.read_text().startswith("This is no database")


def test_text_that_cannot_be_written_needs_attention(home: Home) -> None:
    home.environment |= {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    done = home.run("doctor")
    assert done.returncode == 1
    assert "Set LANG" in done.stdout


def test_services_are_asked_only_when_that_is_wanted(home: Home) -> None:
    with served(ANSWER) as (backend, url):
        home.use_service(url)
        assert "services.home.trial" not in findings(home)
        assert not backend.requests
        found = findings(home, "--connect")
        sentences = [each["sentence"] for each in found["services.home.trial"]]
        assert sentences[0].startswith("home: It can be reached and offers")
        assert sentences[1].endswith(" answers.")
        assert len(backend.requests) == 1
        assert "services.zhile.trial" not in found


def test_a_service_that_does_not_answer_needs_attention(home: Home) -> None:
    home.configure(WORK)
    done = home.run("doctor", "--connect")
    assert done.returncode == 1
    assert "refused the connection" in " ".join(done.stdout.split())
    assert done.stdout.endswith("One thing needs attention.\n")


@pytest.mark.parametrize(
    "name",
    [
        "conversations.sync-conflict-20261130-010203-ABCDEFG.db",
        "conversations (me's conflicted copy 2026-11-30).db",
        "conversations (1).db",
        "conversations 2.db",
        "conversations-DESKTOP-1AB.db",
    ],
)
def test_a_conflict_copy_of_the_store_is_told(home: Home, name: str) -> None:
    with home.store():
        pass
    copy = home.data / name
    copy.write_bytes((home.data / "conversations.db").read_bytes())
    copy.chmod(0o600)
    sentence = said(home, "store.copies")
    assert name in sentence
    assert "import DIR" in sentence


def test_a_folder_that_all_may_write_to_is_refused_with_a_way_out(home: Home) -> None:
    home.data.mkdir(mode=0o700)
    home.data.chmod(0o777)
    done = home.run("list")
    assert (done.returncode, done.stdout) == (1, "")
    assert "chmod o-w" in done.stderr
    assert "--data-dir" in done.stderr


def test_a_snippet_that_a_command_hides_and_a_file_that_is_none_are_told(home: Home) -> None:
    home.configure("")
    home.snippet("save", "Save the world")
    home.snippet("two words", "x")
    home.snippet("fine", "x")
    told = said(home, "configuration.snippets")
    assert "/save stays that" in told
    assert "two words.md needs a name" in told
    assert "fine" not in told
