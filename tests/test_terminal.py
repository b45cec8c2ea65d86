import os
import signal
import sys

import pytest

from tests.patience import PATIENCE
from tests.terminal import Terminal, key_bytes, unauthored

SAYS_WHAT_IT_IS = "import os; print(os.isatty(0), *os.get_terminal_size(), flush=True); input()"


def python(source: str, **options) -> Terminal:
    return Terminal([sys.executable, "-c", source], **options)


def test_a_program_has_a_terminal_of_the_size_that_was_asked_for():
    with python(SAYS_WHAT_IT_IS, size=(57, 13)) as terminal:
        terminal.wait_for("True 57 13")


def test_the_terminal_is_the_programs_own():
    with python("print(len(open('/dev/tty').name), flush=True); input()") as terminal:
        terminal.wait_for("8")


def test_what_is_typed_arrives_and_the_exit_code_comes_back():
    with python("import sys; sys.exit(int(input('code? ')))") as terminal:
        terminal.wait_for("code?")
        terminal.type("42\n")
        assert terminal.wait() == 42


def test_only_the_given_environment_is_passed_on():
    with python("import os; print(sorted(os.environ)); input()", env={"GIVEN": "1"}) as terminal:
        terminal.wait_for("GIVEN")
        assert "HOME" not in terminal.text


def test_a_resize_is_told_to_the_program():
    source = (
        "import os, signal\n"
        "signal.signal(signal.SIGWINCH, lambda *_: print(*os.get_terminal_size(), flush=True))\n"
        "print('ready', flush=True)\n"
        "while True: signal.pause()"
    )
    with python(source) as terminal:
        terminal.wait_for("ready").resize(40, 10)
        terminal.wait_for("40 10")


def test_a_signal_that_ends_the_program_is_seen():
    with python("print('ready', flush=True); input()") as terminal:
        terminal.wait_for("ready").signal(signal.SIGTERM)
        assert terminal.wait() == -signal.SIGTERM


def test_hanging_up_ends_the_program():
    with python("print('ready', flush=True); input()") as terminal:
        terminal.wait_for("ready").hang_up()
        assert terminal.process.wait(PATIENCE) == -signal.SIGHUP


def test_output_is_read_to_the_end():
    with python("print('x' * 300_000 + 'end')") as terminal:
        assert terminal.wait() == 0
        assert terminal.raw.count(b"x") == 300_000
        assert terminal.raw.rstrip().endswith(b"end")


def test_waiting_in_vain_shows_the_screen():
    with python("print('what is there', flush=True); input()") as terminal:
        terminal.wait_for("what is there")
        with pytest.raises(AssertionError, match="what is there"):
            terminal.wait_for("what is not", timeout=0.2)


def test_waiting_for_a_program_that_ended_is_over_at_once():
    with python("print('last words')") as terminal:
        terminal.wait()
        with pytest.raises(AssertionError, match="last words"):
            terminal.wait_for("more", timeout=600)


def test_leftovers_are_killed():
    with python("print('ready', flush=True); input()") as terminal:
        terminal.wait_for("ready")
    assert terminal.process.returncode == -signal.SIGKILL


def test_sequences_that_the_emulator_would_print_do_not_show():
    source = (
        "import os, time\n"
        r"for part in (b'a\x1b[>25', b'ub\x1b[<uc', b'\x1bP+q1\x1b', b'\\d\x1b[?2026$pe'):"
        "\n    os.write(1, part)\n    time.sleep(0.02)\n"
        "input()"
    )
    with python(source) as terminal:
        terminal.wait_for("abcde")


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("a", "a"),
        ("ctrl+n", "\x0e"),
        ("alt+j", "\x1bj"),
        ("alt+up", "\x1b\x1b[A"),
        ("f5", "\x1b[15~"),
        ("enter", "\r"),
        ("esc", "\x1b"),
    ],
)
def test_keys_have_the_bytes_of_a_plain_terminal(name: str, sent: str):
    assert key_bytes(name) == sent


def test_a_key_without_bytes_is_refused():
    with pytest.raises(ValueError, match="hyper"):
        key_bytes("hyper+x")


def test_what_textual_writes_is_authored():
    raw = "\x1b[?1049h\x1b[1;38;2;1;2;3mtext – │\x1b[0m\x1b[3;4H\r\n\x1b[>25u\x1b[<u\x1b[?25h"
    assert unauthored(raw.encode()) == []


@pytest.mark.parametrize(
    "sequence",
    [
        b"\x1b]52;c;aGk=\x07",
        b"\x1b]0;title\x1b\\",
        b"\x1b[6n",
        b"\x1b[2J",
        b"\x1b[?1h",
        b"\x1bP+q544e\x1b\\",
        b"\x1bc",
        b"\x1b7",
        b"\x07",
        b"\x7f",
        "\x9b".encode(),
        "\u202e".encode(),
        "\u2067".encode(),
    ],
)
def test_what_textual_does_not_write_is_found(sequence: bytes):
    assert unauthored(b"\x1b[0mbefore" + sequence + b"after\r\n") == [sequence]


def test_what_a_program_may_write_besides_is_named():
    raw = b"\x1b]52;c;aGk=\x07\x1b]0;title\x07"
    assert unauthored(raw, b"\x1b]52;c;") == [b"\x1b]0;title\x07"]


def test_the_environment_of_the_tests_is_the_default():
    with python("import os; print(os.environ['PATH'][:20]); input()") as terminal:
        terminal.wait_for(os.environ["PATH"][:20])
