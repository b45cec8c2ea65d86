"""Argument kinds: what may stand behind slash commands, and how rows of the keymap write it.

In `[FORMAT] [PATH]`, words in capitals are kinds of arguments, others stand for themselves, and
what is in brackets may be left out. Inner brackets need what is before them.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from types import MappingProxyType
from typing import Final, TypeAlias

from fakegpt_tui.fast_import import dataclass


@dataclass(frozen=True, slots=True)
class ArgumentKind:
    """What an argument may be, as it `says`.

    It is one word that begins as the `shape` says. One that `is_listed` is one of the values that
    are known, if any are; where it `goes_on`, anything may stand behind such a value and a slash.
    One that `takes_rest` of the line may have blanks; with `takes_lines` it may have several lines.
    """

    name: str
    example: str
    says: str
    shape: str = ""
    is_listed: bool = False
    goes_on: bool = False
    takes_rest: bool = False
    takes_lines: bool = False


_URL = "http://127.0.0.1:8080"
_PATH = r"([\"']).+\1\Z|\S+\Z|[/~.\\]|[A-Za-z]:[/\\]|\S*/|.*\.\w+\Z"
"""Several words without a sign of a path are a sentence, or a slip."""
_FIELD = r"(url|model|kind|key_env)=\S+\Z|key\Z"

KINDS: Final = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            ArgumentKind("NUMBER", "2", "a number", r"\d{1,9}\Z"),
            ArgumentKind(
                "MODEL",
                "lab/m-2",
                "one of a list, or SERVICE/MODEL",
                is_listed=True,
                goes_on=True,
            ),
            ArgumentKind("LEVEL", "high", "a level of effort", is_listed=True),
            ArgumentKind("PRESET", "brief", "a preset", is_listed=True),
            ArgumentKind("THEME", "dark", "a theme", is_listed=True),
            ArgumentKind("FORMAT", "md", "a format", is_listed=True),
            ArgumentKind("SETTING", "motion", "a setting", is_listed=True),
            ArgumentKind("GROUP", "month", "what to sum by", is_listed=True),
            ArgumentKind("SERVICE", "lab", "a service", is_listed=True),
            ArgumentKind("CONVERSATION", "Rivers", "a title", is_listed=True),
            ArgumentKind("NAME", "box", "a name of one word"),
            ArgumentKind("URL", _URL, f"an address such as {_URL}", r"\w+://\S+\Z"),
            ArgumentKind("MODEL-ID", "m-1", "what the service calls a model"),
            ArgumentKind("FIELD=VALUE", "model=m-1", "url=, model=, kind=, key_env=, key", _FIELD),
            ArgumentKind("KEY=VALUE", "seed=1", "such as seed=1", r"[\w.-]+=.+", takes_rest=True),
            ArgumentKind(
                "PATH", "notes.html", "in quotes where it has blanks", _PATH, takes_rest=True
            ),
            ArgumentKind("VALUE", "off", "a value", is_listed=True, takes_rest=True),
            ArgumentKind("FOLDER", "Work/2026", "a folder, as in Work/2026", takes_rest=True),
            ArgumentKind("TAGS", "sea, -land", "tags between commas", takes_rest=True),
            ArgumentKind("TITLE", "Of rivers", "a title", takes_rest=True),
            ArgumentKind("WORDS", "of rivers", "words", takes_rest=True),
            ArgumentKind("TEXT", "Be kind.", "a text", takes_rest=True, takes_lines=True),
        )
    }
)

PATH_KINDS: Final = frozenset(("PATH", "VALUE"))
"""Kinds that may be paths: a value is that of some settings."""


@dataclass(frozen=True, slots=True)
class ArgumentValue:
    """Something that an argument may be."""

    text: str
    description: str = ""


class OpenValues(tuple[ArgumentValue, ...]):
    """Values of a listed kind that are not all there are, such as the files of a folder."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ArgumentQuestion:
    """What may be typed: an argument of a command, which its id names, behind those given."""

    command: str
    kind: ArgumentKind
    given: tuple[str, ...] = ()
    typed: str = ""


Values: TypeAlias = Callable[[ArgumentQuestion], Sequence[ArgumentValue] | None]
"""What an argument may be, as far as that is known: `None` where anything may do."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for an argument of one of these kinds, so many brackets deep."""

    kinds: tuple[ArgumentKind, ...]
    depth: int = 0


@cache
def slots_of(notation: str) -> tuple[Slot, ...]:
    """The slots of a row's argument.

    Raises:
        KeyError: It names a kind that there is not.
    """
    slots: list[Slot] = []
    depth, joins = 0, False
    for sign in re.findall(r"[\[\]]|[^\s\[\]]+", notation):
        if sign in "[]":
            depth += 1 if sign == "[" else -1
        elif sign == "or":
            joins = True
        else:
            before = slots.pop().kinds if joins else ()
            slots.append(Slot((*before, _literal(sign) if sign.islower() else KINDS[sign]), depth))
            joins = False
    return tuple(slots)


def _literal(word: str) -> ArgumentKind:
    """A word that stands for itself, as in `/snippets examples`."""
    return ArgumentKind(word, word, "as it is", rf"(?i:{word})\Z")


def kinds_of(notation: str) -> frozenset[str]:
    """The names of all kinds in a row's argument."""
    return frozenset(kind.name for slot in slots_of(notation) for kind in slot.kinds)
