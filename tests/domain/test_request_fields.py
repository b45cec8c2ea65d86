"""Where each protocol, and each family of servers, takes a generation setting."""

import json
from dataclasses import replace

import pytest
from hypothesis import given

from fakegpt_tui.domain import GenerationSettings, Service, ServiceKind
from fakegpt_tui.domain.generation import (
    GENERATION_ROWS,
    ROW_BY_NAME,
    merge_settings,
    parse_assignment,
    read_settings,
    settings_for,
)
from fakegpt_tui.domain.request_fields import hints_for, paths_of, request_fields
from fakegpt_tui.domain.server_families import FAMILIES, server_family
from fakegpt_tui.domain.setting_kinds import InvalidSetting
from tests.domain.test_generation import settings

OPENAI = ServiceKind.OPENAI
EXAMPLES = {
    "temperature": "0.5",
    "top_p": "0.9",
    "max_tokens": "100",
    "seed": "7",
    "stop": "END",
    "effort": "low",
    "thinking": "2048",
    "top_k": "40",
    "min_p": "0.05",
    "repetition_penalty": "1.1",
    "num_ctx": "8192",
    "verbosity": "low",
    "service_tier": "flex",
    "schema": '{"type": "object"}',
    "extra": '{"logit_bias": {"1": 2}}',
}


def body(text: str, address: str = "http://127.0.0.1:9", **base: object) -> dict[str, object]:
    """What `key=value` lines make of a body of chat completions."""
    generation = GenerationSettings()
    for line in text.split("\n"):
        generation = merge_settings(generation, parse_assignment(line))
    family = server_family(address)
    fields = request_fields(generation, OPENAI, family, limit_path=family.limit)
    return fields.into(base, without=frozenset())


def test_every_field_of_the_settings_has_a_row_and_an_example() -> None:
    assert {row.name for row in GENERATION_ROWS} == set(GenerationSettings.__dataclass_fields__)
    assert EXAMPLES.keys() == ROW_BY_NAME.keys()


@pytest.mark.parametrize("row", GENERATION_ROWS, ids=lambda row: row.name)
def test_a_row_has_a_path_or_a_reason_in_each_protocol(row: object) -> None:
    for column in ("chat", "responses", "anthropic"):
        place = getattr(row, column)
        assert bool(place.path) != bool(place.reason)


@pytest.mark.parametrize("name", EXAMPLES)
def test_any_setting_can_be_sent_in_chat_completions(name: str) -> None:
    assert body(f"{name}={EXAMPLES[name]}")


@pytest.mark.parametrize(
    ("text", "address", "expected"),
    [
        ("effort=low", "", {"reasoning_effort": "low"}),
        ("effort=low", "https://openrouter.ai/api/v1", {"reasoning": {"effort": "low"}}),
        ("thinking=off", "", {"chat_template_kwargs": {"enable_thinking": False}}),
        (
            "thinking=2048",
            "",
            {"chat_template_kwargs": {"enable_thinking": True}, "thinking_budget_tokens": 2048},
        ),
        ("thinking=off", "https://api.deepseek.com", {"thinking": {"type": "disabled"}}),
        ("thinking=off", "https://api.openai.com/v1", {"reasoning_effort": "none"}),
        ("thinking=9", "https://openrouter.ai/api/v1", {"reasoning": {"max_tokens": 9}}),
        ("max_tokens=9", "", {"max_tokens": 9}),
        ("max_tokens=9", "https://api.openai.com/v1", {"max_completion_tokens": 9}),
        ("max_tokens=9", "http://localhost:11434/v1", {"max_tokens": 9}),
        ("seed=9", "https://api.mistral.ai/v1", {"random_seed": 9}),
        ("stop=END", "", {"stop": ["END"]}),
        (
            'schema={"type": "object", "title": "A plan"}',
            "",
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {
                        "name": "A_plan",
                        "schema": {"type": "object", "title": "A plan"},
                    },
                }
            },
        ),
    ],
)
def test_a_setting_stands_where_the_server_takes_it(
    text: str, address: str, expected: dict[str, object]
) -> None:
    assert body(text, address or "http://127.0.0.1:9") == expected


def fields_of(text: str, kind: ServiceKind, owner: str = ""):
    generation = GenerationSettings()
    for line in text.split("\n"):
        generation = merge_settings(generation, parse_assignment(line))
    return request_fields(generation, kind, server_family("", owner))


