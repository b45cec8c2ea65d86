"""The pytest plugin: the examples of its page pass, and its fixture does what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import ROOT

PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n", PAGE, re.DOTALL)


def run_tests(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    """Run tests as another project has them, with the plugin and nothing of this project's."""
    (folder / "test_example.py").write_text(source)
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "fakegpt_tui.testing"),
            *("-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("source", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_of_the_page_passes(source: str, tmp_path: Path) -> None:
    if "openai" in source:
        pytest.importorskip("openai")
    done = run_tests(tmp_path, source)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_the_fixture_shows_what_was_asked_and_takes_more_replies(tmp_path: Path) -> None:
    done = run_tests(
        tmp_path,
        """
import httpx

SYSTEM = {"role": "system", "content": "Be brief."}
ASKED = {"messages": [SYSTEM, {"role": "user", "content": "Hi"}]}


def test_it(scripted_service):
    service = scripted_service("one")
    service.add_reply("two words")
    for expected in ("one", "two words"):
        url = f"{service.openai_base_url}/chat/completions"
        reply = httpx.post(url, json={"model": "scripted", **ASKED}, trust_env=False).json()
        assert reply["choices"][0]["message"]["content"] == expected
    assert service.prompts == ["Hi", "Hi"]
    assert service.conversations[0] == [("system", "Be brief."), ("user", "Hi")]
    assert service.running == 0


def test_a_scenario_takes_the_place_of_a_response(scripted_service):
    from fakegpt_tui.backends.scenarios import SCENARIOS

    assert scripted_service("one", scenario=next(iter(SCENARIOS))).base_url


def test_an_unknown_scenario_is_an_error(scripted_service):
    import pytest

    with pytest.raises(ValueError):
        scripted_service("one", scenario="no such thing")
""",
    )
    assert done.returncode == 0, done.stdout
