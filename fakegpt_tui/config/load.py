"""Loading the settings from flags, environment and configuration file."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import PlatformDirs

from fakegpt_tui.config import validators
from fakegpt_tui.config.services import parse_services
from fakegpt_tui.config.sources import PREFIX, Sources, Table, read_config
from fakegpt_tui.config.spec import SETTING_SPECS, Folders, Settings, Source, ValueOrigin
from fakegpt_tui.domain import ConfigError
from fakegpt_tui.fast_import import dataclass, lazy_pattern

if TYPE_CHECKING:
    from fakegpt_tui.config.secrets import KeySource
    from fakegpt_tui.domain import Preset
    from fakegpt_tui.domain.prices import PriceRow

_NAME = "fakegpt-tui"
_CONFIG_VARIABLE = PREFIX + "CONFIG"
_FOLDERS = {"data_dir", "state_dir", "cache_dir", "exports_dir"}


def native_folders() -> Folders:
    """Where files belong on this system: XDG on Linux, the native folders elsewhere."""
    native = PlatformDirs(_NAME, appauthor=False)
    return Folders(
        config=native.user_config_path,
        data=native.user_data_path,
        state=native.user_state_path,
        cache=native.user_cache_path,
        exports=native.user_data_path / "exports",
    )


@dataclass(frozen=True, slots=True)
class UsableSettings:
    """Settings for commands that need only folders, and why they are not all that was set."""

    settings: Settings
    error: ConfigError | None


_UNQUOTED_NAME = lazy_pattern(r"""\s*(?:\[+[^"'\]]*|[^"'=\[#]*)[^\x00-\x7f][^"'=]*(?:\]|=)""")
"""A table or a key that is named in other letters than TOML takes without quotes."""


def load_settings(flags: Mapping[str, object], environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this run; reads the configuration file and nothing else.

    Raises:
        ConfigError: The file cannot be read, or a value in one of the places cannot be used.
    """
    folders = native_folders()
    path, chosen = _config_file(flags, environ, folders)
    content = read_config(path, required=chosen)
    return build_settings(flags, environ, content, path=path, folders=folders)


def _config_file(
    flags: Mapping[str, object], environ: Mapping[str, str], folders: Folders
) -> tuple[Path, bool]:
    """The path of the configuration file, and whether it was chosen."""
    chosen = flags.get("config") or environ.get(_CONFIG_VARIABLE)
    if not chosen:
        return (folders.config / "config.toml").absolute(), False
    path = os.path.expanduser(str(chosen))  # noqa: PTH111 - `Path` refuses `~` and an unknown name
    try:
        return Path(path).absolute(), True
    except FileNotFoundError as error:
        raise ConfigError(
            f"The configuration file {path} is not there: the current folder was deleted."
        ) from error


def load_usable_settings(
    flags: Mapping[str, object],
    environ: Mapping[str, str] = os.environ,
    *,
    may_be_missing: bool = True,
) -> UsableSettings:
    """All settings or, where one cannot be used, the folders alone.

    Raises:
        ConfigError: Where the folders are cannot be told, or a file that was chosen is missing.
    """
    folders = native_folders()
    path, is_chosen = _config_file(flags, environ, folders)
    if is_chosen and not may_be_missing and not path.exists():
        read_config(path, required=True)
    try:
        content = read_config(path)
        settings = build_settings(flags, environ, content, path=path, folders=folders)
    except ConfigError as error:
        is_placed = bool(flags.get("data_dir") or environ.get(PREFIX + "DATA_DIR"))
        kept = _build(
            {name: flags[name] for name in flags if name.endswith("_dir") or name == "config"},
            {name: environ[name] for name in environ if name.endswith("_DIR")},
            _read_folders(path, error, is_placed=is_placed),
            path=path,
            folders=folders,
        )
        return UsableSettings(kept, error)
    return UsableSettings(settings, None)


def _read_folders(path: Path, error: ConfigError, *, is_placed: bool) -> dict[str, object]:
    """The folders in the file at `path`, as far as it can be read.

    Raises:
        ConfigError: `error`, if the file seems to say where the store is, and nothing else does.
    """
    try:
        content = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return {}
    try:
        return {name: value for name, value in tomllib.loads(content).items() if name in _FOLDERS}
    except tomllib.TOMLDecodeError:
        if "data_dir" in content and not is_placed:
            raise error from None
        return {}


def default_settings(flags: Mapping[str, object]) -> Settings:
    """The settings without the file, if something cannot be used; it never raises.

    Folders are kept, if those can be used.
    """
    folders = native_folders()
    path, _ = _config_file(flags, os.environ, folders)
    try:
        return load_usable_settings(flags).settings
    except ConfigError:
        return build_settings({}, {}, "", path=path, folders=folders)


def build_settings(
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    content: str,
    *,
    path: Path,
    folders: Folders,
) -> Settings:
    """The settings that flags, environment and the text of the file at `path` add up to.

    Raises:
        ConfigError: A value in one of the places cannot be used.
    """
    return _build(flags, environ, _parse_toml(content, path), path=path, folders=folders)


def _build(
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    content: Mapping[str, object],
    *,
    path: Path,
    folders: Folders,
) -> Settings:
    table = Table(content, path=path)
    sources = Sources(flags, environ, table)
    services, presets = table.table("services"), table.table("presets")
    entries = parse_services(services)
    defaults = _folder_defaults(sources, folders)
    values: dict[str, Any] = {
        name: sources.resolve(row, defaults.get(name, row.default))
        for name, row in SETTING_SPECS.items()
    }
    if variable := _plain_variable(sources, environ):
        values["plain"] = True
        sources.origins["plain"] = ValueOrigin(Source.ENVIRONMENT, variable)
    keys = _parse_keys(table.table("keys"))
    parsed_presets, prices = _parse_presets_and_prices(presets, table.tables("prices"))
    settings = Settings(
        **values,
        config_file=path,
        color=not environ.get("NO_COLOR"),
        services={name: entry.service for name, entry in entries.items()},
        upstreams={name: entry.upstream for name, entry in entries.items() if entry.upstream},
        service_keys={name: entry.key for name, entry in entries.items() if entry.key},
        presets=parsed_presets,
        prices=prices,
        keys=keys,
        origins=sources.origins
        | {"config": _config_origin(flags, environ)}
        | {f"services.{name}": ValueOrigin(Source.DEFAULT) for name in entries}
        | {
            f"{name}.{key}": ValueOrigin(Source.FILE, str(path))
            for name, rows in (("services", services), ("presets", presets), ("keys", keys))
            for key in rows
        },
    )
    table.reject_unknown()
    sources.reject_misspelled([_CONFIG_VARIABLE, *_key_variables(settings.service_keys)])
    return settings


def _parse_presets_and_prices(
    presets: Table, prices: list[Table]
) -> tuple[dict[str, Preset], tuple[PriceRow, ...]]:
    if not any(presets) and not prices:
        return {}, ()
    from fakegpt_tui.config.presets import parse_presets, parse_prices  # noqa: PLC0415 - few have any

    return parse_presets(presets), parse_prices(prices)


def _key_variables(keys: Mapping[str, KeySource]) -> list[str]:
    """The environment variables that keys are in."""
    if not keys:
        return []
    from fakegpt_tui.config.secrets import KeyInEnvironment  # noqa: PLC0415 - where there is a key

    return [key.variable for key in keys.values() if isinstance(key, KeyInEnvironment)]


def _config_origin(flags: Mapping[str, object], environ: Mapping[str, str]) -> ValueOrigin:
    if flags.get("config"):
        return ValueOrigin(Source.FLAG, "--config")
    if environ.get(_CONFIG_VARIABLE):
        return ValueOrigin(Source.ENVIRONMENT, _CONFIG_VARIABLE)
    return ValueOrigin(Source.DEFAULT)


def _parse_keys(table: Table) -> dict[str, str]:
    """Actions and their keys. Ids have dots, which TOML reads as tables unless they are quoted."""
    keys: dict[str, str] = {}
    for name in table:
        if table.is_table(name):
            nested = _parse_keys(table.table(name))
            keys |= {f"{name}.{rest}": value for rest, value in nested.items()}
        else:
            keys[name] = table.consume(name, validators.any_text, "")
    return keys


def _parse_toml(content: str, path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"The configuration file {path} is not valid TOML: {error}.{_advice(content, error)}"
        ) from error


def _advice(content: str, error: tomllib.TOMLDecodeError) -> str:
    """A sentence about what is unusual in the line that `error` is about, if anything is."""
    found = re.search(r"\(at line (\d+)", str(error))
    line = content.split("\n")[int(found[1]) - 1] if found else ""
    if "\\" in line:
        return f" Please {validators.BACKSLASH_ADVICE}."
    return (
        " Please put names with other letters than a–z in quotes."
        if _UNQUOTED_NAME.match(line)
        else ""
    )


def _folder_defaults(sources: Sources, native: Folders) -> dict[str, Path]:
    """Default folders; a chosen data folder contains all others that are not chosen."""
    data = sources.resolve(SETTING_SPECS["data_dir"], native.data)
    assert isinstance(data, Path)  # noqa: S101 - for the type checker
    moved = sources.origins["data_dir"].source is not Source.DEFAULT
    return {
        "data_dir": data,
        "state_dir": data / "state" if moved else native.state,
        "cache_dir": data / "cache" if moved else native.cache,
        "exports_dir": data / "exports",
    }


def _plain_variable(sources: Sources, environ: Mapping[str, str]) -> str:
    """The variable that turns plain mode on, unless a setting decides; empty for none."""
    if sources.origins["plain"].source is not Source.DEFAULT:
        return ""
    if validators.parse_flag(environ.get("ACCESSIBLE", "")) is not False:
        return "ACCESSIBLE"
    return "TERM" if environ.get("TERM") == "dumb" else ""
