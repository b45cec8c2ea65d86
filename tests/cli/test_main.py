"""The options of the whole program, and what it refuses."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from fakegpt_tui import __version__
from fakegpt_tui.cli.main import cli
from tests.cli.program import COMMAND, Home
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


def test_closed_streams_are_no_crash(home: Home) -> None:
    script = f"{' '.join(COMMAND)} ask --no-store 'count to 3' <&- >&-"
    done = subprocess.run(
        ["sh", "-c", script], check=False, capture_output=True, env=home.environment, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")


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


def test_python_runs_the_package_as_the_program(home: Home) -> None:
    assert (sys.executable, "-m", "fakegpt_tui") == COMMAND
    assert home.run("--version").stdout == f"fakegpt-tui {__version__}\n"
