"""The whole program in a real terminal, doing what it is for."""

import base64
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.domain import MessageStatus, RateLimited, ReplyEnded, TextDelta
from tests.benchmarks.watched import Watched
from tests.cli.program import COMMAND, Home, served
from tests.patience import PATIENCE
from tests.terminal import Terminal, unauthored

HOSTILE = (
    "a\x1b]52;c;b3Vycw==\x07b \x1b]0;title\x1b\\ \x1b[2J\x1b[31m \x9b31m \x9d0;x\x9c \x7f "
    "\u202eevil\u202c \u2066x\u2069 [/] [@click=app.quit]x[/] <think>not lost</think>\n\n"
    "```sh\necho \x1b[6n \u202e# hidden\n```\n\n[\x1b]8;;http://x\x1b\\link](https://example.org)\n"
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@contextmanager
def opened(
    home: Home, *arguments: str, size: tuple[int, int] = (100, 30), signs_in: bool = True
) -> Iterator[Terminal]:
    command = [*COMMAND, *arguments]
    with Terminal(command, env=home.environment, size=size) as terminal:
        if signs_in:
            terminal.wait_for("signed in")
        yield terminal


def ask(terminal: Terminal, prompt: str) -> None:
    terminal.type(prompt)
    terminal.press("enter")


def leave(terminal: Terminal) -> None:
    terminal.press("ctrl+q")
    assert terminal.wait() == 0


def replies(home: Home) -> list[tuple[str, MessageStatus]]:
    """The last message of each conversation, the one used last first."""
    with home.store() as store:
        paths = [store.path(conversation.id) for conversation in store.conversations()]
    return [(path[-1].text, path[-1].status) for path in paths]


def test_with_nothing_configured_it_signs_in_and_answers(home: Home) -> None:
    with opened(home) as terminal:
        assert "signed in" in terminal.text
        ask(terminal, "what are you?")
        terminal.wait_for("many conversations – how to run several at once")
        terminal.wait_for(lambda seen: "tok/s" not in seen.text and "Stop" not in seen.text)
        leave(terminal)
    ((text, status),) = replies(home)
    assert "language model" in text
    assert status is MessageStatus.COMPLETE


def test_escape_stops_a_reply_and_keeps_what_arrived(home: Home) -> None:
    with served([TextDelta("one two three"), Gate()]) as (_, url):
        home.use_service(url)
        with opened(home) as terminal:
            ask(terminal, "count")
            terminal.wait_for("one two three")
            terminal.wait_for("streaming")
            terminal.press("esc")
            terminal.wait_for("Stopped: ")
            leave(terminal)
    assert replies(home) == [("one two three", MessageStatus.STOPPED)]


def test_a_setting_is_used_at_once_and_kept_for_the_next_start(home: Home) -> None:
    gate = Gate()
    with served([TextDelta("first half"), gate, ReplyEnded()]) as (_, url):
        home.use_service(url)
        before = home.config.read_text()
        with opened(home) as terminal:
            ask(terminal, "slowly")
            terminal.wait_for("first half")
            terminal.press("f10")
            terminal.wait_for("The service for new conversations")
            terminal.type("announced")
            terminal.wait_for("How the end of a reply is announced")
            terminal.press("enter")
            terminal.wait_for("Type to filter")
            terminal.type("desk")
            terminal.press("enter")
            terminal.wait_for(lambda _: 'notify = "desktop"' in home.config.read_text())
            terminal.wait_for("config.toml")
            terminal.press("esc")
            terminal.wait_for(lambda each: "Settings" not in each.text)
            terminal.press("ctrl+n")
            terminal.wait_for("A new conversation")
            gate.open()
            terminal.wait_for(lambda each: b"]777;notify;slowly;" in each.raw)
            leave(terminal)
    assert home.config.read_text().endswith(before)


def test_conversations_go_on_side_by_side_and_are_found_again(home: Home) -> None:
    gate = Gate()
    slow = [TextDelta("first half"), gate, TextDelta(" second half"), ReplyEnded()]
    with served(slow, [TextDelta("quick answer"), ReplyEnded()]) as (_, url):
        home.use_service(url)
        with opened(home) as terminal:
            ask(terminal, "slowly")
            terminal.wait_for("first half")
            terminal.press("ctrl+n")
            terminal.wait_for("A new conversation")
            ask(terminal, "quickly")
            terminal.wait_for("quick answer")
            terminal.wait_for("slowly")
            terminal.wait_for("1 running")
            gate.open()
            terminal.wait_for("● slowly")
            terminal.press("alt+u")
            terminal.wait_for("first half second half")
            leave(terminal)
        with opened(home) as terminal:
            terminal.wait_for("quickly")
            terminal.press("alt+2")
            terminal.wait_for("first half second half")
            leave(terminal)


def test_a_killed_program_finds_its_reply_interrupted(home: Home) -> None:
    words = [TextDelta(f"word {number} ") for number in range(300)]
    with served([*words, Gate()]) as (_, url):
        home.use_service(url)
        with opened(home) as terminal:
            ask(terminal, "go on for ever")
            terminal.wait_for("word 299")
            home_store_has(home, "word 299")
            terminal.kill()
        assert replies(home)[0][1] is MessageStatus.INTERRUPTED
        with opened(home) as terminal:
            terminal.wait_for("go on for ever").press("alt+1")
            terminal.wait_for("Interrupted: the program ended before the reply did.")
            terminal.wait_for("word 299")
            leave(terminal)


def home_store_has(home: Home, text: str) -> None:
    """Wait until `text` is on disk, which is at most a quarter of a second behind the screen."""
    with home.store() as store:
        (conversation,) = store.conversations()
        wait(lambda: text in store.path(conversation.id)[-1].text)


def test_a_conversation_is_saved_as_markdown(home: Home) -> None:
    with served([TextDelta("# Kept\n\n```py\nprint(1)\n```"), ReplyEnded()]) as (_, url):
        home.use_service(url)
        with opened(home, size=(200, 30)) as terminal:
            ask(terminal, "remember")
            terminal.wait_for("print(1)")
            terminal.press("ctrl+s")
            terminal.wait_for("Saved as")
            leave(terminal)
    (path,) = (home.data / "exports").glob("*.md")
    text = path.read_text()
    assert text.startswith("---\n")
    assert "## User" in text
    assert "```py\nprint(1)\n```" in text


def test_no_byte_of_an_answer_reaches_the_terminal_as_a_control_sequence(home: Home) -> None:
    with served([*map(TextDelta, HOSTILE), ReplyEnded()]) as (_, url):
        home.use_service(url)
        with opened(home) as terminal:
            ask(terminal, "attack")
            terminal.wait_for("link")
            terminal.wait_for(lambda seen: "tok/s" not in seen.text and "Stop" not in seen.text)
            terminal.wait_for("<think>not lost</think>")
            terminal.wait_for("[@click=app.quit]x[/]")
            leave(terminal)
        assert unauthored(terminal.raw) == []
    assert replies(home) == [(HOSTILE, MessageStatus.COMPLETE)]


RIGHT_TO_LEFT = "The word שלום is here.\n\n- עולם\n\n| א | ב |\n|---|---|\n| one | שלום |"


def test_text_from_right_to_left_is_isolated_on_the_screen_and_nowhere_else(home: Home) -> None:
    with served([TextDelta(RIGHT_TO_LEFT), ReplyEnded()]) as (_, url):
        home.use_service(url)
        with opened(home, size=(120, 30)) as terminal:
            ask(terminal, "שלום")
            terminal.wait_for("one │")
            terminal.wait_for(lambda seen: "tok/s" not in seen.text and "Stop" not in seen.text)
            for isolated in ("שלום", "עולם", "א", "ב"):
                assert f"\u2068{isolated}\u2069".encode() in terminal.raw
            terminal.wait_for("one │ שלום")
            terminal.press("tab")
            terminal.wait_for("y Copy message")
            terminal.press("y")
            terminal.wait_for("to the terminal to copy")
            leave(terminal)
        assert unauthored(terminal.raw, b"\xe2\x81\xa8", b"\xe2\x81\xa9", b"\x1b]52;") == []
        copied = re.findall(rb"\x1b\]52;c;([^\x07\x1b]*)", terminal.raw)
        assert [base64.b64decode(text).decode() for text in copied] == [RIGHT_TO_LEFT]


def isolated_in(raw: bytes) -> list[str]:
    """What is isolated, and whatever a sign for it stands in that has no other one."""
    text = re.sub(r"\x1b\[[0-9;:]*m", "", raw.decode(errors="replace"))
    return re.findall("\u2068[^\u2068\u2069]*.?|[^\u2068\u2069]\u2069", text, re.DOTALL)


def test_a_dialog_over_text_from_right_to_left_is_no_part_of_it(home: Home) -> None:
    words = "שלום עולם " * 60
    with served([TextDelta(words), ReplyEnded()]) as (_, url):
        home.use_service(url)
        with opened(home, size=(120, 30)) as terminal:
            ask(terminal, "hello")
            terminal.wait_for("שלום")
            terminal.wait_for(lambda seen: "tok/s" not in seen.text and "Stop" not in seen.text)
            terminal.press("f3")
            terminal.wait_for("in:title")
            terminal.press("esc")
            terminal.wait_for(lambda seen: "in:title" not in seen.text)
            leave(terminal)
        parts = isolated_in(terminal.raw)
        assert len(parts) > 10
        assert {(part[0], part[-1]) for part in parts} == {("\u2068", "\u2069")}
        assert not any(re.search("[\u2500-\u259f\x1b\n]", part) for part in parts)


def test_the_console_of_linux_gets_no_isolates(home: Home) -> None:
    with served([TextDelta(RIGHT_TO_LEFT), ReplyEnded()]) as (_, url):
        home.use_service(url)
        home.environment["TERM"] = "linux"
        with opened(home, size=(120, 30)) as terminal:
            ask(terminal, "hello")
            terminal.wait_for("one │")
            leave(terminal)
        assert "שלום".encode() in terminal.raw
        assert unauthored(terminal.raw) == []


LINES = "\n\n".join(f"Paragraph {number} {'with words ' * 20}" for number in range(300))


def top_paragraph(terminal: Terminal) -> str:
    words = " ".join(terminal.screen[2:5])
    found = re.search(r"Paragraph \d+", words)
    return found[0] if found else words


def press_all(terminal: Terminal, *keys: str) -> None:
    """Press keys, and wait until all of them were answered: the help came and went after them."""
    terminal.press(*keys, "f1")
    terminal.wait_for("edit keys")
    terminal.press("esc")
    terminal.wait_for(lambda seen: "edit keys" not in seen.text)


@pytest.mark.parametrize("ends", ["ctrl+q", "kill"])
def test_a_conversation_is_opened_again_where_it_was_left(home: Home, ends: str) -> None:
    with served([TextDelta(LINES), ReplyEnded()]) as (_, url):
        home.use_service(url)
        with opened(home, size=(100, 30)) as terminal:
            ask(terminal, "go on")
            terminal.wait_for("Paragraph 299")
            terminal.wait_for(lambda seen: "tok/s" not in seen.text and "Stop" not in seen.text)
            terminal.press("tab")
            terminal.wait_for("y Copy message")
            press_all(terminal, *["pageup"] * 5)
            while not terminal.screen[2].count("Paragraph"):
                press_all(terminal, "up")
            left = top_paragraph(terminal)
            if ends == "kill":
                wait_for_bookmark(home, left)
                terminal.process.send_signal(signal.SIGKILL)
                terminal.wait()
            else:
                leave(terminal)
        for width in (100, 70):
            with opened(home, "--resume", size=(width, 30)) as terminal:
                terminal.wait_for(left)
                assert top_paragraph(terminal) == left
                leave(terminal)


def wait_for_bookmark(home: Home, paragraph: str) -> None:
    """Wait until the last position is stored, as positions on the way to it are, too."""
    with home.store() as store:
        (conversation,) = store.conversations()

        def is_stored() -> bool:
            found = store.bookmark(conversation.id)
            return bool(found) and LINES[found.source :].lstrip().startswith(paragraph)

        wait(is_stored)


def test_a_host_that_is_down_is_told_and_nothing_is_lost(home: Home) -> None:
    with served() as (_, url):
        pass
    home.use_service(url)
    with opened(home, size=(160, 30), signs_in=False) as terminal:
        terminal.wait_for("offline")
        ask(terminal, "are you there?")
        terminal.wait_for("Failed: ")
        leave(terminal)
    with home.store() as store:
        (conversation,) = store.conversations()
        prompt, reply = store.path(conversation.id)
    assert prompt.text == "are you there?"
    assert reply.status is MessageStatus.FAILED
    assert reply.error
    assert "127.0.0.1" in reply.error


class Refusing(BaseHTTPRequestHandler):
    """A host that has an account and lets nobody in."""

    def do_GET(self) -> None:
        accounts = b'{"loads": [{"token_id": "a1", "count": 0}]}'
        self._answer(accounts if self.path.startswith("/api/loads") else b"{}")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b'{"code": 500, "message": "this account is closed [/]"}')

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def test_a_refused_login_is_told_and_nothing_is_lost(home: Home) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home.use_service(f"http://127.0.0.1:{server.server_port}")
        with opened(home, size=(160, 30), signs_in=False) as terminal:
            terminal.wait_for("refused: ")
            ask(terminal, "let me in")
            terminal.wait_for("Failed: ")
            terminal.wait_for("this account is closed [/]")
            leave(terminal)
        server.shutdown()
    assert replies(home)[0][1] is MessageStatus.FAILED


