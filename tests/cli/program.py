"""The installed program in a home of its own, and a service for it to talk to."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner, Result

from fakegpt_tui.backends.scripted import ScriptedBackend, Step
from fakegpt_tui.cli.main import cli
from fakegpt_tui.host.server import HostServer
from fakegpt_tui.store.conversation_store import ConversationStore

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "fakegpt_tui")


class Home:
    """A home folder, with everything that the program keeps below it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.config = folder / "config.toml"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "FAKEGPT_DATA_DIR": str(self.data),
        }

    def configure(self, content: str) -> None:
        self.config.write_text(content)
        self.environment["FAKEGPT_CONFIG"] = str(self.config)

    def use_service(self, url: str) -> None:
        """Make a service at `url` the one that is used."""
        self.configure(f'service = "home"\n[services.home]\nkind = "fakegpt"\nurl = "{url}"\n')

    def snippet(self, name: str, text: str) -> None:
        """Write a snippet beside the configuration file."""
        folder = self.config.parent / "snippets"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.md").write_text(text, encoding="utf-8")

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            check=False,
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=60,
        )

    def invoke(self, *arguments: str, stdin: str = "") -> Result:
        """The program within this process, which takes a tenth of the time of `run`."""
        environment = {name: None for name in os.environ if name.startswith("FAKEGPT_")}
        environment |= self.environment
        return CliRunner().invoke(cli, arguments, input=stdin, env=environment, obj={})

    @contextmanager
    def started(
        self, *arguments: str, stdin: int = subprocess.DEVNULL
    ) -> Iterator[subprocess.Popen[bytes]]:
        """The program while it runs, without standard input; killed at the end if need be."""
        with subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            bufsize=0,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    @contextmanager
    def store(self) -> Iterator[ConversationStore]:
        with ConversationStore.open(self.data / "conversations.db") as store:
            yield store


@contextmanager
def served(*scripts: Iterable[Step]) -> Iterator[tuple[ScriptedBackend, str]]:
    """A host that plays `scripts`, and its base URL."""
    backend = ScriptedBackend(*scripts)
    with HostServer(backend, secret_path=False) as server:
        yield backend, server.base_url


def program_in(home: Home, folder: Path) -> None:
    """Let shells of this home find the program by its name."""
    folder.mkdir(exist_ok=True)
    path = folder / "fakegpt-tui"
    path.write_text(f'#!/bin/sh\nexec {" ".join(COMMAND)} "$@"\n')
    path.chmod(0o755)
    home.environment["PATH"] = f"{folder}:{home.environment['PATH']}"
