"""Finding, trying, adding and removing services while the program runs."""

import stat
import tomllib
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.cli.app import build_connection
from fakegpt_tui.cli.service_registry import ServiceRegistry
from fakegpt_tui.config.load import load_settings
from fakegpt_tui.config.secrets import KeyringError
from fakegpt_tui.config.spec import Settings
from fakegpt_tui.domain import (
    ConfigError,
    ConnectionCheck,
    ModelRef,
    SaveError,
    Secret,
    ServiceForm,
    ServiceKind,
    TimeLimits,
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
        self.check()
        self.keys[service] = key

    def delete(self, service: str) -> None:
        self.check()
        self.keys.pop(service, None)

    def check(self) -> None:
        if self.is_locked:
            raise KeyringError("It is locked.")


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
def book(settings: Settings, keyring: MemoryKeyring) -> ServiceRegistry:
    return ServiceRegistry(settings, environ={"A_KEY": KEY}, keyring=keyring)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with openai_server() as server:
        server.script(CHAT, *replies("OK"))
        yield server


def draft(url: str = "http://127.0.0.1:9", **changes: object) -> ServiceForm:
    filled = {"name": "local", "kind": ServiceKind.OPENAI, "url": url, "model": "model-1"}
    return ServiceForm(**{**filled, **changes})


async def steps(book: ServiceRegistry, tried: ServiceForm) -> list[ConnectionCheck]:
    async with aclosing(book.check_connection(tried)) as trial:
        return [step async for step in trial]


async def test_a_service_that_was_kept_can_be_used_at_once(
    book: ServiceRegistry, server: FaultServer
) -> None:
    service = await book.save(draft(server.url))
    made = build_connection(book.settings, service, lambda _state: None)
    assert text_of(await events_of(made.backend)) == "OK"
    assert service in book.settings.services.values()


async def test_the_file_keeps_what_was_in_it(book: ServiceRegistry, config: Path) -> None:
    await book.save(draft())
    assert config.read_text().startswith(MINE)
    assert set(load_settings({"config": str(config)}, {}).services) == {
        "embedded",
        "zhile",
        "office",
        "local",
    }


async def test_a_change_leaves_what_the_draft_says_nothing_of(
    book: ServiceRegistry, config: Path
) -> None:
    service = await book.save(draft("http://127.0.0.1:1", name="office", model=""))
    assert (service.url, service.window) == ("http://127.0.0.1:1", 4096)
    assert config.read_text() == MINE.replace("https://chat.example.org", "http://127.0.0.1:1")


async def test_what_only_some_protocols_have_is_kept_as_long_as_that_one_is_chosen(
    book: ServiceRegistry, config: Path
) -> None:
    options = {"cache": "1h", "web_search": True, "api_version": "2026-10-21"}

    def kept() -> dict[str, object]:
        table = tomllib.loads(config.read_text())["services"]["local"]
        return {name: table[name] for name in options if name in table}

    made = await book.save(draft(kind=ServiceKind.ANTHROPIC, **options))
    assert kept() == options
    assert (made.cache, made.web_search, made.api_version) == tuple(options.values())
    await book.save(draft(kind=ServiceKind.RESPONSES, **options))
    assert kept() == {"cache": "1h", "web_search": True}
    await book.save(draft(kind=ServiceKind.OPENAI, **options))
    assert kept() == {}
    told = book.validate(draft(kind=ServiceKind.ANTHROPIC, cache="2h", api_version="new"))
    assert set(told) == {"cache", "api_version"}


async def test_a_typed_key_goes_to_the_keyring(
    book: ServiceRegistry, config: Path, keyring: MemoryKeyring
) -> None:
    await book.save(draft(key=Secret(KEY)))
    assert keyring.keys == {"local": KEY}
    assert KEY not in config.read_text()
    assert tomllib.loads(config.read_text())["services"]["local"]["key_keyring"] is True


async def test_a_keyring_that_refuses_is_no_reason_to_keep_the_key_elsewhere(
    book: ServiceRegistry, config: Path, keyring: MemoryKeyring
) -> None:
    keyring.is_locked = True
    with pytest.raises(ConfigError, match="not kept anywhere"):
        await book.save(draft(key=Secret(KEY)))
    assert config.read_text() == MINE
    assert [each.name for each in config.parent.iterdir()] == ["config.toml"]


async def test_a_typed_key_goes_to_a_file_where_that_was_asked_for(
    book: ServiceRegistry, config: Path, keyring: MemoryKeyring
) -> None:
    await book.save(draft(key=Secret(KEY), key_in_file=True))
    file = config.parent / "local.key"
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == (KEY, 0o600)
    assert keyring.keys == {}
    assert KEY not in config.read_text()
    await book.save(draft(key_env="A_KEY"))
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
    book: ServiceRegistry, config: Path, keyring: MemoryKeyring, changes: dict[str, str]
) -> None:
    with pytest.raises(ConfigError):
        await book.save(draft(key=None if "key_env" in changes else Secret(KEY), **changes))
    assert (config.read_text(), keyring.keys) == (MINE, {})
    (step,) = await steps(book, draft(**changes))
    assert not step.worked


