"""A disk that takes no more, made by a limit for the size of files."""

import json
import shlex
import subprocess
from pathlib import Path

from tests.cli.program import COMMAND, Home

_LIMIT = 40
"""In kilobytes: the store can be opened, and takes next to nothing."""


def on_full_disk(home: Home, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = f"ulimit -f {_LIMIT}; exec {shlex.join([*COMMAND, *arguments])}"
    return subprocess.run(
        ["bash", "-c", command],
        check=False,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        env=home.environment,
        timeout=60,
    )


def test_what_the_store_cannot_take_is_in_a_file_that_can_be_imported(
    home: Home, tmp_path: Path
) -> None:
    assert home.run("list").returncode == 0
    done = on_full_disk(home, "ask", "hello")
    assert "small responder" in done.stdout
    assert "What it lacks is in files" in done.stderr
    assert "Not everything was written to the store." in done.stderr
    assert home.run("list").stdout == ""
    other = Home(tmp_path / "other")
    taken = other.run("import", str(home.data / "exports"))
    assert "Added: 1 conversation with 2 new messages." in taken.stdout
    assert home.run("ask", "hello again").stderr == ""


def test_an_import_that_the_store_cannot_take_says_what_is_there(home: Home) -> None:
    assert home.run("list").returncode == 0
    path = home.folder / "chat.json"
    said = [{"role": "user", "content": "word " * 20_000}, {"role": "assistant", "content": "Yes"}]
    path.write_text(json.dumps(said))
    done = on_full_disk(home, "import", str(path))
    assert done.returncode == 1
    assert "What was imported before that stays." in done.stderr
    assert "kept in memory" not in done.stderr


def run_into_full_disk(home: Home, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose output goes to a disk without room."""
    return subprocess.run(
        ["bash", "-c", f"exec {shlex.join([*COMMAND, *arguments])} > /dev/full"],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=home.environment,
        timeout=60,
    )


def test_output_that_goes_to_a_full_disk_is_told(home: Home) -> None:
    assert home.run("ask", "hello").returncode == 0
    for arguments in (["list"], ["list", "--json"], ["ask", "again"]):
        done = run_into_full_disk(home, *arguments)
        assert done.returncode == 1
        assert done.stderr == "fakegpt-tui: The output could not be written: " + (
            "No space left on device.\n"
        )
    assert len(home.run("list").stdout.splitlines()) == 2
    done = run_into_full_disk(home, "save", "--all", str(home.folder / "out"))
    assert done.stderr.endswith("No space left on device. The work goes on.\n")
    assert len([*(home.folder / "out").iterdir()]) == 2
