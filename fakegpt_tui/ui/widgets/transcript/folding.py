"""Folding: how much of each message is shown."""

from enum import Enum, auto

from fakegpt_tui.domain import ChatMessage


class Fold(Enum):
    """How much of a message is shown."""

    TEXT = auto()
    """The text, and a line that says that there is reasoning."""
    EVERYTHING = auto()
    NOTHING = auto()
    """A line with the beginning of the text."""


class Folds:
    """The fold of each message, while the program runs."""

    def __init__(self) -> None:
        self._folds: dict[str, Fold] = {}

    def of(self, message: ChatMessage) -> Fold:
        return self._folds.get(message.id, Fold.TEXT)

    def toggle(self, message: ChatMessage) -> None:
        """Go to the next fold of a message; the last one leads to the first."""
        from fakegpt_tui.ui.markdown.blocks import has_section  # noqa: PLC0415 - after the start

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
        """Go back to a fold that a message had."""
        self._folds[message.id] = fold

    def unfold(self, message: ChatMessage, *, reasoning: bool) -> bool:
        """Show the text, with the reasoning if it is wanted; whether that changed anything."""
        before = self.of(message)
        if reasoning:
            self._folds[message.id] = Fold.EVERYTHING
        elif before is Fold.NOTHING:
            self._folds[message.id] = Fold.TEXT
        return self.of(message) is not before