def test_a_rate_limit_is_told_on_the_reply(home: Home) -> None:
    limited = RateLimited("Too many requests in 1 hour. Try again later.", retry_after=3600)
    with served([limited], [limited], [limited], [limited]) as (_, url):
        home.use_service(url)
        with opened(home, size=(160, 30)) as terminal:
            ask(terminal, "hello")
            terminal.wait_for("Failed: ")
            terminal.wait_for("Too many requests")
            leave(terminal)
    assert replies(home)[0][1] is MessageStatus.FAILED


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_the_reply_and_restores_the_terminal(home: Home, number: int) -> None:
    with served([TextDelta("half of it"), Gate()]) as (_, url):
        home.use_service(url)
        with opened(home) as terminal:
            ask(terminal, "go")
            terminal.wait_for("half of it")
            terminal.signal(number)
            assert terminal.wait() == 128 + number
        for mode in (b"\x1b[?1049l", b"\x1b[?1003l", b"\x1b[?2004l", b"\x1b[?25h"):
            assert terminal.raw.rindex(mode) > terminal.raw.rindex(b"half of it")
    assert replies(home) == [("half of it", MessageStatus.INTERRUPTED)]


CRASHING = """
from fakegpt_tui.__main__ import main
from fakegpt_tui.ui.screens.chat import ChatScreen

def crash(self):
    token = "canary-in-a-local"
    raise ValueError("canary-in-a-message")

ChatScreen.action_help = crash
main()
"""


