"""Generation settings: one row per setting, with its values and its path in each protocol.

From the rows follow the configuration, presets, alt+g, `ask --set`, the store, files, the bodies of
requests and the reference. A new setting is a field of `GenerationSettings` and a row here.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from fakegpt_tui.domain.conversations import (
    MAX_TOKENS,
    SEEDS,
    TEMPERATURES,
    TOP_PS,
    GenerationSettings,
)
from fakegpt_tui.domain.services import Service
from fakegpt_tui.domain.setting_kinds import (
    PROTECTED,
    InvalidSetting,
    JsonTable,
    Number,
    SettingKind,
    Switch,
    Texts,
    Word,
    deep_merge,
    to_json,
)
from fakegpt_tui.fast_import import dataclass

EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
BodyFields: TypeAlias = Mapping[str, object]
"""Values by their paths in the body of a request, names joined by dots."""


@dataclass(frozen=True, slots=True)
class SettingPath:
    """Where a protocol takes a setting: at `path`, or nowhere for the `reason` given.

    `write` makes other fields of the value than just that one.
    """

    path: str = ""
    reason: str = ""
    write: Callable[[Any], BodyFields] | None = None

    def fields(self, value: object) -> BodyFields:
        if self.write is not None:
            return self.write(value)
        return {self.path: list(value) if isinstance(value, tuple) else value}


@dataclass(frozen=True, slots=True)
class GenerationRow:
    """A setting: the field of its name, its values, a hint, and where each protocol takes it."""

    name: str
    kind: SettingKind
    hint: str
    chat: SettingPath
    responses: SettingPath
    anthropic: SettingPath


_APIS: Final = ("Chat Completions", "Responses", "Messages")


def _row(name: str, kind: SettingKind, hint: str, *paths: str | SettingPath) -> GenerationRow:
    """A row with a path in each of the three APIs, or one for all; an empty one says: nowhere."""
    chat, responses, anthropic = (
        SettingPath(path, "" if path else f"the {api} API has no such field")
        if isinstance(path, str)
        else path
        for path, api in zip(paths * 3 if len(paths) == 1 else paths, _APIS, strict=True)
    )
    return GenerationRow(name, kind, hint, chat, responses, anthropic)


def _template_thinking(value: str) -> BodyFields:
    fields: dict[str, object] = {"chat_template_kwargs.enable_thinking": value != "off"}
    return fields | ({"thinking_budget_tokens": int(value)} if value.isdecimal() else {})


def _responses_thinking(value: str) -> BodyFields:
    return {"reasoning.effort": "none"} if value == "off" else {}


def _anthropic_thinking(value: str) -> BodyFields:
    if value == "off":
        return {"thinking.type": "disabled"}
    shown: dict[str, object] = {"thinking.display": "summarized"}
    if value == "on":
        return {"thinking.type": "adaptive"} | shown
    return {"thinking.type": "enabled", "thinking.budget_tokens": int(value)} | shown


def _chat_schema(text: str) -> BodyFields:
    schema = json.loads(text)
    if schema == JSON_MODE:
        return {"response_format": JSON_MODE}
    return {"response_format": {"type": "json_schema", "json_schema": _named_schema(schema)}}


def _responses_schema(text: str) -> BodyFields:
    schema = json.loads(text)
    if schema == JSON_MODE:
        return {"text.format": JSON_MODE}
    return {"text.format": {"type": "json_schema", **_named_schema(schema)}}


def _anthropic_schema(text: str) -> BodyFields:
    schema = json.loads(text)
    if schema == JSON_MODE:
        return {}
    schema.pop("strict", None)
    return {"output_config.format": {"type": "json_schema", "schema": schema}}


def _named_schema(schema: dict[str, object]) -> dict[str, object]:
    """A schema beside its name, which is its title, and whether it is strict."""
    title, strict = schema.get("title"), schema.pop("strict", None)
    name = re.sub(r"[^a-zA-Z0-9_-]+", "_", title if isinstance(title, str) else "")[:64]
    beside = {} if strict is None else {"strict": strict}
    return {"name": name or "reply", "schema": schema, **beside}


JSON_MODE: Final[Mapping[str, object]] = {"type": "json_object"}
"""In place of a schema: any JSON."""

GENERATION_ROWS: Final = (
    _row("temperature", Number(*TEMPERATURES), "lower is steadier, higher is freer", "temperature"),
    _row("top_p", Number(*TOP_PS), "draws from that share of likely words", "top_p"),
    _row(
        "max_tokens",
        Number(*MAX_TOKENS),
        "a longer reply is cut there",
        "max_tokens",
        "max_output_tokens",
        "max_tokens",
    ),
    _row("seed", Number(*SEEDS), "makes a reply repeatable, if it can", "seed", "", ""),
    _row("stop", Texts(), "end a reply; a line each, \\n breaks one", "stop", "", "stop_sequences"),
    _row(
        "effort",
        Word(EFFORTS),
        "how long to think: none, low, high …",
        "reasoning_effort",
        "reasoning.effort",
        "output_config.effort",
    ),
    _row(
        "thinking",
        Switch(10_000_000),
        "on, off, or a budget of tokens",
        SettingPath("chat_template_kwargs.enable_thinking", write=_template_thinking),
        SettingPath("reasoning.effort", write=_responses_thinking),
        SettingPath("thinking", write=_anthropic_thinking),
    ),
    _row("top_k", Number(-1, 1_000_000), "draws from so many likely words", "top_k", "", "top_k"),
    _row("min_p", Number(0.0, 1.0, "0.05"), "leaves out words below that share", "min_p", "", ""),
    _row(
        "repetition_penalty",
        Number(0.0, 10.0, "1.1"),
        "above 1 repeats less",
        "repetition_penalty",
        "",
        "",
    ),
    _row("num_ctx", Number(64, 100_000_000), "the window to load a model with", "num_ctx", "", ""),
    _row(
        "verbosity",
        Word(("low", "medium", "high")),
        "how much to say: low, medium, high",
        "verbosity",
        "text.verbosity",
        "",
    ),
    _row(
        "service_tier",
        Word(("auto", "default", "flex", "priority")),
        "such as flex or priority",
        "service_tier",
    ),
    _row(
        "schema",
        JsonTable(),
        "a JSON schema that replies follow",
        SettingPath("response_format", write=_chat_schema),
        SettingPath("text.format", write=_responses_schema),
        SettingPath("output_config.format", write=_anthropic_schema),
    ),
    _row("extra", JsonTable(PROTECTED, unsets=True), "other fields of the request, as JSON", "*"),
)
"""The paths are those of chat completions, Responses and Messages."""

ROW_BY_NAME: Final[Mapping[str, GenerationRow]] = {row.name: row for row in GENERATION_ROWS}


NO_SETTINGS: Final = GenerationSettings()


def chosen_settings(generation: GenerationSettings) -> dict[str, Any]:
    """What is set, by name."""
    if generation == NO_SETTINGS:
        return {}
    values = {row.name: getattr(generation, row.name) for row in GENERATION_ROWS}
    return {name: value for name, value in values.items() if value not in (None, (), "")}


def read_settings(values: Mapping[str, object]) -> GenerationSettings:
    """The settings among `values`, of which what cannot be used counts as not set."""
    found: dict[str, Any] = {}
    for name in values.keys() & ROW_BY_NAME.keys():
        try:
            found[name] = ROW_BY_NAME[name].kind.read(values[name])
        except InvalidSetting:
            continue
    return GenerationSettings(**found)


def merge_settings(base: GenerationSettings, over: GenerationSettings) -> GenerationSettings:
    """`base` with what `over` sets; their `extra` tables are merged deeply."""
    chosen = chosen_settings(over)
    if not chosen:
        return base
    if base.extra and over.extra:
        both = deep_merge(json.loads(base.extra), json.loads(over.extra))
        chosen["extra"] = to_json(both)
    return replace(base, **chosen)


def settings_for(service: Service, model: str, chosen: GenerationSettings) -> GenerationSettings:
    """The settings of a request: those of the service, of its model, then `chosen`."""
    of_model = dict(service.model_settings).get(model)
    base = service.generation
    return merge_settings(base if of_model is None else merge_settings(base, of_model), chosen)


def format_generation(settings: GenerationSettings) -> Mapping[str, str]:
    """The text that a person would type; empty if the service decides."""
    return {row.name: row.kind.format(getattr(settings, row.name)) for row in GENERATION_ROWS}


def parse_generation(typed: Mapping[str, str]) -> tuple[GenerationSettings, Mapping[str, str]]:
    """The typed settings, and a sentence for each that cannot be used."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for row in GENERATION_ROWS:
        try:
            values[row.name] = row.kind.parse(typed.get(row.name, ""))
        except InvalidSetting as error:
            problems[row.name] = f"This must be {error}."
    return GenerationSettings(**values), problems


def parse_assignment(text: str) -> GenerationSettings:
    """The one setting that `key=value` sets; `extra.a.b=1` sets a field inside of `extra`.

    Raises:
        InvalidSetting: There is no such setting, or its value cannot be used.
    """
    name, _, value = text.partition("=")
    name = name.strip()
    first, *inner = name.split(".")
    if inner and first == "extra" and all(inner):
        nested: object = _json_or_text(value)
        for key in reversed(inner):
            nested = {key: nested}
        settings: Any = ROW_BY_NAME["extra"].kind.read(nested)
        return GenerationSettings(extra=settings)
    row = ROW_BY_NAME.get(name)
    if row is None or "=" not in text:
        known = ", ".join(ROW_BY_NAME)
        raise InvalidSetting(f"key=value, with a key of {known} or extra.NAME")
    try:
        parsed: Any = row.kind.parse(value)
    except InvalidSetting as error:
        raise InvalidSetting(f"{name}=VALUE with {error}") from error
    return GenerationSettings(**{row.name: parsed})


def _json_or_text(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
