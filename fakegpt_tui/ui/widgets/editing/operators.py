"""Operators: what vim's keys do to a range of a text, and the registers that keep what is taken."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from fakegpt_tui.ui.widgets.editing.places import (
    after,
    before,
    first_nonblank,
    last_on_line,
    line_below,
    line_end,
    line_start,
    on_boundary,
)
from fakegpt_tui.ui.widgets.editing.text_objects import TextRange

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


SHIFT: Final = "    "
_OUTDENT = re.compile(rf"^(?:\t| {{1,{len(SHIFT)}}})", re.MULTILINE)
_INDENT = re.compile(r"^(?=.)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class EditState:
    """A text, the cursor in it, and where a selection began, if there is one."""

    text: str
    cursor: int
    anchor: int | None = None


def lines_around(text: str, start: int, end: int) -> TextRange:
    """The whole lines from one place to another."""
    return TextRange(line_start(text, start), line_end(text, end), is_lines=True)


def lines_from(text: str, at: int, count: int) -> TextRange:
    """The line at a place and the ones below, `count` in all, or up to the last line."""
    below = line_below(text, at, count - 1)
    return lines_around(text, at, len(text) if below is None else below)


def with_whole_marks(text: str, found: TextRange, marks: Collection[str]) -> TextRange:
    """A range with all of each mark that it touches."""
    start, end = found.start, found.end
    for span in _mark_spans(text, marks):
        if span[0] < found.end and found.start < span[1]:
            start, end = min(start, span[0]), max(end, span[1])
    return replace(found, start=start, end=end)


def _mark_spans(text: str, marks: Collection[str]) -> list[tuple[int, int]]:
    pattern = "|".join(map(re.escape, marks))
    return [found.span() for found in re.finditer(pattern, text)] if marks else []


def taken(text: str, found: TextRange) -> Register:
    return Register(text[found.start : found.end], found.is_lines)


def delete(state: EditState, found: TextRange) -> EditState:
    """Delete a range; the cursor goes to where it began, or to the line that follows."""
    text, start, end = state.text, found.start, found.end
    if found.is_lines and end < len(text):
        end += 1
    elif found.is_lines and start:
        start -= 1
    shorter = text[:start] + text[end:]
    place = first_nonblank(shorter, min(start + (start < found.start), len(shorter)))
    return EditState(shorter, place if found.is_lines else start)


def clear(state: EditState, found: TextRange) -> EditState:
    """Delete a range for something to be typed there; of lines an empty one stays."""
    return EditState(state.text[: found.start] + state.text[found.end :], found.start)


def insert(state: EditState, text: str) -> EditState:
    """Insert at the cursor, which goes behind what is inserted."""
    at = state.cursor
    return EditState(state.text[:at] + text + state.text[at:], at + len(text))


def put(state: EditState, register: Register, count: int, *, behind: bool) -> EditState:
    """Put a text beside the cursor; the cursor goes to the end of it, of lines to the first."""
    text, at = state.text, state.cursor
    if register.is_lines:
        added = "\n".join([register.text] * count)
        if behind:
            at = line_end(text, at)
            longer, at = f"{text[:at]}\n{added}{text[at:]}", at + 1
        else:
            at = line_start(text, at)
            longer = f"{text[:at]}{added}\n{text[at:]}"
        return EditState(longer, first_nonblank(longer, at))
    if behind and at < line_end(text, at):
        at = after(text, at)
    added = register.text * count
    longer = text[:at] + added + text[at:]
    return EditState(longer, at if "\n" in added else max(at, before(longer, at + len(added))))


def shift(state: EditState, found: TextRange, times: int, *, left: bool = False) -> EditState:
    """Indent the lines of a range, or the other way."""
    lines = lines_around(state.text, found.start, found.end)
    shifted = state.text[lines.start : lines.end]
    for _ in range(times):
        shifted = (_OUTDENT if left else _INDENT).sub("" if left else SHIFT, shifted)
    changed = state.text[: lines.start] + shifted + state.text[lines.end :]
    return EditState(changed, first_nonblank(changed, lines.start))


def change_case(
    state: EditState, found: TextRange, change: Callable[[str], str], marks: Collection[str]
) -> EditState:
    """Change letters, each into one; marks stay as they are."""
    kept = _mark_spans(state.text, marks)
    changed = "".join(
        new
        if len(new := change(old)) == 1 and not any(start <= at < end for start, end in kept)
        else old
        for at, old in enumerate(state.text[found.start : found.end], found.start)
    )
    return EditState(
        state.text[: found.start] + changed + state.text[found.end :],
        state.cursor if found.is_lines else found.start,
    )


CASES: Final[Mapping[str, Callable[[str], str]]] = {
    "lower": str.lower,
    "upper": str.upper,
    "toggle": str.swapcase,
}


def join(state: EditState, count: int) -> EditState:
    """Join lines, with one blank where they met, but none before a closing bracket."""
    text, at = state.text, state.cursor
    for _ in range(max(count - 1, 1)):
        end = line_end(text, at)
        if end == len(text):
            break
        rest = text[end + 1 :].lstrip(" \t")
        last = text[line_start(text, at) : end][-1:]
        needs_none = rest[:1] in ("", ")", "\n") or last in ("", " ", "\t")
        text, at = text[:end] + ("" if needs_none else " ") + rest, end
    return EditState(text, min(at, last_on_line(text, at)))


def fit(state: EditState) -> EditState:
    """Put the cursor, and the other end of a selection, on characters of their lines."""
    anchor = None if state.anchor is None else _on_line(state.text, state.anchor)
    return replace(state, cursor=_on_line(state.text, state.cursor), anchor=anchor)


def _on_line(text: str, at: int) -> int:
    at = on_boundary(text, at)
    return min(at, last_on_line(text, at))
