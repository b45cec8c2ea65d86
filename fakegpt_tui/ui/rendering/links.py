"""Which addresses may become links."""

import re

from fakegpt_tui.text import safe_text

_ANY_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_OPENS = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9])(?:https?://|mailto:(?=\S+@))[^\s<>\"`\u3000-\u3003\u3008-\u301f\uff01\uff08\uff09"
    r"\uff0c\uff1a\uff1b\uff1f\u2018-\u201f\u2026\u00ab\u00bb]+",
    re.IGNORECASE,
)
"""A bare address ends where white space, a quote, or punctuation of East Asia is."""
_MADE_VISIBLE = re.compile("[\u2400-\u2421\ufffd‹›]")
"""What safe text puts in the place of characters that an address might hide."""

_TRAILING = ".,:;!?'*_~"


def can_open(target: str) -> bool:
    """Whether a person may be offered to open `target`."""
    return _OPENS.match(target) is not None and _hides_nothing(target)


def is_allowed_target(target: str) -> bool:
    """Whether `target` may stand behind a label; relative addresses may, but open nothing.

    Anything else is shown as it was written, which also keeps `<std::string>` whole.
    """
    return can_open(target) or (not _ANY_SCHEME.match(target) and _hides_nothing(target))


def address_end(text: str, start: int) -> int | None:
    """Where the bare web or mail address ends that begins at `start` of `text`, if one does.

    The punctuation of the sentence, and brackets that were opened before, are no part of it.
    """
    match = _ADDRESS.match(text, start)
    return start + len(_without_punctuation(match[0])) if match else None


def _hides_nothing(target: str) -> bool:
    return safe_text(target) == target and not _MADE_VISIBLE.search(target)


def _without_punctuation(address: str) -> str:
    opened: list[str] = [""]
    for at, character in enumerate(address):
        if character in "([":
            opened.append(character)
        elif character in ")]" and opened.pop() + character not in ("()", "[]"):
            address = address[:at]
            break
    return address.rstrip(_TRAILING)
