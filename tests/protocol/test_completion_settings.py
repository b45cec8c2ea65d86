"""Settings that clients of chat completions send: understood, and said again in the same words."""

import json

import pytest
from hypothesis import given

from fakegpt_tui.domain import GenerationSettings, ServiceKind
from fakegpt_tui.domain.generation import ROW_BY_NAME
from fakegpt_tui.domain.request_fields import request_fields
from fakegpt_tui.protocol.completion_settings import (
    CLIENT_FIELDS,
    MESSAGE_FIELDS,
    InvalidSettingField,
    read_client_settings,
)
from tests.domain.test_generation import settings


def test_each_setting_has_a_field_of_clients() -> None:
    assert {field.setting for field in CLIENT_FIELDS} | {"extra"} == ROW_BY_NAME.keys()


@given(settings)
def test_what_we_send_to_a_server_a_host_of_ours_reads_as_the_same(
    generation: GenerationSettings,
) -> None:
    said = GenerationSettings(**{
        name: getattr(generation, name) for name in ROW_BY_NAME if name not in ("extra", "schema")
    })  # fmt: skip
    fields = request_fields(said, ServiceKind.OPENAI)
    assert read_client_settings(fields.into({}, without=frozenset())) == said


@given(settings)
def test_what_we_send_as_a_message_a_host_of_ours_reads_as_the_same(
    generation: GenerationSettings,
) -> None:
    names = {field.setting for field in MESSAGE_FIELDS} - {"schema", "service_tier"}
    said = GenerationSettings(**{name: getattr(generation, name) for name in names})
    fields = request_fields(said, ServiceKind.ANTHROPIC)
    assert read_client_settings(fields.into({}, without=frozenset()), MESSAGE_FIELDS) == said


@pytest.mark.parametrize(
    "schema",
    [{"type": "json_object"}, {"title": "plan", "type": "object"},
     {"title": "plan", "strict": True, "enum": [None]}],
)  # fmt: skip
def test_a_schema_comes_through_with_its_name(schema: dict[str, object]) -> None:
    said = GenerationSettings(schema=json.dumps(schema))
    body = request_fields(said, ServiceKind.OPENAI).into({}, without=frozenset())
    assert json.loads(read_client_settings(body).schema) == schema


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {}),
        ({"temperature": None, "stop": "", "verbosity": "", "response_format": {"type": "text"}},
         {}),
        ({"max_tokens": 9, "max_completion_tokens": 8.0}, {"max_tokens": 8}),
        ({"seed": -1}, {"seed": 2**63 - 1}),
        ({"reasoning": {"effort": "low"}}, {"effort": "low"}),
        ({"reasoning": {"enabled": False}}, {"thinking": "off"}),
        ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, {"thinking": "2048"}),
        ({"thinking": {"type": "adaptive"}}, {"thinking": "on"}),
        ({"thinking_budget_tokens": 0}, {"thinking": "off"}),
        ({"thinking_budget_tokens": -1}, {"thinking": "on"}),
        ({"chat_template_kwargs": {"thinking": True}}, {"thinking": "on"}),
        ({"repeat_penalty": 1.5}, {"repetition_penalty": 1.5}),
    ],
)  # fmt: skip
def test_the_words_of_other_servers_are_understood(
    body: dict[str, object], expected: dict[str, object]
) -> None:
    assert read_client_settings(body) == GenerationSettings(**expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"temperature": True}, "temperature"),
        ({"thinking": {"budget_tokens": "much"}}, "thinking.budget_tokens"),
        ({"stop": ["x"] * 17}, "stop"),
        ({"response_format": "json"}, "response_format"),
        ({"top_k": 10**12}, "top_k"),
    ],
)
def test_what_cannot_be_used_is_named(body: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidSettingField) as refused:
        read_client_settings(body)
    assert refused.value.param == path
