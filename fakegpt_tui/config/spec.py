"""The settings: one row each, and the values of one run."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias

from fakegpt_tui.config import validators
from fakegpt_tui.domain import ConfigError, ModelRef, Preset, Service
from fakegpt_tui.domain.fast_dataclass import dataclass


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


TomlValue: TypeAlias = str | int | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingSpec:
    """A setting, and what there is to say about it.

    `choices` are all there are, unless only others know them, or any text will do. `typed` turns
    what a person types into what the file holds; what is wrong with that, the readers say. One that
    works `at_once` needs no new start.
    """

    name: str
    description: str
    get: Callable[[Settings], object]
    choices: tuple[str, ...] = ()
    parse: Callable[[str], TomlValue] = str
    applies_now: bool = False

    def value(self, settings: Settings) -> str:
        """What holds, as it would be typed; empty where nothing is set."""
        found = self.get(settings)
        if isinstance(found, bool):
            return str(found).lower()
        return "" if found is None else str(found)


def _parse_number(text: str) -> TomlValue:
    return int(text) if text.strip().isdecimal() else text


def _parse_flag(text: str) -> TomlValue:
    found = validators.parse_flag(text)
    return found if isinstance(found, bool) else text


SETTING_SPECS: Final = (
    SettingSpec(
        name="service",
        description="Who answers in new conversations; F6 chooses for the open one.",
        get=lambda settings: settings.service,
        applies_now=True,
    ),
    SettingSpec(
        name="model",
        description="The model that new conversations ask for; without one, the service's own.",
        get=lambda settings: settings.model,
    ),
    SettingSpec(
        name="theme",
        description="The colours of the screen.",
        get=lambda settings: settings.theme or "dark",
        applies_now=True,
    ),
    SettingSpec(
        name="enter",
        description="What enter does in the prompt; ctrl+j does the other.",
        get=lambda settings: settings.enter,
        choices=("send", "newline"),
        applies_now=True,
    ),
    SettingSpec(
        name="notify",
        description="How a reply is announced that ends out of sight.",
        get=lambda settings: settings.notify,
        choices=("none", "bell", "desktop"),
        applies_now=True,
    ),
    SettingSpec(
        name="max_turns",
        description="How many replies may stream at once, from 1 to 64; more wait their turn.",
        get=lambda settings: settings.max_turns,
        parse=_parse_number,
        applies_now=True,
    ),
    SettingSpec(
        name="repaint_rate",
        description="How many times a second a streaming reply is drawn, from 1 to 60; "
        "fewer suit a slow line.",
        get=lambda settings: settings.repaint_rate,
        parse=_parse_number,
        applies_now=True,
    ),
    SettingSpec(
        name="ambiguous_width",
        description="How many columns §, é, Greek and the like take; auto asks the "
        "terminal, which must do the same.",
        get=lambda settings: settings.ambiguous_width,
        choices=("auto", "narrow", "wide"),
        applies_now=True,
    ),
    SettingSpec(
        name="mirror",
        description="A folder that is given a Markdown file of every conversation, for Git, "
        "Obsidian and others; none where it is empty.",
        get=lambda settings: settings.mirror,
    ),
    SettingSpec(
        name="exports_dir",
        description="Where saved files go.",
        get=lambda settings: settings.folders.exports,
    ),
    SettingSpec(
        name="plain",
        description="Whether to chat line by line, for screen readers and simple terminals.",
        get=lambda settings: settings.plain,
        choices=("false", "true"),
        parse=_parse_flag,
    ),
)
