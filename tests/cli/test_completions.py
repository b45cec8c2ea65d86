"""`completions` and `man`: what shells get to complete, in the shells that are here, and the page.

Bash, zsh and fish are tried; for nu and PowerShell the script is compared, and its answers read.
"""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.cli.completions import SHELLS
from fakegpt_tui.cli.main import cli
from tests.cli.program import Home, program_in
from tests.cli.test_json_documents import commands
from tests.formats.trees import CONVERSATION, branched, message
from tests.patience import PATIENCE
from tests.terminal import Terminal

MODEL = "qwen3:8b"
SCRIPTS = Path(__file__).parent / "completion_scripts"


@pytest.fixture
def filled(home: Home) -> Home:
    """A home with two conversations, a service and a preset, and the program on the path."""
    conversation, messages = branched()
    other = replace(CONVERSATION, id="aaaa1111", title="Boats, a: list", leaf_id="x", model="")
    with home.store() as store:
        store.add_turn(conversation, *messages).result(PATIENCE)
        store.add_turn(other, message("Tell", id="x", conversation_id=other.id)).result(PATIENCE)
    home.configure(
        f'[services.lab]\nkind = "openai"\nurl = "http://127.0.0.1:9"\nmodel = "{MODEL}"\n'
        '[presets.brief]\nsystem_prompt = "Be brief."\n'
    )
    program_in(home, home.folder / "bin")
    return home


def offered(home: Home, *words: str) -> dict[str, str]:
    """What is offered for the last word, with what is said about it."""
    asked = {"_FAKEGPT_TUI_COMPLETE": "nu_complete", "COMP_WORDS": json.dumps(["p", *words])}
    home.environment |= asked
    found = json.loads(home.invoke().stdout)
    for name in asked:
        del home.environment[name]
    return {each["value"]: each["description"] for each in found or []}


def test_commands_options_and_values_are_completed(filled: Home) -> None:
    assert {"save", "search", "serve-admin", "show"} <= offered(filled, "s").keys()
    assert {"--jsonl", "--json"} == offered(filled, "ask", "--js").keys()
    assert offered(filled, "list", "--format", "j").keys() == {"json", "jsonl"}
    titles = {"5f6c2a5e": "Rivers", "aaaa1111": "Boats, a: list"}
    for words in (("show", ""), ("delete", ""), ("ask", "--conversation", ""), ("--resume", "")):
        assert offered(filled, *words) == titles
    filled.invoke("move", "Work/2026", "rivers")
    filled.invoke("tag", "rivers", "--add", "wet")
    filled.invoke("folders", "Home", "--system", "Be kind.")
    assert offered(filled, "move", "") == {
        "Home": "Be kind.",
        "Work": "Work",
        "Work/2026": "Work/2026",
    }
    assert offered(filled, "list", "--folder", "work").keys() == {"Work", "Work/2026"}
    assert offered(filled, "search", "--tag", "w") == {"wet": "wet"}
    assert offered(filled, "rename", "boa") == {"aaaa1111": "Boats, a: list"}
    assert MODEL in offered(filled, "--model", "q")
    assert offered(filled, "ask", "--service", "la") == {"lab": "openai http://127.0.0.1:9"}
    assert offered(filled, "ask", "--service", "").keys() == {"embedded", "lab"}
    assert offered(filled, "ask", "--preset", "") == {"brief": "Be brief."}
    filled.snippet("review", "# Review this\n{{input}}")
    filled.snippet("two words", "not offered")
    assert offered(filled, "ask", "--snippet", "re") == {"review": "Review this"}
    filled.snippet("letter", "To {{name}}, {{tone=kind}}. {{clipboard}} {{input}}")
    letter = ("ask", "--snippet", "/Letter")
    assert offered(filled, *letter, "") == {"name=": "name=", "tone=": "kind"}
    assert offered(filled, *letter, "name=Ada", "") == {"tone=": "kind"}
    assert offered(filled, *letter, "na").keys() == {"name="}
    for words in ((*letter, "Dear", ""), ("ask", ""), ("ask", "--snippet", "none", "")):
        assert offered(filled, *words) == {}
    assert "effort=" in offered(filled, "ask", "--set", "eff")
    filled.invoke("delete", "aaaa")
    assert offered(filled, "restore", "") == {"aaaa1111": "Boats, a: list"}


