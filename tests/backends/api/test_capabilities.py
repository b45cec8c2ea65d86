"""What lists of models tell of a model, in the forms of the servers that there are."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.backends.api.capabilities import capabilities
from fakegpt_tui.backends.api.model_list import read_models
from fakegpt_tui.domain.prices import TokenPrices
from fakegpt_tui.ui.service_rows import model_label

ANTHROPIC = {
    "id": "claude-x",
    "max_input_tokens": 1_000_000,
    "max_tokens": 100_000,
    "capabilities": {
        "thinking": {"types": {"adaptive": {"supported": True}, "disabled": {"supported": False}}},
        "effort": {
            "high": {"supported": True},
            "low": {"supported": True},
            "max": {"supported": False},
            "supported": True,
            "xhigh": None,
        },
        "image_input": {"supported": True},
    },
}
OPENROUTER = {
    "id": "vendor/model",
    "context_length": 200_000,
    "top_provider": {"max_completion_tokens": 64_000},
    "supported_parameters": ["temperature", "reasoning", "include_reasoning"],
    "architecture": {"input_modalities": ["text", "image"]},
    "pricing": {"prompt": "0.000003", "completion": "0.000015", "input_cache_read": "0.0000003"},
    "reasoning": {"mandatory": True, "supported_efforts": ["max", "high", None, "minimal"]},
}
OLLAMA = {"id": "qwen3:8b", "capabilities": ["completion", "tools", "thinking"]}
LM_STUDIO = {
    "id": "gpt-oss",
    "max_context_length": 131_072,
    "capabilities": {
        "vision": False,
        "reasoning": {"allowed_options": ["off", "low", "high"], "default": "low"},
    },
}


def read(item: dict[str, object]):
    (model,) = read_models(json.dumps({"data": [item]}).encode())
    return model


def test_what_anthropic_tells() -> None:
    model = read(ANTHROPIC)
    assert (model.window, model.max_output) == (1_000_000, 100_000)
    assert (model.thinks, model.efforts, model.sees) == (True, ("low", "high"), True)
    assert model.prices is None
    assert model_label(model) == "1M window · 100k out · thinks (low, high) · sees"


def test_what_openrouter_tells() -> None:
    model = read(OPENROUTER)
    assert (model.max_output, model.thinks, model.sees) == (64_000, True, True)
    assert model.efforts == ("minimal", "high", "max")
    assert model.prices == TokenPrices(
        Decimal(3), Decimal(15), Decimal("0.3"), None, "of the service's list"
    )
    assert model_label(model).endswith("$3 in, $15 out")


def test_what_ollama_and_lm_studio_tell() -> None:
    assert (read(OLLAMA).thinks, read(OLLAMA).sees) == (True, False)
    model = read(LM_STUDIO)
    assert (model.thinks, model.efforts, model.sees) == (True, ("off", "low", "high"), False)


@pytest.mark.parametrize(
    ("item", "efforts"),
    [
        ({"capabilities": {"effort": {"supported": False, "low": {"supported": True}}}}, ()),
        ({"reasoning": {"supported_efforts": None}}, ()),
        ({"reasoning_efforts": ["quick", "low", "deep"]}, ("quick", "low", "deep")),
    ],
)
def test_levels_that_are_no_levels_are_not_offered(
    item: dict[str, object], efforts: tuple[str, ...]
) -> None:
    assert read({"id": "m"} | item).efforts == efforts


def test_what_is_not_told_stays_unknown() -> None:
    model = read({"id": "m"})
    assert (model.thinks, model.sees, model.max_output, model.prices) == (None,) * 4
    assert model_label(model) == ""


@pytest.mark.parametrize("price", ["-1", "nan", "much", None, True])
def test_a_price_that_depends_is_none(price: object) -> None:
    assert read({"id": "m", "pricing": {"prompt": price, "completion": "1"}}).prices is None


def test_a_price_of_nothing_is_free() -> None:
    model = read({"id": "m", "pricing": {"prompt": "0", "completion": "0"}})
    assert model_label(model) == "free"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
FIELDS = (
    "capabilities",
    "reasoning",
    "pricing",
    "architecture",
    "max_tokens",
    "supported_parameters",
)


@given(st.dictionaries(st.sampled_from(FIELDS), anything))
def test_whatever_is_told_is_read_without_an_error(item: dict[object, object]) -> None:
    assert set(capabilities(item)) == {"max_output", "thinks", "efforts", "sees", "prices"}
