"""Private names of Textual and Rich are used in `ui/terminal` alone, which says why."""

import ast
import importlib
import inspect
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import fakegpt_tui.ui

UI = Path(fakegpt_tui.ui.__file__).parent
MODULES = sorted(UI.rglob("*.py"))
OUTSIDE = [path for path in MODULES if path.parent != UI / "terminal"]
WORKAROUNDS = [path for path in MODULES if path.parent == UI / "terminal"]
LIBRARIES = ("textual", "rich")


def private_imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{each.name}" for each in node.names]
        elif isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        else:
            continue
        yield from (each for each in names if each.startswith(LIBRARIES) and "._" in each)


@cache
def private_names(library_class: type) -> frozenset[str]:
    """What a class of Textual or Rich calls private, whether it is a method or set by one."""
    source = inspect.getsource(library_class)
    methods = {name for name in vars(library_class) if re.match("_[a-z]", name)}
    return frozenset(methods | set(re.findall(r"\bself\.(_[a-z]\w*)", source)))


def private_overrides(path: Path) -> Iterator[str]:
    """Private names that a class of ours shares with the classes of Textual that it inherits."""
    relative = path.relative_to(UI.parents[1]).with_suffix("")
    module = importlib.import_module(".".join(relative.parts).removesuffix(".__init__"))
    for ours in vars(module).values():
        if not inspect.isclass(ours) or ours.__module__ != module.__name__:
            continue
        inherited = [each for each in ours.__mro__ if each.__module__.startswith(LIBRARIES)]
        theirs = frozenset[str]().union(*map(private_names, inherited))
        source = inspect.getsource(ours)
        used = set(re.findall(r"\b(?:self|cls|super\(\))\.(_[a-z]\w*)|def (_[a-z]\w*)", source))
        yield from (f"{ours.__name__}.{name}" for pair in used for name in pair if name in theirs)


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: path.stem)
def test_no_other_module_uses_a_private_name(path: Path) -> None:
    source = path.read_text()
    assert not list(private_imports(ast.parse(source)))
    # Ruff finds private names of other objects, where it is not told to look away.
    assert "SLF001" not in source
    assert not list(private_overrides(path))


@pytest.mark.parametrize("path", WORKAROUNDS, ids=lambda path: path.stem)
def test_a_workaround_says_what_it_mends_since_when_and_until_when(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    if path.name != "__init__.py":
        assert re.search(r"^Mends: ", text, re.MULTILINE)
        assert re.search(r"^Since: (?:Textual|Rich|CPython) \d", text, re.MULTILINE)
        assert re.search(r"\bCan go: ", text)


def test_what_is_patched_is_pinned_exactly() -> None:
    project = tomllib.loads((UI.parents[1] / "pyproject.toml").read_text())
    pinned = [each for each in project["project"]["dependencies"] if each.startswith(LIBRARIES)]
    assert len(pinned) == len(LIBRARIES)
    assert all(re.fullmatch(r"\w+==\d+\.\d+\.\d+", each) for each in pinned)
