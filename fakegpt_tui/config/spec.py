"""Settings: one row each, from which loader, `config show`, template, editor and help follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fakegpt_tui.config import validators
from fakegpt_tui.domain import ConfigError, ModelRef, Preset, Service
from fakegpt_tui.fast_import import dataclass

if TYPE_CHECKING:
    from decimal import Decimal

    from fakegpt_tui.config.secrets import KeySource
    from fakegpt_tui.config.validators import TomlValue, Validator
    from fakegpt_tui.domain.prices import PriceRow

_ROW: Final = "setting"


class Source(StrEnum):
    """The places a value may come from; an earlier one wins over a later one."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    LAST_CHOICE = "last choice"
    """In the interface alone, which remembers it."""

    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class ValueOrigin:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingSpec:
    """Everything that is known about one setting.

    `validate` checks a value, and `parse` turns text, as it is typed or in a variable, into what
    the file would hold. `choices` are all values, if there are only a few. `unset` is shown where
    there is no value. A new configuration file has a line for each setting with an `example`. The
    settings screen shows those that have a `title`, in their `group`; those that need no new start
    are used at once.
    """

    description: str
    validate: Validator[Any]
    name: str = ""
    title: str = ""
    group: str = ""
    default: Any = None
    parse: Callable[[str], TomlValue] = str
    choices: tuple[str, ...] = ()
    unset: str = ""
    example: str = ""
    applies_now: bool = False

    @property
    def is_path(self) -> bool:
        """Is it a file or a folder?"""
        return self.validate is validators.absolute_path

    def value(self, settings: Settings) -> str:
        """The value in these settings, as it would be typed; empty where nothing is set."""
        match getattr(settings, self.name):
            case None:
                return self.unset
            case bool(value):
                return str(value).lower()
            case tuple(values):
                return ", ".join(map(str, values))
            case value:
                return str(value)


