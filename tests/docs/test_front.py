"""What a stranger finds at the top of the repository: pins, hooks, workflow and commit rules."""

import re
import subprocess
import sys
import tomllib
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.docs.tables import DOCS

ROOT = DOCS.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINS = (ROOT / "requirements-dev.txt").read_text()
SERVICES = (
    *("api.anthropic.com", "api.deepseek.com", "api.groq.com", "api.mistral.ai"),
    *(
        "api.minimax.io",
        "api.moonshot.ai",
        "api.openai.com",
        "api.together.xyz",
        "api.x.ai",
        "api.z.ai",
    ),
    *("generativelanguage.googleapis.com", "openrouter.ai", "resource.openai.azure.com"),
)
"""Services that the pages have a `config.toml` for."""

HOST = re.compile(
    r"https?://(?!127\.0\.0\.1|localhost|unix:|[\w.-]*example\.(?:org|com)|"
    + "|".join(rf"{re.escape(each)}[/\"]" for each in SERVICES)
    + r")\w"
)


def load_subjects():
    loader = SourceFileLoader("subjects", str(ROOT / ".ci" / "subjects"))
    module = module_from_spec(spec_from_loader("subjects", loader))
    loader.exec_module(module)
    return module


def test_a_pin_is_one_version_with_hashes_and_no_address() -> None:
    entries = PINS.replace("\\\n", "").splitlines()
    assert len(entries) > 30
    for entry in entries:
        pattern = (
            r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==[^ ]+( ; [^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+"
        )
        assert re.fullmatch(pattern, entry), entry
    assert "://" not in PINS


def test_every_dependency_has_a_pin_that_fits() -> None:
    pinned = {
        canonicalize_name(requirement.name): next(iter(requirement.specifier)).version
        for entry in PINS.replace("\\\n", "").splitlines()
        for requirement in [Requirement(entry.partition(" ")[0])]
    }
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)])


def test_the_project_has_the_authors_of_the_licence_and_no_address() -> None:
    (author,) = PROJECT["authors"]
    assert author["name"] in (ROOT / "LICENSE").read_text()
    assert "urls" not in PROJECT


def test_hooks_before_a_commit_are_local() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"- repo: (.+)", text) == ["local"]


def test_the_workflow_runs_all_checks_on_every_supported_python() -> None:
    text = (ROOT / ".github" / "workflows" / "check.yml").read_text()
    assert 'python: ["3.11", "3.12", "3.13", "3.14"]' in text
    assert "run: .ci/run" in text


def test_the_changelog_has_a_dated_release_and_a_short_list_of_what_is_new() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    unreleased, release = text.split("## [Unreleased]")[1].split("## [0.1.0] - 2026-11-29")
    assert unreleased.count("\n- ") < 15
    assert release.strip()


@pytest.mark.parametrize(
    "path",
    [*DOCS.glob("*.md"), *(ROOT / ".github").rglob("*.*"), *ROOT.glob("*.md"), ROOT / "Makefile"],
    ids=lambda path: path.name,
)
def test_no_page_names_an_address_of_the_world(path: Path) -> None:
    assert not HOST.search(path.read_text())


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("chat: keep the draft of a failed turn", ""),
        ("ui/markdown, docs: draw tables", ""),
        ("Keep the draft", "must be"),
        ("chat:keep", "must be"),
        ("kitchen: keep the draft", "none of"),
        ("chat: " + "x" * 67, "73 characters"),
        ("fixup! chat: keep the draft", ""),
    ],
)
def test_the_subject_of_a_commit_names_an_area_and_is_short(subject: str, words: str) -> None:
    module = load_subjects()
    found = module.problem(subject, module.rooms() | module.OTHER_AREAS)
    assert words in found
    assert bool(found) == bool(words)


def test_the_hook_refuses_a_message(tmp_path: Path) -> None:
    message = tmp_path / "message"
    for text, code in (("chat: say it\n\nBecause.\n", 0), ("Say it\n", 1)):
        message.write_text(text)
        script = [sys.executable, ROOT / ".ci" / "subjects", message]
        assert subprocess.run(script, capture_output=True, check=False).returncode == code