def test_a_crash_saves_the_reply_and_is_told_without_what_it_was_about(home: Home) -> None:
    with served([TextDelta("half of it"), Gate()]) as (_, url):
        home.use_service(url)
        command = [sys.executable, "-c", CRASHING]
        with Terminal(command, env=home.environment, size=(100, 30)) as terminal:
            terminal.wait_for("signed in")
            ask(terminal, "go")
            terminal.wait_for("half of it")
            terminal.press("f1")
            assert terminal.wait() == 1
            assert "ended because of a defect: ValueError" in terminal.text
        (report,) = home.data.rglob("crash-*.txt")
    assert report.stat().st_mode & 0o777 == 0o600
    assert "in crash" in report.read_text()
    assert "canary" not in report.read_text()
    assert b"canary" not in terminal.raw
    assert replies(home) == [("half of it", MessageStatus.INTERRUPTED)]


def test_a_damaged_store_is_moved_aside_and_told_on_the_screen(home: Home) -> None:
    home.data.mkdir()
    (home.data / "conversations.db").write_bytes(b"this is no database" * 1000)
    with opened(home, size=(200, 30), signs_in=False) as terminal:
        terminal.wait_for("moved")
        leave(terminal)
    assert [path.read_bytes() for path in home.data.glob("conversations*damaged*")]


