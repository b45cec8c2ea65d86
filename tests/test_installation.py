"""The wheel and the sdist: what is in them, and that they install and run, in an empty home."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.terminal import Terminal

ROOT = Path(__file__).parents[1]
COMMANDS = re.findall(
    r"`fakegpt-tui (\w+)(?: \"[^`]*\")?`", (ROOT / "README.md").read_text(encoding="utf-8")
)
pytestmark = pytest.mark.long


def pythons(minor: int) -> list[str]:
    """Every Python 3 of this minor version, of the path and of pyenv, one for each release."""
    places = [*map(Path, os.get_exec_path()), *Path.home().glob(".pyenv/versions/*/bin")]
    found: dict[str, str] = {}
    for path in {each / f"python3.{minor}" for each in places}:
        asked = [path, "-c", "import ssl, sqlite3, sys; print(sys.version)"]
        done = path.exists() and subprocess.run(asked, capture_output=True, text=True, check=False)
        if done and done.returncode == 0:
            found.setdefault(done.stdout, str(path))
    return list(found.values())


def run(*command: object, **environment: str) -> str:
    """What a command prints; it works."""
    done = subprocess.run(
        [str(each) for each in command],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env=clean_environment() | environment,
        timeout=600,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def clean_environment() -> dict[str, str]:
    """The environment without what makes this working copy importable."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONPATH", "VIRTUAL_ENV"} and not name.startswith("FAKEGPT_")
    }


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with pipx, uv and what builds packages."""
    folder = tmp_path_factory.mktemp("tools")
    run(sys.executable, "-m", "venv", folder)
    run(folder / "bin" / "pip", "install", "-q", "build", "pipx", "uv")
    return folder / "bin"


@pytest.fixture(scope="module")
def built(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel and the sdist of what is committed here."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    archive = subprocess.run(
        ["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", source], input=archive, check=True)
    # The wheel is made of the sdist, so that nothing is missing there.
    run(tools / "python", "-m", "build", "-o", folder, source)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist, "uv": tools / "uv"}


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An empty home, in which nothing of a clone can be found."""
    folder = tmp_path / "home"
    folder.mkdir()
    return {"HOME": str(folder), "XDG_CONFIG_HOME": "", "XDG_DATA_HOME": "", "TERM": "xterm"}


def try_out(program: Path, home: dict[str, str]) -> None:
    """Run the commands of the README, and the program itself, as it is installed."""
    assert COMMANDS == ["ask", "doctor"]
    assert "I am the **guide**" in run(program, "ask", "Who are you?", **home)
    checked = subprocess.run(
        [program, "doctor"], env=clean_environment() | home, capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL, timeout=120,
    )  # fmt: skip
    assert checked.returncode in {0, 1}, checked.stderr
    assert "Store" in checked.stdout
    with Terminal([str(program)], env=clean_environment() | home, size=(100, 30)) as terminal:
        terminal.wait_for("guide")
        terminal.press("ctrl+q")
        assert terminal.wait() == 0


def test_the_files_have_what_the_program_needs_and_nothing_that_was_left_here(
    built: dict[str, Path],
) -> None:
    with zipfile.ZipFile(built["wheel"]) as wheel:
        names = set(wheel.namelist())
        (metadata,) = (wheel.read(name).decode() for name in names if name.endswith("/METADATA"))
    package = {str(path.relative_to(ROOT)) for path in (ROOT / "fakegpt_tui").rglob("*")
               if path.is_file() and "__pycache__" not in path.parts}  # fmt: skip
    assert {name for name in names if ".dist-info/" not in name} <= package
    tracked = subprocess.run(
        ["git", "ls-files", "fakegpt_tui"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert set(tracked) <= names
    assert "Requires-Python: >=3.11" in metadata
    assert "License-Expression: MIT" in metadata
    with tarfile.open(built["sdist"]) as sdist:
        inside = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"README.md", "LICENSE", "pyproject.toml", *tracked} <= inside
    assert not {name for name in inside if name.startswith((".venv", ".git/"))}


@pytest.mark.parametrize("minor", range(11, 16))
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_it_installs_with_pip(
    minor: int, kind: str, built: dict[str, Path], tmp_path: Path, home: dict[str, str]
) -> None:
    found = pythons(minor)
    if not found:
        pytest.skip(f"Python 3.{minor} is not on this machine")
    for number, python in enumerate(found):
        folder = tmp_path / str(number)
        run(built["uv"], "venv", "-q", "--seed", "--python", python, folder)
        run(folder / "bin" / "pip", "install", "-q", built[kind])
        run(folder / "bin" / "pip", "check")
        try_out(folder / "bin" / "fakegpt-tui", home)
        assert run(folder / "bin" / "python", "-m", "fakegpt_tui", "--version", **home)


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_it_installs_with_pipx(
    kind: str, tools: Path, built: dict[str, Path], tmp_path: Path, home: dict[str, str]
) -> None:
    folders = {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    run(tools / "pipx", "install", "--python", sys.executable, built[kind], **folders)
    try_out(tmp_path / "bin" / "fakegpt-tui", home)


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_it_installs_with_uv(
    kind: str, tools: Path, built: dict[str, Path], tmp_path: Path, home: dict[str, str]
) -> None:
    folders = {"UV_TOOL_DIR": str(tmp_path / "uv"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    run(tools / "uv", "tool", "install", "-q", "--python", sys.executable, built[kind], **folders)
    try_out(tmp_path / "bin" / "fakegpt-tui", home)
