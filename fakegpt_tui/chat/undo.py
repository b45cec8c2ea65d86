"""Undo history."""

from collections.abc import Callable

from fakegpt_tui.domain.fast_dataclass import dataclass

_MAX_ACTIONS = 200


@dataclass(frozen=True, slots=True)
class _UndoableAction:
    words: str
    back: Callable[[], None]
    scope: str


class UndoHistory:
    """What was done, so that the last of it can be taken back first.

    What was done inside a conversation has its id as the scope, what was done to whole
    conversations an empty one.
    """

    def __init__(self) -> None:
        self._actions: list[_UndoableAction] = []

    def record(self, words: str, back: Callable[[], None], *, scope: str = "") -> None:
        """`words` say what was done, in the past tense; `back` takes it back."""
        self._actions.append(_UndoableAction(words, back, scope))
        del self._actions[:-_MAX_ACTIONS]

    def undo(self, scope: str = "") -> str | None:
        """Take the last action back that was of that scope or of whole conversations; its words.

        `None` if there is none. One that cannot be taken back now stays, and may be later.
        """
        for action in reversed(self._actions):
            if action.scope in ("", scope):
                action.back()
                self._actions.remove(action)
                return action.words
        return None