def test_every_size_is_survived_while_a_reply_streams(home: Home) -> None:
    gate = Gate()
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n\n- x\n\n> y\n\n```\nz\n```\n\n"
    with served([TextDelta(table * 5), gate, TextDelta("the end"), ReplyEnded()]) as (_, url):
        home.use_service(url)
        with opened(home) as terminal:
            ask(terminal, "go")
            terminal.wait_for("streaming")
            for size in ((1, 1), (2, 2), (19, 4), (20, 5), (300, 90), (40, 10), (100, 30)):
                terminal.resize(*size)
            gate.open()
            terminal.wait_for("the end")
            leave(terminal)


def test_the_token_is_used_again_at_the_next_start(home: Home) -> None:
    with served([TextDelta("one"), ReplyEnded()]) as (_, url):
        home.use_service(url)
        with opened(home) as terminal:
            leave(terminal)
        (kept,) = home.data.rglob("sessions.json")
        before = kept.read_bytes()
        assert kept.stat().st_mode & 0o777 == 0o600
        with opened(home) as terminal:
            ask(terminal, "hello")
            terminal.wait_for("one")
            leave(terminal)
        assert kept.read_bytes() == before


def test_a_prompt_is_written_in_an_editor_while_a_reply_streams_on(home: Home) -> None:
    editor = home.folder / "editor.sh"
    editor.write_text('#!/bin/sh\nprintf "EDITOR IS OPEN"; read line; printf "$line" >> "$1"\n')
    editor.chmod(0o700)
    home.environment["EDITOR"] = str(editor)
    editor.write_text('#!/bin/sh\nenv > "$HOME/seen"\n' + editor.read_text())
    home.environment["TEST_KEY"] = "sk-canary-key-0123456789"
    gate = Gate()
    slow = [TextDelta("before"), gate, TextDelta(" and meanwhile"), ReplyEnded()]
    with served(slow, [TextDelta("second"), ReplyEnded()]) as (_, url):
        home.use_service(url)
        home.configure(
            home.config.read_text() + '[services.other]\nkind = "openai"\nkey_env = "TEST_KEY"\n'
            'url = "http://127.0.0.1:9"\n'
        )
        with opened(home) as terminal:
            ask(terminal, "go")
            terminal.wait_for("before")
            terminal.type("typed and ")
            terminal.press("ctrl+g")
            terminal.wait_for("EDITOR IS OPEN")
            gate.open()
            terminal.type("edited\n")
            terminal.wait_for("typed and edited")
            terminal.wait_for("before and meanwhile")
            terminal.press("enter")
            terminal.wait_for("second")
            leave(terminal)
    seen = (home.folder / "seen").read_text()
    assert f"HOME={home.folder}" in seen
    assert "TEST_KEY" not in seen


