"""The settings that a person may change while the program runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from fakegpt_tui.config import readers
from fakegpt_tui.config.settings import Settings

Typed: TypeAlias = str | int | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Editable:
    """A setting, and what there is to say about it.

    `choices` are all there are, unless only others know them, or any text will do. `typed` turns
    what a person types into what the file holds; what is wrong with that, the readers say. One that
    works `at_once` needs no new start.
    """

    name: str
    words: str
    of: Callable[[Settings], object]
    choices: tuple[str, ...] = ()
    typed: Callable[[str], Typed] = str
    at_once: bool = False

    def value(self, settings: Settings) -> str:
        """What holds, as it would be typed; empty where nothing is set."""
        found = self.of(settings)
        if isinstance(found, bool):
            return str(found).lower()
        return "" if found is None else str(found)


def _number(text: str) -> Typed:
    return int(text) if text.strip().isdecimal() else text


def _flag(text: str) -> Typed:
    found = readers.flag_in(text)
    return found if isinstance(found, bool) else text


EDITABLE: Final = (
    Editable(
        name="service",
        words="Who answers in new conversations; F6 chooses for the open one.",
        of=lambda settings: settings.service,
        at_once=True,
    ),
    Editable(
        name="model",
        words="The model that new conversations ask for; without one, the service's own.",
        of=lambda settings: settings.model,
    ),
    Editable(
        name="theme",
        words="The colours of the screen.",
        of=lambda settings: settings.theme or "dark",
        at_once=True,
    ),
    Editable(
        name="enter",
        words="What enter does in the prompt; ctrl+j does the other.",
        of=lambda settings: settings.enter,
        choices=("send", "newline"),
        at_once=True,
    ),
    Editable(
        name="notify",
        words="How a reply is announced that ends out of sight.",
        of=lambda settings: settings.notify,
        choices=("none", "bell", "desktop"),
        at_once=True,
    ),
    Editable(
        name="max_turns",
        words="How many replies may stream at once, from 1 to 64; more wait their turn.",
        of=lambda settings: settings.max_turns,
        typed=_number,
        at_once=True,
    ),
    Editable(
        name="repaint_rate",
        words="How many times a second a streaming reply is drawn, from 1 to 60; fewer suit a "
        "slow line.",
        of=lambda settings: settings.repaint_rate,
        typed=_number,
        at_once=True,
    ),
    Editable(
        name="ambiguous_width",
        words="How many columns §, é, Greek and the like take; auto asks the terminal, which must "
        "do the same.",
        of=lambda settings: settings.ambiguous_width,
        choices=("auto", "narrow", "wide"),
        at_once=True,
    ),
    Editable(
        name="mirror",
        words="A folder that is given a Markdown file of every conversation, for Git, Obsidian and "
        "others; none where it is empty.",
        of=lambda settings: settings.mirror,
    ),
    Editable(
        name="exports_dir",
        words="Where saved files go.",
        of=lambda settings: settings.folders.exports,
    ),
    Editable(
        name="plain",
        words="Whether to chat line by line, for screen readers and simple terminals.",
        of=lambda settings: settings.plain,
        choices=("false", "true"),
        typed=_flag,
    ),
)
