"""Making foreign text safe to show.

Characters are judged one by one, never as sequences, so that it makes no difference where a stream
is cut: without ESC and the C1 controls the rest of a control sequence is only text. What is stored
and copied stays as it came; this is for the screen.
"""

import re
import unicodedata

from fakegpt_tui.fast_import import lazy_pattern

ISOLATE = "\u2068"
"""Begins something that is turned, or not, by its own first letter."""
POP_ISOLATE = "\u2069"
RIGHT_TO_LEFT = lazy_pattern(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
"""A character that is written from right to left."""

_LINE_BREAKS = dict.fromkeys((0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029), "\n")
"""Line ends of `str.splitlines` that neither Markdown nor a terminal agrees about."""

_CONTROLS = {
    **{code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A)},
    0x7F: "␡",
    **{code: f"‹{code:02X}›" for code in range(0x80, 0xA0)},
}

_TAGS = (0xE0000, 0xE0FFF)
_HIDDEN_RANGES = (
    (0x00AD, 0x00AD),  # soft hyphen
    (0x034F, 0x034F),  # combining grapheme joiner
    (0x061C, 0x061C),  # Arabic letter mark
    (0x115F, 0x1160),  # Hangul fillers
    (0x17B4, 0x17B5),  # Khmer inherent vowels
    (0x180B, 0x180F),  # Mongolian variation selectors
    (0x200B, 0x200B),  # zero-width space; the joiners 200C and 200D belong to words and emoji
    (0x200E, 0x200F),  # left-to-right and right-to-left marks
    (0x202A, 0x202E),  # embeddings and overrides
    (0x2060, 0x2069),  # word joiner, invisible operators, isolates
    (0x206A, 0x206F),  # deprecated format characters
    (0x3164, 0x3164),  # Hangul filler
    (0xFE00, 0xFE0D),  # variation selectors but for text and emoji style
    (0xFEFF, 0xFEFF),  # byte order mark
    (0xFFA0, 0xFFA0),  # half-width Hangul filler
    (0xFFF9, 0xFFFB),  # interlinear annotation
    (0x1BCA0, 0x1BCA3),  # shorthand format controls
    (0x1D173, 0x1D17A),  # musical format controls
    _TAGS,  # tags and the supplementary variation selectors
    (0x10EEEE, 0x10EEEE),  # where kitty shows a picture
)

_PICTURE_CELL = 0x10EEEE
"""What kitty and Ghostty draw a picture in the place of; only this program may show its own."""

_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "�")

_SHOWN = {
    **_CONTROLS,
    **_LINE_BREAKS,
    **{
        code: f"‹{code:04X}›"
        for first, last in _HIDDEN_RANGES
        if first != _TAGS[0]
        for code in range(first, last + 1)
    },
    **_SURROGATES,
    _PICTURE_CELL: "�",
}

_HIDDEN = lazy_pattern(
    "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _HIDDEN_RANGES) + "]"
)
_TAG = lazy_pattern("[\U000e0000-\U000e0fff]")
_MOST_MARKS = 8
"""More marks or joiners on one letter are no script's, and spill over the lines around it."""

_MAYBE_FLOOD = lazy_pattern(rf"[^\w\s\x00-\x7f]{{{_MOST_MARKS + 1},}}")
"""Marks are no part of words for Python, and so are many other characters."""

_JOINERS = "\u200c\u200d\ufe0e\ufe0f"

_COPY_DROPPED = {
    code: None
    for code in (*range(0x20), *range(0x7F, 0xA0), _PICTURE_CELL)
    if code not in (0x09, 0x0A)
}

_ACTING = {code: None for code in _COPY_DROPPED if code != ord("\r")}


def safe_text(text: str) -> str:
    """`text` as it may be shown: printable characters, tabs and line feeds only."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").translate(_SHOWN)
    if text.isascii():
        return text
    text = _TAG.sub(lambda match: f"‹{ord(match[0]):05X}›", text)
    return _MAYBE_FLOOD.sub(_without_floods, text)


def _without_floods(found: re.Match[str]) -> str:
    """A run of characters in which no more marks follow each other than a letter can bear."""
    kept, marks = [], 0
    for character in found[0]:
        is_mark = character in _JOINERS or unicodedata.category(character).startswith("M")
        marks = marks + 1 if is_mark else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
        elif marks == _MOST_MARKS + 1:
            kept.append("…")
    return "".join(kept)


def safe_line(text: str, limit: int = 200) -> str:
    """`text` as one line of at most `limit` characters, for titles, names and errors."""
    line = " ".join(safe_text(text[: limit * 4]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def count_hidden(text: str) -> int:
    """How many characters of `text` take no room on the screen but are there."""
    return 0 if text.isascii() else len(_HIDDEN.findall(text))


def replace_surrogates(text: str) -> str:
    """`text` with surrogates that have no partner as U+FFFD, so that it can be encoded."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.translate(_SURROGATES)
    return text


def clipboard_text(text: str) -> str:
    """`text` for the clipboard, or from it, without characters that a terminal would act on.

    Terminals paste a carriage return where a line ends.
    """
    return (
        replace_surrogates(text).replace("\r\n", "\n").replace("\r", "\n").translate(_COPY_DROPPED)
    )


def without_controls(text: str) -> str:
    """`text` for a pipe that may end in a terminal: without characters that control one."""
    return replace_surrogates(text).translate(_ACTING)


_UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060"))
_AROUND = ('""', "''", "``", "“”", "‘’", "<>")


def strip_pasted(text: str) -> str:
    """`text`, an address or a key, without what is copied along with it.

    That is invisible characters, blanks, a comma behind it, and quotes or brackets around it.
    """
    text = text.translate(_UNSEEN).strip().rstrip(",;").rstrip()
    while text[:1] + text[1:][-1:] in _AROUND and text[0] not in text[1:-1]:
        text = text[1:-1].strip()
    return text


def file_stem(title: str, limit: int = 80) -> str:
    """`title` as the stem of a file name of at most `limit` bytes; may be empty.

    Letters and digits of every script stay; the rest becomes a hyphen, so that the name has no
    meaning to a shell or a file system.
    """
    kept = "".join(
        character if character.isalnum() else "-"
        for character in unicodedata.normalize("NFC", replace_surrogates(title))
    )
    stem = re.sub("-+", "-", kept).strip("-").lower()
    return stem.encode()[:limit].decode(errors="ignore").strip("-")
