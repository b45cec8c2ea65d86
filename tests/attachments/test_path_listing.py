"""What completion lists behind `@`, and in what order."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from fakegpt_tui import ui
from fakegpt_tui.attachments.path_listing import (
    MAX_SECONDS,
    PathEntry,
    current_folder,
    fitting_paths,
    list_paths,
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = [
        "README.md",
        "src/main.py",
        "src/deep/model.py",
        "notes/my file.txt",
        ".env",
        ".github/workflow.yml",
        ".git/config",
        "build/out.bin",
        "src/main.pyc",
        "src/keep.pyc",
        "node_modules/x/index.js",
        "logs/a.log",
        "logs/sub/b.log",
    ]
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / ".gitignore").write_text("# made\n/build/\n*.pyc\n!keep.pyc\n")
    (tmp_path / "logs/.gitignore").write_text("*.log\n")
    return tmp_path


def paths(project: Path, typed: str = "") -> list[str]:
    return [each.path for each in fitting_paths(list_paths(project), typed, 100)]


def test_files_below_the_folder_are_found_by_their_names(project: Path) -> None:
    assert paths(project, "main.py")[0] == "src/main.py"
    assert paths(project, "model") == ["src/deep/model.py"]
    assert "notes/my file.txt" in paths(project, "my f")
    assert paths(project, "sdm")[0] == "src/deep/model.py"
    assert paths(project, "nonesuch") == []


def test_accents_fit_whether_they_are_apart_from_their_letters_or_not() -> None:
    for name in ("caf\u00e9.txt", "cafe\u0301.txt"):
        entries = [PathEntry(name, is_folder=False)]
        for typed in ("caf\u00e9", "cafe\u0301.", "\u00c9"):
            assert [each.path for each in fitting_paths(entries, typed, 9)] == [name]


def test_ignored_and_dot_entries_come_last_but_are_there(project: Path) -> None:
    found = paths(project)
    late = {".env", ".github", ".gitignore", "build", "src/main.pyc", "node_modules", "logs/a.log"}
    assert late <= set(found)
    first_late = min(found.index(each) for each in late)
    assert {"README.md", "src/main.py", "src/keep.pyc"} <= set(found[:first_late])
    assert not [each for each in found if each.startswith(".git/") or each == ".git"]


def test_ignored_folders_are_entered_where_they_are_named(project: Path) -> None:
    assert [each.path for each in list_paths(project / "build")] == ["out.bin"]
    assert "build/out.bin" not in paths(project)


def test_the_ignore_rules_agree_with_git(project: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    entries = list_paths(project)
    files = [each for each in entries if not each.is_folder and not each.name.startswith(".")]
    done = subprocess.run(
        ["git", "check-ignore", "--stdin"],
        cwd=project,
        input="\n".join(each.path for each in files),
        capture_output=True,
        text=True,
        check=False,
    )
    assert {each.path for each in files if each.is_late} == set(done.stdout.split())


def test_links_to_folders_are_named_and_not_entered(project: Path) -> None:
    (project / "loop").symlink_to(project)
    (project / "nowhere").symlink_to(project / "missing")
    found = paths(project)
    assert {"loop", "nowhere"} <= set(found)
    assert "loop/README.md" not in found


def test_a_look_that_takes_too_long_ends_with_what_was_found(project: Path) -> None:
    ticks = iter(range(10_000))
    found = list_paths(project, clock=lambda: next(ticks) * MAX_SECONDS / 4)
    assert 0 < len(found) < 6


def test_a_folder_that_cannot_be_read_lists_nothing(tmp_path: Path) -> None:
    assert list_paths(tmp_path / "missing") == ()
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0)
    if os.geteuid():
        assert list_paths(hidden) == ()
    hidden.chmod(0o700)


def test_a_folder_that_is_deleted_meanwhile_is_no_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "branch"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert current_folder() == folder
    folder.rmdir()
    assert current_folder() == Path.home()


def test_the_screen_asks_for_the_current_folder_in_this_way_alone() -> None:
    modules = Path(ui.__file__).parent.rglob("*.py")
    assert [each for each in modules if re.search(r"\b(cwd|getcwd)\(\)", each.read_text())] == []
