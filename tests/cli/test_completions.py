"""`completions`: scripts for shells, and what they get to complete."""

import pytest

from tests.cli.program import Home


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_of_its_own(home: Home, shell: str) -> None:
    done = home.run("completions", shell)
    assert done.returncode == 0
    assert f"_FAKEGPT_TUI_COMPLETE={shell}_complete" in done.stdout


def test_commands_are_completed(home: Home) -> None:
    home.environment |= {
        "_FAKEGPT_TUI_COMPLETE": "bash_complete",
        "COMP_WORDS": "fakegpt-tui s",
        "COMP_CWORD": "1",
    }
    assert {"plain,save", "plain,search", "plain,show"} <= set(home.run().stdout.split())


def test_another_shell_is_a_wrong_use(home: Home) -> None:
    assert home.run("completions", "tcsh").returncode == 2
