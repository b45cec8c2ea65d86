"""The pytest plugin: the examples of its page pass, and its fixture does what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import ROOT
from tests.sdks import sdks

__all__ = ["sdks"]  # the fixture

PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n", PAGE, re.DOTALL)


OWN = [each for each in EXAMPLES if "openai" not in each and "anthropic" not in each]
OFFICIAL = [each for each in EXAMPLES if each not in OWN]
WITH_PACKAGES = "import site, sys; site.addsitedir(sys.argv.pop(1)); import pytest; pytest.main()"


def run_tests(folder: Path, source: str, packages: str = "") -> subprocess.CompletedProcess[str]:
    """Run tests as another project has them, with the plugin and nothing of this project's.

    Their `packages` are in another folder.
    """
    (folder / "test_example.py").write_text(source)
    runner = ["-c", WITH_PACKAGES, packages] if packages else ["-m", "pytest"]
    return subprocess.run(
        [
            *(sys.executable, *runner, "-q", "-p", "fakegpt_tui.testing"),
            *("-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def assert_passed(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "failed" not in done.stdout


@pytest.mark.parametrize("source", OWN, ids=range(len(OWN)))
def test_an_example_of_the_page_passes(source: str, tmp_path: Path) -> None:
    assert_passed(run_tests(tmp_path, source))


@pytest.mark.long
@pytest.mark.parametrize("source", OFFICIAL, ids=range(len(OFFICIAL)))
def test_an_example_with_an_official_client_passes(source: str, sdks: str, tmp_path: Path) -> None:
    told = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([sdks, "-c", told], capture_output=True, text=True, check=True)
    assert_passed(run_tests(tmp_path, source, packages.stdout.strip()))


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
    headers = {"anthropic-version": "2023-06-01"}
    service.add_reply("three")
    url = f"{service.anthropic_base_url}/v1/messages"
    asked = {"max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    reply = httpx.post(url, json=asked, headers=headers, trust_env=False).json()
    assert reply["content"] == [{"type": "text", "text": "three"}]
    assert service.prompts == ["Hi", "Hi", "Hi"]
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
    assert_passed(done)
