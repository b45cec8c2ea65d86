"""The structure that ARCHITECTURE.md and CONTRIBUTING.md promise, read from the source."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fakegpt_tui"
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
# What shells, files and addresses are called beside files of the project.
NOT_A_FILE = re.compile(r"^(/|~|https?:|\.)|[<>*{} →]")


def named_paths(text: str) -> set[str]:
    """What a text in Markdown names in backticks as a file or folder of the project."""
    names = re.findall(r"`([^`\n]+)`", text)
    return {
        name
        for name in names
        if re.search(r"/|\.(py|md|toml|tcss)$", name) and not NOT_A_FILE.search(name)
    }


def exists(name: str) -> bool:
    """A path below the project, the package or its user interface; a bare name stands anywhere."""
    if "/" not in name.rstrip("/"):
        return (ROOT / name).exists() or any(PACKAGE.rglob(name.rstrip("/")))
    return any((folder / name).exists() for folder in (ROOT, PACKAGE, PACKAGE / "ui"))


def test_every_file_and_folder_that_the_architecture_names_exists() -> None:
    names = named_paths(ARCHITECTURE)
    assert len(names) > 20
    assert {name for name in names if not exists(name)} == set()


def test_the_architecture_names_every_room() -> None:
    rooms = {
        path.stem
        for path in PACKAGE.iterdir()
        if (path / "__init__.py").exists() or path.suffix == ".py"
    }
    rooms -= {"__init__", "__main__"}
    table = ARCHITECTURE.partition("## Rooms")[2].partition("\n## ")[0]
    assert {room for room in rooms if f"`{room}`" not in table} == set()


def test_a_class_name_stands_for_one_thing_in_the_whole_package() -> None:
    places = defaultdict(list)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(PACKAGE)))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_a_module_is_long_enough_to_be_an_idea() -> None:
    short = {
        str(path.relative_to(PACKAGE)): lines
        for path in PACKAGE.rglob("*.py")
        if path.name not in {"__init__.py", "__main__.py"}
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) < 40
    }
    assert short == {}


def glossary() -> list[list[str]]:
    section = ARCHITECTURE.partition("## Glossary")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_glossary_is_short() -> None:
    assert 10 <= len(glossary()) <= 25


@pytest.mark.parametrize("row", glossary(), ids=lambda row: row[0])
def test_a_term_of_the_glossary_has_its_type_in_the_file_that_it_names(row: list[str]) -> None:
    _, type_name, file_name = row[0], row[-2].strip("`"), row[-1].strip("`")
    tree = ast.parse((PACKAGE / file_name).read_text(encoding="utf-8"))
    defined = {
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert type_name in defined
