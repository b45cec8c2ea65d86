"""The log: what happened, in lines of facts; no text of a chat, and nothing secret."""

import signal
import stat
from pathlib import Path

import pytest

from fakegpt_tui.backends.scripted import Step
from fakegpt_tui.domain import ReplyEnded, RequestRefused, TextDelta, TitleSuggested
from tests.cli.program import Home, served
from tests.patience import PATIENCE

CANARY = "canary"


def lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_a_log_says_what_every_part_of_the_program_does(home: Home) -> None:
    log = home.folder / "logs" / "run.log"
    done = home.run("ask", "--log", str(log), "Hi")
    assert (done.returncode, done.stderr) == (0, "")
    text = log.read_text()
    assert "info cli.log: fakegpt-tui" in text
    assert "info chat.turn: A reply of embedded ended: complete" in text
    assert "info http.clients: embedded answered a POST with 200" in text
    assert "info host.access_control: A POST is answered with 200" in text
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.parametrize("place", ["variable", "file"])
def test_a_log_is_written_where_it_is_asked_for(home: Home, place: str) -> None:
    log = home.folder / "logs" / "run.log"
    if place == "variable":
        home.environment["FAKEGPT_LOG"] = str(log)
    else:
        home.configure(f'log = "{log}"\n')
    done = home.run("list")
    assert (done.returncode, done.stderr) == (0, "")
    assert "info cli.log: fakegpt-tui" in log.read_text()


def test_without_being_asked_nothing_is_written(home: Home) -> None:
    home.run("ask", "Hi")
    assert not list(home.folder.rglob("*.log"))


def test_no_text_and_no_secret_is_logged_at_any_level(home: Home) -> None:
    log = home.folder / "run.log"
    script: list[Step] = [TextDelta(f"{CANARY} reply"), TitleSuggested(CANARY), ReplyEnded()]
    refusal: list[Step] = [RequestRefused(f"{CANARY} refused")]
    with served(script, refusal) as (_, url):
        home.configure(
            f'service = "home"\nlog = "{log}"\nlog_level = "debug"\n'
            f'[services.home]\nkind = "fakegpt"\nurl = "{url}"\n'
            f'headers = {{ X-Key = "{CANARY}" }}\n'
            f'[services.lab]\nkind = "openai"\nurl = "http://127.0.0.1:9/{CANARY}"\n'
            'key_env = "LAB_KEY"\n'
        )
        home.environment["LAB_KEY"] = f"sk-{CANARY}"
        home.run("ask", f"{CANARY} prompt")
        home.run("ask", f"{CANARY} prompt")
        home.run("ask", "--service", "lab", f"{CANARY} prompt")
        home.run("search", CANARY)
        home.run("save", "--all", str(home.folder / CANARY))
    text = log.read_text()
    assert "A reply of home ended: complete" in text
    assert "A reply of home ended: failed, 0 characters" in text
    assert "error RequestRefused" in text
    assert "A reply of lab ended: failed" in text
    assert "debug store.writer: A write took " in text
    assert CANARY not in text


def test_levels_leave_out_what_matters_less(home: Home) -> None:
    log = home.folder / "run.log"
    home.environment["FAKEGPT_LOG_LEVEL"] = "warning"
    home.run("ask", "--log", str(log), "Hi")
    assert lines_of(log) == []


def test_an_import_is_logged_by_its_counts_and_a_failure_by_its_type(home: Home) -> None:
    log = home.folder / "run.log"
    folder = home.folder / CANARY
    folder.mkdir()
    (folder / "cut.json").write_text(f'["{CANARY}", ')
    (folder / "note.md").write_text(CANARY)
    home.run("import", "--log", str(log), str(folder))
    home.run("show", "--log", str(log), CANARY)
    text = log.read_text()
    assert "Added: 0 conversations with 0 new messages. 2 files looked at, 1 refused" in text
    assert "error cli.log: The command failed" in text
    assert "NotFound" in text
    assert CANARY not in text


def test_a_defect_is_logged_by_its_type_and_places(home: Home) -> None:
    log = home.folder / "run.log"
    package = home.folder / "lib" / "keyring"
    package.mkdir(parents=True)
    (package / "errors.py").write_text("class KeyringError(Exception): pass\n")
    (package / "__init__.py").write_text(
        f"def get_password(*_):\n    raise ArithmeticError('{CANARY}')"
    )
    home.environment["PYTHONPATH"] += f":{package.parent}"
    home.configure(
        '[services.lab]\nkind = "openai"\nurl = "http://127.0.0.1:9"\nkey_keyring = true\n'
    )
    assert home.run("models", "--log", str(log), "--service", "lab").returncode == 1
    text = log.read_text()
    assert "ArithmeticError" in text
    assert "keyring/__init__.py:2 in get_password" in text
    assert CANARY not in text


def test_the_host_writes_a_log(home: Home) -> None:
    log = home.folder / "run.log"
    with home.started("serve", "--log", str(log)) as host:
        assert host.stdout is not None
        url = host.stdout.readline().decode().strip()
        home.use_service(url)
        assert home.run("ask", "Hi").returncode == 0
        host.send_signal(signal.SIGTERM)
        assert host.wait(PATIENCE) == 0
    assert "A POST is answered with 200" in log.read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_log_that_cannot_be_written_ends_nothing(home: Home) -> None:
    done = home.run("ask", "--log", "/dev/full", "Hi")
    assert (done.returncode, done.stderr) == (0, "")
    done = home.run("list", "--log", str(home.folder))
    assert done.returncode == 0
    assert "cannot be written" in done.stderr


def test_a_log_that_has_grown_large_is_begun_anew(home: Home) -> None:
    log = home.folder / "run.log"
    log.write_bytes(b"x" * 6_000_000)
    home.run("paths", "--log", str(log))
    home.run("list", "--log", str(log))
    assert log.stat().st_size < 10_000
    assert (home.folder / "run.log.1").stat().st_size == 6_000_000
