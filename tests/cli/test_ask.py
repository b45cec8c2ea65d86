"""`ask`: what goes to standard output, what to standard error, and how it ends."""

import asyncio
import json
import signal
import subprocess
from contextlib import AbstractContextManager

import pytest

from fakegpt_tui.backends.scripted import Gate, Step
from fakegpt_tui.domain import (
    Busy,
    FinishReason,
    MessageStatus,
    RateLimited,
    ReplyEnded,
    RequestRefused,
    TextDelta,
    TextReplaced,
)
from tests.cli.program import COMMAND, Home, served
from tests.fault_server import FaultServer, Send, json_reply
from tests.patience import PATIENCE
from tests.ports import free_port
from tests.terminal import Terminal

HELLO: list[Step] = [TextDelta("Hello "), TextDelta("you"), ReplyEnded()]


def test_the_answer_alone_is_on_standard_output(home: Home) -> None:
    with served(HELLO) as (backend, url):
        home.use_service(url)
        done = home.run("ask", "How", "are you?")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello you\n", "")
    assert "How are you?" in backend.requests[0].messages[-1].text


def test_the_conversation_is_kept(home: Home) -> None:
    with served(HELLO) as (_, url):
        home.use_service(url)
        home.run("ask", "How are you?")
    with home.store() as store:
        (conversation,) = store.conversations()
        prompt, reply = store.path(conversation.id)
    assert (prompt.text, reply.text) == ("How are you?", "Hello you")
    assert (reply.status, reply.service) == (MessageStatus.COMPLETE, "home")


def test_nothing_of_it_is_kept_on_demand(home: Home) -> None:
    done = home.run("ask", "--no-store", "How are you?")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()
    assert not home.data.exists()


def test_with_nothing_configured_the_guide_answers(home: Home) -> None:
    done = home.run("ask", "Who are you?")
    assert (done.returncode, done.stderr) == (0, "")
    assert "I am the **guide**" in done.stdout


def test_standard_input_follows_the_prompt(home: Home) -> None:
    with served(HELLO, HELLO) as (backend, url):
        home.use_service(url)
        home.run("ask", "Review this:", stdin="x = 1\n")
        home.run("ask", stdin="Only this\n")
    both, alone = (request.messages[-1].text for request in backend.requests)
    assert "Review this:\n\nx = 1" in both
    assert "Only this" in alone


def test_without_a_prompt_it_is_used_wrongly(home: Home) -> None:
    done = home.run("ask")
    assert done.returncode == 2
    assert "There is no prompt" in done.stderr


def test_the_answer_is_written_while_it_arrives(home: Home) -> None:
    gate = Gate()
    with (
        served([TextDelta("first "), gate, TextDelta("second"), ReplyEnded()]) as (_, url),
        _asking(home, url) as process,
    ):
        assert process.stdout is not None
        first = process.stdout.read(6)
        running = process.poll() is None
        gate.open()
        rest = process.stdout.read()
        code = process.wait(PATIENCE)
    assert (first, running, rest, code) == (b"first ", True, b"second\n", 0)


def test_a_rewritten_answer_is_not_written_twice_into_a_pipe(home: Home) -> None:
    script: list[Step] = [TextDelta("Helo"), Gate(), TextReplaced(2, "llo"), ReplyEnded()]
    gate = script[1]
    assert isinstance(gate, Gate)
    with served(script) as (_, url), _asking(home, url) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.read(4)
        gate.open()
        rest = process.stdout.read()
        said = process.stderr.read()
        code = process.wait(PATIENCE)
    assert (first, rest, code) == (b"Helo", b"\n", 1)
    assert b"changed what it had written" in said
    assert said.endswith(b"The reply is:\nHello\n")


def test_a_rewritten_answer_takes_the_place_of_the_first_in_a_file(home: Home) -> None:
    script: list[Step] = [TextDelta("Helo"), TextReplaced(2, "llo"), ReplyEnded()]
    path = home.folder / "answers"
    path.write_text("before\n")
    with served(script) as (_, url), path.open("a") as file:
        home.use_service(url)
        done = subprocess.run(
            [*COMMAND, "ask", "Hi"], stdout=file, check=False, env=home.environment, timeout=60
        )
    assert (done.returncode, path.read_text()) == (0, "before\nHello\n")


@pytest.mark.parametrize(
    ("events", "printed"),
    [
        ([TextDelta("Hello"), TextReplaced(3, ""), TextDelta("lo, world")], "Hello, world\n"),
        ([TextDelta("One"), TextReplaced(1, ""), TextReplaced(0, "One two")], "One two\n"),
        ([TextDelta("One"), *(TextReplaced(1, "ne" * n) for n in range(9))], "Onenenenenenenene\n"),
    ],
)  # fmt: skip
def test_drafts_that_are_taken_back_are_not_printed(
    home: Home, events: list[Step], printed: str
) -> None:
    with served([*events, ReplyEnded()]) as (_, url):
        home.use_service(url)
        done = home.run("ask", "Hi")
    assert (done.returncode, done.stdout) == (0, printed)


