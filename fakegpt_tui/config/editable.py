"""The settings that a person may change while the program runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from fakegpt_tui.config import readers
from fakegpt_tui.config.settings import Settings

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
    found = readers.parse_flag(text)
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
        description="How many times a second a streaming reply is drawn, from 1 to 60; fewer suit a "
        "slow line.",
        get=lambda settings: settings.repaint_rate,
        parse=_parse_number,
        applies_now=True,
    ),
    SettingSpec(
        name="ambiguous_width",
        description="How many columns §, é, Greek and the like take; auto asks the terminal, which must "
        "do the same.",
        get=lambda settings: settings.ambiguous_width,
        choices=("auto", "narrow", "wide"),
        applies_now=True,
    ),
    SettingSpec(
        name="mirror",
        description="A folder that is given a Markdown file of every conversation, for Git, Obsidian and "
        "others; none where it is empty.",
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
