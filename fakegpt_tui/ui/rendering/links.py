"""Which addresses may become links."""

import re

from fakegpt_tui.text import safe_text

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_OPENS = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)
_ADDRESS = re.compile(r"\b(?:https?://|mailto:(?=\S+@))[^\s<>\"`]+", re.IGNORECASE)
_MADE_VISIBLE = re.compile("[\u2400-\u2421\ufffd‹›]")
"""What safe text puts in the place of characters that an address might hide."""

_TRAILING = ".,:;!?'*_~"


def can_open(target: str) -> bool:
    """Whether a person may be offered to open `target`."""
    return _OPENS.match(target) is not None and _hides_nothing(target)


def may_be_target(target: str) -> bool:
    """Whether `target` may stand behind a label; relative addresses may, but open nothing.

    Anything else is shown as it was written, which also keeps `<std::string>` whole.
    """
    return can_open(target) or (not _SCHEME.match(target) and _hides_nothing(target))


def addresses(text: str) -> list[tuple[int, int]]:
    """Where bare web and mail addresses stand in `text`, without the sentence's punctuation."""
    if ":" not in text:
        return []
    return [
        (match.start(), match.start() + len(_bare(match[0]))) for match in _ADDRESS.finditer(text)
    ]


def _hides_nothing(target: str) -> bool:
    return safe_text(target) == target and not _MADE_VISIBLE.search(target)


def _bare(address: str) -> str:
    while True:
        stripped = address.rstrip(_TRAILING)
        for opening, closing in ("()", "[]"):
            if stripped.endswith(closing) and stripped.count(closing) > stripped.count(opening):
                stripped = stripped[:-1]
        if stripped == address:
            return address
        address = stripped