def test_open_standard_input_is_waited_for_and_said(home: Home) -> None:
    with served(HELLO) as (backend, url), _asking(home, url, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        said = process.stderr.readline()
        assert b"Waiting for the end of standard input" in said
        assert b"--no-stdin" in said
        process.stdin.write(b"and this")
        process.stdin.close()
        assert (process.stdout.read(), process.wait(PATIENCE)) == (b"Hello you\n", 0)
    assert "and this" in backend.requests[0].messages[-1].text


def test_standard_input_is_left_alone_on_demand(home: Home) -> None:
    with (
        served(HELLO) as (_, url),
        _asking(home, url, "--no-stdin", stdin=subprocess.PIPE) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.read() == b"Hello you\n"


def test_into_a_pipe_goes_nothing_that_a_terminal_acts_on_and_into_a_file_everything(
    home: Home,
) -> None:
    hostile = "A\x1b[31m\x9b\x07\tB\r\nC"
    path = home.folder / "answer"
    with served(*[[TextDelta(hostile), ReplyEnded()]] * 2) as (_, url), path.open("w") as file:
        home.use_service(url)
        assert home.run("ask", "Hi").stdout == "A[31m\tB\nC\n"
        command = [*COMMAND, "ask", "Hi"]
        subprocess.run(command, stdout=file, check=True, env=home.environment, timeout=60)
    assert path.read_bytes() == f"{hostile}\n".encode()


def test_a_document_has_no_character_that_a_terminal_acts_on(home: Home) -> None:
    hostile = "A\x9b31m\x9d0;x\x9c\x7f\u202e\U000e0041日本\u2028"
    with served([TextDelta(hostile), ReplyEnded()], [TextDelta(hostile), ReplyEnded()]) as (_, url):
        home.use_service(url)
        done = home.run("ask", "--json", "Hi")
        with Terminal(
            [*COMMAND, "ask", "--json", "--no-stdin", "Hi"], env=home.environment
        ) as shown:
            assert shown.wait() == 0
    assert json.loads(done.stdout)["reply"] == hostile
    assert "日本" in done.stdout
    for text in (done.stdout, shown.raw.decode()):
        assert all(sign.isprintable() or sign in "\r\n" for sign in text)


def test_a_document_is_printed_on_demand(home: Home) -> None:
    with served(HELLO) as (_, url):
        home.use_service(url)
        done = home.run("ask", "--json", "--model", "m-1", "Hi")
    document = json.loads(done.stdout)
    assert document.pop("conversation")
    assert document == {
        "version": 1,
        "service": "home",
        "model": "m-1",
        "prompt": "Hi",
        "reply": "Hello you",
        "reasoning": "",
        "status": "complete",
        "error": None,
    }


def test_a_reply_that_met_its_length_limit_says_so_and_is_done(home: Home) -> None:
    with served([TextDelta("Hel"), ReplyEnded(FinishReason.LENGTH)]) as (_, url):
        home.use_service(url)
        done = home.run("ask", "Hi")
    assert (done.returncode, done.stdout) == (0, "Hel\n")
    assert "length limit" in done.stderr


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (RateLimited("Too many questions.", retry_after=3600), 5),
        (Busy("Only one message at a time.", retry_after=3600), 5),
        (RequestRefused("That is forbidden."), 1),
    ],
)
def test_a_refusal_is_a_sentence_and_an_exit_code(
    home: Home, trouble: RateLimited | RequestRefused, code: int
) -> None:
    with served([trouble]) as (_, url):
        home.use_service(url)
        done = home.run("ask", "Hi")
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("fakegpt-tui: ")
    assert "Traceback" not in done.stderr
    with home.store() as store:
        (conversation,) = store.conversations()
        prompt, reply = store.path(conversation.id)
    assert (prompt.text, reply.status) == ("Hi", MessageStatus.FAILED)


def test_a_service_that_is_down_is_unavailable(home: Home) -> None:
    port = free_port()
    home.use_service(f"http://127.0.0.1:{port}")
    done = home.run("ask", "Hi")
    assert (done.returncode, done.stdout) == (4, "")
    assert f"127.0.0.1:{port}" in done.stderr


async def test_a_refused_login_is_not_signed_in(home: Home) -> None:
    async with FaultServer() as server:
        server.script("/api/loads", Send(json_reply({"loads": [{"token_id": "a", "count": 0}]})))
        server.script("/auth/login", Send(json_reply({"code": 1, "message": "No."})))
        home.use_service(server.url)
        done = await asyncio.to_thread(home.run, "ask", "Hi")
    assert done.returncode == 3
    assert done.stdout == ""


def test_an_unknown_service_is_wrong_use(home: Home) -> None:
    done = home.run("ask", "--service", "nobody", "Hi")
    assert done.returncode == 2
    assert "the configured ones are embedded, zhile" in done.stderr


