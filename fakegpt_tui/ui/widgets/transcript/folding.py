"""Folding: how much of each message is shown."""

from enum import Enum, auto

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.ui.markdown.blocks import has_section


class Fold(Enum):
    """How much of a message is shown."""

    TEXT = auto()
    """The text; of the reasoning above it, that it is there."""
    EVERYTHING = auto()
    NOTHING = auto()
    """A line that says what is folded."""


class Folds:
    """The folds of each message, kept while the program runs."""

    def __init__(self) -> None:
        self._folds: dict[str, Fold] = {}

    def of(self, message: ChatMessage) -> Fold:
        return self._folds.get(message.id, Fold.TEXT)

    def toggle(self, message: ChatMessage) -> None:
        """Show the next of the ways that a message can be shown in."""
        match self.of(message):
            case Fold.TEXT if message.reasoning or has_section(message.text):
                self._folds[message.id] = Fold.EVERYTHING
            case Fold.TEXT | Fold.EVERYTHING:
                self._folds[message.id] = Fold.NOTHING
            case Fold.NOTHING:
                self._folds[message.id] = Fold.TEXT

    def toggle_reasoning(self, message: ChatMessage) -> None:
        """Show the reasoning, or hide it again."""
        is_shown = self.of(message) is Fold.EVERYTHING
        self._folds[message.id] = Fold.TEXT if is_shown else Fold.EVERYTHING

    def set(self, message: ChatMessage, fold: Fold) -> None:
        """Show as much as was shown before."""
        self._folds[message.id] = fold

    def unfold(self, message: ChatMessage, *, reasoning: bool) -> bool:
        """Show the text, and the reasoning too if it is wanted; whether that changed anything."""
        before = self.of(message)
        if reasoning:
            self._folds[message.id] = Fold.EVERYTHING
        elif before is Fold.NOTHING:
            self._folds[message.id] = Fold.TEXT
        return self.of(message) is not before