def test_nothing_is_made_or_said_where_nothing_can_be_completed(home: Home) -> None:
    assert offered(home, "show", "") == {}
    assert not home.data.exists()
    home.configure("max_turns = 0")
    assert offered(home, "show", "") == {}


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script_of_its_own(home: Home, shell: str) -> None:
    done = home.invoke("completions", shell)
    assert done.exit_code == 0
    assert f"{shell}_complete" in done.stdout
    if shell in {"nu", "powershell"}:
        assert done.stdout == (SCRIPTS / shell).read_text(encoding="utf-8")


def test_another_shell_is_a_wrong_use(home: Home) -> None:
    assert home.invoke("completions", "tcsh").exit_code == 2


def test_fish_completes_with_titles(filled: Home) -> None:
    fish = needed("fish")
    filled.invoke("move", "Work/My stuff", "rivers")
    script = (
        "fakegpt-tui completions fish | source\n"
        + "complete -C 'fakegpt-tui show '\n"
        + "complete -C 'fakegpt-tui ask --model qw'\n"
        + "complete -C 'fakegpt-tui ask --file bin/'\n"
        + "complete -C 'fakegpt-tui ask --file=bin/f'\n"
        + "complete -C 'fakegpt-tui ask --file=no'\n"
        + "complete -C 'fakegpt-tui list --folder=Work/'\n"
    )
    done = subprocess.run(
        [fish, "--no-config", "--command", script],
        env=filled.environment,
        cwd=filled.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == [
        *("aaaa1111\tBoats, a: list", "5f6c2a5e\tRivers", f"{MODEL}\tlab", "bin/fakegpt-tui"),
        *("--file=bin/fakegpt-tui", "--folder=Work/My stuff"),
    ]


@pytest.mark.parametrize(
    ("shell", "begin"),
    [
        (["bash", "--norc", "-i"], 'eval "$(fakegpt-tui completions bash)"'),
        (
            ["zsh", "-f", "-i"],
            "autoload -U compinit; compinit -u -D; . =(fakegpt-tui completions zsh)",
        ),
    ],
    ids=["bash", "zsh"],
)
def test_keys_complete_in_the_shell(filled: Home, shell: list[str], begin: str) -> None:
    needed(shell[0])
    filled.snippet("letter", "To {{name}}, {{tone=kind}}.")
    filled.invoke("move", "Work/My stuff", "rivers")
    filled.environment["PS1"] = "shell> "
    with Terminal(shell, env=filled.environment) as terminal:
        terminal.wait_for("shell>")
        terminal.type(f"{begin} && echo rea''dy\r")
        terminal.wait_for("ready")
        for typed, completed in (
            ("ask --model qw", f"--model {MODEL}"),
            ("show riv", "show 5f6c2a5e"),
            ("ask --file ~/bin/fake", "/bin/fakegpt-tui"),
            ("ask --snippet letter to", "letter tone=|"),
            ("list --folder=Work/M", "list --folder=Work/My\\ stuff"),
            ('list --folder "Work/M', '--folder "Work/My stuff"'),
        ):
            terminal.type(f"fakegpt-tui {typed}")
            terminal.press("tab")
            terminal.type("|")
            terminal.wait_for(completed)
            terminal.press("ctrl+u")
        terminal.type("fakegpt-tui show ")
        terminal.press("tab", "tab")
        terminal.wait_for("Boats, a: list").wait_for("Rivers")
        terminal.press("ctrl+u")
        terminal.type("exit\r")
        terminal.wait()


def needed(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not on this machine")
    return found


def test_the_manual_page_has_every_command_and_option(home: Home) -> None:
    page = home.invoke("man").stdout
    plain = page.replace("\\-", "-")
    for path, command in commands(cli):
        assert f'.SS "fakegpt-tui {" ".join(path)} ' in plain
        for option in command.params:
            assert all(name in plain for name in option.opts if name.startswith("--"))
    for lint in (["mandoc", "-T", "lint", "-W", "style"], ["man", "--warnings", "-l", "-"]):
        if shutil.which(lint[0]):
            done = subprocess.run(
                lint, input=page, capture_output=True, text=True, check=False, timeout=60,
                env=home.environment,
            )  # fmt: skip
            assert (done.returncode, done.stderr) == (0, ""), done.stdout
