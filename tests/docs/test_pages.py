"""The README and `docs/`: links lead somewhere, tables are those of the program, examples work."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakegpt_tui.backends.scripted import ScriptedBackend, Step
from fakegpt_tui.config.load import build_settings
from fakegpt_tui.config.serve_file import SERVE_TABLES, load_serve_options
from fakegpt_tui.config.services import parse_services
from fakegpt_tui.config.sources import Table
from fakegpt_tui.config.spec import Folders
from fakegpt_tui.domain import ConfigError, ReplyEnded, TextDelta, TextReplaced
from fakegpt_tui.domain.generation import ROW_BY_NAME
from fakegpt_tui.host.server import HostServer
from fakegpt_tui.ui.theme_files import load_theme
from tests.docs.tables import DOCS, TABLES, with_table

ROOT = DOCS.parent
FRONT = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "ARCHITECTURE.md", "CHANGELOG.md")
PAGES = [*(ROOT / name for name in FRONT), *sorted(DOCS.glob("*.md"))]
SUBJECTS = {
    *(
        "first-minute",
        "keys",
        "services",
        "chat-completions",
        "responses",
        "messages",
        "conversations",
        "attachments",
        "files",
        "command-line",
        "serving",
    ),
    *(
        "embedding",
        "configuration",
        "terminals",
        "costs",
        "troubleshooting",
        "coming-from",
        "testing",
    ),
}
TOML = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```toml\n(.*?)```", page.read_text(), re.DOTALL))
]
EXAMPLES = dict(
    re.findall(
        r"<!-- example: (\S+) -->\n```python\n(.*?)```\n",
        (DOCS / "embedding.md").read_text(),
        re.DOTALL,
    )
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


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_title_of_it(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_there_is_one_page_for_each_subject_and_the_readme_links_it() -> None:
    assert {page.stem for page in DOCS.glob("*.md")} == SUBJECTS
    linked = re.findall(r"\]\(docs/([a-z-]+)\.md\)", (ROOT / "README.md").read_text())
    assert set(linked) == SUBJECTS


def test_the_readme_is_no_longer_than_one_and_a_half_screens() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 60


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_the_one_that_the_program_uses(name: str) -> None:
    text = (DOCS / TABLES[name][0]).read_text(encoding="utf-8")
    assert f"<!-- table: {name} -->" in text
    assert with_table(name, text) == text, "run `make docs`"


@pytest.mark.parametrize("block", TOML)
def test_a_block_of_configuration_can_be_used(block: str, tmp_path: Path) -> None:
    folders = Folders(
        config=tmp_path, data=tmp_path, state=tmp_path, cache=tmp_path, exports=tmp_path
    )
    build_settings({}, {}, block, path=tmp_path / "config.toml", folders=folders)


def test_the_serve_file_of_the_page_can_be_used_and_names_every_key(tmp_path: Path) -> None:
    page = (DOCS / "serving.md").read_text(encoding="utf-8")
    block = page.split("<!-- serve.toml -->\n\n```ini\n")[1].split("```")[0]
    path = tmp_path / "serve.toml"
    path.write_text(block)
    assert load_serve_options(path, {}).hosts
    for rows in SERVE_TABLES.values():
        for key in rows:
            assert re.search(rf"^(# )?{key} = ", block, re.MULTILINE), key


def keys_of(title: str) -> list[str]:
    section = (DOCS / "configuration.md").read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


class RecordingTable(Table):
    """A table that records which keys are read from it."""

    def __init__(self, *arguments: object, **attributes: object) -> None:
        super().__init__(*arguments, **attributes)
        self.consumed: set[str] = set()

    def consume(self, key, read, default):
        self.consumed.add(key)
        return super().consume(key, read, default)


class Services(Table):
    """The table of services, all of which are the recording one."""

    def table(self, key):  # noqa: ARG002 - the signature of the base
        return self.service


@pytest.mark.parametrize("kind", ["fakegpt", "openai"])
def test_the_reference_lists_every_key_of_a_service(kind: str) -> None:
    path = Path("config.toml")
    values = {"kind": kind, "url": "http://127.0.0.1:1"}
    services = Services({"x": values}, path=path)
    services.service = RecordingTable(values, path=path)
    parse_services(services)
    assert {"kind", "url", "timeouts"} <= services.service.consumed
    assert services.service.consumed <= set(keys_of("Services"))


def test_the_reference_lists_every_key_of_a_preset(tmp_path: Path) -> None:
    folders = Folders(
        config=tmp_path, data=tmp_path, state=tmp_path, cache=tmp_path, exports=tmp_path
    )
    known = keys_of("Generation settings")
    assert set(known) == ROW_BY_NAME.keys()
    for key in ("system_prompt", *known):
        with pytest.raises(ConfigError) as caught:
            build_settings({}, {}, f"[presets.x]\n{key} = 1e9", path=tmp_path, folders=folders)
        assert "is not a setting" not in str(caught.value)


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


def test_the_theme_of_a_page_can_be_used(tmp_path: Path) -> None:
    page = (DOCS / "terminals.md").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(page.split("<!-- a theme -->\n\n```ini\n")[1].split("```")[0])
    theme = load_theme(path)
    assert (theme.name, theme.dark, theme.primary) == ("mine", True, "#ff9e64")
