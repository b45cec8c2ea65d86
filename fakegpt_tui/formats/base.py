"""Results of an import: conversations loaded and items skipped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from fakegpt_tui.domain import ChatMessage, Conversation


@dataclass(frozen=True, slots=True)
class LoadedItem:
    """A conversation and its tree, parents first.

    `left_out` counts what is not in it, or not as it was, by what a person should be told about
    it, in words that a count can stand before.
    """

    conversation: Conversation
    messages: tuple[ChatMessage, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SkippedItem:
    """Something that cannot be taken, and why, in a sentence; `where` names it."""

    where: str
    reason: str


ImportItem: TypeAlias = LoadedItem | SkippedItem
