"""One chat message as lines: who speaks, what was said, and what went wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from fakegpt_tui.domain import ChatMessage, MessageStatus, Role
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.rendering.line import BLANK, Line
from fakegpt_tui.ui.rendering.palette import Palette
from fakegpt_tui.ui.widgets.cells import cut
from fakegpt_tui.ui.widgets.typed_text import wrapped

_ROLES = {Role.USER: "You", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System"}
_HEAD = 2
"""The lines above the text: an empty one, and who speaks."""
_NARROW = 20
"""Below this many columns there is no bar, and no margin."""
_ENDS = {
    MessageStatus.STOPPED: ("Stopped", "what had arrived is kept."),
    MessageStatus.FAILED: ("Failed", "no reason is known."),
    MessageStatus.INTERRUPTED: ("Interrupted", "the program ended before the reply did."),
}
"""What a status is called in a sentence, and the reason where none was kept."""

_PLAIN = Style.null()
_SPACE = Strip([Segment(" ")], 1)


class Body(Protocol):
    """The text of one message, however it is drawn. Lines that did not change stay the same."""

    def update(self, text: str, *, complete: bool) -> None: ...
    def lines(self, width: int) -> Sequence[Line]: ...
    def restyle(self, palette: Palette) -> None: ...


class Mark(NamedTuple):
    """A line, by the letters before it and the empty lines between them and it."""

    letters: int
    empty: int


@dataclass(frozen=True, slots=True)
class Look:
    """The styles of what surrounds a message's text."""

    user: Style = _PLAIN
    assistant: Style = _PLAIN
    note: Style = _PLAIN
    trouble: Style = _PLAIN

    def of(self, role: Role) -> Style:
        return self.user if role is Role.USER else self.assistant


class MessageLayout:
    """A message laid out for one width at a time."""

    def __init__(self, message: ChatMessage, body: Body, look: Look) -> None:
        self.message = message
        self._body = body
        self._look = look
        self._width = 0
        self._head: tuple[Line, ...] = ()
        self._text: Sequence[Line] = ()
        self._tail: Sequence[Line] = ()
        body.update(message.text, complete=message.status.is_final)

    def update(self, message: ChatMessage) -> None:
        if message.text != self.message.text or message.status is not self.message.status:
            self._body.update(message.text, complete=message.status.is_final)
        self.message = message
        self._head = ()

    def restyle(self, palette: Palette, look: Look) -> None:
        self._body.restyle(palette)
        self._look = look
        self._head = ()

    def height(self, width: int) -> int:
        """The number of lines at this width, which the other methods then speak of."""
        if width != self._width or not self._head:
            inner = text_width(width)
            self._width = width
            self._head = (BLANK, self._header(max(1, width - margin(width))))
            self._text = self._body.lines(inner)
            self._tail = wrapped(how_it_ended(self.message), inner, self._look.trouble)
        return _HEAD + len(self._text) + len(self._tail)

    def line(self, number: int) -> Line:
        if number < _HEAD:
            return self._head[number]
        number -= _HEAD
        if number < len(self._text):
            return self._text[number]
        return self._tail[number - len(self._text)]

    def strip(self, number: int) -> Strip:
        """The line with its bar, made anew each time."""
        line = self.line(number)
        # Textual finds out what the pointer is on by the segment below it, so there is always one.
        return (self._with_bar(line) if number else line).strip or _SPACE

    def mark(self, number: int) -> Mark:
        """What is at the top of a line, in a way that outlives a change of width."""
        if number < _HEAD:
            return Mark(-1, number)
        letters = empty = 0
        for before in range(_HEAD, number):
            more = _letters(self.line(before))
            letters, empty = letters + more, 0 if more else empty + 1
        return Mark(letters, empty)

    def line_at(self, mark: Mark) -> int:
        """The line on which a mark is now."""
        number, last = _HEAD, self.height(self._width) - 1
        letters, empty = mark
        if letters < 0:
            return min(last, empty)
        while number < last and 0 < letters >= (more := _letters(self.line(number))):
            letters -= more
            number += 1
        return min(last, number + empty)

    def _with_bar(self, line: Line) -> Line:
        if not margin(self._width):
            return line
        sign = "▌ " if self.message.role is Role.USER else "│ "
        return line.behind([Segment(sign, self._look.of(self.message.role))])

    def _header(self, width: int) -> Line:
        message = self.message
        role = cut(_ROLES[message.role], width)
        status = "" if message.status is MessageStatus.COMPLETE else f" · {message.status.value}"
        status = cut(status, width - cell_len(role))
        model = safe_line(message.model or message.service)
        room = width - cell_len(role) - cell_len(status)
        model = cut(f" · {model}", room) if model and room > len(" · …") else ""
        style = self._look.trouble if message.status in _ENDS else self._look.note
        segments = [
            Segment(role, self._look.of(message.role) + Style(bold=True)),
            Segment(model, self._look.note),
            Segment(status, style),
        ]
        return Line(tuple(segment for segment in segments if segment.text))


def how_it_ended(message: ChatMessage) -> str:
    """What is said below a message that did not end as it should; empty for one that did."""
    if message.status not in _ENDS:
        return message.error or ""
    word, reason = _ENDS[message.status]
    return f"{word}: {message.error or reason}"


def _letters(line: Line) -> int:
    return len(line.plain) - line.plain.count(" ")


def margin(width: int) -> int:
    """The columns that the bar takes."""
    return 0 if width < _NARROW else 2


def text_width(width: int) -> int:
    """The columns that are left for text."""
    return max(1, width if width < _NARROW else width - 3)


def estimated_height(message: ChatMessage, width: int) -> int:
    """About how many lines a message will take, from its length and its line breaks alone.

    Cheap rather than exact: it is asked of every message of a conversation that is opened. One
    line in eight of Markdown is not shown as such, or ends half way.
    """
    text = message.text
    lines = (text.count("\n") + len(text) // text_width(width) + 1) * 7 // 8
    return _HEAD + lines + (1 if how_it_ended(message) else 0)