@pytest.mark.parametrize("how", ["at the start", "later", "in band"])
def test_a_terminal_of_an_impossible_size_costs_no_more_than_a_large_one(
    home: Home, how: str
) -> None:
    is_early = how == "at the start"
    size = (65_535, 65_535) if is_early else (80, 24)
    with Watched([*COMMAND], env=home.environment, size=size) as terminal:
        terminal.until_seen(b"sends")
        if how == "later":
            terminal.resize(65_535, 65_535)
        elif how == "in band":
            terminal.type("\x1b[48;65535;65535;65535;65535t")
        terminal.type("Ж")
        terminal.until_seen("Ж".encode())
        assert terminal.megabytes < 400
        terminal.press("ctrl+q")
        assert terminal.wait() == 0


def test_an_editor_that_cannot_be_started_is_told_and_the_prompt_stays(home: Home) -> None:
    home.environment["EDITOR"] = "/nowhere/editor"
    with opened(home, size=(160, 30)) as terminal:
        terminal.type("precious")
        terminal.press("ctrl+g")
        terminal.wait_for("could not be started")
        terminal.wait_for("precious")
        leave(terminal)


def test_a_draft_and_a_queued_prompt_outlive_a_kill(home: Home) -> None:
    with served([TextDelta("on and on"), Gate()]) as (_, url):
        home.use_service(url)
        with opened(home) as terminal:
            ask(terminal, "begin")
            terminal.wait_for("on and on")
            ask(terminal, "queued words")
            terminal.wait_for("queued words  (sent when the reply ends)")
            terminal.type("half a thought")
            terminal.wait_for("half a thought")
            wait_for_draft(home, "half a thought")
            terminal.kill()
        with opened(home) as terminal:
            terminal.wait_for("begin").press("alt+1")
            terminal.wait_for("half a thought")
            terminal.wait_for("queued words  (waits: /send sends it")
            leave(terminal)


def wait_for_draft(home: Home, text: str) -> None:
    """Wait until a draft is on disk, which is at most a second behind the screen."""
    with home.store() as store:
        wait(lambda: any(draft.text == text for draft in store.drafts().values()))