@pytest.mark.parametrize(
    ("number", "code", "status"),
    [
        (signal.SIGINT, 130, MessageStatus.STOPPED),
        (signal.SIGTERM, 143, MessageStatus.INTERRUPTED),
    ],
)
def test_a_signal_ends_it_and_keeps_what_arrived(
    home: Home, number: signal.Signals, code: int, status: MessageStatus
) -> None:
    with (
        served([TextDelta("partial"), Gate()]) as (_, url),
        _asking(home, url) as process,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(7) == b"partial"
        process.send_signal(number)
        assert (process.wait(PATIENCE), process.stderr.read()) == (code, b"")
    with home.store() as store:
        (conversation,) = store.conversations()
        reply = store.path(conversation.id)[-1]
    assert (reply.text, reply.status) == ("partial", status)


def test_a_program_that_reads_events_is_told_that_the_reply_was_stopped(home: Home) -> None:
    with (
        served([TextDelta("partial"), Gate()]) as (_, url),
        _asking(home, url, "--jsonl") as process,
    ):
        assert process.stdout is not None
        _, text = (json.loads(process.stdout.readline()) for _ in range(2))
        assert text == {"type": "text", "text": "partial"}
        process.send_signal(signal.SIGINT)
        (end,) = map(json.loads, process.stdout.read().splitlines())
        assert process.wait(PATIENCE) == 130
    assert (end["type"], end["status"], end["reply"]) == ("end", "stopped", "partial")


def test_a_reader_that_goes_away_stops_the_reply_quietly(home: Home) -> None:
    gate = Gate()
    with (
        served([TextDelta("first"), gate, TextDelta("second"), Gate()]) as (_, url),
        _asking(home, url) as process,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(5)
        process.stdout.close()
        gate.open()
        assert (process.wait(PATIENCE), process.stderr.read()) == (1, b"")
    with home.store() as store:
        (conversation,) = store.conversations()
        assert store.path(conversation.id)[-1].status is MessageStatus.STOPPED


def test_what_is_kept_is_private(home: Home) -> None:
    with served(HELLO) as (_, url):
        home.use_service(url)
        home.run("ask", "Hi")
    kept = [home.data, *home.data.rglob("*")]
    assert {path.name for path in kept} >= {"conversations.db", "sessions.json"}
    assert not [path for path in kept if path.stat().st_mode & 0o077]


def _asking(
    home: Home, url: str, *options: str, stdin: int = subprocess.DEVNULL
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    home.use_service(url)
    return home.started("ask", "Hi", *options, stdin=stdin)


TRANSLATE = "Into {{language=French}}, {{tone}}:\n\n{{input}}\n"


def test_a_snippet_is_filled_from_values_words_and_standard_input(home: Home) -> None:
    with served(HELLO, HELLO) as (backend, url):
        home.use_service(url)
        home.snippet("Translate", TRANSLATE)
        given = ("tone=very kind", "Good", "day", "language=Dutch")
        done = home.invoke("ask", "--snippet", "translate", *given, stdin="Sir")
        assert (done.exit_code, done.stdout) == (0, "Hello you\n")
        home.invoke("ask", "--snippet", "translate", "tone=dry", "language=Dutch", "--no-stdin")
    first, second = (each.messages[-1].text for each in backend.requests)
    assert "Into French, very kind:\n\nGood day language=Dutch\n\nSir" in first
    assert "Into Dutch, dry:" in second


def test_a_snippet_that_cannot_be_used_is_a_wrong_use_and_nothing_is_sent(home: Home) -> None:
    home.configure("")
    home.snippet("translate", TRANSLATE)
    done = home.invoke("ask", "--snippet", "translate", "Good day")
    assert done.exit_code == 2
    assert "needs tone=…" in done.stderr
    done = home.invoke("ask", "--snippet", "transalte", "Good day")
    assert done.exit_code == 2
    assert "no snippet 'transalte'" in done.stderr
    assert "translate" in done.stderr
    assert not home.data.exists()


def test_a_snippet_takes_the_clipboard_where_it_can_be_read(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    tool = home.folder / "bin" / "xclip"
    tool.parent.mkdir()
    tool.write_text(
        '#!/bin/sh\ncase "$*" in *TARGETS*) echo UTF8_STRING ;; *) echo copied ;; esac\n'
    )
    tool.chmod(0o755)
    home.environment |= {"DISPLAY": ":9", "PATH": f"{tool.parent}:{home.environment['PATH']}"}
    home.environment["SSH_CONNECTION"] = ""
    home.configure("")
    home.snippet("fix", "Fix <{{clipboard}}>")
    done = home.invoke("ask", "--no-stdin", "--dry-run", "--snippet", "fix")
    assert "Fix <copied>" in done.stdout
    done = home.invoke("ask", "--no-stdin", "--dry-run", "--snippet", "fix", "clipboard=given")
    assert "Fix <given>" in done.stdout
    home.environment["SSH_CONNECTION"] = "10.0.0.1"
    done = home.invoke("ask", "--no-stdin", "--snippet", "fix")
    assert done.exit_code != 0
    assert "Over SSH the clipboard" in f"{done.stderr}{done.exception}"
