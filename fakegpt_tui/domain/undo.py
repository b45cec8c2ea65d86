"""Undo: what was done, and the steps that take it back, each in one conversation."""

from collections.abc import Iterable
from dataclasses import field
from datetime import datetime, timedelta
from typing import Final, Self

from fakegpt_tui.domain.services import new_id, now
from fakegpt_tui.fast_import import dataclass

MOST_ACTIONS: Final = 200
OLDEST_ACTION: Final = timedelta(days=30)
"""How many actions can be undone, and for how long; so long do deleted conversations stay."""


@dataclass(frozen=True, slots=True)
class UndoStep:
    """A step as JSON, and the conversation that it changes.

    The id is empty where a step changes something else, such as a preset.
    """

    conversation_id: str
    data: str


@dataclass(frozen=True, slots=True)
class UndoAction:
    """Something that can be undone.

    `what` was `done`: “A message was”, “deleted”; on whole conversations, `what` is empty. The
    `scope` of an action inside a conversation is its id, and else empty.
    """

    id: str
    what: str
    done: str
    scope: str
    at: datetime
    steps: tuple[UndoStep, ...] = field(default=(), repr=False)

    @classmethod
    def new(
        cls, done: str, steps: Iterable[UndoStep] = (), *, what: str = "", scope: str = ""
    ) -> Self:
        """What is done now."""
        return cls(new_id(), what, done, scope, now(), tuple(steps))

    @property
    def conversation_ids(self) -> tuple[str, ...]:
        """The conversations that it is about, each once."""
        ids = dict.fromkeys(each.conversation_id for each in self.steps)
        return tuple(each for each in ids if each)