def test_words_of_an_old_conversation_are_found_and_shown(home: Home) -> None:
    first = [TextDelta("a needle in a haystack"), ReplyEnded()]
    with served(first, [TextDelta("other"), ReplyEnded()]) as (_, url):
        home.use_service(url)
        with opened(home) as terminal:
            ask(terminal, "hide it")
            terminal.wait_for("haystack")
            terminal.press("ctrl+n")
            terminal.wait_for("A new conversation")
            ask(terminal, "unrelated")
            terminal.wait_for("other")
            terminal.press("ctrl+o")
            terminal.wait_for("enter open · esc close")
            terminal.type("needle")
            terminal.wait_for(
                lambda seen: "a needle in" in seen.text and "unrelated" not in seen.text
            )
            terminal.press("enter")
            terminal.wait_for(lambda seen: "Search" not in seen.text.replace("ctrl+o Search", ""))
            terminal.wait_for("a needle in a haystack")
            leave(terminal)


def test_two_programs_at_once_see_what_the_other_does(home: Home) -> None:
    with served([TextDelta("from the first"), ReplyEnded()]) as (_, url):
        home.use_service(url)
        with opened(home) as one, opened(home) as other:
            ask(one, "hello over there")
            one.wait_for("from the first")
            other.wait_for("hello over there")
            other.press("alt+1")
            other.wait_for("from the first")
            leave(one)
            leave(other)


def test_a_reply_that_ends_out_of_sight_rings_the_bell_if_asked_to(home: Home) -> None:
    gate = Gate()
    slow = [TextDelta("slow"), gate, ReplyEnded()]
    with served(slow) as (_, url):
        home.use_service(url)
        home.environment["FAKEGPT_NOTIFY"] = "desktop"
        with opened(home) as terminal:
            ask(terminal, "my; title")
            terminal.wait_for("slow")
            terminal.press("ctrl+n")
            terminal.wait_for("A new conversation")
            gate.open()
            terminal.wait_for("1 unread")
            leave(terminal)
        assert b"\x1b]9;my, title: the reply is complete\x1b\\" in terminal.raw


def test_the_program_is_suspended_to_the_shell_and_goes_on(home: Home) -> None:
    script = 'set -m; "$@"; echo back in the shell; read -r line; fg'
    with Terminal(["bash", "-c", script, "bash", *COMMAND], env=home.environment) as terminal:
        terminal.wait_for("signed in").type("/")
        terminal.wait_for("/new")
        terminal.type("suspend")
        terminal.wait_for("Stop the program").press("enter")
        terminal.wait_for("back in the shell").type("ready\n")
        terminal.wait_for("signed in")
        leave(terminal)


def test_without_a_shell_it_is_not_suspended(home: Home) -> None:
    with opened(home) as terminal:
        terminal.type("/")
        terminal.wait_for("/new")
        terminal.type("suspend")
        terminal.wait_for("Stop the program").press("enter")
        terminal.wait_for("no shell here")
        leave(terminal)


def test_a_notification_reaches_the_terminal_around_tmux(home: Home) -> None:
    gate = Gate()
    with served([TextDelta("first half"), gate, ReplyEnded()]) as (_, url):
        home.use_service(url)
        home.config.write_text(f'notify = "desktop"\n{home.config.read_text()}')
        home.environment["TMUX"] = "/nowhere/default,1,0"
        with opened(home) as terminal:
            ask(terminal, "slowly")
            terminal.wait_for("first half").press("ctrl+n")
            terminal.wait_for("A new conversation")
            gate.open()
            wrapped = re.compile(
                rb"\x1bPtmux;\x1b\x1b\]9;slowly[^\x1b]*\x1b\x1b\\.*?\x1b\\\x07", re.DOTALL
            )
            terminal.wait_for(lambda each: wrapped.search(each.raw) is not None)
            assert b"\x1b]777;notify;slowly;" in terminal.raw
            leave(terminal)


def test_replies_are_stored_while_the_terminal_takes_nothing(home: Home) -> None:
    with served([TextDelta("an answer"), ReplyEnded()]) as (_, url):
        home.use_service(url)
        with opened(home) as terminal:
            terminal.stop_reading()
            wait(lambda: not draws_more(terminal))
            for _ in range(60):
                terminal.press("ctrl+l")
                draws_more(terminal)
            ask(terminal, "a question")
            wait(lambda: ("an answer", MessageStatus.COMPLETE) in replies(home))
            terminal.signal(signal.SIGTERM)
            assert terminal.process.wait(PATIENCE) == 143