async def test_a_service_can_be_removed(book: ServiceRegistry, config: Path) -> None:
    await book.remove("office")
    assert "office" not in {service.name for service in book.settings.services.values()}
    assert "# Mine, and to stay." in config.read_text()


@pytest.mark.parametrize("way", [{"key": Secret(KEY)}, {"key_env": "A_KEY"}])
async def test_a_trial_uses_the_key_and_keeps_nothing(
    book: ServiceRegistry,
    server: FaultServer,
    config: Path,
    keyring: MemoryKeyring,
    way: dict[str, object],
) -> None:
    assert [step.worked for step in await steps(book, draft(server.url, **way))] == [True, True]
    assert {each.headers["authorization"] for each in server.exchanges} == {f"Bearer {KEY}"}
    assert (config.read_text(), keyring.keys) == (MINE, {})


async def test_a_trial_that_fails_says_where(book: ServiceRegistry) -> None:
    (step,) = await steps(book, draft("http://127.0.0.1:1"))
    assert "refused the connection" in step.sentence
    (step,) = await steps(book, draft(key_env="NO_KEY"))
    assert step.sentence == "The environment variable NO_KEY holds no key."


async def test_favourites_are_in_the_file_and_there_again_the_next_time(
    book: ServiceRegistry, config: Path
) -> None:
    await book.set_favourite(ModelRef("office", "org/small"), favourite=True)
    await book.set_favourite(ModelRef("office", "large"), favourite=True)
    await book.set_favourite(ModelRef("office", "org/small"), favourite=True)
    expected = (ModelRef("office", "large"), ModelRef("office", "org/small"))
    assert book.favourites == expected
    assert load_settings({"config": str(config)}, {}).favourites == expected
    assert config.read_text().endswith(MINE)
    for each in expected:
        await book.set_favourite(each, favourite=False)
    assert book.favourites == ()
    assert load_settings({"config": str(config)}, {}).favourites == ()


async def test_what_another_program_marked_meanwhile_stays_marked(
    book: ServiceRegistry, config: Path
) -> None:
    config.write_text('favourites = ["office/theirs"]\n' + MINE)
    await book.set_favourite(ModelRef("office", "mine"), favourite=True)
    assert tomllib.loads(config.read_text())["favourites"] == ["office/theirs", "office/mine"]


@pytest.mark.parametrize("in_file", [True, False])
async def test_the_key_of_a_service_goes_with_it(
    book: ServiceRegistry, config: Path, keyring: MemoryKeyring, *, in_file: bool
) -> None:
    await book.save(draft(key=Secret(KEY), key_in_file=in_file))
    assert KEY not in book.key_location("local")
    assert book.key_location("local") == book.removable_key_location("local") != ""
    await book.remove("local")
    assert keyring.keys == {}
    assert [each.name for each in config.parent.iterdir()] == ["config.toml"]
    assert book.key_location("local") == ""


@pytest.mark.parametrize("in_file", [False, True])
async def test_a_key_is_taken_away_from_its_service(
    book: ServiceRegistry, config: Path, keyring: MemoryKeyring, *, in_file: bool
) -> None:
    office = draft(name="office", url="https://chat.example.org")
    await book.save(replace(office, key=Secret(KEY), key_in_file=in_file))
    await book.save(replace(office, without_key=True))
    assert (keyring.keys, list(config.parent.glob("*.key"))) == ({}, [])
    assert book.key_location("office") == ""
    text = config.read_text()
    assert not [name for name in tomllib.loads(text)["services"]["office"] if "key" in name]
    assert "# Mine, and to stay." in text
    assert "# ask Ann" in text


async def test_taking_a_key_away_leaves_a_file_of_a_persons_own(
    book: ServiceRegistry, config: Path
) -> None:
    own = config.parent / "own"
    own.write_text(KEY)
    config.write_text(MINE + 'key_file = "own"\n')
    book = ServiceRegistry(load_settings({"config": str(config)}, {}), environ={})
    await book.save(draft(name="office", without_key=True))
    assert book.key_location("office") == ""
    assert own.read_text() == KEY


async def test_a_trial_without_the_key_is_one(book: ServiceRegistry, server: FaultServer) -> None:
    await book.save(draft(server.url, key_env="NO_SUCH"))
    (*_, last) = await steps(book, draft(server.url, without_key=True))
    assert "NO_SUCH" not in last.sentence
    assert not (await server.arrived(CHAT)).headers.get("authorization")


async def test_a_key_file_of_a_persons_own_is_left_alone(
    book: ServiceRegistry, config: Path
) -> None:
    own = config.parent / "own"
    own.write_text(KEY)
    config.write_text(MINE + 'key_file = "own"\n')
    await book.save(draft(name="office"))
    assert book.key_location("office") == f"the file {own}"
    assert book.removable_key_location("office") == ""
    await book.remove("office")
    assert own.read_text() == KEY


