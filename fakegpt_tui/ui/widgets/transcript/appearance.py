"""Appearance of messages: their styles, and the room that header, bar and margin take.

Apart from their layout, which has Markdown to import, and is not needed before there is a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.style import Style

from fakegpt_tui.domain import Role
from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.ui.markdown.palette import PROSE_WIDTH

if TYPE_CHECKING:
    from fakegpt_tui.pictures.placement import CellSize
    from fakegpt_tui.ui.markdown.palette import Palette

HEADER_LINES = 2
"""The lines above everything else: an empty one, and the header."""
REASONING_FOLD = "reasoning"
"""The value of the style meta `fold` on the line above a reply's reasoning."""
MESSAGE_FOLD = "message"
"""The same on the only line of a message that is folded."""
_ROOMY = 64
"""From so many columns on there is a margin at both sides."""
_NARROW = 20
"""Below this many columns there is no bar, and no margin."""
_PLAIN = Style.null()


@dataclass(frozen=True, slots=True)
class MessageStyles:
    """The styles of everything around a message's text."""

    user: Style = _PLAIN
    assistant: Style = _PLAIN
    note: Style = _PLAIN
    error: Style = _PLAIN

    def of(self, role: Role) -> Style:
        return self.user if role is Role.USER else self.assistant


class MessageLabel(NamedTuple):
    """What the header of a message says that the message itself does not."""

    note: str = ""
    """Whether it is picked, and which of its variants it is."""
    time: str = ""
    """When it was sent, for a person."""
    cost: str = ""
    """About how many tokens it is, where its service has not counted them."""
    activity: str = ""
    """What goes on while it is under way."""
    hint: str = ""
    """What can be done about a reply that ended early; shown below its end."""


_NO_STYLES = MessageStyles()


@dataclass(frozen=True, slots=True)
class Appearance:
    """How all messages are drawn: colours, and whether long lines of code wrap or are cut."""

    palette: Palette
    styles: MessageStyles = _NO_STYLES
    wraps_code: bool = True
    code_offset: int = 0
    """Cells that are off at the left, where lines are cut."""
    picture_cell: CellSize | None = None
    """The pixels of a cell, where pictures are drawn; without it there are only captions."""


def bar_width(width: int) -> int:
    """The columns that the bar takes."""
    return 0 if width < _NARROW else 2


def left_margin(width: int) -> int:
    """The columns left of the bar; on a wide screen prose is in the middle."""
    if width < _ROOMY:
        return 0
    return max(1, (width - PROSE_WIDTH) // 2 - bar_width(width))


def text_width(width: int) -> int:
    """The columns that are left for text; code and tables use them all, prose is narrower."""
    right = 0 if width < _NARROW else 1 if width < _ROOMY else 2
    return max(1, width - left_margin(width) - bar_width(width) - right)


def prose_width(width: int) -> int:
    """The columns that prose may take."""
    return min(text_width(width), PROSE_WIDTH)