def draws_more(terminal: Terminal) -> bool:
    """Does a redraw add to what waits to be read within a moment?"""
    before, deadline = terminal.unread(), time.monotonic() + 0.1
    terminal.press("ctrl+l")
    while terminal.unread() == before:
        if time.monotonic() > deadline:
            return False
    return True


def wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_model_chosen_last_answers_after_a_new_start_and_a_flag_wins(home: Home) -> None:
    with served() as (_, url):
        home.configure(f'[services.other]\nkind = "openai"\nurl = "{url}"\nmodel = "big"\n')
        with opened(home, size=(120, 30)) as terminal:
            terminal.press("f6")
            terminal.wait_for("Type to filter")
            terminal.type("other")
            terminal.press("enter")
            terminal.wait_for("other big")
            leave(terminal)
        with opened(home, size=(120, 30), signs_in=False) as terminal:
            terminal.wait_for("other big")
            leave(terminal)
        with opened(home, "--service", "embedded", size=(120, 30)) as terminal:
            terminal.wait_for("embedded")
            assert "other big" not in terminal.text
            leave(terminal)


def test_what_is_attached_outlives_a_kill_in_the_draft_and_in_the_queue(
    home: Home, tmp_path: Path
) -> None:
    files = tmp_path / "my files"
    files.mkdir()
    (files / "notes.md").write_text("remember the milk")
    (files / "more.md").write_text("and the bread")
    with served([TextDelta("one"), Gate()], [TextDelta("got it"), ReplyEnded()]) as (backend, url):
        home.use_service(url)
        with opened(home) as terminal:
            ask(terminal, "count")
            terminal.wait_for("one")
            terminal.paste(f"'{files}/notes.md' ")
            terminal.wait_for("▤ 1 notes.md · text · 17 B")
            ask(terminal, "what is in it?")
            terminal.wait_for("[#1 notes.md] what is in it?  (sent when the reply ends)")
            ask(terminal, f"/attach {files}/more.md")
            terminal.wait_for("more.md · text · 13 B")
            wait(lambda: is_drafted(home, "more.md"))
            terminal.kill()
        with opened(home, "--resume") as terminal:
            terminal.wait_for("more.md · text · 13 B")
            terminal.wait_for("[#1 notes.md] what is in it?")
            terminal.press("ctrl+p")
            terminal.wait_for("Name of a command")
            ask(terminal, "/send queued")
            terminal.wait_for("got it")
            leave(terminal)
        sent = backend.requests[-1].messages[-1].text
    assert "remember the milk" in sent
    assert "what is in it?" in sent


def is_drafted(home: Home, name: str) -> bool:
    """Is a file of that name kept with a draft? Before it others may be, of what was sent since."""
    with home.store() as store:
        drafts = store.drafts().values()
    return any(each.part.name == name for draft in drafts for each in draft.attachments)


def test_a_command_of_the_shell_is_run_only_where_it_is_typed(home: Home, tmp_path: Path) -> None:
    with served([TextDelta("got it"), ReplyEnded()]) as (backend, url):
        home.use_service(url)
        with opened(home) as terminal:
            ask(terminal, f"!echo typed >{tmp_path}/typed; echo seen")
            terminal.wait_for("Exit code 0")
            terminal.press("esc")
            terminal.wait_for(lambda seen: "Exit code" not in seen.text)
            terminal.paste(f"!echo pasted >{tmp_path}/pasted")
            terminal.press("enter")
            terminal.wait_for("got it")
            leave(terminal)
        assert "!echo pasted" in backend.requests[-1].messages[-1].text
    assert (tmp_path / "typed").read_text() == "typed\n"
    assert not (tmp_path / "pasted").exists()


def test_a_large_paste_is_edited_in_the_editor(home: Home, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i "s/^line 7$/line seven/" "$1"\n')
    editor.chmod(0o755)
    home.environment["EDITOR"] = str(editor)
    with served([TextDelta("got it"), ReplyEnded()]) as (backend, url):
        home.use_service(url)
        with opened(home) as terminal:
            terminal.paste("\n".join(f"line {number}" for number in range(30)))
            terminal.wait_for("▤ 1 pasted, 30 lines")
            terminal.press("alt+o")
            terminal.wait_for("Attachments")
            terminal.type("e")
            terminal.wait_for("has another text now")
            terminal.press("enter")
            terminal.wait_for("got it")
            leave(terminal)
        sent = backend.requests[-1].messages[-1].text
    assert "line 6\nline seven\nline 8" in sent