async def test_a_key_that_cannot_be_taken_out_of_the_keyring_is_told(
    book: ServiceRegistry, keyring: MemoryKeyring
) -> None:
    await book.save(draft(key=Secret(KEY)))
    keyring.is_locked = True
    with pytest.raises(SaveError, match="is still in it") as caught:
        await book.remove("local")
    assert KEY not in str(caught.value)
    assert "local" not in {service.name for service in book.settings.services.values()}


async def test_whether_there_is_a_keyring_is_known_before_a_key_is_typed(
    book: ServiceRegistry, keyring: MemoryKeyring
) -> None:
    assert await book.keyring_error() == ""
    keyring.is_locked = True
    assert await book.keyring_error() == "It is locked."


async def test_a_proxy_is_kept_used_in_a_trial_and_taken_away(
    book: ServiceRegistry, config: Path
) -> None:
    proxy = "http://ann:hunter2@127.0.0.1:9"
    service = await book.save(draft(proxy=Secret(proxy)))
    assert service.proxy == Secret(proxy)
    assert (await book.save(draft(model="other"))).proxy == Secret(proxy)
    (step,) = await steps(book, draft("http://service.invalid", proxy=Secret("http://127.0.0.1:1")))
    assert "The proxy" in step.sentence
    assert (await book.save(draft(proxy=Secret("")))).proxy is None
    assert "proxy" not in config.read_text()


@pytest.mark.parametrize(
    "changes",
    [
        {"first_event": "3600", "idle": "900.5", "key_header": "api-key"},
        {"kind": ServiceKind.ANTHROPIC, "cache": "1h", "web_search": True},
        {"kind": ServiceKind.ANTHROPIC, "api_version": "2024-01-01", "key_env": "A_KEY"},
    ],
)
async def test_a_service_that_is_saved_as_it_is_stays_so(
    book: ServiceRegistry, config: Path, changes: dict[str, object]
) -> None:
    service = await book.save(draft(**changes))
    before = config.read_text()
    assert await book.save(ServiceForm.of(service)) == service
    assert config.read_text() == before


async def test_a_service_that_no_longer_takes_a_key_keeps_no_header_for_it(
    book: ServiceRegistry,
) -> None:
    service = await book.save(draft(key_header="api-key"))
    changed = replace(ServiceForm.of(service), kind=ServiceKind.FAKEGPT)
    assert (await book.save(changed)).key_header == ""


async def test_patience_and_the_header_of_a_key_are_kept_and_taken_away(
    book: ServiceRegistry, config: Path
) -> None:
    service = await book.save(draft(first_event="3600", idle="900.5", key_header="api-key"))
    assert (service.limits.first_event, service.limits.idle) == (3600, 900.5)
    assert service.key_header == "api-key"
    assert "timeouts = {first_event = 3600, idle = 900.5}" in config.read_text()
    config.write_text(config.read_text().replace("{first_event", "{total = 9000, first_event"))
    service = await book.save(draft(idle="30"))
    assert (service.limits.first_event, service.limits.idle) == (TimeLimits().first_event, 30)
    assert (service.limits.total, service.key_header) == (9000, "")
    await book.save(draft())
    kept = tomllib.loads(config.read_text())["services"]["local"]
    assert kept["timeouts"] == {"total": 9000}
    config.write_text(config.read_text().replace("total = 9000", "idle = 9"))
    await book.save(draft())
    assert "timeouts" not in config.read_text()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": "two words"}, "name", "at most 40 letters"),
        ({"name": ""}, "name", "at most 40 letters"),
        ({"url": "nowhere"}, "url", "a URL such as"),
        ({"url": "http://ann:pw@127.0.0.1"}, "url", "without a user name or password"),
        ({"url": "https://x.example/v1/chat/completions/"}, "url", "end before /chat/completions"),
        ({"url": "http://127.0.0.1:9/v1/models"}, "url", "end before /models"),
        ({"key_env": KEY}, "key_env", "not the key itself"),
        ({"key": Secret("two words")}, "key", "cannot be a key"),
        ({"key": Secret(KEY), "key_env": "A_KEY"}, "key_env", "not both"),
        ({"key": Secret(KEY), "without_key": True}, "key", "not both"),
        ({"proxy": Secret("ftp://ann:pw@127.0.0.1")}, "proxy", "a proxy's URL"),
        ({"key_header": "two words"}, "key_header", "name of a header"),
        ({"first_event": "an hour"}, "first_event", "number of seconds"),
        ({"idle": "0"}, "idle", "number of seconds"),
    ],
)
def test_each_field_says_what_is_wrong_with_it(
    book: ServiceRegistry, changes: dict[str, object], field: str, words: str
) -> None:
    problems = book.validate(draft(**changes))
    assert set(problems) == {field}
    assert words in problems[field]
    assert "ann:pw" not in problems[field]
    assert KEY not in problems[field]


def test_a_sound_draft_has_no_problems(book: ServiceRegistry) -> None:
    assert book.validate(draft(key=Secret(KEY), proxy=Secret("socks5://127.0.0.1:1"))) == {}
