"""Hints: letters over targets in view; typing them opens or copies the target, or asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import groupby, product
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from fakegpt_tui.ui.widgets.transcript.hint_targets import Spot, Target, TargetKind, find_spots

if TYPE_CHECKING:
    from textual import events

    from fakegpt_tui.ui.widgets.transcript.viewport import Viewport

HOME_ROW: Final = "fjdksahg"
"""Without l, which looks like I and 1; the strongest fingers first."""
_MORE = f"{HOME_ROW}eruwtpxm"
"""Letters for screens with more targets than two of the chosen ones can name."""


class HintAction(StrEnum):
    """What can be done with a target; its first letter is the key for that."""

    OPEN = "open"
    COPY = "copy"
    VIEW = "view"
    SAVE = "save"
    EDIT = "edit"
    PIPE = "pipe"
    FOLD = "fold"
    MARK = "mark"
    AGAIN = "again"
    BRANCH = "branch"


Actions = Mapping[TargetKind, Sequence[HintAction]]
"""What can be done with each kind, first what a hint in small letters does."""

ACTIONS: Actions = MappingProxyType(
    {
        TargetKind.LINK: (HintAction.OPEN, HintAction.COPY),
        TargetKind.CODE: (HintAction.COPY, HintAction.SAVE, HintAction.EDIT, HintAction.PIPE),
        TargetKind.PICTURE: (
            HintAction.VIEW,
            HintAction.OPEN,
            HintAction.SAVE,
            HintAction.COPY,
        ),
        TargetKind.FILE: (
            HintAction.OPEN,
            HintAction.SAVE,
            HintAction.EDIT,
            HintAction.PIPE,
            HintAction.COPY,
        ),
        TargetKind.FOLD: (HintAction.FOLD, HintAction.COPY),
        TargetKind.MESSAGE: (
            HintAction.MARK,
            HintAction.COPY,
            HintAction.EDIT,
            HintAction.AGAIN,
            HintAction.BRANCH,
        ),
    }
)
"""What can be done with each kind of target in the main screen."""

_TYPE = "Type a hint · CAPITALS copy · space asks what to do · esc leaves"
_TYPE_TO_ASK = "Type a hint, then say what to do with it · esc leaves"
_GONE = "What had a hint is out of view."


class HintListener(Protocol):
    """Shows what hints say, and does what is chosen."""

    def tell(self, words: str) -> object: ...
    def act(self, spot: Spot, action: HintAction) -> object: ...
    def end(self, reason: str) -> object: ...


def make_labels(count: int, letters: str = HOME_ROW) -> list[str]:
    """Labels of one or two letters, none of which begins another; no more than there are."""
    if count > len(letters) ** 2:
        letters += "".join(each for each in _MORE if each not in letters)
    size = len(letters)
    single = size if count <= size else max(0, (size * size - count) // (size - 1))
    pairs = (first + second for first, second in product(letters[single:], letters))
    return [*letters[:single], *pairs][:count]


class Hints:
    """The labels of what was in view when they were asked for.

    A label stays on its target wherever that goes, and is hidden while it is out of view. Once
    nothing that had one is in view, the hints end and say so.
    """

    def __init__(
        self,
        viewport: Viewport,
        style: Style,
        listener: HintListener,
        actions: Actions = ACTIONS,
        letters: str = HOME_ROW,
    ) -> None:
        """Put a hint on each target in view that has `actions`."""
        self._viewport = viewport
        self._actions = actions
        # Without colours a label still stands out.
        self._style = Style(color=style.bgcolor, bgcolor=style.color, bold=True, reverse=True)
        self._listener = listener
        self._typed = ""
        self._asks = False
        self._chosen: Target | None = None
        self._find()
        self._labels = dict(zip(self._spots, make_labels(len(self._spots), letters), strict=False))

    def _find(self) -> None:
        spots = find_spots(self._viewport.positions, self._viewport.message_list)
        self._spots = {spot.target: spot for spot in spots if spot.target.kind in self._actions}

    @property
    def is_empty(self) -> bool:
        """Is nothing in view that has a hint?"""
        return not self._labels.keys() & self._spots.keys()

    @property
    def words(self) -> str:
        """What can be typed now."""
        if self._chosen is None:
            return _TYPE_TO_ASK if self._asks else _TYPE
        kind = self._chosen.kind
        keys = " · ".join(f"{action[0]} {action}" for action in self._actions[kind])
        return f"{kind.capitalize()}: {keys} · esc leaves"

    def leave(self) -> None:
        self._listener.end("")

    def leave_if_gone(self) -> None:
        """Find the targets where they are now, and leave if there is none any more."""
        self._find()
        is_gone = self.is_empty if self._chosen is None else self._chosen not in self._spots
        if is_gone:
            self._listener.end(_GONE)

    def handle_key(self, event: events.Key) -> bool:
        """Take a letter; other keys end the hints. Returns whether the key has no other effect."""
        if event.key == "escape" or not (event.is_printable or event.key == "backspace"):
            self.leave()
            return event.key == "escape"
        if self._chosen is not None:
            self._choose(self._chosen, event.character or "")
        elif event.key == "backspace":
            self._typed = self._typed[:-1]
        elif event.key == "space":
            self._asks = not self._asks
            self._listener.tell(self.words)
        else:
            self._type(self._typed + (event.character or ""))
        return True

    def _type(self, typed: str) -> None:
        """Act on the target that is typed, or go on where there are several; others are ignored."""
        fitting = [target for target, label in self._shown_labels(typed.lower())]
        if not fitting:
            return
        self._typed = typed
        spot = self._spots[fitting[0]]
        if self._labels[spot.target] != typed.lower():
            return
        if self._asks:
            self._chosen, self._typed = spot.target, ""
            self._listener.tell(self.words)
        else:
            is_copied = typed != typed.lower()
            action = HintAction.COPY if is_copied else self._actions[spot.target.kind][0]
            self._listener.act(spot, action)

    def _choose(self, target: Target, letter: str) -> None:
        for action in self._actions[target.kind]:
            if action[0] == letter:
                self._listener.act(self._spots[target], action)

    def _shown_labels(self, typed: str) -> list[tuple[Target, str]]:
        """The labels that are in view and begin with what is typed; of a choice, its own alone."""
        return [
            (target, label)
            for target, label in self._labels.items()
            if target in self._spots and label.startswith(typed) and self._chosen in (None, target)
        ]

    def draw_over(self, rows: Sequence[Strip]) -> list[Strip]:
        """The rows with the letters on them that are still to be typed."""
        self._find()
        drawn, typed = list(rows), self._typed.lower()
        labels = dict(self._shown_labels(typed))
        spots = [spot for target, spot in self._spots.items() if target in labels]
        for row, group in groupby(spots, key=attrgetter("row")):
            if row < len(drawn):
                drawn[row] = self._labelled(
                    drawn[row], [(each.column, labels[each.target]) for each in group]
                )
        return drawn

    def _labelled(self, strip: Strip, labels: Sequence[tuple[int, str]]) -> Strip:
        """A row with the rest of each label."""
        typed = len(self._typed)
        for start, label in _placed(strip, labels):
            letters = Strip([Segment(label[typed:], self._style)], len(label) - typed)
            before, after = strip.crop(0, start + typed), strip.crop(start + len(label))
            strip = Strip.join([before, letters, after])
        return strip


def _placed(strip: Strip, labels: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Where labels begin: before their columns where that is blank, else over what is there.

    They stand side by side where they would cover each other; the last are left out of a row in
    which there is no room for all.
    """
    width, free, taken = strip.cell_length, 0, 0
    starts: list[tuple[int, str]] = []
    for column, label in labels:
        taken += len(label)
        if taken > width:
            break
        before = column - len(label)
        is_free = before >= free and strip.crop(before, column).text.isspace()
        start = before if is_free else max(free, column)
        free = start + len(label)
        starts.append((start, label))
    end = width
    for start, label in reversed(starts):
        end = min(start, end - len(label))
        yield end, label
