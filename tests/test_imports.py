"""What starting the program may import: each look is taken in a process of its own."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click import Context

from fakegpt_tui.cli.main import cli
from fakegpt_tui.domain import ReplyEnded, TextDelta
from tests.cli.program import Home, served
from tests.terminal import Terminal

ROOT = Path(__file__).parents[1]
MAX_OF_OURS = 59
"""Modules of this program at the first frame."""
SLOW = {"httpx", "starlette", "markdown_it", "pygments"}


def modules_after(code: str) -> set[str]:
    """The modules that are loaded once `code` has run in a fresh interpreter."""
    report = "import json, sys; sys.stderr.write(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, check=True, timeout=60
    )
    return set(json.loads(done.stderr))


def after_command(*arguments: str) -> set[str]:
    return modules_after(
        "from fakegpt_tui.cli.main import cli\n"
        f"try: cli.main({list(arguments)!r})\n"
        "except SystemExit as end: assert end.code == 0"
    )


@pytest.mark.parametrize("command", cli.list_commands(Context(cli)))
def test_the_help_of_a_command_loads_nothing_slow(command: str) -> None:
    assert not after_command(command, "--help") & (SLOW | {"textual", "rich", "sqlite3", "asyncio"})


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_loads_nothing_slow(option: str) -> None:
    assert not after_command(option) & (SLOW | {"textual", "rich", "sqlite3", "asyncio"})


@pytest.mark.parametrize("module", ["ask_runner", "import_runner", "files", "serve", "interface"])
def test_what_commands_run_knows_no_user_interface_and_connects_only_when_asked(
    module: str,
) -> None:
    assert not modules_after(f"import fakegpt_tui.cli.{module}") & (SLOW | {"textual", "rich"})


def test_importing_the_package_loads_nothing_else_of_it() -> None:
    loaded = modules_after("import fakegpt_tui")
    assert {name for name in loaded if name.startswith("fakegpt_tui")} == {"fakegpt_tui"}


def test_the_first_picture_waits_for_no_network_and_no_markdown() -> None:
    loaded = modules_after("import fakegpt_tui.cli.interface, fakegpt_tui.ui.app")
    assert "textual" in loaded
    assert not loaded & SLOW


FIRST_PAINT = """
import asyncio
from pathlib import Path
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.ui.app import FakeGPTApp
from fakegpt_tui.ui.options import Options
from tests.stubs import SERVICE, MemoryStore
from tests.ui.fake_service_repository import FakeServiceRepository

async def never(service, report):
    await asyncio.Event().wait()

async def main():
    store = MemoryStore()
    chat = ChatService(lambda: store, {"scripted": SERVICE}, never, service="scripted")
    app = FakeGPTApp(chat, Options(exports=Path(), warm_up=False, services=FakeServiceRepository))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "sends" in "".join(strip.text for strip in app.screen._compositor.render_strips())

asyncio.run(main())
"""


def test_the_first_paint_itself_draws_no_markdown_and_asks_no_network() -> None:
    assert not modules_after(FIRST_PAINT) & SLOW


FIRST_WORDS = """
from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.palette import Palette

document = Document(Palette.colourless())
document.update("Of course, ", complete=False)
assert [line.plain for line in document.lines(40)] == ["Of course,"]
"""


def test_the_first_words_of_a_reply_wait_for_no_parser() -> None:
    assert not modules_after(FIRST_WORDS) & (SLOW - {"pygments"})


def test_rendering_uses_no_widget_and_no_app_of_textual() -> None:
    sources = list((ROOT / "fakegpt_tui" / "ui" / "markdown").rglob("*.py"))
    assert sources
    found = {
        (source.name, module)
        for source in sources
        for module in ("textual.widget", "textual.app")
        if re.search(rf"^\s*(from|import) {module}", source.read_text(), re.MULTILINE)
    }
    assert not found


def test_few_modules_are_loaded_at_the_first_frame_with_a_service(tmp_path: Path) -> None:
    home, report = Home(tmp_path), tmp_path / "modules.json"
    home.use_service("http://127.0.0.1:9")
    command = [sys.executable, "-m", "tests.first_frame", str(report)]
    with Terminal(command, env=home.environment, size=(120, 40)) as terminal:
        terminal.wait_for("sends").wait_for(lambda _: report.exists())
        modules = set(json.loads(report.read_text()))
    ours = {name for name in modules if name.partition(".")[0] == "fakegpt_tui"}
    assert "fakegpt_tui.ui.app" in ours
    assert len(ours) <= MAX_OF_OURS, sorted(ours)
    assert not [name for name in ours if "vim" in name]
    assert not modules & SLOW


def test_asking_loads_nothing_that_draws(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    with served([TextDelta("an answer"), ReplyEnded()]) as (_, url):
        home.use_service(url)
        done = home.run("ask", "Hi")
    assert done.stdout == "an answer\n"
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert {"httpx", "fakegpt_tui.backends.fakegpt"} <= loaded
    assert not {name.partition(".")[0] for name in loaded} & {"rich", "pygments", "textual"}
