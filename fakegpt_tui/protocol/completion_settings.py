"""Settings in requests of clients: which field of a client means which setting of ours.

The other direction, from our settings to the fields of a server, is in `domain/request_fields.py`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fakegpt_tui.domain import GenerationSettings, RequestRefused
from fakegpt_tui.domain.generation import NO_SETTINGS, ROW_BY_NAME
from fakegpt_tui.domain.request_fields import value_at
from fakegpt_tui.domain.setting_kinds import InvalidSetting
from fakegpt_tui.fast_import import dataclass

_MAX_STOPS: Final = 16
_SWITCHES: Final = {"enabled": "on", "adaptive": "on", "disabled": "off"}
_SEEDS: Final = 2**63
"""Clients may send negative ones; what is kept is not negative."""


class InvalidSettingField(RequestRefused):
    """A field cannot be used; `param` is its path."""

    def __init__(self, sentence: str, param: str) -> None:
        super().__init__(sentence)
        self.param = param


def _same(value: object) -> object:
    return value


def _word(value: object) -> object:
    return None if value == "" else value


def _budget(value: object) -> object:
    """Tokens of thinking: none is off, and less than none is as many as it likes."""
    whole = _whole(value)
    if isinstance(whole, int) and not isinstance(whole, bool) and whole <= 0:
        return whole < 0
    return whole


def _whole(value: object) -> object:
    """Some clients write whole numbers as 4096.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _seed(value: object) -> object:
    whole = _whole(value)
    is_negative = isinstance(whole, int) and -_SEEDS < whole < 0
    return whole % _SEEDS if isinstance(whole, int) and is_negative else whole


def _stops(value: object) -> object:
    if value in ("", []):
        return None
    if isinstance(value, list) and len(value) > _MAX_STOPS:
        raise InvalidSetting(f"text, or up to {_MAX_STOPS} texts")
    return value


def _thinking_type(value: object) -> object:
    return _SWITCHES.get(value, value) if isinstance(value, str) else value


def _schema(value: object) -> object:
    """The schema of a `response_format`, with its name as the title."""
    match value:
        case {"type": "text"}:
            return None
        case {"type": "json_object"}:
            return {"type": "json_object"}
        case {"type": "json_schema", "json_schema": {"schema": dict(schema), **others}}:
            named: dict[str, object] = dict(schema)
            if isinstance(name := others.get("name"), str):
                named["title"] = name
            if isinstance(strict := others.get("strict"), bool):
                named["strict"] = strict
            return named
        case _:
            raise InvalidSetting("of the type text, json_object, or json_schema with a schema")


def _format(value: object) -> object:
    """The schema of an `output_config.format`."""
    match value:
        case {"type": "json_schema", "schema": dict(schema)}:
            return schema
        case _:
            raise InvalidSetting("of the type json_schema, with a schema")


def _tier(value: object) -> object:
    return "default" if value == "standard_only" else _word(value)


@dataclass(frozen=True, slots=True)
class ClientField:
    """A field at `path` in the body of a client, which means a setting of ours."""

    path: str
    setting: str
    read: Callable[[Any], object] = _same


CLIENT_FIELDS: Final = (
    ClientField("temperature", "temperature"),
    ClientField("top_p", "top_p"),
    ClientField("max_completion_tokens", "max_tokens", _whole),
    ClientField("max_tokens", "max_tokens", _whole),
    ClientField("seed", "seed", _seed),
    ClientField("stop", "stop", _stops),
    ClientField("reasoning_effort", "effort", _word),
    ClientField("reasoning.effort", "effort", _word),
    ClientField("thinking_budget_tokens", "thinking", _budget),
    ClientField("thinking.budget_tokens", "thinking", _budget),
    ClientField("thinking.type", "thinking", _thinking_type),
    ClientField("reasoning.max_tokens", "thinking", _budget),
    ClientField("reasoning.enabled", "thinking"),
    ClientField("chat_template_kwargs.enable_thinking", "thinking"),
    ClientField("chat_template_kwargs.thinking", "thinking"),
    ClientField("top_k", "top_k", _whole),
    ClientField("min_p", "min_p"),
    ClientField("repetition_penalty", "repetition_penalty"),
    ClientField("repeat_penalty", "repetition_penalty"),
    ClientField("num_ctx", "num_ctx", _whole),
    ClientField("verbosity", "verbosity", _word),
    ClientField("service_tier", "service_tier", _word),
    ClientField("response_format", "schema", _schema),
)
"""Where several mean one setting, the first that is there counts."""

MESSAGE_FIELDS: Final = (
    ClientField("temperature", "temperature"),
    ClientField("top_p", "top_p"),
    ClientField("max_tokens", "max_tokens", _whole),
    ClientField("stop_sequences", "stop", _stops),
    ClientField("output_config.effort", "effort", _word),
    ClientField("thinking.budget_tokens", "thinking", _budget),
    ClientField("thinking.type", "thinking", _thinking_type),
    ClientField("top_k", "top_k", _whole),
    ClientField("service_tier", "service_tier", _tier),
    ClientField("output_config.format", "schema", _format),
)
"""The same for clients of the Messages protocol."""

PASSED_ON: Final = frozenset(
    {
        *("frequency_penalty", "presence_penalty", "logit_bias", "typical_p", "top_a"),
        *("mirostat", "mirostat_tau", "mirostat_eta", "repeat_last_n", "grammar"),
        *("structured_outputs", "safe_prompt", "reasoning_format"),
    }
)
"""What is sent on as it came; a service that does not take one is asked again without it."""


def read_client_settings(
    body: Mapping[str, object],
    fields: tuple[ClientField, ...] = CLIENT_FIELDS,
    passed_on: frozenset[str] = PASSED_ON,
) -> GenerationSettings:
    """The settings in the body of a client; null counts as absent, as do other fields.

    Raises:
        InvalidSettingField: One cannot be used.
    """
    found: dict[str, Any] = {}
    for field in fields:
        if field.path not in body and "." not in field.path:
            continue
        value = value_at(body, field.path)
        if value is None or field.setting in found:
            continue
        try:
            if (given := field.read(value)) is not None:
                found[field.setting] = _setting(field.setting, given)
        except InvalidSetting as error:
            raise InvalidSettingField(f"{field.path} must be {error}.", field.path) from error
    others = {name: each for name, each in body.items() if name in passed_on and each is not None}
    if not (found or others):
        return NO_SETTINGS
    return GenerationSettings(**found, extra=_setting("extra", others) if others else "")


def _setting(name: str, value: object) -> Any:
    return ROW_BY_NAME[name].kind.read(value)
