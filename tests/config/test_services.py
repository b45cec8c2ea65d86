"""Tables of services and presets: what they hold, and what is refused."""

from datetime import time
from pathlib import Path

import pytest

from fakegpt_tui.config.secrets import KeyInEnvironment, KeyInFile, KeyInKeyring
from fakegpt_tui.domain import (
    ConfigError,
    Endpoints,
    GenerationSettings,
    History,
    Preset,
    ServiceKind,
    TimeLimits,
)
from tests.config.building import CONFIG, complaint, settled


def test_the_ready_made_public_service_says_that_it_was_switched_off() -> None:
    zhile = settled().services["zhile"]
    assert (zhile.kind, zhile.url) == (ServiceKind.FAKEGPT, "https://chat-shared2.zhile.io")
    assert "switched this service off" in zhile.notice


def test_a_service_is_read_whole() -> None:
    found = settled(
        """
        service = "home"
        [services.home]
        kind = "fakegpt"
        url = "http://127.0.0.1:8181/base/"
        model = "gpt-9"
        proxy = "socks5h://me:hunter2@127.0.0.1:1080"
        key_env = "HOME_KEY"
        verify = "certs/home.pem"
        timeouts = { connect = 3, total = 60.5 }
        """
    )
    home = found.chosen_service
    assert (home.name, home.kind, home.model) == ("home", ServiceKind.FAKEGPT, "gpt-9")
    assert home.url == "http://127.0.0.1:8181/base"
    assert home.proxy is not None
    assert home.proxy.reveal() == "socks5h://me:hunter2@127.0.0.1:1080"
    assert home.verify == "/conf/certs/home.pem"
    assert home.limits == TimeLimits(connect=3.0, total=60.5)
    assert found.service_keys == {"home": KeyInEnvironment("HOME_KEY")}
    assert str(found.origins["services.home"]) == str(CONFIG)
    assert "hunter2" not in repr(found)


def test_a_service_of_models_tells_what_they_take_and_where_its_key_is() -> None:
    found = settled(
        """
        service = "home"
        [services.home]
        kind = "openai"
        url = "http://127.0.0.1:1/v1"
        window = 8192
        prefill = true
        key_keyring = true
        """
    )
    assert (found.chosen_service.window, found.chosen_service.prefill) == (8192, True)
    assert found.service_keys == {"home": KeyInKeyring("home")}


def test_a_service_of_the_protocol_can_be_unlike_the_original() -> None:
    home = settled(
        """
        service = "home"
        [services.home]
        kind = "fakegpt"
        url = "http://127.0.0.1:1"
        history = "server"
        paths = { loads = "/shared/loads", conversation = "/backend-api/conversation" }
        headers = { User-Agent = "Canary/1.0 (x)", sec-ch-ua = "" }
        """
    ).chosen_service
    assert home.history is History.SERVER
    assert home.endpoints == Endpoints(
        loads="/shared/loads", conversation="/backend-api/conversation"
    )
    assert [(name, value.reveal()) for name, value in home.headers] == [
        ("User-Agent", "Canary/1.0 (x)"),
        ("sec-ch-ua", ""),
    ]
    assert "Canary" not in repr(home)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ('history = "cloud"', '"packed" or "server"'),
        ('paths = { loads = "api/loads" }', "a path such as"),
        ('paths = { loads = "/api/loads?secret=1" }', "a path such as"),
        ('paths = { loads = "//elsewhere.invalid/x" }', "a path such as"),
        ('paths = { load = "/x" }', "did you mean 'loads'?"),
        ('headers = { Cookie = "x=1" }', "set by the program"),
        ('headers = { X-Authorization = "x" }', "set by the program"),
        ('headers = { "a b" = "x" }', "not the name of a header"),
        ('headers = { X-Key = "secret\\r\\nX: y" }', "printable ASCII"),
        ('headers = { X-Key = "sécret" }', "printable ASCII"),
        ("headers = { X-Key = 5 }", "printable ASCII"),
    ],
)
def test_what_a_service_could_not_be_asked_with_is_refused(setting: str, words: str) -> None:
    said = complaint(f'[services.x]\nkind = "fakegpt"\nurl = "http://127.0.0.1:1"\n{setting}')
    assert words in said
    assert "cret" not in said


