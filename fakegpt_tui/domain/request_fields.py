"""Fields of request bodies: where a family of servers takes each generation setting."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, Final

from fakegpt_tui.domain.conversations import GenerationSettings
from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.domain.generation import (
    GENERATION_ROWS,
    ROW_BY_NAME,
    BodyFields,
    GenerationRow,
    SettingPath,
    chosen_settings,
)
from fakegpt_tui.domain.services import Service, ServiceKind
from fakegpt_tui.domain.setting_kinds import PROTECTED, UNSET, deep_merge, without_unset


def _reasoning(value: str) -> BodyFields:
    if value.isdecimal():
        return {"reasoning.max_tokens": int(value)}
    return {"reasoning.enabled": value != "off"}


def _thinking_type(value: str) -> BodyFields:
    return {"thinking.type": "disabled" if value == "off" else "enabled"}


def _google_thinking(value: str) -> BodyFields:
    config = "extra_body.google.thinking_config"
    if value == "on":
        return {f"{config}.include_thoughts": True}
    return {f"{config}.thinking_budget": int(value) if value.isdecimal() else 0}


_EFFORT_ONLY: Final = SettingPath(
    "reasoning_effort",
    write=lambda value: {"reasoning_effort": "none"} if value == "off" else {},
)


@dataclass(frozen=True, slots=True)
class ServerFamily:
    """Servers that take settings alike, known by their `addresses` or the `owner` in their lists.

    `limit` is how they call the longest reply in chat completions, `paths` are where they take
    settings in another place than the protocol says, and what they accept without effect is
    `ignored`.
    """

    name: str
    addresses: str = ""
    owner: str = ""
    limit: str = "max_tokens"
    paths: Mapping[str, SettingPath] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()


ANY_SERVER: Final = ServerFamily("")
FAMILIES: Final = (
    ServerFamily(
        "OpenAI",
        r"\bapi\.openai\.com\b|\.openai\.azure\.com\b|\.cognitiveservices\.azure\.com\b",
        limit="max_completion_tokens",
        paths={"thinking": _EFFORT_ONLY},
    ),
    ServerFamily(
        "Ollama",
        r":11434\b|\bollama\b",
        owner="library",
        paths={"thinking": _EFFORT_ONLY},
        ignored=frozenset({"top_k", "min_p", "repetition_penalty", "num_ctx", "service_tier"}),
    ),
    ServerFamily(
        "DeepSeek",
        r"\bapi\.deepseek\.com\b",
        paths={"thinking": SettingPath("thinking.type", write=_thinking_type)},
        ignored=frozenset({"seed", "top_k", "min_p", "repetition_penalty", "num_ctx"}),
    ),
    ServerFamily(
        "OpenRouter",
        r"\bopenrouter\.ai\b",
        paths={
            "thinking": SettingPath("reasoning", write=_reasoning),
            "effort": SettingPath("reasoning.effort"),
        },
        ignored=frozenset({"num_ctx"}),
    ),
    ServerFamily(
        "Together",
        r"\bapi\.together\.(?:xyz|ai)\b",
        paths={"thinking": SettingPath("reasoning", write=_reasoning)},
    ),
    ServerFamily("Mistral", r"\bapi\.mistral\.ai\b", paths={"seed": SettingPath("random_seed")}),
    ServerFamily(
        "Gemini",
        r"\bgenerativelanguage\.googleapis\.com\b",
        paths={"thinking": SettingPath("extra_body.google", write=_google_thinking)},
    ),
    ServerFamily(
        "llama.cpp",
        owner="llamacpp",
        paths={"repetition_penalty": SettingPath("repeat_penalty")},
        ignored=frozenset({"num_ctx", "service_tier", "verbosity"}),
    ),
    ServerFamily("vLLM", owner="vllm", ignored=frozenset({"num_ctx", "verbosity"})),
    ServerFamily(
        "LM Studio",
        r":1234\b",
        owner="organization_owner",
        paths={"repetition_penalty": SettingPath("repeat_penalty")},
    ),
)


def server_family(address: str, owner: str = "") -> ServerFamily:
    """The family of the server at `address`, which calls the owner of its models `owner`."""
    for family in FAMILIES:
        if family.addresses and re.search(family.addresses, address):
            return family
    return next((each for each in FAMILIES if owner and each.owner == owner), ANY_SERVER)


def path_in(row: GenerationRow, kind: ServiceKind, family: ServerFamily) -> SettingPath:
    """Where a service of that kind and family takes a setting, or why it does not."""
    match kind.value:
        case "openai":
            return family.paths.get(row.name, row.chat)
        case "responses":
            return row.responses
        case "anthropic":
            return row.anthropic
        case _:
            return SettingPath(reason="the service is told the system prompt alone")


@dataclass(frozen=True, slots=True)
class RequestFields:
    """The fields of a request that settings make: `sent` holds their paths by setting.

    `unsent` has the reason for each setting that the protocol cannot express, `ignored` what the
    family of the server is known to accept without effect.
    """

    values: BodyFields
    sent: Mapping[str, tuple[str, ...]]
    unsent: Mapping[str, str]
    ignored: frozenset[str]
    family: ServerFamily
    extra: Mapping[str, object]

    def by_path(self) -> BodyFields:
        """All values by their paths, those of `extra` with the tables that hold them."""
        inner = {path: _value_at(self.extra, path) for path in paths_of(self.extra)}
        return {**self.values, **inner}

    def without_effect(self) -> Mapping[str, str]:
        """A sentence for each setting that is not sent, or has no effect there."""
        unsent = {
            name: f"The setting {name} is not sent: {reason}."
            for name, reason in self.unsent.items()
        }
        ignored = {
            name: f"{self.family.name} is known to ignore the setting {name}."
            for name in sorted(self.ignored)
        }
        return unsent | ignored

    def into(self, body: Mapping[str, object], *, without: frozenset[str]) -> dict[str, object]:
        """`body` with these fields, then with `extra`, then less the paths in `without`."""
        made = dict(body)
        for path, value in self.values.items():
            made = deep_merge(made, nested(path, value))
        extra = {name: each for name, each in self.extra.items() if name not in PROTECTED}
        made = deep_merge(made, extra)
        made |= {name: without_unset(made[name]) for name in extra}
        for path in (*without, *(name for name in extra if made[name] == UNSET)):
            made = without_path(made, path)
        return made

    def names_of(self, paths: frozenset[str]) -> Iterator[str]:
        """The settings that stand at `paths`, and the paths at which none stands."""
        for path in sorted(paths):
            found = [name for name, sent in self.sent.items() if path in sent]
            yield found[0] if found and found[0] != "extra" else path


def request_fields(
    generation: GenerationSettings,
    kind: ServiceKind,
    family: ServerFamily = ANY_SERVER,
    *,
    limit_path: str = "",
) -> RequestFields:
    """The fields for `generation`; the longest reply is called `limit_path`, where one is given."""
    values: dict[str, object] = {}
    sent: dict[str, tuple[str, ...]] = {}
    unsent: dict[str, str] = {}
    chosen: dict[str, Any] = chosen_settings(generation)
    extra = json.loads(chosen.pop("extra", "{}"))
    for name, value in chosen.items():
        place = path_in(ROW_BY_NAME[name], kind, family)
        if place.reason:
            unsent[name] = place.reason
            continue
        if name == "max_tokens" and limit_path:
            place = SettingPath(limit_path)
        fields = place.fields(value)
        values |= fields
        sent[name] = tuple(fields)
    if extra:
        sent["extra"] = tuple(extra)
    ignored = family.ignored & sent.keys() if kind is ServiceKind.OPENAI else frozenset[str]()
    return RequestFields(values, sent, unsent, frozenset(ignored), family, extra)


def hints_for(service: Service) -> Mapping[str, str]:
    """What a person should know of each setting that the service takes nowhere, or ignores."""
    family = server_family(service.url)
    hints: dict[str, str] = {}
    for row in GENERATION_ROWS:
        if reason := path_in(row, service.kind, family).reason:
            hints[row.name] = f"not sent: {reason}"
        elif service.kind is ServiceKind.OPENAI and row.name in family.ignored:
            hints[row.name] = f"{family.name} is known to ignore it"
    return hints


def nested(path: str, value: object) -> dict[str, object]:
    """The table in which `value` stands at `path`."""
    for name in reversed(path.split(".")):
        value = {name: value}
    return value  # type: ignore[return-value]  # a path has a name at least


def _value_at(body: Mapping[str, object], path: str) -> object:
    value: object = body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def without_path(body: Mapping[str, object], path: str) -> dict[str, object]:
    """`body` without the field at `path`, and without a table that has nothing else in it."""
    name, _, rest = path.partition(".")
    inner = body.get(name)
    others = {key: value for key, value in body.items() if key != name}
    if not rest or not isinstance(inner, Mapping):
        return others if not rest else dict(body)
    kept = without_path(inner, rest)
    return others | ({name: kept} if kept else {})


def paths_of(body: Mapping[str, object], prefix: str = "") -> Iterator[str]:
    """All paths in `body`, the inner ones first."""
    for name, value in body.items():
        if isinstance(value, Mapping):
            yield from paths_of(value, f"{prefix}{name}.")
        yield f"{prefix}{name}"