def setting(
    description: str, validate: Validator[Any] | None = None, **attributes: Any
) -> Any:  # a field of any type
    """A field of `Settings` with its row; without a validator, one of its `choices`."""
    row = SettingSpec(
        description=description,
        validate=validate or validators.one_of(*attributes["choices"]),
        **attributes,
    )
    return field(metadata={_ROW: row})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be configured.

    `upstreams` names, for an embedded host, the service that answers through it. `keys` maps the
    id of an action to its keys, separated by commas; an empty text turns its key off. `origins`
    has an entry for every value; those of tables go by `services.NAME` and the like.
    """

    # What each says, how it is checked, and where the settings screen shows it: read as a table.
    # fmt: off
    service: str = setting(
        "The service for new conversations, until another one is chosen with F6.", validators.text,
        group="Answers", title="Service", default="embedded", example='"embedded"',
        applies_now=True)
    model: str | None = setting("The model for new conversations; without one, the service's own.",
        validators.text, group="Answers", title="Model")
    theme: str | None = setting("The colours of the screen.", validators.text, group="Look",
        title="Theme", unset="auto", applies_now=True)
    transparent: bool = setting("Show the terminal's own background behind messages and lists.",
        validators.boolean, group="Look", title="Transparent", default=False,
        parse=validators.parse_flag, choices=("false", "true"), applies_now=True)
    enter: str = setting("What enter does in the prompt; ctrl+j does the other.",
        group="Keys and notices", title="Enter key", default="send", choices=("send", "newline"),
        example='"newline"', applies_now=True)
    editing: str = setting(
        "Whose keys edit the prompt: those of readline, or of vim, in its modes.",
        group="Keys and notices", title="Editing keys", default="readline",
        choices=("readline", "vim"), example='"vim"', applies_now=True)
    hint_letters: str = setting(
        "The letters of hints, the best ones first: those of the home row, as a rule.",
        validators.letters, group="Keys and notices", title="Letters of hints", default="fjdksahg",
        example='"aoeuhtns"')
    notify: str = setting("How the end of a reply is announced while you look at something else.",
        group="Keys and notices", title="Notifications", default="none",
        choices=("none", "bell", "desktop"), example='"bell"', applies_now=True)
    max_turns: int = setting(
        "How many replies may stream at once, from 1 to 64; more wait their turn.",
        validators.integer(1, 64), group="Answers", title="Replies at once", default=8,
        parse=validators.parse_number, example="8", applies_now=True)
    attachment_limit: int = setting(
        "How many megabytes a picture or file may have, from 1 to 2,000; a larger one is refused.",
        validators.integer(1, 2000), group="Files", title="Attachments up to, MB", default=50,
        parse=validators.parse_number)
    attachment_total_limit: int = setting(
        "How many megabytes all pictures and files may take together; beyond it new ones are "
        "refused, and none is deleted. With 0, there is no limit.",
        validators.integer(0, 1_000_000), group="Files", title="Attachments in all, MB", default=0,
        parse=validators.parse_number)
    repaint_rate: int = setting(
        "How many times a second a streaming reply is drawn, from 1 to 60; fewer suit a slow line.",
        validators.integer(1, 60), group="Look", title="Redraws a second", default=20,
        parse=validators.parse_number, applies_now=True)
    motion: str = setting(
        "With off, a streaming reply is drawn four times a second, numbers that run change every "
        "five seconds, and nothing glides: for slow lines and quiet eyes.", group="Look",
        title="Motion", default="on", choices=("on", "off"), example='"off"', applies_now=True)
    pictures: str = setting(
        "How pictures are drawn: auto is as well as the terminal can, blocks is with characters "
        "in two colours, off is by their captions alone.", group="Look", title="Pictures",
        default="auto", choices=("auto", "blocks", "off"), example='"blocks"', applies_now=True)
    diagrams: str = setting("Draw Mermaid diagrams as text; off shows their source.", group="Look",
        title="Diagrams", default="on", choices=("on", "off"), example='"off"')
    ambiguous_width: str = setting(
        "How many columns §, é, Greek and the like take: narrow for one, wide for two; auto asks "
        "the terminal.", group="Look", title="Width of § and é", default="auto",
        choices=("auto", "narrow", "wide"), example='"auto"', applies_now=True)
    mirror: Path | None = setting(
        "A folder with a Markdown file of every conversation, for Git, Obsidian and others; empty "
        "for none.", validators.absolute_path, group="Files", title="Mirror folder",
        example='"~/notes/chats"')
    exports_dir: Path = setting("The folder for saved files.", validators.absolute_path,
        group="Files", title="Folder for saved files", example='"~/chats"')
    plain: bool = setting("Chat line by line, for screen readers and simple terminals.",
        validators.boolean, group="Look", title="Line by line", default=False,
        parse=validators.parse_flag, choices=("false", "true"))
    log: Path | None = setting(
        "A file that is told what the program does, without texts and secrets; without one there "
        "is no log.", validators.absolute_path, group="Files", title="Log file",
        example='"~/fakegpt-tui.log"')
    log_level: str = setting("The least important thing that the log is told.", group="Files",
        title="Log level", default="info", choices=("error", "warning", "info", "debug"))
    favourites: tuple[ModelRef, ...] = setting("Models that F6 shows first, each as service/model.",
        validators.model_refs, default=(), parse=validators.parse_list,
        example='["ollama/llama3.2"]')
    title_model: ModelRef | None = setting(
        "The service and model that title new conversations, as service/model; empty for none.",
        validators.model_ref, group="Answers", title="Model for titles",
        example='"ollama/llama3.2"')
    monthly_budget: Decimal | None = setting(
        "Dollars a month; before a prompt that would pass them you are asked.", validators.dollars,
        group="Answers", title="Dollars a month", parse=validators.parse_dollars, example="20",
        applies_now=True)
    data_dir: Path = setting(
        "The folder for conversations and, unless they have their own, for all other files.",
        validators.absolute_path)
    state_dir: Path = setting("The folder for sessions, crash reports and what was chosen last.",
        validators.absolute_path)
    cache_dir: Path = setting("The folder for caches.", validators.absolute_path)
    # fmt: on

    config_file: Path
    color: bool
    services: dict[str, Service]
    upstreams: dict[str, str]
    service_keys: dict[str, KeySource]
    presets: Mapping[str, Preset]
    prices: tuple[PriceRow, ...]
    keys: Mapping[str, str]
    origins: Mapping[str, ValueOrigin]

    @property
    def folders(self) -> Folders:
        return Folders(
            config=self.config_file.parent,
            data=self.data_dir,
            state=self.state_dir,
            cache=self.cache_dir,
            exports=self.exports_dir,
        )

    @property
    def database(self) -> Path:
        return self.data_dir / "conversations.db"

    @property
    def model_facts(self) -> Path:
        """What is learned of models."""
        return self.cache_dir / "models.json"

    @property
    def session_file(self) -> Path:
        return self.state_dir / "sessions.json"

    @property
    def choices_file(self) -> Path:
        return self.state_dir / "last-choices.json"

    @property
    def themes_folder(self) -> Path:
        """Where the user's own themes are, as TOML files."""
        return self.folders.config / "themes"

    @property
    def snippets_folder(self) -> Path:
        """Where the user's snippets are, as Markdown files."""
        return self.folders.config / "snippets"

    @property
    def crash_reports(self) -> Path:
        return self.state_dir / "crashes"

    @property
    def chosen_service(self) -> Service:
        """The service that new conversations use.

        Raises:
            ConfigError: There is no service of that name.
        """
        try:
            return self.services[self.service]
        except KeyError as error:
            known = ", ".join(sorted(self.services))
            raise ConfigError(
                f"There is no service named {self.service!r}; the configured ones are {known}."
            ) from error

    def upstream_of(self, service: Service) -> Service:
        """The service that answers for `service`: its upstream, or else itself."""
        upstream = self.upstreams.get(service.name)
        return service if upstream is None else self.services[upstream]


SETTING_SPECS: Final[Mapping[str, SettingSpec]] = {
    each.name: replace(each.metadata[_ROW], name=each.name)
    for each in fields(Settings)
    if _ROW in each.metadata
}

EDITABLE_SETTINGS: Final = tuple(row for row in SETTING_SPECS.values() if row.title)
"""What the settings screen shows, in its order."""