def test_only_the_protocol_knows_who_keeps_the_history() -> None:
    service = '[services.x]\nkind = "openai"\nurl = "http://127.0.0.1:1"\n'
    assert "is not a setting" in complaint(f'{service}history = "server"')


def test_a_key_file_is_found_beside_the_configuration_file() -> None:
    found = settled('[services.o]\nkind="openai"\nurl="http://127.0.0.1:1"\nkey_file="o.key"')
    assert found.service_keys == {"o": KeyInFile(Path("/conf/o.key"))}


def test_a_ready_made_service_is_changed_key_by_key() -> None:
    zhile = settled('[services.zhile]\nproxy = "http://127.0.0.1:3128"').services["zhile"]
    assert zhile.url == "https://chat-shared2.zhile.io"
    assert zhile.proxy is not None
    assert zhile.notice


def test_the_embedded_host_can_answer_through_another_service() -> None:
    found = settled(
        '[services.embedded]\nupstream = "home"\n'
        '[services.home]\nkind = "fakegpt"\nurl = "http://127.0.0.1:1"'
    )
    assert found.upstreams == {"embedded": "home"}


def test_an_api_may_have_a_query_and_a_header_of_its_own_for_the_key() -> None:
    found = settled(
        """
        [services.azure]
        kind = "openai"
        url = " https://example.org/openai/deployments/d?api-version=1 "
        key_header = "api-key"
        """
    ).services["azure"]
    assert found.url == "https://example.org/openai/deployments/d?api-version=1"
    assert found.key_header == "api-key"


def test_a_service_of_messages_has_settings_of_its_own() -> None:
    found = settled(
        """
        [services.claude]
        kind = "anthropic"
        url = "https://api.anthropic.com"
        key_header = "Authorization"
        cache = "1h"
        web_search = true
        api_version = "2026-10-21"
        """
    ).services["claude"]
    assert (found.kind, found.kind.key_header) == (ServiceKind.ANTHROPIC, "x-api-key")
    assert (found.key_header, found.cache, found.web_search) == ("Authorization", "1h", True)
    assert found.api_version == "2026-10-21"


@pytest.mark.parametrize(
    ("kind", "line"),
    [("anthropic", 'cache = "2h"'), ("anthropic", 'api_version = "new"'),
     ("responses", 'api_version = "2026-10-21"'), ("openai", "web_search = true")],
)  # fmt: skip
def test_settings_that_a_protocol_does_not_have_are_refused(kind: str, line: str) -> None:
    with pytest.raises(ConfigError):
        settled(f'[services.s]\nkind = "{kind}"\nurl = "https://example.org"\n{line}')


@pytest.mark.parametrize(
    "line",
    [
        'proxy = "gopher://me:hunter2@127.0.0.1"',
        'proxy = "http://me:hunter2@127.0.0.1:99999"',
        'proxy = "me:hunter2"',
        'url = "https://me:hunter2@example.org"',
        'url = "https://example.org/?token=hunter2"',
        'url = "me:hunter2@example.org"',
        'key_env = "sk-hunter2"',
    ],
)
def test_an_error_shows_no_secret(line: str) -> None:
    assert "hunter2" not in complaint(f"[services.zhile]\n{line}")


def test_asking_for_an_unknown_service_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="the configured ones are embedded, zhile"):
        _ = settled(flags={"service": "elsewhere"}).chosen_service


