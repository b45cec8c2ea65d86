"""Snippet fields: the variables of a snippet in a text box, which tab goes through."""

import re
from collections.abc import Mapping
from typing import Final

from textual.widgets.text_area import Selection

from fakegpt_tui.ui.widgets.text_box import TextBox, end_of, selected_range

_STEPS: Final = {"tab": 1, "shift+tab": -1}


class SnippetFields:
    """Placeholders such as `{{tone=kind}}` that still stand in a text.

    Which are open follows from the text, so that undoing and other edits cannot mislead. What is
    typed in place of one also replaces the others that are written alike.
    """

    def __init__(self, box: TextBox) -> None:
        self._box = box
        self._defaults: dict[str, str | None] = {}
        self._filled: tuple[str, str, str] | None = None
        """The placeholder that was gone to last, and the text before and behind it."""

    @property
    def are_open(self) -> bool:
        """Is there a variable that is not filled in?"""
        return any(written in self._box.text for written in self._defaults)

    def begin(self, placeholders: Mapping[str, str | None]) -> None:
        """Go to the first of these, which are given with their defaults."""
        self._defaults.update(placeholders)
        self._filled = None
        if places := self._places():
            self._select(places[0])

    def handle_key(self, key: str) -> bool:
        """Go to the next placeholder, or the one before; whether the key is one for it."""
        if key not in _STEPS or not self.are_open:
            return False
        self._repeat()
        if places := self._places():
            start, end = selected_range(self._box)
            behind = [place for place in places if place[0] >= end]
            before = [place for place in places if place[1] <= start]
            self._select((behind or places)[0] if _STEPS[key] > 0 else (before or places)[-1])
        else:
            self._box.move_cursor(self._box.document.end)
        return True

    def finish(self) -> str:
        """Fill in the defaults; a placeholder without one is gone to, and returned."""
        self._repeat()
        text = self._box.text
        for start, end in self._places():
            if self._defaults[text[start:end]] is None:
                self._select((start, end))
                return text[start:end]
        if self.are_open:
            self._replace(self._pattern().sub(lambda found: self._defaults[found[0]] or "", text))
        self._defaults.clear()
        return ""

    def _repeat(self) -> None:
        """Put what was typed in place of a placeholder in place of the others like it."""
        filled, self._filled = self._filled, None
        if filled is None:
            return
        text, (written, before, behind) = self._box.text, filled
        is_there = text.startswith(before) and text.endswith(behind)
        if not is_there or len(text) < len(before) + len(behind):
            return
        value = text[len(before) : len(text) - len(behind)]
        if value != written and written in f"{before}\0{behind}":
            before = before.replace(written, value) + value
            self._replace(before + behind.replace(written, value))
            self._box.move_cursor(end_of(before))

    def _replace(self, text: str) -> None:
        self._box.history.checkpoint()
        self._box.replace(text, (0, 0), self._box.document.end, maintain_selection_offset=False)

    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self._defaults)))

    def _places(self) -> list[tuple[int, int]]:
        """Where placeholders stand, as indices of the text."""
        found = self._pattern().finditer(self._box.text) if self._defaults else ()
        return [match.span() for match in found]

    def _select(self, place: tuple[int, int]) -> None:
        text, (start, end) = self._box.text, place
        self._box.selection = Selection(end_of(text[:start]), end_of(text[:end]))
        self._filled = (text[start:end], text[:start], text[end:])
