"""What models refuse and count is known to the next run, for thirty days."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from fakegpt_tui.backends.api.model_memory import KEPT, ModelMemory
from fakegpt_tui.backends.api.request_variant import RequestVariant
from fakegpt_tui.backends.credentials import ApiKey
from fakegpt_tui.backends.openai import OpenAIBackend
from fakegpt_tui.domain import GenerationSettings, Model, Notice
from fakegpt_tui.domain.prices import TokenPrices
from fakegpt_tui.http.clients import Transport
from tests.backends.openai.test_fallbacks import SYSTEM, bodies
from tests.openai_server import CHAT, openai_server, refuses, replies, service
from tests.signed_in import events_of

ADDRESS = "http://127.0.0.1:9/v1"
VARIANT = RequestVariant(
    usage=False,
    limit_name="max_completion_tokens",
    left_out=frozenset({"temperature", "reasoning.summary"}),
    left_out_values=frozenset({("reasoning_effort", '"none"')}),
    largest_limit=1024,
)
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_a_variant_is_known_to_the_next_run_for_that_service_and_model(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "models.json"
    ModelMemory(path, ADDRESS).remember_variant("m", VARIANT)
    assert ModelMemory(path, ADDRESS).variant("m", RequestVariant()) == VARIANT
    assert ModelMemory(path, ADDRESS).variant("other", RequestVariant()) == RequestVariant()
    assert ModelMemory(path, "http://other").variant("m", RequestVariant()) == RequestVariant()


def test_what_the_configuration_says_is_not_learned(tmp_path: Path) -> None:
    path = tmp_path / "models.json"
    ModelMemory(path, ADDRESS).remember_variant("m", replace(VARIANT, prefill=True))
    known = ModelMemory(path, ADDRESS).variant("m", RequestVariant(prefill=False))
    assert not known.prefill


def test_what_was_learned_is_forgotten_after_thirty_days(tmp_path: Path) -> None:
    path = tmp_path / "models.json"
    ModelMemory(path, ADDRESS, clock=lambda: NOW).remember_variant("m", VARIANT)
    for age, known in ((KEPT - timedelta(hours=1), VARIANT), (KEPT, RequestVariant())):
        later = ModelMemory(path, ADDRESS, clock=lambda age=age: NOW + age)
        assert later.variant("m", RequestVariant()) == known


def test_two_runs_keep_what_the_other_learned(tmp_path: Path) -> None:
    path = tmp_path / "models.json"
    first, second = ModelMemory(path, ADDRESS), ModelMemory(path, "http://other")
    first.remember_variant("m", VARIANT)
    second.remember_variant("m", VARIANT)
    assert ModelMemory(path, ADDRESS).variant("m", RequestVariant()) == VARIANT
    assert ModelMemory(path, "http://other").variant("m", RequestVariant()) == VARIANT


def test_prices_of_a_list_are_kept(tmp_path: Path) -> None:
    path, prices = tmp_path / "models.json", TokenPrices(Decimal(3), Decimal("0.5"), Decimal(0))
    ModelMemory(path, ADDRESS).remember_prices([Model("m", prices=prices), Model("n")])
    known = ModelMemory(path, ADDRESS)
    assert known.prices("m") == replace(prices, source="of the service's list")
    assert known.prices("n") is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        '{"http://127.0.0.1:9/v1": 1}',
        '{"http://127.0.0.1:9/v1": {"m": {"variant": {"at": 1, "value": {}}}}}',
        '{"http://127.0.0.1:9/v1": {"m": {"variant": {"at": "2026-11-30", "value": 3}, "ratios": 1,'
        ' "prices": {"at": "2026-11-30T00:00:00+00:00", "value": ["x"]}}}}',
    ],
)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "models.json"
    path.write_text(content)
    memory = ModelMemory(path, ADDRESS)
    assert memory.variant("m", RequestVariant()) == RequestVariant()
    assert (memory.prices("m"), dict(memory.ratios())) == (None, {})
    memory.remember_variant("m", VARIANT)
    assert ModelMemory(path, ADDRESS).variant("m", RequestVariant()) == VARIANT


async def test_a_refused_setting_is_left_out_once_and_for_the_next_program(tmp_path: Path) -> None:
    asked = replace(SYSTEM, generation=GenerationSettings(temperature=0.5))
    async with openai_server() as server:
        server.script(CHAT, *refuses(400, "Unsupported parameter: 'temperature'"))
        server.script(CHAT, *replies("Hi"))
        told = []
        for _ in range(2):
            backend = OpenAIBackend(
                Transport(service(server.url)),
                ApiKey(lambda: None),
                cache=tmp_path / "models.json",
            )
            events = await events_of(backend, asked)
            told.append([each.text for each in events if isinstance(each, Notice)])
        sent = ["temperature" in body for body in bodies(server)]
    assert sent == [True, False, False]
    assert told == [["The model does not take the setting temperature, so it was not sent."], []]
