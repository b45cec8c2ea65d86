"""Editing the text of the configuration file, comments and layout kept."""

import re
import tomllib
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Final, TypeAlias

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

from fakegpt_tui.config import validators
from fakegpt_tui.config.presets import parse_presets, preset_table
from fakegpt_tui.config.secrets import validate_key
from fakegpt_tui.config.services import (
    STATELESS_OPTIONS,
    ServiceConfig,
    key_header,
    parse_services,
    service_name,
)
from fakegpt_tui.config.sources import Table
from fakegpt_tui.config.validators import InvalidValue, TomlValue
from fakegpt_tui.domain import ConfigError, Preset, ServiceForm

_APPENDED_PATHS: Final = ("/chat/completions", "/completions", "/models")


def validate_draft(draft: ServiceForm) -> Mapping[str, str]:
    """A sentence for each field of `draft` that would be refused, without anything secret."""
    key = None if draft.key is None else draft.key.reveal()
    typed_options = {"cache": draft.cache, "api_version": draft.api_version}
    options = {name: each for name, each in typed_options.items() if each}
    found = {
        "name": _problem(service_name, draft.name),
        "url": _problem(validators.url, draft.url)
        or (draft.kind.is_api and _end_problem(draft.url)),
        "key_env": draft.key_env and _problem(validators.variable_name, draft.key_env),
        "key": key is not None and _problem(lambda text: validate_key(str(text), "This"), key),
        "key_header": draft.key_header and _problem(key_header, draft.key_header),
        "proxy": draft.proxy and _problem(validators.proxy, draft.proxy.reveal()),
        "first_event": draft.first_event and _problem(typed_seconds, draft.first_event),
        "idle": draft.idle and _problem(typed_seconds, draft.idle),
        **{name: _problem(STATELESS_OPTIONS[name], typed) for name, typed in options.items()},
    }
    if not found["url"] and draft.kind.is_api:
        found["url"] = _end_problem(draft.url)
    if key is not None and draft.key_env:
        found["key_env"] = "Give the key itself or the name of a variable, not both."
    if draft.without_key and (key is not None or draft.key_env):
        found["key"] = "Take the key away or give another, not both."
    return {field: str(sentence) for field, sentence in found.items() if sentence}


def _problem(read: Callable[[object], object], text: str) -> str:
    try:
        read(text)
    except InvalidValue as error:
        return f"Must be {error}".rstrip(".") + "."
    except ConfigError as error:
        return str(error)
    return ""


def _end_problem(url: str) -> str:
    """Addresses in manuals often include the path that the program appends."""
    end = next((end for end in _APPENDED_PATHS if url.rstrip("/").endswith(end)), "")
    return f"Must end before {end}, which is added." if end else ""


def typed_seconds(text: object) -> float:
    """A number of seconds as a person types it.

    Raises:
        InvalidValue: It is none, or too large.
    """
    try:
        return validators.seconds(float(str(text)))
    except ValueError:
        return validators.seconds(None)


_VALUE = re.compile(r"[\w-]+ *=")

Value: TypeAlias = TomlValue | Mapping[str, TomlValue | None] | None

_OF_TABLES = {"services", "presets"}
"""Tables that contain only tables, and need no header line of their own."""


def with_service(content: str, name: str, values: Mapping[str, Value], *, path: Path) -> str:
    """`content`, the text of the file at `path`, with `values` in the table of a service.

    A new table is added at the end. In an existing table all other values and all
    comments stay; a value of `None` is removed. Values in a mapping belong to a table inside.

    Raises:
        ConfigError: The text cannot be read, or the service could not be used.
    """
    document = _parse_document(content, path)
    _assign(_table(_table(document, "services", path), name, path), values)
    return _dump_checked(document, path)


def without_service(content: str, name: str, *, path: Path) -> str:
    """`content` without the table of a service.

    Raises:
        ConfigError: The text cannot be read or has no such table, another service goes through
            this one, or new conversations use it.
    """
    document = _parse_document(content, path)
    if document.get("service") == name:
        raise ConfigError(f"New conversations use {name!r}; choose another service for them first.")
    services = _table(document, "services", path)
    if name not in services:
        raise ConfigError(f"{name!r} is not in {path.name}, so there is nothing to remove.")
    del services[name]
    return _dump_checked(document, path)


