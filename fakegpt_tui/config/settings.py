"""The settings of one run, each value with its origin."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from fakegpt_tui.domain import ConfigError, ModelRef, Preset, Service


class Source(StrEnum):
    """The places a value may come from; an earlier one wins over a later one."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from; `name` is the flag, the variable or the file."""

    source: Source
    name: str = ""

    def __str__(self) -> str:
        return self.name or str(self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where files are kept. Nothing here exists until the command line creates it."""

    config: Path
    data: Path
    state: Path
    cache: Path
    exports: Path


@dataclass(frozen=True, slots=True)
class KeyInEnvironment:
    """A service's key is in this environment variable."""

    variable: str


@dataclass(frozen=True, slots=True)
class KeyInFile:
    """A service's key is the text of this file."""

    path: Path


@dataclass(frozen=True, slots=True)
class KeyInKeyring:
    """A service's key is in the keyring of the system, under the name of the service."""

    service: str


KeySource: TypeAlias = KeyInEnvironment | KeyInFile | KeyInKeyring


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be configured.

    `mirror` is a folder for Markdown files of all conversations. `upstreams` names, for an
    embedded host, the service that answers through it. `keys` maps the id of an action to its
    keys, separated by commas; no key turns the action's key off. `enter` is “send” or “newline”,
    `ambiguous_width` “auto”, “narrow” or “wide”.
    `origins` has an entry for every value, services and presets by `services.NAME` and
    `presets.NAME`.
    """

    config_file: Path
    folders: Folders
    service: str
    model: str | None
    theme: str | None
    max_turns: int
    repaint_rate: int
    notify: str
    enter: str
    ambiguous_width: str
    plain: bool
    mirror: Path | None
    color: bool
    services: Mapping[str, Service]
    upstreams: Mapping[str, str]
    service_keys: Mapping[str, KeySource]
    presets: Mapping[str, Preset]
    favourites: tuple[ModelRef, ...]
    keys: Mapping[str, str]
    origins: Mapping[str, Origin]

    @property
    def database(self) -> Path:
        return self.folders.data / "conversations.db"

    @property
    def session_file(self) -> Path:
        return self.folders.state / "sessions.json"

    @property
    def crash_reports(self) -> Path:
        return self.folders.state / "crashes"

    @property
    def logs(self) -> Path:
        return self.folders.state / "logs"

    @property
    def chosen_service(self) -> Service:
        """The service that new conversations use.

        Raises:
            ConfigError: There is no service of that name.
        """
        return self.service_named(self.service)

    def service_named(self, name: str) -> Service:
        """The service of that name.

        Raises:
            ConfigError: There is none.
        """
        try:
            return self.services[name]
        except KeyError as error:
            known = ", ".join(sorted(self.services))
            raise ConfigError(
                f"There is no service named {name!r}; the configured ones are {known}."
            ) from error

    def upstream_of(self, service: Service) -> Service:
        """The service that answers for `service`: its upstream, or else itself."""
        upstream = self.upstreams.get(service.name)
        return service if upstream is None else self.services[upstream]
