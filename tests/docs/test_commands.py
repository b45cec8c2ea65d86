"""Every block of commands in the README and `docs/` runs as it stands, in a home of its own."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import ROOT, Home, served
from tests.docs.tables import DOCS
from tests.formats.exports import many, zipped
from tests.formats.reading import FILES
from tests.formats.test_discovery import HOMES, place
from tests.formats.trees import branched
from tests.host.shared_state.engine import PROGRAM, running_engine
from tests.patience import PATIENCE

PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
BLOCKS = {
    page.name: re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    for page in PAGES
}
STATE = "redis://state.example"
"""For which an engine of the test's own stands in."""
NEEDS_SERVICE = {"services.md", "serving.md"}

LAUNCHER = f"""#!/bin/bash
program=({sys.executable} -m fakegpt_tui)
if [[ ${{1-}} == serve && " $* " != *" list "* ]]; then
    # It would run until ctrl+c: its first line says that it serves.
    exec {{served}}< <(exec "${{program[@]}}" "$@")
    host=$!
    read -r line <&"$served" && echo "$line"
    kill -INT "$host"
    wait "$host"
    exit
fi
"${{program[@]}}" "$@"
code=$?
# That something of this machine needs attention is no failure of the command.
[[ ${{1-}} == doctor && $code == 1 ]] || exit "$code"
"""


def prepare(tmp_path: Path) -> tuple[Home, Path]:
    """A home with one conversation, and a folder with the files that the pages name."""
    home = Home(tmp_path / "home")
    home.folder.mkdir()
    conversation, messages = branched()
    with home.store() as store:
        store.add_turn(conversation, *messages).result(PATIENCE)
    program = tmp_path / "bin" / "fakegpt-tui"
    program.parent.mkdir()
    program.write_text(LAUNCHER)
    program.chmod(0o755)
    home.environment["PATH"] = f"{program.parent}:{home.environment['PATH']}"
    folder = tmp_path / "work"
    folder.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / "export.zip").write_bytes(zipped({"conversations.json": many(3)}))
    for name in ("takeout-001.zip", "takeout-002.zip"):
        shutil.copyfile(FILES / "gemini" / "takeout.zip", folder / name)
    for program in HOMES:
        place(home.folder, program)
    return home, folder


def run_blocks(page: str, home: Home, folder: Path) -> None:
    for block in BLOCKS[page]:
        if "pip install" in block:
            continue  # needs the network; `.ci/run` runs the one of the README
        if STATE in block:
            if PROGRAM:
                with running_engine() as engine:
                    run_block(block.replace(STATE, engine.url), home, folder)
            continue
        run_block(block, home, folder)


def run_block(block: str, home: Home, folder: Path) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env=home.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=20 * PATIENCE,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", [page for page in BLOCKS if BLOCKS[page]])
def test_the_commands_of_a_page_work(page: str, tmp_path: Path) -> None:
    home, folder = prepare(tmp_path)
    if page not in NEEDS_SERVICE:
        run_blocks(page, home, folder)
        return
    with served() as (_, url):
        home.configure(f'[services.work]\nkind = "fakegpt"\nurl = "{url}"\n')
        run_blocks(page, home, folder)


def test_every_command_of_the_program_is_on_a_page() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    help_text = subprocess.run(
        [sys.executable, "-m", "fakegpt_tui", "--help"], capture_output=True, text=True, check=True
    ).stdout
    commands = re.findall(r"^  ([a-z-]+) ", help_text.split("Commands:")[1], re.MULTILINE)
    assert len(commands) > 10
    assert [name for name in commands if f"fakegpt-tui {name}" not in text] == []