RESPONSES, ANTHROPIC = ServiceKind.RESPONSES, ServiceKind.ANTHROPIC


@pytest.mark.parametrize(
    ("text", "kind", "owner", "expected"),
    [
        ("top_k=5\nseed=2", RESPONSES, "llamacpp", {"top_k": 5, "seed": 2}),
        ("thinking=off", RESPONSES, "llamacpp",
         {"chat_template_kwargs": {"enable_thinking": False}}),
        ("repetition_penalty=1.1", RESPONSES, "vllm", {"repetition_penalty": 1.1}),
        ("thinking=on", ANTHROPIC, "library", {"thinking": {"type": "enabled"}}),
        ("thinking=off", ANTHROPIC, "library", {"thinking": {"type": "disabled"}}),
        ("thinking=off", ANTHROPIC, "llamacpp",
         {"chat_template_kwargs": {"enable_thinking": False}}),
        ("thinking=2048", ANTHROPIC, "llamacpp",
         {"chat_template_kwargs": {"enable_thinking": True},
          "thinking": {"type": "enabled", "budget_tokens": 2048}}),
        ("thinking=off", ANTHROPIC, "vllm", {"chat_template_kwargs": {"enable_thinking": False}}),
        ("thinking=on", ANTHROPIC, "",
         {"thinking": {"type": "adaptive", "display": "summarized"}}),
    ],
)  # fmt: skip
def test_the_other_protocols_of_a_server_have_paths_of_their_own(
    text: str, kind: ServiceKind, owner: str, expected: dict[str, object]
) -> None:
    assert fields_of(text, kind, owner).into({}, without=frozenset()) == expected


@pytest.mark.parametrize(
    ("text", "kind", "owner", "name"),
    [
        ("verbosity=low", RESPONSES, "library", "Ollama"),
        ('schema={"type": "object"}', ANTHROPIC, "library", "Ollama"),
        ("effort=high", ANTHROPIC, "llamacpp", "llama.cpp"),
        ("service_tier=flex", RESPONSES, "llamacpp", "llama.cpp"),
        ("service_tier=flex", ANTHROPIC, "vllm", "vLLM"),
    ],
)
def test_what_a_server_ignores_is_known_in_each_protocol(
    text: str, kind: ServiceKind, owner: str, name: str
) -> None:
    (told,) = fields_of(text, kind, owner).without_effect().values()
    assert told.startswith(f"{name} is known to ignore the setting")


def test_what_only_works_without_thinking_is_said_as_long_as_it_thinks() -> None:
    family = server_family("https://api.deepseek.com")
    warm = GenerationSettings(temperature=0.5)
    assert "temperature" in request_fields(warm, OPENAI, family).without_effect()
    still = replace(warm, thinking="off")
    assert not request_fields(still, OPENAI, family).without_effect()


@pytest.mark.parametrize(
    ("text", "kind", "address"),
    [
        ("thinking=on", RESPONSES, ""),
        ("thinking=9", OPENAI, "https://api.openai.com/v1"),
        ('schema={"type": "json_object"}', ANTHROPIC, ""),
    ],
)
def test_a_value_that_a_protocol_cannot_say_is_not_claimed_to_be_sent(
    text: str, kind: ServiceKind, address: str
) -> None:
    made = request_fields(parse_assignment(text), kind, server_family(address))
    assert made.sent == {}
    (told,) = made.without_effect().values()
    assert "is not sent: there is no field for" in told


def test_families_name_only_what_there_is() -> None:
    known = {*ROW_BY_NAME, "cache"}
    for family in FAMILIES:
        for dialect in (family.chat, family.responses, family.anthropic):
            named = {*dialect.paths, *dialect.ignored, *dialect.idle_in_thought}
            assert named <= known
            assert not dialect.ignored & dialect.paths.keys()


def test_a_schema_keeps_what_has_no_value_its_name_and_whether_it_is_strict() -> None:
    schema = {"title": "A plan", "strict": True, "enum": ["a", None], "default": None}
    text = f"schema={json.dumps(schema)}"
    kept = {name: value for name, value in schema.items() if name != "strict"}
    named = {"name": "A_plan", "schema": kept, "strict": True}
    assert body(text) == {"response_format": {"type": "json_schema", "json_schema": named}}
    made = fields_of(text, RESPONSES).into({}, without=frozenset())
    assert made == {"text": {"format": {"type": "json_schema", **named}}}
    made = fields_of(text, ANTHROPIC).into({}, without=frozenset())
    assert made == {"output_config": {"format": {"type": "json_schema", "schema": kept}}}


