"""Finding, trying, adding and removing services while the program runs."""

import stat
import tomllib
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from fakegpt_tui.cli.connections import connection
from fakegpt_tui.cli.service_book import ServiceBook
from fakegpt_tui.config.files import load_settings
from fakegpt_tui.config.keyrings import KeyringTrouble
from fakegpt_tui.config.settings import Settings
from fakegpt_tui.domain import (
    ConfigError,
    Secret,
    ServiceDraft,
    ServiceKind,
    TrialStep,
)
from tests.fault_server import FaultServer
from tests.openai_server import CHAT, KEY, openai_server, replies
from tests.signed_in import events_of, text_of

MINE = """# Mine, and to stay.
[services.office]
kind = "openai"
url = "https://chat.example.org"   # ask Ann
window = 4096
"""


class MemoryKeyring:
    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.is_locked = False

    def read(self, service: str) -> str | None:
        return self.keys.get(service)

    def write(self, service: str, key: str) -> None:
        if self.is_locked:
            raise KeyringTrouble("It is locked.")
        self.keys[service] = key


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(MINE)
    return path


@pytest.fixture
def settings(config: Path) -> Settings:
    return load_settings({"config": str(config)}, {})


@pytest.fixture
def keyring() -> MemoryKeyring:
    return MemoryKeyring()


@pytest.fixture
def book(settings: Settings, keyring: MemoryKeyring) -> ServiceBook:
    return ServiceBook(settings, environ={"A_KEY": KEY}, keyring=keyring)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with openai_server() as server:
        server.script(CHAT, *replies("OK"))
        yield server


def draft(url: str = "http://127.0.0.1:9", **changes: object) -> ServiceDraft:
    filled = {"name": "local", "kind": ServiceKind.OPENAI, "url": url, "model": "model-1"}
    return ServiceDraft(**{**filled, **changes})


async def steps(book: ServiceBook, tried: ServiceDraft) -> list[TrialStep]:
    async with aclosing(book.try_out(tried)) as trial:
        return [step async for step in trial]


async def test_a_service_that_was_kept_can_be_used_at_once(
    book: ServiceBook, server: FaultServer
) -> None:
    service = await book.keep(draft(server.url))
    made = connection(book.settings, service, lambda _state: None)
    assert text_of(await events_of(made.backend)) == "OK"
    assert service in book.services()


async def test_the_file_keeps_what_was_in_it(book: ServiceBook, config: Path) -> None:
    await book.keep(draft())
    assert config.read_text().startswith(MINE)
    assert set(load_settings({"config": str(config)}, {}).services) == {
        "embedded",
        "zhile",
        "office",
        "local",
    }


async def test_a_change_leaves_what_the_draft_says_nothing_of(
    book: ServiceBook, config: Path
) -> None:
    service = await book.keep(draft("http://127.0.0.1:1", name="office", model=""))
    assert (service.url, service.window) == ("http://127.0.0.1:1", 4096)
    assert config.read_text() == MINE.replace("https://chat.example.org", "http://127.0.0.1:1")


async def test_a_typed_key_goes_to_the_keyring(
    book: ServiceBook, config: Path, keyring: MemoryKeyring
) -> None:
    await book.keep(draft(key=Secret(KEY)))
    assert keyring.keys == {"local": KEY}
    assert KEY not in config.read_text()
    assert tomllib.loads(config.read_text())["services"]["local"]["key_keyring"] is True


async def test_a_keyring_that_refuses_is_no_reason_to_keep_the_key_elsewhere(
    book: ServiceBook, config: Path, keyring: MemoryKeyring
) -> None:
    keyring.is_locked = True
    with pytest.raises(ConfigError, match="not kept anywhere"):
        await book.keep(draft(key=Secret(KEY)))
    assert config.read_text() == MINE
    assert [each.name for each in config.parent.iterdir()] == ["config.toml"]


async def test_a_typed_key_goes_to_a_file_where_that_was_asked_for(
    book: ServiceBook, config: Path, keyring: MemoryKeyring
) -> None:
    await book.keep(draft(key=Secret(KEY), key_in_file=True))
    file = config.parent / "local.key"
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == (KEY, 0o600)
    assert keyring.keys == {}
    assert KEY not in config.read_text()
    await book.keep(draft(key_env="A_KEY"))
    assert tomllib.loads(config.read_text())["services"]["local"] == {
        "kind": "openai",
        "url": "http://127.0.0.1:9",
        "model": "model-1",
        "key_env": "A_KEY",
    }


@pytest.mark.parametrize(
    "changes", [{"name": "two words"}, {"url": "nowhere"}, {"key_env": "sk-1"}]
)
async def test_what_could_not_be_used_is_kept_nowhere(
    book: ServiceBook, config: Path, keyring: MemoryKeyring, changes: dict[str, str]
) -> None:
    with pytest.raises(ConfigError):
        await book.keep(draft(key=None if "key_env" in changes else Secret(KEY), **changes))
    assert (config.read_text(), keyring.keys) == (MINE, {})
    (step,) = await steps(book, draft(**changes))
    assert not step.worked


async def test_a_service_can_be_removed(book: ServiceBook, config: Path) -> None:
    await book.remove("office")
    assert "office" not in {service.name for service in book.services()}
    assert "# Mine, and to stay." in config.read_text()


@pytest.mark.parametrize("way", [{"key": Secret(KEY)}, {"key_env": "A_KEY"}])
async def test_a_trial_uses_the_key_and_keeps_nothing(
    book: ServiceBook,
    server: FaultServer,
    config: Path,
    keyring: MemoryKeyring,
    way: dict[str, object],
) -> None:
    assert [step.worked for step in await steps(book, draft(server.url, **way))] == [True, True]
    assert {each.headers["authorization"] for each in server.exchanges} == {f"Bearer {KEY}"}
    assert (config.read_text(), keyring.keys) == (MINE, {})


async def test_a_trial_that_fails_says_where(book: ServiceBook) -> None:
    (step,) = await steps(book, draft("http://127.0.0.1:1"))
    assert "refused the connection" in step.sentence
    (step,) = await steps(book, draft(key_env="NO_KEY"))
    assert step.sentence == "The environment variable NO_KEY holds no key."
