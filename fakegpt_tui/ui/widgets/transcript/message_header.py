"""Header and ending of a message as lines: role, model, tokens, status, and what went wrong."""

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.domain import ChatMessage, FinishReason, MessageStatus, Role
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.widgets.drawing import truncate
from fakegpt_tui.ui.widgets.transcript.appearance import REASONING_FOLD, MessageStyles

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
_CAPTION_LENGTH = 1_000
_SUMMARY_LENGTH = 400
"""Characters of a folded message from which its summary line is made."""


def header_line(message: ChatMessage, label: str, width: int, styles: MessageStyles) -> Line:
    """The role; model, label and tokens as far as there is room; the status.

    `label` is a note from outside, such as "2/3" for the second of three variants.
    """
    role = truncate(ROLE_NAMES[message.role], width)
    status = truncate(_status_text(message), width - cell_len(role))
    room = width - cell_len(role) - cell_len(status)
    label = f" {safe_line(label)}" if label else ""
    label = label if cell_len(label) <= room else ""
    room -= cell_len(label)
    tokens = (message.usage.output or 0) if message.usage else 0
    cost = f" · {tokens:,} {'token' if tokens == 1 else 'tokens'}" if tokens else ""
    model = safe_line(message.model or message.service)
    model = f" · {model}" if model else ""
    if cell_len(model) + cell_len(cost) > room:
        cost = ""
    model = truncate(model, room) if room > _MIN_MODEL_WIDTH else ""
    segments = (
        Segment(role, styles.of(message.role) + Style(bold=True)),
        Segment(model + label + cost, styles.note),
        Segment(status, styles.error if message.status in _ENDINGS else styles.note),
    )
    return Line(tuple(segment for segment in segments if segment.text))


def summary_line(message: ChatMessage, width: int, styles: MessageStyles) -> Line:
    """The only line of a folded message."""
    words = f"▸ {safe_line(message.text[:_SUMMARY_LENGTH], _SUMMARY_LENGTH) or '…'}"
    return _fold_line(words, "message", width, styles)


def reasoning_line(characters: int, width: int, styles: MessageStyles, *, is_open: bool) -> Line:
    """The line that folds and unfolds a reply's reasoning."""
    words = f"{'▾' if is_open else '▸'} Reasoning · {characters:,} characters"
    return _fold_line(words, REASONING_FOLD, width, styles)


def caption_lines(message: ChatMessage, width: int, styles: MessageStyles) -> Iterator[Line]:
    """A line for each picture, file, tool and source; the whole address of a source, as a link."""
    from fakegpt_tui.domain.captions import captions  # noqa: PLC0415 - most messages have none
    from fakegpt_tui.ui.markdown.parser_rules import can_open  # noqa: PLC0415
    from fakegpt_tui.ui.markdown.plain_text import wrap_plain_text  # noqa: PLC0415

    for caption in captions(message.parts):
        text = safe_line(caption.text, _CAPTION_LENGTH)
        if not caption.url:
            yield Line((Segment(truncate(text, width), styles.note),))
            continue
        link = Style.from_meta({"href": caption.url}) if can_open(caption.url) else Style.null()
        yield from wrap_plain_text(text, width, styles.note + link)


def ending_text(message: ChatMessage) -> str:
    """The sentence below a message that ended early or with an error; empty for others."""
    if message.status not in _ENDINGS:
        return message.error or ""
    word, reason = _ENDINGS[message.status]
    return f"{word}: {message.error or reason}"


def _fold_line(words: str, fold: str, width: int, styles: MessageStyles) -> Line:
    style = styles.note + Style.from_meta({"fold": fold})
    return Line((Segment(truncate(words, width), style),))


def _status_text(message: ChatMessage) -> str:
    if message.status is not MessageStatus.COMPLETE:
        return f" · {message.status.value}"
    limit = _LIMITS.get(message.finish) if message.finish else None
    return f" · {limit}" if limit else ""


def conversation_text(messages: Iterable[ChatMessage]) -> str:
    """All messages as text, each under its role."""
    texts = (f"{ROLE_NAMES[each.role]}:\n\n{each.text}" for each in messages if each.text)
    return "\n\n".join(texts)
