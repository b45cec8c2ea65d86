"""The options of the whole program, and what it refuses."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner

from fakegpt_tui import __version__
from fakegpt_tui.cli.main import cli
from fakegpt_tui.domain import ReplyEnded, TextDelta, TextReplaced
from tests.cli.program import COMMAND, Home, served
from tests.patience import PATIENCE
from tests.store.tree import chat_message, conversation
from tests.terminal import Terminal


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_the_commands(option: str) -> None:
    shown = CliRunner().invoke(cli, [option])
    assert shown.exit_code == 0
    for command in ("ask", "doctor", "paths", "save", "serve", "status"):
        assert f"  {command} " in shown.stdout


@pytest.mark.parametrize("command", ["ask", "doctor", "paths", "save", "serve", "status"])
def test_every_command_has_help(command: str) -> None:
    shown = CliRunner().invoke(cli, [command, "-h"])
    assert shown.exit_code == 0
    assert shown.stdout.startswith(f"Usage: fakegpt-tui {command} ")


def test_version() -> None:
    assert CliRunner().invoke(cli, ["--version"]).stdout == f"fakegpt-tui {__version__}\n"


def test_an_unknown_command_is_wrong_use(home: Home) -> None:
    done = home.run("aks", "Hi")
    assert done.returncode == 2
    assert "No such command 'aks'" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["list", "{}"], ["{}"], ["list", "--{}"], ["list", "--sort={}"]]
)
def test_a_wrong_use_is_told_without_what_a_terminal_would_act_on(
    home: Home, arguments: list[str]
) -> None:
    foreign = "file\x1b]0;x\x07\x9b31m\x7f\u202e"
    done = home.invoke(*(each.format(foreign) for each in arguments))
    assert done.exit_code == 2
    assert "Error: " in done.stderr
    assert not {"\x1b", "\x07", "\x9b", "\x7f", "\u202e"} & {*done.stderr}


def test_a_bad_configuration_is_one_sentence(home: Home) -> None:
    home.configure("max_turns = 0")
    done = home.run("status")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"fakegpt-tui: 'max_turns' in {home.config} must be a whole number from 1 to 64, not 0.\n"
    )


def test_the_user_interface_never_starts_without_a_terminal(home: Home) -> None:
    done = home.run()
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs a terminal" in done.stderr
    assert not home.data.exists()


@pytest.mark.parametrize("option", ["--continue", "--resume"])
def test_there_must_be_something_to_go_on_with(home: Home, option: str) -> None:
    done = home.run("--plain", option)
    assert done.returncode == 6
    assert done.stderr == "fakegpt-tui: There are no conversations yet.\n"


def test_an_option_after_the_command_wins_over_one_before_it(home: Home) -> None:
    done = home.run("--service", "embedded", "status", "--service", "zhile")
    assert done.stdout.startswith("zhile: ")


def test_a_defect_of_a_command_is_reported_without_values(home: Home) -> None:
    package = home.folder / "lib" / "keyring"
    package.mkdir(parents=True)
    (package / "errors.py").write_text("class KeyringError(Exception): pass\n")
    (package / "__init__.py").write_text(
        "def get_password(*_):\n    raise ArithmeticError('the key is \\x1b[31mcanary')\n"
    )
    home.environment["PYTHONPATH"] += f":{package.parent}"
    home.configure(
        '[services.lab]\nkind = "openai"\nurl = "http://127.0.0.1:9"\nkey_keyring = true\n'
    )
    done = home.run("models", "--service", "lab")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("fakegpt-tui ended because of a defect: ArithmeticError\n")
    (report,) = (home.data / "state" / "crashes").iterdir()
    assert "keyring/__init__.py:2 in get_password" in report.read_text()
    for text in (done.stderr, report.read_text()):
        assert "canary" not in text
        assert "Traceback" not in text


def test_a_defect_in_a_thread_or_a_finalizer_is_reported_without_values(home: Home) -> None:
    script = """
import threading
from click import Command
from fakegpt_tui.cli import main

class Finalized:
    def __del__(self):
        raise LookupError("canary")

def fail():
    raise ArithmeticError("canary")

def command():
    Finalized()
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()

main.cli.get_command = lambda *_: Command("list", callback=command)
main.run(["list"])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True,
        env=home.environment, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    assert "canary" not in done.stderr
    assert "LookupError" in done.stderr
    assert "ArithmeticError" in done.stderr


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("P --plain <&- >&-", 0, ""),
        ("mkdir d; cd d; rmdir ../d; P list --data-dir rel", 2, "current folder was deleted"),
        ("P serve --port 0 >/dev/full", 1, "The output could not be written: No space left"),
    ],
)
def test_what_a_shell_left_odd_is_no_defect(home: Home, line: str, code: int, said: str) -> None:
    done = in_shell(home, line)
    assert (done.returncode, said in done.stderr) == (code, True)
    assert "defect" not in done.stderr
    assert "Traceback" not in done.stderr


def test_closed_streams_are_no_crash_and_no_files_of_ours(home: Home) -> None:
    """A reply that is taken back has a file in the place of the output rewritten."""
    with served([TextDelta("Helo"), TextReplaced(2, "llo"), ReplyEnded()]) as (_, url):
        home.use_service(url)
        done = in_shell(home, "P ask Hi <&- >&-")
    assert "defect" not in done.stderr
    with home.store() as store:
        assert store.notices == ()
        (conversation,) = store.conversations()
        assert store.path(conversation.id)[-1].text == "Hello"


def in_shell(home: Home, line: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of a line in which `P` is the program."""
    script = re.sub(r"\bP\b", " ".join(COMMAND), line)
    return subprocess.run(
        ["bash", "-c", script], check=False, capture_output=True, text=True,
        env=home.environment, cwd=home.folder, timeout=60,
    )  # fmt: skip


def test_an_unknown_theme_is_named_before_the_screen_is_taken(home: Home) -> None:
    with Terminal([*COMMAND, "--theme", "nothing-like-it"], env=home.environment) as terminal:
        assert terminal.wait() == 2
        assert "There is no theme 'nothing-like-it'" in terminal.text
        assert b"\x1b[?1049h" not in terminal.raw


def test_the_user_interface_opens_and_is_left(home: Home) -> None:
    with Terminal([*COMMAND], env=home.environment) as terminal:
        terminal.wait_for("signed in")
        terminal.press("ctrl+q")
        assert terminal.wait() == 0


def test_a_store_that_cannot_be_read_at_the_start_is_salvaged_at_once(home: Home) -> None:
    mark = b"a prompt in the middle"
    with home.store() as store:
        for number in range(200):
            header = replace(conversation(), title=f"Rivers {number}")
            said = f"{mark.decode()} {number} " * 20
            store.add_turn(header, chat_message(header, None, text=said)).result(PATIENCE)
    file = home.data / "conversations.db"
    content = bytearray(file.read_bytes())
    page = content.index(mark, len(content) // 2) // 4096 * 4096
    content[page : page + 200] = b"\xff" * 200
    file.write_bytes(content)
    with Terminal([*COMMAND], env=home.environment, size=(200, 30)) as terminal:
        terminal.wait_for(lambda seen: "It was moved to" in " ".join(seen.text.split()))
        terminal.wait_for("Rivers")
        terminal.press("ctrl+q")
        assert terminal.wait() == 0
        assert "defect" not in terminal.text
    assert not (home.data / "state" / "crashes").exists()


def test_python_runs_the_package_as_the_program(home: Home) -> None:
    assert (sys.executable, "-m", "fakegpt_tui") == COMMAND
    assert home.run("--version").stdout == f"fakegpt-tui {__version__}\n"