def test_any_json_can_be_asked_for() -> None:
    text = 'schema={"type": "json_object"}'
    assert body(text) == {"response_format": {"type": "json_object"}}
    made = fields_of(text, RESPONSES).into({}, without=frozenset())
    assert made == {"text": {"format": {"type": "json_object"}}}


def test_extra_fields_are_merged_deeply_and_last() -> None:
    made = body(
        'temperature=0.5\nextra={"temperature": 1, "a": {"b": 1}}\nextra.a.c=[2]', a={"z": 0}
    )
    assert made == {"temperature": 1, "a": {"z": 0, "b": 1, "c": [2]}}


@pytest.mark.parametrize("gone", ['{"temperature": null}', '{"temperature": "!unset"}'])
def test_an_extra_field_without_a_value_takes_one_out(gone: str) -> None:
    assert body(f"temperature=0.5\ntop_p=1\nextra={gone}") == {"top_p": 1.0}
    assert body('extra={"a": [1, null], "b": {"c": null, "d": 1}}') == {
        "a": [1, None],
        "b": {"d": 1},
    }


@pytest.mark.parametrize("name", ["model", "messages", "input", "stream", "system"])
def test_extra_fields_change_nothing_that_the_program_makes(name: str) -> None:
    with pytest.raises(InvalidSetting, match="which the program makes"):
        parse_assignment(f"extra.{name}=1")
    kept = request_fields(GenerationSettings(extra=json.dumps({name: 1})), OPENAI)
    assert kept.into({name: "own"}, without=frozenset()) == {name: "own"}


def test_a_nested_field_is_left_out_and_its_table_stays_while_it_has_others() -> None:
    fields = request_fields(parse_assignment("thinking=5"), OPENAI)
    kwargs = "chat_template_kwargs.enable_thinking"
    assert fields.into({}, without=frozenset({kwargs})) == {"thinking_budget_tokens": 5}
    own = {"chat_template_kwargs": {"x": 1}}
    assert fields.into(own, without=frozenset({kwargs})) == {**own, "thinking_budget_tokens": 5}


@pytest.mark.parametrize(
    "text",
    ["warmth=1", "temperature", "temperature=hot", "effort=a b", "thinking=maybe", "extra=[1]"],
)
def test_what_cannot_be_set_is_told(text: str) -> None:
    with pytest.raises(InvalidSetting):
        parse_assignment(text)


def test_settings_of_a_model_win_over_those_of_its_service_and_lose_to_the_conversation() -> None:
    service = Service(
        name="s",
        kind=OPENAI,
        generation=GenerationSettings(temperature=0.1, top_k=1, extra='{"a": {"x": 1}}'),
        model_settings=(("m", GenerationSettings(temperature=0.2, seed=2)),),
    )
    chosen = GenerationSettings(seed=3, extra='{"a": {"y": 2}}')
    made = settings_for(service, "m", chosen)
    assert (made.temperature, made.top_k, made.seed) == (0.2, 1, 3)
    assert json.loads(made.extra) == {"a": {"x": 1, "y": 2}}
    assert settings_for(service, "other", chosen).temperature == 0.1


def test_what_a_server_does_not_take_or_ignores_is_said() -> None:
    ollama = Service(name="o", kind=OPENAI, url="http://localhost:11434/v1")
    assert "Ollama is known to ignore it" in hints_for(ollama)["num_ctx"]
    assert "effort" not in hints_for(ollama)
    chat = replace(ollama, kind=ServiceKind.FAKEGPT)
    assert hints_for(chat)["seed"].startswith("not sent: ")
    claude = replace(ollama, kind=ServiceKind.ANTHROPIC)
    assert "Ollama is known to ignore it" in hints_for(claude)["schema"]
    deep = replace(ollama, url="https://api.deepseek.com")
    assert "while it thinks" in hints_for(deep)["temperature"]


@given(settings)
def test_settings_come_back_from_what_is_stored(generation: GenerationSettings) -> None:
    stored = {row.name: getattr(generation, row.name) for row in GENERATION_ROWS}
    assert read_settings({k: v for k, v in stored.items() if v not in (None, (), "")}) == generation


def test_paths_of_a_body_name_the_inner_fields_first() -> None:
    assert list(paths_of({"a": {"b": 1}, "c": 2})) == ["a.b", "a", "c"]