def test_prices_are_rows_and_a_budget_is_an_amount() -> None:
    found = settled(
        """
        monthly_budget = 20.0

        [[prices]]
        model = "gpt-*"
        service = "paid"
        since = 2026-11-01
        input = 2.5
        output = 10
        cache_read = 0.25
        cache_write_long = 5
        tier = "flex"
        hours = "16:30-00:30"
        """
    )
    assert str(found.monthly_budget) == "20"
    (row,) = found.prices
    assert (row.model, row.service, str(row.since)) == ("gpt-*", "paid", "2026-11-01")
    assert [str(each) for each in (row.prices.input, row.prices.output)] == ["2.5", "10"]
    assert (str(row.prices.cache_read), row.prices.cache_write) == ("0.25", None)
    assert (str(row.prices.cache_write_long), row.tier) == ("5", "flex")
    assert row.hours == (time(16, 30), time(0, 30))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("monthly_budget = 0", "must be an amount of dollars"),
        ("[[prices]]\nmodel = 'm'", "has a model, input and output"),
        ("[[prices]]\nmodel = 'm'\ninput = -1\noutput = 1", "must be dollars for a million tokens"),
        ("[[prices]]\nmodel = 'm'\ninput = 1\noutput = 1\ncost = 1", "is not a setting"),
        *(
            (f"[[prices]]\nmodel = 'm'\ninput = 1\noutput = 1\nhours = {each}", "16:30-00:30")
            for each in ("'16:30'", "'25:00-1:00'", "5", "'16:30Z-17:30Z'")
        ),
        ("prices = 1", "tables, each with the header [[prices]]"),
    ],
)
def test_a_price_that_cannot_be_used_is_told(content: str, expected: str) -> None:
    assert expected in complaint(content)


def test_presets_are_system_prompts_and_settings_with_a_name() -> None:
    found = settled(
        """
        [presets.terse]
        system_prompt = "Answer in one sentence."
        temperature = 0
        max_tokens = 200
        stop = "END"

        [presets."my own"]
        seed = 7
        stop = ["a", "b"]
        """
    )
    assert found.presets == {
        "terse": Preset(
            "terse",
            "Answer in one sentence.",
            GenerationSettings(temperature=0.0, max_tokens=200, stop=("END",)),
        ),
        "my own": Preset("my own", "", GenerationSettings(seed=7, stop=("a", "b"))),
    }
    assert str(found.origins["presets.terse"]) == str(CONFIG)


def test_a_service_and_its_models_have_settings() -> None:
    service = settled(
        """
        [services.desk]
        kind = "openai"
        url = "http://localhost:8080/v1"
        settings = { temperature = 0.5, extra = { a = { b = 1 } } }

        [services.desk.models."qwen3:8b"]
        thinking = false
        schema = '{"type": "object"}'
        """
    ).services["desk"]
    assert service.generation == GenerationSettings(temperature=0.5, extra='{"a": {"b": 1}}')
    assert service.model_settings == (
        ("qwen3:8b", GenerationSettings(thinking="off", schema='{"type": "object"}')),
    )


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("temperature = 3", "'presets.x.temperature' in /conf/config.toml must be a number"),
        ("top_p = true", "must be a number from 0 to 1"),
        ("max_tokens = 0", "must be a whole number from 1"),
        ("stop = [1]", "must be text, or a list of texts"),
        ('promt = "a"', "is not a setting"),
        ("extra = { model = 1 }", "must be a table without model, which the program makes"),
        ('thinking = "maybe"', "must be on, off, or a budget"),
    ],
)
def test_a_preset_that_cannot_be_used_is_told(setting: str, expected: str) -> None:
    assert expected in complaint(f"[presets.x]\n{setting}")


@pytest.mark.parametrize("value", ['"off"', '""', "false", '" Off "'])
def test_a_service_may_have_no_proxy_at_all(value: str) -> None:
    proxy = settled(f"[services.zhile]\nproxy = {value}").services["zhile"].proxy
    assert proxy is not None
    assert proxy.reveal() == "off"


@pytest.mark.parametrize(
    ("written", "url"),
    [("proxy.corp:3128", "http://proxy.corp:3128"), ("'socks://h:1',", "socks://h:1")],
)
def test_a_proxy_is_taken_as_it_is_usually_told(written: str, url: str) -> None:
    proxy = settled(f'[services.zhile]\nproxy = "{written}"').services["zhile"].proxy
    assert proxy is not None
    assert proxy.reveal() == url


@pytest.mark.parametrize(
    "written", [" https://x.example/v1/ ", "\ufeffhttps://x.example/v1", "'https://x.example/v1',"]
)
def test_an_address_may_be_pasted_with_what_stood_around_it(written: str) -> None:
    made = settled(f'[services.mine]\nkind = "openai"\nurl = "{written}"')
    assert made.services["mine"].url == "https://x.example/v1"
