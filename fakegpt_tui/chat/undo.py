"""Undo history."""

from collections.abc import Callable

from fakegpt_tui.domain.fast_dataclass import dataclass

_MAX_ACTIONS = 200


@dataclass(frozen=True, slots=True)
class _UndoableAction:
    words: str
    undo: Callable[[], None]
    scope: str


class UndoHistory:
    """Actions that can be undone, the last one first.

    The scope of an action inside a conversation is the id of that conversation; actions on whole
    conversations have an empty scope.
    """

    def __init__(self) -> None:
        self._actions: list[_UndoableAction] = []

    def record(self, words: str, undo: Callable[[], None], *, scope: str = "") -> None:
        """`words` say what was done, in the past tense; `undo` reverses it."""
        self._actions.append(_UndoableAction(words, undo, scope))
        del self._actions[:-_MAX_ACTIONS]

    def undo(self, scope: str = "") -> str | None:
        """Undo the last action of that scope or on whole conversations; returns its words.

        `None` if there is none. An action whose undoing fails stays, and can be undone later.
        """
        for action in reversed(self._actions):
            if action.scope in ("", scope):
                action.undo()
                self._actions.remove(action)
                return action.words
        return None
