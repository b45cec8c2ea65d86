"""The examples of the README run as they stand, against the real host."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakegpt_tui.backends.scripted import ScriptedBackend, Step
from fakegpt_tui.config.load import build_settings
from fakegpt_tui.config.spec import Folders
from fakegpt_tui.domain import ReplyEnded, TextDelta, TextReplaced
from fakegpt_tui.host.server import HostServer

README = Path(__file__).parents[1] / "README.md"
EXAMPLES = dict(
    re.findall(r"<!-- example: (\S+) -->\n```python\n(.*?)```\n", README.read_text(), re.DOTALL)
)
ADDRESS = "http://localhost:8100"
SCRIPT: list[Step] = [TextDelta("Hallo"), TextReplaced(1, "ello there."), ReplyEnded()]
PRINTED = {
    "embed": "H",
    "backend": "Ended by stop: Hello there.\n",
}


@pytest.fixture
def url() -> Iterator[str]:
    with HostServer(ScriptedBackend(SCRIPT)) as host:
        yield host.base_url


def test_every_example_is_tried() -> None:
    assert EXAMPLES.keys() == PRINTED.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_does_what_it_says(name: str, url: str) -> None:
    assert ADDRESS in EXAMPLES[name]
    code = EXAMPLES[name].replace(ADDRESS, url)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(PRINTED[name])
    assert done.stdout.rstrip().endswith("Hello there.")


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", README.read_text(), re.DOTALL))
def test_what_is_shown_of_the_configuration_can_be_used(block: str, tmp_path: Path) -> None:
    folders = Folders(
        config=tmp_path, data=tmp_path, state=tmp_path, cache=tmp_path, exports=tmp_path
    )
    build_settings({}, {}, block, path=tmp_path / "config.toml", folders=folders)
