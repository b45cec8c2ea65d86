"""Options: the folders, looks, settings and services that the user interface is started with."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, TypeVar

from fakegpt_tui.domain import ModelRef, Preset, Service, now
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.attachments.snippets import Snippet
    from fakegpt_tui.domain import ConnectionCheck, FoundService, ServiceForm

T = TypeVar("T")

DARK_THEME: Final = "fakegpt-dark"
AUTO_THEME: Final = "auto"
"""The light or the dark theme, as the background of the terminal is."""
_MAX_TITLE = 80


class AmbiguousWidth(StrEnum):
    """How wide ambiguous characters are; `AUTO` leaves it to the terminal's answer."""

    AUTO = "auto"
    NARROW = "narrow"
    WIDE = "wide"


class NotifyMode(StrEnum):
    """How a reply that ends out of sight is announced."""

    NONE = "none"
    BELL = "bell"
    DESKTOP = "desktop"


def notification_sequence(notify: NotifyMode, title: str, sentence: str) -> str:
    """The escape sequences of a notification; empty for no notification.

    Desktop notifications go out as OSC 9 (iTerm2, WezTerm, Windows Terminal) and OSC 777 (urxvt,
    foot, Ghostty); a terminal that knows neither shows nothing. The title is foreign text, and a
    semicolon would end it.
    """
    shown = safe_line(title, _MAX_TITLE).replace(";", ",")
    match notify:
        case NotifyMode.NONE:
            return ""
        case NotifyMode.BELL:
            return "\a"
        case NotifyMode.DESKTOP:
            return f"\x1b]9;{shown}: {sentence}\x1b\\\x1b]777;notify;{shown};{sentence}\x1b\\"


