"""Appearance of messages: styles and margins, the line above each, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.domain import ChatMessage, FinishReason, MessageStatus, NotSignedIn, Role
from fakegpt_tui.domain.captions import format_elapsed
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.markdown.palette import PROSE_WIDTH
from fakegpt_tui.ui.widgets.drawing import truncate

if TYPE_CHECKING:
    from collections.abc import Iterable

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
MESSAGE_PARTS = ("user", "assistant", "note", "error")
ROW_PARTS = ("prompt", "badge", "cursor", "match", "current-match", "find", "text-cursor")
ROW_CLASSES = {f"transcript--{part}" for part in (*MESSAGE_PARTS, *ROW_PARTS)}
ROW_CSS = """
TranscriptScrollView {
    overflow-x: hidden; scrollbar-gutter: stable; scrollbar-size-vertical: 1;
    & .transcript--user { color: $text-accent; }
    & .transcript--assistant { color: $text-primary; }
    & .transcript--note { color: $text-muted; }
    & .transcript--error { color: $text-error; }
    & .transcript--prompt { background: $surface; }
    & .transcript--badge { background: $accent; color: $background; text-style: bold; }
    & .transcript--cursor { color: $text-accent; text-style: bold; }
    & .transcript--match { background: $panel; text-style: underline; }
    & .transcript--current-match {
        background: $accent; color: $background; text-style: bold underline;
    }
    & .transcript--find { background: $panel; color: $foreground; }
    & .transcript--text-cursor { text-style: reverse; }
}
"""
"""The component styles of a transcript, which its renderer reads."""


@dataclass(frozen=True, slots=True)
class MessageStyles:
    """The styles of everything around a message's text."""

    user: Style = _PLAIN
    assistant: Style = _PLAIN
    note: Style = _PLAIN
    error: Style = _PLAIN

    def of(self, role: Role) -> Style:
        return self.user if role is Role.USER else self.assistant


@dataclass(frozen=True, slots=True)
class RowStyles:
    """The styles of everything that is drawn on top of lines, and of what is below them."""

    base: Style = _PLAIN
    prompt: Style = _PLAIN
    badge: Style = _PLAIN
    cursor: Style = _PLAIN
    match: Style = _PLAIN
    current_match: Style = _PLAIN
    find: Style = _PLAIN
    text_cursor: Style = _PLAIN


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


ROLE_NAMES = {Role.USER: "You", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System"}
_ENDINGS = {
    MessageStatus.STOPPED: ("Stopped", "what had arrived is kept."),
    MessageStatus.FAILED: ("Failed", "no reason is known."),
    MessageStatus.INTERRUPTED: ("Interrupted", "the program ended before the reply did."),
}
"""The word for each status of a message that ended early, and the reason to show without one."""
_LIMITS = {
    FinishReason.LENGTH: "cut at the length limit",
    FinishReason.CONTENT_FILTER: "cut by the service's filter",
}
_MIN_MODEL_WIDTH = 4
"""A model's name in fewer cells says nothing."""
_SUMMARY_LENGTH = 400
"""Characters of a folded message from which its summary line is made."""


def header_line(
    message: ChatMessage, label: MessageLabel, width: int, styles: MessageStyles
) -> Line:
    """The role, the status, and between them what there is room for.

    Tokens are left out first, then the time and how long it took; the model is cut.
    """
    role = truncate(_role_name(message), width)
    status = truncate(_status_text(message, label.activity), width - cell_len(role))
    room = width - cell_len(role) - cell_len(status)
    note = f" {safe_line(label.note)}" if label.note else ""
    note = note if cell_len(note) <= room else ""
    room -= cell_len(note)
    model = safe_line(message.model or message.service)
    model = f" · {model}" if model else ""
    time, taken, tokens = _facts(message, label, room - cell_len(model))
    model = truncate(model, room) if room > _MIN_MODEL_WIDTH else ""
    segments = (
        Segment(role, styles.of(message.role) + Style(bold=True)),
        Segment(model + note + time + taken + tokens, styles.note),
        Segment(status, styles.error if message.status in _ENDINGS else styles.note),
    )
    return Line(tuple(segment for segment in segments if segment.text))


def _facts(message: ChatMessage, label: MessageLabel, room: int) -> tuple[str, str, str]:
    """When it was sent, how long it took, and its tokens; each empty where there is no room."""
    count = (message.usage.output or 0) if message.usage else 0
    counted = f"{count:,} {'token' if count == 1 else 'tokens'}" if count else ""
    cost = " · ".join(filter(None, (counted, label.cost)))
    taken = format_elapsed(message.ended_after) if message.ended_after else ""
    shown = []
    for fact in (taken, label.time, cost):
        text = f" · {fact}" if fact else ""
        shown.append(text if cell_len(text) <= room else "")
        room -= cell_len(shown[-1])
    taken, time, tokens = shown
    return time, taken, tokens


def _role_name(message: ChatMessage) -> str:
    if message.summarizes:
        return f"Summary, in place of the first {message.summarizes} messages"
    return ROLE_NAMES[message.role]


def summary_line(message: ChatMessage, width: int, styles: MessageStyles) -> Line:
    """The only line of a folded message."""
    words = f"▸ {safe_line(message.text[:_SUMMARY_LENGTH], _SUMMARY_LENGTH) or '…'}"
    return _fold_line(words, MESSAGE_FOLD, width, styles)


def reasoning_line(
    message: ChatMessage, width: int, styles: MessageStyles, *, is_open: bool
) -> Line:
    """The line that folds and unfolds a reply's reasoning."""
    length = f"{len(message.reasoning):,} characters"
    thought_for = format_elapsed(message.thought_for) if message.thought_for else ""
    if thought_for:
        words = f"Thought for {thought_for} · {length}"
    else:
        words = f"Reasoning · {length}" if message.text or message.status.is_final else "Thinking …"
    return _fold_line(f"{'▾' if is_open else '▸'} {words}", REASONING_FOLD, width, styles)


def ending_text(message: ChatMessage, hint: str = "") -> str:
    """The sentence below a message that ended early or with an error; empty for others.

    What is to be done about a key stands in the hint, where there is one.
    """
    error = message.error or ""
    if hint:
        error = error.removesuffix(NotSignedIn.advice).rstrip()
    if message.status not in _ENDINGS:
        return error
    word, reason = _ENDINGS[message.status]
    if message.status is MessageStatus.STOPPED and not message.text:
        reason = "nothing had arrived yet."
    return f"{word}: {error or reason}"


def _fold_line(words: str, fold: str, width: int, styles: MessageStyles) -> Line:
    style = styles.note + Style.from_meta({"fold": fold})
    return Line((Segment(truncate(words, width), style),))


def _status_text(message: ChatMessage, activity: str) -> str:
    if not message.status.is_final:
        return f" · {safe_line(activity or message.status.value)}"
    if message.status is not MessageStatus.COMPLETE:
        return f" · {message.status.value}"
    limit = _LIMITS.get(message.finish) if message.finish else None
    return f" · {limit}" if limit else ""


def conversation_text(messages: Iterable[ChatMessage]) -> str:
    """All messages as text, each under its role."""
    texts = (f"{ROLE_NAMES[each.role]}:\n\n{each.text}" for each in messages if each.text)
    return "\n\n".join(texts)
