"""The units and the container file of `packaging/`: they call the program as it is."""

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from fakegpt_tui.cli.serve import serve
from fakegpt_tui.config.serve_file import load_serve_options

FOLDER = Path(__file__).parents[1] / "packaging"
UNITS = ("fakegpt-serve.service", "fakegpt-serve@.service", "fakegpt-serve.socket")


def arguments_of(text: str) -> list[list[str]]:
    """The arguments after the program's name, of a unit and of the container file."""
    lines = re.findall(r"^ExecStart=\S+/fakegpt-tui (.+)$", text, re.MULTILINE)
    lists = re.findall(r"^ENTRYPOINT \[\S+/fakegpt-tui\", (.+)\]$", text, re.MULTILINE)
    return [line.split() for line in lines] + [re.findall(r'"([^"]+)"', each) for each in lists]


@pytest.mark.parametrize("name", [*UNITS[:2], "Containerfile"])
def test_the_program_is_called_with_options_that_it_has(name: str) -> None:
    (arguments,) = arguments_of((FOLDER / name).read_text())
    assert arguments[0] == "serve"
    assert isinstance(serve, click.Command)
    serve.make_context("serve", arguments[1:], resilient_parsing=True)
    known = {option for parameter in serve.params for option in parameter.opts}
    assert {each for each in arguments if each.startswith("--")} <= known


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd on this machine")
    for name in UNITS:
        text = (FOLDER / name).read_text().replace("/opt/fakegpt/bin/fakegpt-tui", "/bin/true")
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [program, "verify", "--man=no", *(str(tmp_path / name) for name in UNITS)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    told = [line for line in done.stderr.splitlines() if "fakegpt-serve" in line]
    assert told == []


def test_the_container_runs_without_root() -> None:
    text = (FOLDER / "Containerfile").read_text()
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)


def test_several_units_differ_in_what_one_of_them_alone_can_have() -> None:
    single, template = [(FOLDER / name).read_text().splitlines() for name in UNITS[:2]]
    own = [line for line in template if line not in single and not line.startswith("#")]
    assert all("%i" in line for line in own)
    (arguments,) = arguments_of("\n".join(own).replace("%i", "8101"))
    assert {"--port", "--metrics", "--admin-socket"} <= set(arguments)
    assert load_serve_options(None, {"port": 8101, "metrics": "127.0.0.1:18101"}).metrics
