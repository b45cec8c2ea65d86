"""Emoji of several characters, for terminals that do not put them together.

Rich measures them as Unicode has them: what is joined, coloured or made an emoji by a selector
takes two cells. A terminal may know less, and take the parts one by one. For it a simpler emoji is
written, which takes as many cells there as were laid out. Knows nothing of this program.
"""

import re
from dataclasses import dataclass

from rich.cells import cell_len

_TONES = "\U0001f3fb-\U0001f3ff"
_SELECTOR = "\ufe0f"
_PARTS = "\u2190-\u2bff\U0001f000-\U0001faff"
_COMPOUND = re.compile(f"(?s:.)(?:[{_SELECTOR}\u20e3{_TONES}]|\u200d[{_PARTS}])+")
_JOINED = re.compile(f"\u200d[{_PARTS}].*", re.DOTALL)
_TONE = re.compile(f"[{_TONES}]")


@dataclass(frozen=True, slots=True)
class EmojiSupport:
    """What a terminal puts together: joined emoji, tones of skin, and emoji by a selector."""

    joined: bool = True
    toned: bool = True
    selected: bool = True

    @property
    def is_full(self) -> bool:
        return self.joined and self.toned and self.selected

    def simplify(self, text: str) -> str:
        """`text` with emoji that take the cells on this terminal that Rich says `text` takes.

        What is composed of things that make no emoji together may stay as it is.
        """
        if text.isascii():
            return text
        simple = _COMPOUND.sub(self._fitted, text)
        return simple if cell_len(simple) == cell_len(text) else text

    def _fitted(self, composed: re.Match[str]) -> str:
        shown = composed[0]
        if not self.joined:
            shown = _JOINED.sub("", shown)
        if not self.toned:
            shown = shown[0] + _TONE.sub("", shown[1:])
        if not self.selected:
            shown = shown.replace(_SELECTOR, "")
        return shown + " " * (cell_len(composed[0]) - cell_len(shown))
