"""Registers: where vim's keys keep what was deleted or copied, and find it again."""

from dataclasses import dataclass, field
from typing import Final

UNNAMED: Final = '"'
CLIPBOARD: Final = frozenset("+*")
"""The clipboard of the system; terminals and desktops have one that both of vim's names reach."""
_YANKED: Final = "0"
_NOWHERE: Final = "_"


@dataclass(frozen=True, slots=True)
class Register:
    """A text, and whether it is whole lines; they have no line feed at their end."""

    text: str
    is_lines: bool = False

    @property
    def whole(self) -> str:
        """The text as other programs have it, where the last line has a line feed, too."""
        return self.text + ("\n" if self.is_lines else "")

    @classmethod
    def of(cls, whole: str) -> "Register":
        return cls(whole.removesuffix("\n"), whole.endswith("\n"))


@dataclass(slots=True)
class Registers:
    """The unnamed register, `0` for what was copied last, `a` to `z`, and the clipboard.

    A capital letter adds to the register of the small one, and `_` keeps nothing.
    """

    _kept: dict[str, Register] = field(default_factory=dict)

    def keep(self, name: str, register: Register, *, is_copy: bool) -> None:
        """Keep a text under a name, or where texts go that are given none."""
        if name == _NOWHERE:
            return
        if name.isascii() and name.isupper():
            name = name.lower()
            register = _joined(self._kept.get(name), register)
        if is_copy and name in ("", UNNAMED):
            self._kept[_YANKED] = register
        self._kept[name or UNNAMED] = self._kept[UNNAMED] = register

    def get(self, name: str) -> Register | None:
        return self._kept.get(name.lower() or UNNAMED)

    @staticmethod
    def knows(name: str) -> bool:
        is_letter = len(name) == 1 and name.isascii() and name.isalpha()
        return is_letter or name in {UNNAMED, _YANKED, _NOWHERE, *CLIPBOARD}


def _joined(before: Register | None, added: Register) -> Register:
    if before is None:
        return added
    is_lines = before.is_lines or added.is_lines
    return Register(before.text + ("\n" if is_lines else "") + added.text, is_lines)