class ServiceRepository(Protocol):
    """Finds, tests, adds, changes and removes services, and knows the user's favourites.

    Raises `ConfigError` and `SaveError`.
    """

    @property
    def favourites(self) -> tuple[ModelRef, ...]:
        """The models that the user has marked."""
        ...

    async def set_favourite(self, answerer: ModelRef, *, favourite: bool) -> None:
        """Mark a model as a favourite, or no longer."""
        ...

    async def discover(self) -> tuple[FoundService, ...]:
        """Model servers on this machine that are not configured yet."""
        ...

    def validate(self, draft: ServiceForm) -> Mapping[str, str]:
        """A sentence for each field of `draft` that would be refused."""
        ...

    async def keyring_error(self) -> str:
        """Why the keyring of the system cannot store keys; empty where it can."""
        ...

    def key_location(self, name: str) -> str:
        """Where the key of a service is stored, as a label; empty where it has none."""
        ...

    def removable_key_location(self, name: str) -> str:
        """Where the key is stored that is deleted with the service; empty where there is none."""
        ...

    def check_connection(self, draft: ServiceForm) -> AsyncGenerator[ConnectionCheck]:
        """Use the service as it would be, and yield what works; nothing is saved."""
        ...

    async def save(self, draft: ServiceForm) -> Service:
        """Write the service to the configuration; it can be used at once."""
        ...

    async def remove(self, name: str) -> None:
        """Remove a service from the configuration, and the key that was stored for it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveSetting:
    """A setting with the value that is in effect, or will be from the next start on.

    `origin` says where the value comes from. `choices` are empty for free text. A setting that is
    `overridden` by an option or a variable keeps its value in this run, whatever the file says;
    `file_value` is that, or empty. An `immediate` one can be used without a restart. People know it
    by its `title` in its `group`; one that `is_path` names a file or a folder.
    """

    name: str
    value: str
    origin: str
    description: str
    choices: tuple[str, ...] = ()
    overridden: bool = False
    immediate: bool = False
    file_value: str = ""
    title: str = ""
    group: str = ""
    is_path: bool = False
    is_last_choice: bool = False


@dataclass(frozen=True, slots=True)
class SettingChange:
    """The text of a setting in the file before it was changed; `None` where there was none.

    `lost` are last choices that the change has replaced, by the names of settings.
    """

    name: str
    before: str | None
    lost: Mapping[str, str]


def lost_choices(
    before: Iterable[EffectiveSetting], after: Iterable[EffectiveSetting]
) -> Mapping[str, str]:
    """The last choices that held before a change and do not after it."""
    still = {each.name for each in after if each.is_last_choice}
    chosen = (each for each in before if each.is_last_choice and each.name not in still)
    return {each.name: each.value for each in chosen}


class SettingsRepository(Protocol):
    """Reads and writes the settings."""

    async def settings(self) -> tuple[EffectiveSetting, ...]:
        """All settings that can be changed.

        Raises:
            FakeGPTError: They cannot be read.
        """
        ...

    async def change(self, name: str, value: str | None) -> str | None:
        """Write a value, or remove it for the default; returns what was written before.

        Raises:
            FakeGPTError: It is invalid, or cannot be written; then nothing has changed.
        """
        ...

    async def choose_again(self, choices: Mapping[str, str]) -> None:
        """Let last choices hold again, by the names of settings.

        Raises:
            FakeGPTError: They cannot be written.
        """
        ...

    async def change_keys(self, command_id: str, keys: str | None) -> str | None:
        """Write the keys of a command, or leave them to the keymap; returns what was written.

        Raises:
            FakeGPTError: They cannot be written; then nothing has changed.
        """
        ...


class ChoiceMemory(Protocol):
    """Remembers what was chosen, and how the screen was arranged, for the next start."""

    def get(self, name: str) -> str | None:
        """What was remembered by this name."""
        ...

    async def remember(self, values: Mapping[str, str | None]) -> None:
        """Remember values by their names; `None` forgets one.

        Raises:
            SaveError: They cannot be written; they hold in this run.
        """
        ...


class NoMemory:
    """Remembers nothing."""

    def get(self, name: str) -> str | None:
        del name
        return None

    async def remember(self, values: Mapping[str, str | None]) -> None:
        """Let the values go with this run."""


SavePreset: TypeAlias = Callable[[Preset], Awaitable[None]]


def local_now() -> datetime:
    return now().astimezone()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the composition root hands to the user interface.

    `values` are all settings by their names. `notices` returns all sentences so far that the user
    should read once. `services` and `settings` read and write the configuration,
    `save_preset` writes a preset there. `memory` keeps what was chosen last. `isolates_bidi` says
    that the terminal shows nothing for characters that have no width. `warm_up` draws something out
    of sight soon after the start, so that the first reply need not wait for imports.
    `snippets` reads the snippets by their names, out of `snippets_folder`.
    `theme_files` are those of the user, by the names of their themes. `child_environment` is the
    environment of programs that are started, without keys.
    `reopens_store` says that a store which cannot be read at the start is opened anew after this
    run; `typed` is what was typed in the run before.
    """

    exports: Path
    services: Callable[[], ServiceRepository]
    theme: str = AUTO_THEME
    theme_files: Mapping[str, Path] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    snippets: Callable[[], Mapping[str, Snippet]] = dict
    snippets_folder: Path | None = None
    resume: str | None = None
    notices: Callable[[], tuple[str, ...]] = tuple
    save_preset: SavePreset | None = None
    notify: NotifyMode = NotifyMode.NONE
    ambiguous_width: AmbiguousWidth = AmbiguousWidth.AUTO
    enter_sends: bool = True
    settings: SettingsRepository | None = None
    memory: ChoiceMemory = NoMemory()
    values: Mapping[str, object] = field(default_factory=dict)
    cursor_blink: bool = False
    isolates_bidi: bool = True
    warm_up: bool = True
    reopens_store: bool = False
    typed: str = ""
    child_environment: Callable[[], Mapping[str, str]] = os.environ.copy
    clock: Callable[[], datetime] = local_now

    def hint_letters(self) -> str:
        """The letters of hints, the best ones first; empty for those of the program."""
        return self.value("hint_letters", "")

    def value(self, name: str, default: T) -> T:
        """The value of a setting, by its name in the configuration."""
        found = self.values.get(name, default)
        return found if isinstance(found, type(default)) else default
