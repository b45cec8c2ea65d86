"""Fields of request bodies: what generation settings make of a request to a server."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fakegpt_tui.domain.conversations import GenerationSettings
from fakegpt_tui.domain.generation import (
    GENERATION_ROWS,
    ROW_BY_NAME,
    BodyFields,
    GenerationRow,
    SettingPath,
    chosen_settings,
)
from fakegpt_tui.domain.server_families import ANY_SERVER, ServerFamily, server_family
from fakegpt_tui.domain.services import Service, ServiceKind
from fakegpt_tui.domain.setting_kinds import PROTECTED, UNSET, deep_merge, without_unset
from fakegpt_tui.fast_import import dataclass


def path_in(row: GenerationRow, kind: ServiceKind, family: ServerFamily) -> SettingPath:
    """Where a service of that kind and family takes a setting, or why it does not."""
    own = family.dialect(kind).paths.get(row.name)
    if own is not None:
        return own
    match kind.value:
        case "openai":
            return row.chat
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
        """All values by their paths; those of `extra` by the paths through its tables."""
        inner = {path: value_at(self.extra, path) for path in paths_of(self.extra)}
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
        if not (self.values or self.extra or without):
            return made
        for path, value in self.values.items():
            made = deep_merge(made, nested(path, value))
        extra = {name: each for name, each in self.extra.items() if name not in PROTECTED}
        made = deep_merge(made, extra)
        made |= {name: without_unset(made[name]) for name in extra}
        for path in (*without, *(name for name in extra if made[name] == UNSET)):
            made = without_path(made, path)
        return made

    def names_of(self, paths: frozenset[str]) -> Iterator[str]:
        """The settings that stand at `paths` or below, and the paths at which none stands."""
        for path in sorted(paths):
            found = [
                name
                for name, sent in self.sent.items()
                if name != "extra" and any(f"{each}.".startswith(f"{path}.") for each in sent)
            ]
            yield from found or [path]


def request_fields(
    generation: GenerationSettings,
    kind: ServiceKind,
    family: ServerFamily = ANY_SERVER,
    *,
    limit_path: str = "",
) -> RequestFields:
    """The fields for `generation`; the longest reply is called `limit_path`, where one is given."""
    chosen: dict[str, Any] = chosen_settings(generation)
    if not chosen:
        return RequestFields({}, {}, {}, frozenset(), family, {})
    values: dict[str, object] = {}
    sent: dict[str, tuple[str, ...]] = {}
    unsent: dict[str, str] = {}
    extra = json.loads(chosen.pop("extra")) if "extra" in chosen else {}
    for name, value in chosen.items():
        place = path_in(ROW_BY_NAME[name], kind, family)
        if place.reason:
            unsent[name] = place.reason
            continue
        if name == "max_tokens" and limit_path:
            place = SettingPath(limit_path)
        fields = place.fields(value)
        if not fields:
            unsent[name] = f"there is no field for {value}"
            continue
        values |= fields
        sent[name] = tuple(fields)
    if extra:
        sent["extra"] = tuple(extra)
    dialect = family.dialect(kind)
    ignored = dialect.ignored
    if chosen.get("thinking") != "off" and chosen.get("effort") != "none":
        ignored |= dialect.idle_in_thought
    return RequestFields(values, sent, unsent, ignored & sent.keys(), family, extra)


def hints_for(service: Service) -> Mapping[str, str]:
    """A hint for each setting that the service does not take, or ignores."""
    family = server_family(service.url)
    dialect = family.dialect(service.kind)
    hints: dict[str, str] = {}
    for row in GENERATION_ROWS:
        if reason := path_in(row, service.kind, family).reason:
            hints[row.name] = f"not sent: {reason}"
        elif row.name in dialect.ignored:
            hints[row.name] = f"{family.name} is known to ignore it"
        elif row.name in dialect.idle_in_thought:
            hints[row.name] = f"{family.name} is known to ignore it while it thinks"
    return hints


def nested(path: str, value: object) -> dict[str, object]:
    """The table in which `value` stands at `path`."""
    for name in reversed(path.split(".")):
        value = {name: value}
    return value  # type: ignore[return-value]  # a path has a name at least


def value_at(body: Mapping[str, object], path: str) -> object:
    """The value at `path`, or `None`."""
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
