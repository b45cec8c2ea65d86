"""Loading the settings from flags, environment and configuration file."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from platformdirs import PlatformDirs

from fakegpt_tui.config import validators
from fakegpt_tui.config.presets import parse_presets as read_presets
from fakegpt_tui.config.services import DEFAULT_SERVICE, parse_services
from fakegpt_tui.config.sources import PREFIX, Sources, Table
from fakegpt_tui.config.spec import Folders, KeyInEnvironment, Origin, Settings, Source
from fakegpt_tui.domain import ConfigError

_NAME = "fakegpt-tui"
_CONFIG_VARIABLE = PREFIX + "CONFIG"


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


def load_settings(flags: Mapping[str, object], environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this run; reads the configuration file and nothing else.

    Raises:
        ConfigError: The file cannot be read, or a value in one of the places cannot be used.
    """
    folders = native_folders()
    chosen = flags.get("config") or environ.get(_CONFIG_VARIABLE)
    path = Path(str(chosen)).expanduser().absolute() if chosen else folders.config / "config.toml"
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        if chosen:
            raise ConfigError(f"The configuration file {path} does not exist.") from error
        content = ""
    except UnicodeDecodeError as error:
        raise ConfigError(f"The configuration file {path} is not UTF-8 text.") from error
    except OSError as error:
        raise ConfigError(
            f"The configuration file {path} cannot be read: {error.strerror}."
        ) from error
    return build_settings(flags, environ, content, path=path, folders=folders)


def default_settings(
    flags: Mapping[str, object], environ: Mapping[str, str] = os.environ
) -> Settings:
    """What holds where the file, or all that was said, cannot be used; it never raises.

    Folders stay where flags and environment place them, if those can be used.
    """
    folders = native_folders()
    chosen = flags.get("config") or environ.get(_CONFIG_VARIABLE)
    path = Path(str(chosen)).absolute() if chosen else folders.config / "config.toml"
    places = {name: environ[name] for name in environ if name.endswith("_DIR")}
    kept = {name: value for name, value in flags.items() if name.endswith("_dir")}
    try:
        return build_settings(kept, places, "", path=path, folders=folders)
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
    table = Table(_parse_toml(content, path), path=path)
    sources = Sources(flags, environ, table)
    services = table.table("services")
    entries = parse_services(services)
    presets = read_presets(table.table("presets"))
    keys = _keys(table.table("keys"))
    origin_of_file = Origin(Source.FILE, str(path))
    settings = Settings(
        config_file=path,
        folders=_folders(sources, replace(folders, config=path.parent)),
        service=sources.resolve("service", validators.text, DEFAULT_SERVICE),
        model=sources.resolve("model", validators.text, None),
        theme=sources.resolve("theme", validators.text, None),
        max_turns=sources.resolve(
            "max_turns", validators.integer(1, 64), 8, typed=validators.parse_number
        ),
        repaint_rate=sources.resolve(
            "repaint_rate", validators.integer(1, 60), 20, typed=validators.parse_number
        ),
        notify=sources.resolve("notify", validators.one_of("none", "bell", "desktop"), "none"),
        enter=sources.resolve("enter", validators.one_of("send", "newline"), "send"),
        ambiguous_width=sources.resolve(
            "ambiguous_width", validators.one_of("auto", "narrow", "wide"), "auto"
        ),
        plain=_plain(sources, environ),
        mirror=_mirror(sources),
        color=not environ.get("NO_COLOR"),
        services={name: entry.service for name, entry in entries.items()},
        upstreams={name: entry.upstream for name, entry in entries.items() if entry.upstream},
        service_keys={name: entry.key for name, entry in entries.items() if entry.key},
        presets=presets,
        favourites=sources.resolve(
            "favourites", validators.model_refs, (), typed=validators.parse_list
        ),
        keys=keys,
        origins=sources.origins
        | {"config": _config_origin(flags, environ)}
        | {
            f"services.{name}": origin_of_file if name in services else Origin(Source.DEFAULT)
            for name in entries
        }
        | {f"presets.{name}": origin_of_file for name in presets}
        | {f"keys.{action}": origin_of_file for action in keys},
    )
    table.reject_unknown()
    sources.reject_misspelled(
        [_CONFIG_VARIABLE]
        + [
            key.variable
            for key in settings.service_keys.values()
            if isinstance(key, KeyInEnvironment)
        ]
    )
    return settings


def _config_origin(flags: Mapping[str, object], environ: Mapping[str, str]) -> Origin:
    if flags.get("config"):
        return Origin(Source.FLAG, "--config")
    if environ.get(_CONFIG_VARIABLE):
        return Origin(Source.ENVIRONMENT, _CONFIG_VARIABLE)
    return Origin(Source.DEFAULT)


def _keys(table: Table) -> dict[str, str]:
    """Actions and their keys. Ids have dots, which TOML reads as tables unless they are quoted."""
    keys: dict[str, str] = {}
    for name in table:
        if table.is_table(name):
            keys |= {f"{name}.{rest}": value for rest, value in _keys(table.table(name)).items()}
        else:
            keys[name] = table.consume(name, validators.any_text, "")
    return keys


def _parse_toml(content: str, path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The configuration file {path} is not valid TOML: {error}.") from error


def _folders(sources: Sources, native: Folders) -> Folders:
    """The folders; a chosen data folder takes in all that is not placed elsewhere by name."""

    def folder(name: str, default: Path) -> Path:
        return sources.resolve(name, validators.path, default).absolute()

    data = folder("data_dir", native.data)
    moved = sources.origins["data_dir"].source is not Source.DEFAULT
    return Folders(
        config=native.config,
        data=data,
        state=folder("state_dir", data / "state" if moved else native.state),
        cache=folder("cache_dir", data / "cache" if moved else native.cache),
        exports=folder("exports_dir", data / "exports"),
    )


def _mirror(sources: Sources) -> Path | None:
    folder = sources.resolve("mirror", validators.path, None)
    return None if folder is None else folder.absolute()


def _plain(sources: Sources, environ: Mapping[str, str]) -> bool:
    """Line by line, where asked for, by ACCESSIBLE, or where the terminal can do no more."""
    plain = sources.resolve("plain", validators.boolean, False, typed=validators.parse_flag)
    if sources.origins["plain"].source is not Source.DEFAULT:
        return plain
    if validators.parse_flag(environ.get("ACCESSIBLE", "")) is not False:
        sources.origins["plain"] = Origin(Source.ENVIRONMENT, "ACCESSIBLE")
        return True
    if environ.get("TERM") == "dumb":
        sources.origins["plain"] = Origin(Source.ENVIRONMENT, "TERM")
        return True
    return False