def with_setting(content: str, name: str, value: Value, *, path: Path) -> str:
    """`content` with a setting that is in no table, such as the service of new conversations.

    Raises:
        ConfigError: The text cannot be read.
    """
    document = _parse_document(content, path)
    if value is None and name not in document:
        return content
    if value is None or name in document:
        _assign(document, {name: value})
        changed = tomlkit.dumps(document)
        # The blank line after the first value is removed with it.
        return changed if content.startswith("\n") else changed.removeprefix("\n")
    # Before the first table: after it, it would be a value of that table.
    line = tomlkit.document()
    line[name] = value
    is_apart = not content or content.startswith("\n") or _VALUE.match(content) is not None
    return tomlkit.dumps(line) + ("" if is_apart else "\n") + content


def with_keys(content: str, command_id: str, keys: str | None, *, path: Path) -> str:
    """`content` with the keys of a command in the table `keys`, or without them.

    Raises:
        ConfigError: The text cannot be read.
    """
    document = _parse_document(content, path)
    if keys is None and "keys" not in document:
        return content
    table, name = _table(document, "keys", path), command_id
    above: list[tuple[MutableMapping[str, object], str]] = [(document, "keys")]
    # An id that is not quoted stands in tables of its parts.
    while name not in table and isinstance(
        inner := table.get(name.partition(".")[0]), MutableMapping
    ):
        above.append((table, name.partition(".")[0]))
        table, name = inner, name.partition(".")[2]
    _assign(table, {name: keys})
    for parent, part in reversed(above):
        if not parent[part]:
            del parent[part]
    return tomlkit.dumps(document)


def with_favourite(content: str, name: str, *, is_one: bool, path: Path) -> str:
    """`content` with `name` among the favourites, or no longer.

    Raises:
        ConfigError: The text cannot be read.
    """
    known = _parse_document(content, path).get("favourites", [])
    kept = [str(each) for each in known if str(each) != name] if isinstance(known, list) else []
    names = [*kept, name] if is_one else kept
    return with_setting(content, "favourites", names or None, path=path)


def with_preset(content: str, preset: Preset, *, path: Path) -> str:
    """`content` with the table of a preset, in place of one of that name; all comments stay.

    Raises:
        ConfigError: The text cannot be read, or the preset could not be used.
    """
    document = _parse_document(content, path)
    table = _table(_table(document, "presets", path), preset.name, path)
    _assign(table, preset_table(preset))
    changed = tomlkit.dumps(document)
    read_presets(changed, path=path)
    return changed


def read_presets(content: str, *, path: Path) -> dict[str, Preset]:
    """The presets of a text that is valid TOML.

    Raises:
        ConfigError: One of them could not be used.
    """
    return parse_presets(Table(tomllib.loads(content), path=path).table("presets"))


def read_services(content: str, *, path: Path) -> dict[str, ServiceConfig]:
    """The services of a text that is valid TOML, with the built-in ones.

    Raises:
        ConfigError: One of them could not be used.
    """
    return parse_services(Table(tomllib.loads(content), path=path).table("services"))


def _dump_checked(document: tomlkit.TOMLDocument, path: Path) -> str:
    """The text of `document`, of which the program itself can read every service."""
    changed = tomlkit.dumps(document)
    read_services(changed, path=path)
    return changed


def _parse_document(content: str, path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(content)
    except TOMLKitError as error:
        raise ConfigError(f"The configuration file {path} is not valid TOML: {error}.") from error


def _table(
    parent: MutableMapping[str, object], name: str, path: Path
) -> MutableMapping[str, object]:
    if name not in parent:
        is_inline = isinstance(parent, InlineTable)
        new = tomlkit.inline_table() if is_inline else tomlkit.table(name in _OF_TABLES)
        parent[name] = new
    table = parent[name]
    if not isinstance(table, MutableMapping):
        raise ConfigError(f"{name!r} in {path} must be a table.")
    return table


def _assign(table: MutableMapping[str, object], values: Mapping[str, Value]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping):
            inside = table.get(key, tomlkit.inline_table())
            if isinstance(inside, MutableMapping):
                _assign(inside, value)
                _assign(table, {key: None} if not inside else {})
                if inside and key not in table:
                    table[key] = inside
        elif value is not None:
            table[key] = value
        elif key in table:
            del table[key]
